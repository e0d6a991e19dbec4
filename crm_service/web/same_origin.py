"""Telling a form of our own page from one that another site sends (cross-site request forgery).

Recipients' pages have no cookie and no login: the token in the path is the only credential, so that
nobody without it can forge anything. This is the second bolt, on everything but the one-click POST,
which must be taken from anywhere (RFC 8058 section 3.1).
"""

from urllib.parse import urlsplit

from flask import current_app, request

_OWN = frozenset({"same-origin", "none"})


def is_own_form() -> bool:
    """Tell whether the current request can come from a page of ours, or from no page at all.

    ``Sec-Fetch-Site`` decides where a browser sends it; else ``Origin`` must be ours. Our pages
    send no referrer, which makes some browsers say ``Origin: null``: that alone proves nothing.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in _OWN
    origin = request.headers.get("Origin")
    if origin in {None, "null"}:
        return True
    public = urlsplit(current_app.extensions["crm.settings"].public_url)
    return origin in {f"{public.scheme}://{public.netloc}", request.host_url.rstrip("/")}
