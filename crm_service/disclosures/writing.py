"""From a batch of people to the bytes that are handed out."""

from collections.abc import Iterable, Mapping
from itertools import compress, repeat

from crm_service.disclosures import matching, rows
from crm_service.disclosures.ordering import Plan
from crm_service.disclosures.people import Batch, Column
from crm_service.unsubscribe.links import headers, url
from crm_service.unsubscribe.tokens import Signer

_LINK, _BASIS = "unsubscribe_url", "basis"
#: Only e-mail has headers.
_HEADERS = tuple(headers(""))


class Writer:
    """Writes one audience. ``signer`` makes its links, or is None where none are wanted."""

    def __init__(self, plan: Plan, signer: Signer | None, public_url: str) -> None:
        self._plan = plan
        self._signer = signer
        self._base = url(public_url, "")
        self._has_headers = plan.order.channel == "email"

    def header(self) -> bytes:
        """Return what stands before the first person."""
        if self._plan.order.format == "ndjson":
            return b""
        nobody: dict[str, Column] = dict.fromkeys(self._plan.allowed, ())
        return rows.csv_header([*self._columns(Batch(columns=nobody))])

    def write(self, batch: Batch) -> tuple[bytes, int]:
        """Return the text of a batch, and how many people stand in it."""
        if self._plan.order.format == "ndjson":
            return self._ndjson(batch), len(batch.keys)
        columns = self._columns(batch)
        if not self._plan.is_for_platform:
            return rows.csv_lines(list(columns.values())), len(batch.keys)
        found = matching.matchable(columns)
        kept = [list(compress(column, found)) for column in columns.values()]
        return rows.csv_lines(kept), sum(found)

    def _columns(self, batch: Batch) -> Mapping[str, Column]:
        if self._plan.is_for_platform:
            return matching.columns(self._plan.order.format, batch.columns)
        columns: dict[str, Column] = {**batch.columns, _BASIS: batch.bases}
        if self._signer is None:
            return columns
        links = self._links(self._signer, batch)
        columns[_LINK] = links
        if self._has_headers:
            first, second = headers("")
            one_click = headers("")[second]
            columns[first] = [f"<{link}>" for link in links]
            columns[second] = list(repeat(one_click, len(links)))
        return columns

    def _links(self, signer: Signer, batch: Batch) -> list[str]:
        base = self._base
        return [base + token for token in signer.many(batch.keys)]

    def _ndjson(self, batch: Batch) -> bytes:
        columns: dict[str, Column] = {**batch.columns, _BASIS: batch.bases}
        if not batch.keys:
            return b""
        if self._signer is None:
            return rows.json_lines(columns)
        return rows.json_lines(columns, self._members(self._links(self._signer, batch)))

    def _members(self, links: Iterable[str]) -> list[str]:
        """Return the links as JSON members: they hold nothing that JSON would escape."""
        if not self._has_headers:
            return [f',"{_LINK}":"{link}"' for link in links]
        first, second = _HEADERS
        one_click = headers("")[second]
        return [
            f',"{_LINK}":"{link}","headers":{{"{first}":"<{link}>","{second}":"{one_click}"}}'
            for link in links
        ]
