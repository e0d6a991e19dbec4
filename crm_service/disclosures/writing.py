"""From a batch of people to the bytes that are handed out."""

from itertools import compress

from crm_service.disclosures import matching, rows
from crm_service.disclosures.ordering import Plan
from crm_service.disclosures.people import Batch, Column, columns_of
from crm_service.unsubscribe.links import headers, url
from crm_service.unsubscribe.tokens import Signer

_BASIS, _LINK = "basis", "unsubscribe_url"
#: Only e-mail has headers.
_HEADER, _POST = headers("")
_ONE_CLICK = headers("")[_POST]


class Writer:
    """Writes one audience. ``signer`` makes its links, or is None where none are wanted."""

    def __init__(self, plan: Plan, signer: Signer | None, public_url: str) -> None:
        self._plan = plan
        self._names = list(plan.allowed)
        self._signer = signer
        self._base = url(public_url, "")
        self._has_headers = plan.order.channel == "email"

    def header(self) -> bytes:
        """Return what stands before the first person."""
        if self._plan.order.format == "ndjson":
            return b""
        if self._plan.is_for_platform:
            return rows.csv_header([*self._matched(Batch())])
        return rows.csv_header([*self._names, *self._made(Batch())])

    def write(self, batch: Batch) -> tuple[bytes, int]:
        """Return the text of a batch, and how many people stand in it."""
        if not batch.keys:
            return b"", 0
        if self._plan.is_for_platform:
            columns = self._matched(batch)
            people = map(rows.UNIT.join, zip(*columns.values(), strict=True))
            lines = list(compress(people, matching.matchable(columns)))
            return rows.csv_lines(lines), len(lines)
        if self._plan.order.format == "ndjson":
            text = rows.json_lines(self._names, batch.lines, self._members(batch))
        else:
            text = rows.csv_lines(batch.lines, list(self._made(batch).values()))
        return text, len(batch.keys)

    def _matched(self, batch: Batch) -> dict[str, Column]:
        return matching.columns(self._plan.order.format, columns_of(self._names, batch.lines))

    def _made(self, batch: Batch) -> dict[str, Column]:
        """Return the basis relied on, and the links if any are wanted."""
        made: dict[str, Column] = {_BASIS: batch.bases}
        if self._signer is None:
            return made
        made[_LINK] = links = self._links(self._signer, batch)
        if self._has_headers:
            made[_HEADER] = [f"<{link}>" for link in links]
            made[_POST] = [_ONE_CLICK] * len(links)
        return made

    def _links(self, signer: Signer, batch: Batch) -> list[str]:
        base = self._base
        return [base + token for token in signer.many(batch.keys)]

    def _members(self, batch: Batch) -> list[str]:
        """Return the same as JSON members: they hold nothing that JSON would escape."""
        bases = [f',"{_BASIS}":"{basis}"' for basis in batch.bases]
        if self._signer is None:
            return bases
        pairs = zip(bases, self._links(self._signer, batch), strict=True)
        if not self._has_headers:
            return [f'{basis},"{_LINK}":"{link}"' for basis, link in pairs]
        return [
            f'{basis},"{_LINK}":"{link}",'
            f'"headers":{{"{_HEADER}":"<{link}>","{_POST}":"{_ONE_CLICK}"}}'
            for basis, link in pairs
        ]
