"""The API as the pages' source."""

from collections.abc import Mapping
from typing import Any

import httpx

from dashboard.source.source import MOST_ROWS, Column, NotReadyError, OutOfReachError, RefusedError, Rows, typed

_SECONDS = 60.0
_SECONDS_TO_LOOK = 2.0
_BUSY = (502, 503, 504)


class ApiSource:
    """Asks `refrain serve`."""

    predicts = True

    def __init__(self, client: httpx.Client) -> None:
        """`client`: knows the API's address, and sends the key where one is needed."""
        self._client = client
        self.name = f"the API at {str(client.base_url).rstrip('/')}"

    @staticmethod
    def at(address: str, key: str = "") -> "ApiSource":
        """The API at an address, as http://127.0.0.1:8000."""
        headers = {"X-API-Key": key} if key else {}
        # The API is a neighbour: no proxy of the environment stands between.
        return ApiSource(httpx.Client(base_url=address, headers=headers, timeout=_SECONDS, trust_env=False))

    def sheet(  # noqa: D102 - as in the protocol
        self,
        name: str,
        where: Mapping[str, str] | None = None,
        *,
        search: str = "",
        order: str = "",
        limit: int = MOST_ROWS,
    ) -> Rows:
        given = {"search": search, "order": order, "limit": str(limit)}
        said = self._asked("GET", f"/sheets/{name}", query={**(where or {}), **{k: v for k, v in given.items() if v}})
        columns = [Column(**one) for one in said["columns"]]
        return Rows(
            typed(said["rows"], columns),
            said["total"],
            said["title"],
            {one.name: one for one in columns},
            tuple(said["notes"]),
            tuple(said["models"]),
            said["missing"],
        )

    def ask(self, path: str, body: Any = None, **query: str) -> Any:  # noqa: D102 - as in the protocol
        return self._asked("GET" if body is None else "POST", path, body=body, query=query)

    def is_there(self) -> bool:  # noqa: D102 - as in the protocol
        try:
            return self._client.get("/health", timeout=_SECONDS_TO_LOOK).is_success
        except httpx.HTTPError:
            return False

    def _asked(self, method: str, path: str, *, query: Mapping[str, str], body: Any = None) -> Any:
        try:
            answer = self._client.request(method, path, params=dict(query), json=body)
        except httpx.HTTPError:
            raise OutOfReachError(f"{self.name[:1].upper()}{self.name[1:]} does not answer.") from None
        if answer.is_success:
            return answer.json()
        detail, faults = _problem(answer)
        if answer.status_code in _BUSY:
            raise NotReadyError(detail)
        raise RefusedError(detail, faults)


def _problem(answer: httpx.Response) -> tuple[str, list[str]]:
    """What problem details (RFC 9457) say, and the faults that they list."""
    try:
        said = answer.json()
        detail, errors = str(said["detail"]), said.get("errors", [])
        return detail, [_fault(error) for error in errors]
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"The API answered with status {answer.status_code}.", []


def _fault(error: Mapping[str, Any]) -> str:
    where = f"line {error['line']}, " if error.get("line") is not None else ""
    return f"{where}{error['field']}: {error['reason']}. {error.get('hint', '')}".rstrip()
