"""Twenty thousand requests that are made from the OpenAPI document, sent to the API over this project's champions.

`python -m benchmarks.serving_cases [--cases N]`
"""

import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from math import ceil
from pathlib import Path

from benchmarks.asgi_client import asgi_client
from benchmarks.generated_cases import ask_generated, operations, operations_with_input
from benchmarks.projects import ROOT, report
from benchmarks.served_project import copy_registry
from refrain.environment import prepare_environment
from serving.assembling import assembled
from serving.openapi import FILE
from serving.web.keys import ApiKeys
from serving.web.logs import log_as_json_lines

CASES = 20_000


def main(cases: int) -> None:
    """Ask, and report how often which status was answered. Ends with the first answer that is a fault."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    varied = operations_with_input(document)
    statuses: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        project = copy_registry(Path(folder) / "project")
        for name in ("raw", "snapshots"):
            shutil.copytree(ROOT / "data" / name, project.root / "data" / name)
        prepare_environment(project.root)
        parts, app = assembled(project, ApiKeys(), ())
        log_as_json_lines(parts.lines)
        began, seed = time.perf_counter(), 1
        with asgi_client(app) as client:
            while statuses.total() < cases:  # some are made fewer times than asked for: there are no more of them
                left = ceil((cases - statuses.total()) / len(varied))
                for operation in operations(document):
                    many = left // 10 if operation.startswith("get_audience") else left  # each makes figures anew
                    found = ask_generated(client, document, operation, max(many, 2), seed)
                    statuses += found
                    print(f"{operation:<40} {dict(sorted(found.items()))}", flush=True)
                seed += 1
        seconds = time.perf_counter() - began
    report(
        "serving_cases",
        cases=statuses.total(),
        operations=len(operations(document)),
        statuses={str(status): count for status, count in sorted(statuses.items())},
        server_faults=sum(count for status, count in statuses.items() if status >= 500 and status != 503),
        seconds=round(seconds, 1),
    )


if __name__ == "__main__":
    main(int(sys.argv[2]) if sys.argv[1:2] == ["--cases"] else CASES)
