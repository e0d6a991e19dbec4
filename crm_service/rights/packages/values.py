"""How values of a package read in its document: words for codes, dates by the controller's clock.

GDPR Art. 12(1) asks for an intelligible form: whoever reads it does not know what we call things.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import format_date, format_datetime, get_locale, gettext

from crm_service.pages import rendering
from crm_service.policies.document import Policy
from crm_service.rights import keeping, labels, letters
from crm_service.rights.packages import codes, wording

#: The names of topics by their slugs, each by language.
Topics = Mapping[str, Mapping[str, str]]

#: What is the controller's own: neither names nor values in it are codes of ours.
_OWN: Final = frozenset({"attributes"})


class Reader:
    """Reads values to the person in the language that is spoken while it is made."""

    def __init__(self, policy: Policy, topics: Topics, language: str) -> None:
        self._policy = policy
        self._topics = topics
        self._language = language
        self._zone = ZoneInfo(policy.timezone)
        self._columns = wording.columns()
        self._everywhere = codes.everywhere()
        self._of_rooms = codes.of_rooms()
        self._said = self._by_column()

    def _by_column(self) -> dict[str, Callable[[str], str]]:
        fields, sources = {**self._columns, **labels.fields()}, codes.sources()
        about = {**wording.titles(), **codes.about()}

        def field(code: str) -> str:
            return fields.get(code, code.removeprefix("attributes."))

        def source(code: str) -> str:
            return sources.get(code, code)

        return {
            "action": lambda code: about.get(code.partition(".")[0], ""),
            "categories": keeping.category,
            "category": keeping.category,
            "country": labels.country,
            "field": field,
            "fields": field,
            "language": _language,
            "purpose": self._purpose,
            "refusal_ground": lambda code: letters.ground(self._policy, code, self._language),
            "source": source,
            "source_kind": source,
            "sources": source,
            "topic": self._topic,
            "topics": self._topic,
        }

    def text(self, room: str, column: str, value: Any) -> str:
        """Return a value as people read it."""
        if not is_filled(value):
            return ""
        if isinstance(value, Mapping):
            return "; ".join(self._pairs(room, column, value))
        if isinstance(value, list | tuple):
            return ", ".join(self.text(room, column, one) for one in value)
        if isinstance(value, str):
            return self._word(room, column, value)
        return self._plain(value)

    def _plain(self, value: Any) -> str:
        if isinstance(value, datetime):
            return self._moment(value)
        if isinstance(value, date):
            return str(format_date(value, "medium"))
        return str(gettext("yes") if value is True else value)

    def _pairs(self, room: str, column: str, value: Mapping[str, Any]) -> list[str]:
        if column in _OWN:
            return [f"{name}: {self.text('', '', one)}" for name, one in value.items()]
        return [
            f"{self._columns.get(name, name)}: {self.text(room, name, one)}"
            for name, one in value.items()
        ]

    def _word(self, room: str, column: str, value: str) -> str:
        told = self._of_rooms.get((room, column))
        if told is None and column in self._said:
            return self._said[column](value)
        if told is None and column.endswith("_at") and (moment := _moment_of(value)):
            return self._moment(moment)
        return (told or self._everywhere.get(column, {})).get(value, value)

    def _moment(self, value: datetime) -> str:
        return str(format_datetime(value.astimezone(self._zone).replace(tzinfo=None), "medium"))

    def _purpose(self, code: str) -> str:
        purpose = self._policy.purposes.get(code)
        return self._written(purpose.name if purpose else None, code)

    def _topic(self, code: str) -> str:
        return self._written(self._topics.get(code), code)

    def _written(self, names: Mapping[str, str] | None, code: str) -> str:
        found = rendering.written(names, self._policy.default_language)
        return found.text if found else code


def is_filled(value: Any) -> bool:
    """Tell whether there is anything to show of a value."""
    return value is not None and value not in ("", [], {}, False)


def _language(code: str) -> str:
    locale = get_locale()
    return str(locale.languages.get(code, code)) if locale else code


def _moment_of(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
