"""Run by a test: publishes many rows, and at the fifth insertion says so and waits to be killed."""

import sys
from pathlib import Path

from sqlalchemy import event
from toy_sheets import Rowed, material, odd, parted

from tasks.publishing.destination import destination_of
from tasks.publishing.publishing import publish

destination = destination_of(sys.argv[1], Path.cwd())
insertions = 0


def stop_halfway(connection, cursor, statement, parameters, context, executemany):
    global insertions  # noqa: PLW0603
    insertions += statement.startswith("INSERT")
    if insertions == 5:
        sys.stdout.write("halfway\n")
        sys.stdout.flush()
        sys.stdin.read()


event.listen(destination.engine, "before_cursor_execute", stop_halfway)
publish(material(), [odd(Rowed(30_000, "killed")), parted()], destination, lambda _: None)
