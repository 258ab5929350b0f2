"""`python -m flows.temporary_server PORT`: Prefect's server, which ends with the process that started it."""

import os
import sys
import threading
import time

import uvicorn

_LOOK_EVERY_SECONDS = 1.0


def _end_with(parent: int) -> None:
    # A run that is killed outright cannot stop its server; without this the server would stay for ever.
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="error",
        lifespan="on",
    )
