"""Reading a request's body, up to a limit."""

from starlette.requests import Request

from serving.web.problems import too_large


async def body_of(request: Request, limit: int) -> bytes:
    """The whole body. Raises ProblemError (413) as soon as it is known to be larger than `limit` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:19]) > limit:
        raise too_large(limit)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
    return b"".join(parts) if len(parts) != 1 else parts[0]
