"""Routes whose handlers read the request themselves: bytes in, bytes out, and problems as problem details."""

import json
import logging
import traceback
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from serving.web.problems import ProblemError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_log = logging.getLogger("refrain.serving")


class RawRoute(APIRoute):
    """A route of FastAPI's in its documentation, without the work it does for each request."""

    def get_route_handler(self) -> Handler:  # noqa: D102 - as in the base class
        endpoint, path = self.endpoint, self.path

        async def handle(request: Request) -> Response:
            try:
                response: Response = await endpoint(request)
                return response
            except ProblemError as problem:
                if problem.status != HTTPStatus.SERVICE_UNAVAILABLE:  # which the writer logs, but not each time
                    fields = sorted({error.field for error in problem.errors})
                    _log.info("%s %d %s", path, problem.status, ",".join(fields) or problem.status.phrase)
                return problem.response()
            except ClientDisconnect:
                return Response(status_code=499)  # nobody reads it
            except Exception as error:  # whose text may hold what was sent: only its kind and place are logged
                place = traceback.extract_tb(error.__traceback__)[-1]
                _log.error("%s 500 %s at %s:%s", path, type(error).__name__, place.filename, place.lineno)
                return fault()

        return handle


def fault() -> Response:
    """500: a fault of the program's own."""
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "A fault of the server's own. It is logged.").response()


def answer(code: HTTPStatus, /, **parts: Any) -> Response:
    """A JSON object."""
    return Response(json.dumps(parts), status_code=code, media_type="application/json")
