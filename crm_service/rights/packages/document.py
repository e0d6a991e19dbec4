"""The readable document of a package: one HTML file, whole by itself, to be read or printed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import force_locale, format_date, format_datetime, gettext

from crm_service.clock import utcnow
from crm_service.pages import translating
from crm_service.policies.document import Policy
from crm_service.rights import knowledge, labels, pages
from crm_service.rights.models import RightsRequest
from crm_service.rights.packages import wording
from crm_service.rights.packages.tables import Row, Table

#: GDPR, by the kind of request.
_ARTICLES: Final = {"access": "15", "portability": "20"}


@dataclass(frozen=True)
class Part:
    """Rows that tell of the same; each has a cell under each of ``columns``."""

    columns: list[str]
    rows: list[list[str]]


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


def render(policy: Policy, request: RightsRequest, tables: Iterable[Table]) -> str:
    """Return the document in the person's language."""
    locale = translating.locale(request.language)
    zone = ZoneInfo(policy.timezone)
    with force_locale(locale):
        shown = [_shown(table, zone) for table in _ordered(tables) if table.count]
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
            kept=policy.retention.rules,
            labels=labels.everything,
            names=pages.names,
            purposes=pages.marketing_first(policy),
            kinds=pages.offered(policy),
            point=policy.contact_point,
        )


def _ordered(tables: Iterable[Table]) -> list[Table]:
    places = {room: place for place, room in enumerate(wording.titles())}
    return sorted(tables, key=lambda one: places.get(one.name, len(places)))


def _shown(table: Table, zone: ZoneInfo) -> Shown:
    return Shown(
        title=wording.titles().get(table.name, table.name),
        file=table.file,
        count=table.count,
        parts=[_part(columns, rows, zone) for columns, rows in table.latest.items()],
    )


def _part(columns: Iterable[str], rows: Collection[Row], zone: ZoneInfo) -> Part:
    names = wording.columns()
    filled = [
        name
        for name in columns
        if name not in wording.HIDDEN and any(_is_filled(row[name]) for row in rows)
    ]
    return Part(
        columns=[names.get(name, name) for name in filled],
        rows=[[_text(row[name], zone) for name in filled] for row in rows],
    )


def _is_filled(value: Any) -> bool:
    return value is not None and value not in ("", [], {}, False)


def _text(value: Any, zone: ZoneInfo) -> str:
    """Return a value as people read it."""
    if not _is_filled(value):
        return ""
    if isinstance(value, datetime):
        return str(format_datetime(value.astimezone(zone).replace(tzinfo=None), "medium"))
    if isinstance(value, date):
        return str(format_date(value, "medium"))
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_text(one, zone)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(one, zone) for one in value)
    return str(gettext("yes")) if value is True else str(value)
