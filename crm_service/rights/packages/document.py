"""The readable document of a package: one HTML file, whole by itself, to be read or printed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import force_locale, format_date

from crm_service.clock import utcnow
from crm_service.pages import translating
from crm_service.policies.document import Policy
from crm_service.rights import knowledge, labels, pages
from crm_service.rights.models import RightsRequest
from crm_service.rights.packages import wording
from crm_service.rights.packages.hiding import is_hidden
from crm_service.rights.packages.tables import Row, Table
from crm_service.rights.packages.values import Reader, Topics, is_filled

#: GDPR, by the kind of request.
_ARTICLES: Final = {"access": "15", "portability": "20"}
#: In characters: the width of a page, and of columns on it.
_PAGE: Final = 110
_NARROW, _LONG_WORD, _WIDE = 6, 18, 24
#: Over how many lines a cell is spread.
_LINES: Final = 3
#: More rows than these are a table, however wide.
_FEW: Final = 40


@dataclass(frozen=True)
class Part:
    """Rows that tell of the same; each has a cell under each of ``columns``."""

    columns: list[str]
    rows: list[list[str]]

    @property
    def is_list(self) -> bool:
        """Tell whether each row is read from top to bottom: paper has no sideways scroll."""
        return len(self.rows) == 1 or (self.is_wide and len(self.rows) <= _FEW)

    @property
    def is_wide(self) -> bool:
        """Tell whether its columns need more than a page is wide."""
        return sum(self._needed) > _PAGE

    @property
    def records(self) -> list[list[tuple[str, str]]]:
        """Return each row as names with what stands there, without what is empty."""
        return [
            [(name, cell) for name, cell in zip(self.columns, row, strict=True) if cell]
            for row in self.rows
        ]

    @property
    def widths(self) -> list[int]:
        """Return how wide each column is on paper, in percent, so that few words are broken."""
        return [100 * one // sum(self._needed) for one in self._needed]

    @property
    def _needed(self) -> list[int]:
        return [_needed(column) for column in zip(self.columns, *self.rows, strict=True)]


def _needed(cells: Collection[str]) -> int:
    """Return how many characters wide a column should be: for its longest word, and a few lines."""
    words = max(len(word) for cell in cells for word in cell.split(" "))
    return max(_NARROW, min(words + 2, _LONG_WORD), min(max(map(len, cells)) // _LINES, _WIDE))


@dataclass(frozen=True)
class Shown:
    """A room's data as the document shows them; ``count`` rows are in ``file``."""

    title: str
    file: str
    count: int
    parts: list[Part]

    @property
    def shown(self) -> int:
        """Return how many rows the document has of it."""
        return sum(len(part.rows) for part in self.parts)


def facts(policy: Policy, request: RightsRequest) -> dict[str, Any]:
    """Return what ``package.json`` says beside the data (GDPR Art. 15(1) and (2), 20)."""
    return {
        "request_id": request.id,
        "kind": request.kind,
        "article": _ARTICLES[request.kind],
        "received_at": request.received_at,
        "made_at": utcnow(),
        "policy": {"name": policy.name, "version": policy.version},
        **knowledge.about(policy),
        "retention": policy.retention.described(),
        "automated_decisions": False,
    }


def render(policy: Policy, request: RightsRequest, tables: Iterable[Table], topics: Topics) -> str:
    """Return the document in the person's language."""
    locale = translating.locale(request.language)
    zone = ZoneInfo(policy.timezone)
    with force_locale(locale):
        reader = Reader(policy, topics, request.language)
        shown = [_shown(table, reader) for table in _ordered(tables) if table.count]
        return render_template(
            "rights/package.html",
            language=request.language,
            direction=locale.text_direction,
            policy=policy,
            request=request,
            article=_ARTICLES[request.kind],
            made_on=format_date(utcnow().astimezone(zone).date(), format="long"),
            received_on=format_date(request.received_at.astimezone(zone).date(), format="long"),
            tables=shown,
            labels=labels.everything,
            names=pages.names,
            purposes=pages.marketing_first(policy),
            kinds=pages.offered(policy),
            point=policy.contact_point,
        )


def _ordered(tables: Iterable[Table]) -> list[Table]:
    places = {room: place for place, room in enumerate(wording.titles())}
    return sorted(tables, key=lambda one: places.get(one.name, len(places)))


def _shown(table: Table, reader: Reader) -> Shown:
    return Shown(
        title=wording.titles().get(table.name, table.name),
        file=table.file,
        count=table.count,
        parts=[_part(table.name, columns, rows, reader) for columns, rows in table.latest.items()],
    )


def _part(room: str, columns: Iterable[str], rows: Collection[Row], reader: Reader) -> Part:
    names = wording.columns()
    filled = [
        name
        for name in columns
        if not is_hidden(room, name) and any(is_filled(row[name]) for row in rows)
    ]
    told = [[reader.text(room, name, row[name]) for name in filled] for row in rows]
    return Part(columns=[names.get(name, name) for name in filled], rows=told)
