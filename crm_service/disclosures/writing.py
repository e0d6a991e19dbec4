"""From a batch of people to the bytes that are handed out."""

from itertools import compress

from crm_service.disclosures import matching, rows
from crm_service.disclosures.ordering import Plan
from crm_service.disclosures.people import Batch, Column, columns_of
from crm_service.unsubscribe.links import Ways, headers

_BASIS, _LINK = "basis", "unsubscribe_url"
#: People written at once: what is made of them on the way stays in the processor's cache, and in
#: memory that the process has already.
_TOGETHER = 1000

#: Only e-mail has headers.
_HEADER, _POST = headers("")
_ONE_CLICK = headers("")[_POST]


class Writer:
    """Writes one audience. ``ways`` makes its links, or is None where none are wanted."""

    def __init__(self, plan: Plan, ways: Ways | None) -> None:
        self._plan = plan
        self._names = list(plan.allowed)
        self._ways = ways
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
        written = [self._write(part) for part in batch.parts(_TOGETHER)]
        return b"".join([text for text, _ in written]), sum(people for _, people in written)

    def _write(self, batch: Batch) -> tuple[bytes, int]:
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
        if self._ways is None:
            return made
        made[_LINK] = links = self._ways.urls(batch.keys)
        if self._has_headers:
            made[_HEADER] = self._uris(self._ways, batch, links)
            made[_POST] = [_ONE_CLICK] * len(links)
        return made

    def _uris(self, ways: Ways, batch: Batch, links: list[str]) -> list[str]:
        """Return what stands in List-Unsubscribe."""
        mailtos = ways.mailtos(batch.keys, links)
        if mailtos is None:
            return [f"<{link}>" for link in links]
        return [f"<{link}>, <{mailto}>" for link, mailto in zip(links, mailtos, strict=True)]

    def _members(self, batch: Batch) -> list[str]:
        """Return the same as JSON members: they hold nothing that JSON would escape."""
        bases = [f',"{_BASIS}":"{basis}"' for basis in batch.bases]
        if self._ways is None:
            return bases
        links = self._ways.urls(batch.keys)
        if not self._has_headers:
            return [f'{b},"{_LINK}":"{link}"' for b, link in zip(bases, links, strict=True)]
        uris = self._uris(self._ways, batch, links)
        return [
            f'{basis},"{_LINK}":"{link}","headers":{{"{_HEADER}":"{uri}","{_POST}":"{_ONE_CLICK}"}}'
            for basis, link, uri in zip(bases, links, uris, strict=True)
        ]
