"""Sending what waits in a spool, and noting that all of it was sent."""

from collections.abc import Callable, Iterator
from typing import Final

from flask import Response

from crm_service.rights.packages.spool import Spool

ZIP: Final = "application/zip"


def handed_out(spool: Spool, media_type: str, then: Callable[[], None] | None = None) -> Response:
    """Return the answer that sends a spool and removes it, under a name that tells nothing.

    ``then`` is called once the last byte is sent, and not where it breaks off.
    """
    answer = Response(_pieces(spool, then), mimetype=media_type)
    # Also where nobody reads the body.
    answer.call_on_close(spool.close)
    answer.content_length = spool.size
    if media_type == ZIP:
        answer.headers["Content-Disposition"] = 'attachment; filename="package.zip"'
    return answer


def _pieces(spool: Spool, then: Callable[[], None] | None) -> Iterator[bytes]:
    try:
        yield from spool
        if then is not None:
            then()
    finally:
        spool.close()
