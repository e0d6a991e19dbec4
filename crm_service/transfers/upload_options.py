"""How an uploaded file is to be imported, as clients say it."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from crm_service.transfers.columns import UnusableMapping
from crm_service.transfers.ordering import Request
from crm_service.transfers.updating import parse_updates

_TABS = {"tab": "\t", "\\t": "\t"}


class _Nothing:
    """Where no file is yet."""

    def open(self) -> BinaryIO:
        """Return an empty stream."""
        return io.BytesIO()


def asked(options: Mapping[str, Any]) -> Request:
    """Return the request, without its file. Raises ``UnusableMapping``."""
    delimiter = options["delimiter"]
    return Request(
        source=_Nothing(),
        mapping=tuple(_pairs(options["mapping"])),
        updates=parse_updates(_modes(options["update"])),
        encoding=options["encoding"],
        delimiter=_TABS.get(delimiter or "", delimiter),
        source_kind=options["source"],
        dry_run=options["dry_run"],
    )


def _pairs(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield column and field; a column named twice is yielded twice."""
    for text in texts:
        if text.lstrip().startswith("{"):
            yield from _object(text, "mapping")
            continue
        column, separator, name = text.rpartition("=")
        if not separator:
            raise _unusable("must be COLUMN=FIELD, or a JSON object", "mapping")
        yield column, name.strip()


def _modes(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        if not text.lstrip().startswith("{"):
            yield text
            continue
        for name, mode in _object(text, "update"):
            yield mode if name == "default" else f"{name}={mode}"


def _object(text: str, option: str) -> list[tuple[str, str]]:
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except ValueError:
        raise _unusable("is no JSON object", option) from None
    if not all(isinstance(name, str) and isinstance(value, str) for name, value in pairs):
        raise _unusable("must be a JSON object of texts", option)
    return [(name, value) for name, value in pairs]


def _unusable(message: str, option: str) -> UnusableMapping:
    code = f"invalid_{option}"
    return UnusableMapping(f"{option} {message}", code=code, errors={option: [message]})
