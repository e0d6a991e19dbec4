"""Cross-origin requests (the Fetch standard's CORS protocol), for sign-ups alone.

A preflight carries no key, so it says only what may be sent. The request itself is refused unless
its key allows the origin. No credentials are involved: the key stands in a header of the page.
"""

from flask import Response, g, request

from crm_service.web.principal import Principal


def preflight() -> Response:
    """Answer what may be sent."""
    response = Response(status=204)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "POST"
    response.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
    response.headers["Access-Control-Max-Age"] = "600"
    return response


def allow(response: Response) -> Response:
    """Name the origin on an answer to a browser whose key allows it."""
    caller: Principal | None = g.get("principal")
    origin = request.headers.get("Origin")
    if origin and caller and caller.origins and origin in caller.origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    response.headers.add("Vary", "Origin")
    return response
