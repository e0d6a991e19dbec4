"""What every room says to recipients is there in every language, whole and unmixed."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from crm_service.pages import extracting
from crm_service.pages.extracting import TARGETS

ROOMS = extracting.speaking()
CATALOGS = pytest.mark.parametrize(
    ("room", "language"),
    [(room, language) for room in ROOMS for language in TARGETS],
    ids=[f"{room.name}-{language}" for room in ROOMS for language in TARGETS],
)
#: Said alike in several languages.
ALIKE: dict[str, set[str]] = {
    "et": {"post", "link", "number"},
    "nb": {"post", "Send", "program", "status"},
    "sl": {"program", "status"},
    "sv": {"post", "program", "status", "text", "version"},
}


def messages(room: Path, language: str) -> Iterator[tuple[Message, tuple[str, ...]]]:
    """Yield each text of a catalog with its translations: one, or one a plural form."""
    path = room / "translations" / language / "LC_MESSAGES" / "messages.po"
    for message in extracting.translations(path, language):
        if message.id:
            yield message, extracting.forms(message)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%(?:\(\w+\)[a-z]|%)", text))


@CATALOGS
def test_catalogs_are_as_make_messages_writes_them(room: Path, language: str) -> None:
    stale = [
        str(path)
        for path, content in extracting.files(room, language).items()
        if not path.is_file() or path.read_bytes() != content
    ]

    assert stale == [], "run: make messages"


@CATALOGS
def test_nothing_is_left_untranslated_or_guessed(room: Path, language: str) -> None:
    forms = extracting.translations(Path("none"), language).num_plurals

    for message, strings in messages(room, language):
        assert all(strings), message.id
        assert not message.fuzzy, message.id
        assert len(strings) == (forms if message.pluralizable else 1), message.id
        assert ALIKE.get(language, set()) >= {s for s in strings if s == message.id}, message.id


@CATALOGS
def test_translations_keep_placeholders_and_bring_no_markup(room: Path, language: str) -> None:
    for message, strings in messages(room, language):
        said = "".join(message.id)
        for string in strings:
            assert placeholders(string) <= placeholders(said), message.id
            assert message.pluralizable or placeholders(string) == placeholders(said), message.id
            assert ("<" in string) == ("<" in said), message.id


@pytest.mark.parametrize("language", TARGETS)
def test_what_two_rooms_say_alike_is_translated_alike(language: str) -> None:
    translated = defaultdict(set)
    for room in ROOMS:
        for message, strings in messages(room, language):
            translated[message.context, str(message.id)].add(strings)

    # One catalog serves all rooms: where the meaning differs, pgettext tells the texts apart.
    assert {said for said, versions in translated.items() if len(versions) > 1} == set()
