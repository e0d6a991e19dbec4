"""Keeping catalogs in step with the texts in templates and code: ``make messages``.

Each room's catalogs hold what that room says, sorted by text and without places, dates or names of
tools, so that the same texts give the same files and a merge touches what was written alone. A text
that was changed in any letter is a new one to translate; nothing is guessed.

    python -m crm_service.pages.extracting           write every .po and .mo
    python -m crm_service.pages.extracting --check   write nothing; say what is amiss, and exit 1
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from crm_service.pages.languages import LANGUAGES, SOURCE
from crm_service.pages.translating import FOLDER, ROOMS, locale

TARGETS: Final = [language for language in LANGUAGES if language != SOURCE]

_METHODS: Final = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS: Final = {"templates/**.html": {"silent": "false", "trimmed": "true"}}


class Reproducible(Catalog):
    """A catalog whose header says what readers need, and neither when nor by what it was made."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """Return language, encoding and plural rule."""
        return [
            ("Language", str(self.locale)),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Plural-Forms", self.plural_forms),
        ]


def main() -> int:
    """Write the catalogs, or with ``--check`` compare; return how many files are not as written."""
    is_check = "--check" in sys.argv[1:]
    amiss = 0
    for room in speaking():
        for language in TARGETS:
            for path, content in files(room, language).items():
                if path.is_file() and path.read_bytes() == content:
                    continue
                amiss += 1
                if not is_check:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
        for finding in untranslated(room):
            print(finding)  # noqa: T201 - a command's answer
    return amiss if is_check else 0


def speaking() -> list[Path]:
    """Return the rooms with something to say, by name."""
    found = sorted(path.parent for path in ROOMS.glob("*/__init__.py"))
    return [room for room in found if len(texts(room))]


def texts(room: Path) -> Catalog:
    """Return every text of a room, untranslated."""
    catalog = Catalog()
    for _, _, said, comments, context in extract_from_dir(
        room, _METHODS, _OPTIONS, DEFAULT_KEYWORDS, comment_tags=("Translators:",)
    ):
        catalog.add(said, auto_comments=comments, context=context)
    return catalog


def files(room: Path, language: str) -> dict[Path, bytes]:
    """Return what the .po and the .mo of a room must hold, kept translations included."""
    folder = room / FOLDER / language / "LC_MESSAGES"
    catalog = Reproducible(locale=locale(language), header_comment="", fuzzy=False)
    kept = translations(folder / "messages.po", language)
    for said in texts(room):
        if not said.id:
            continue
        before = kept.get(said.id, said.context)
        string = before.string if before and _is_same_kind(before, said) else None
        catalog.add(said.id, string, auto_comments=said.auto_comments, context=said.context)
    written, compiled = io.BytesIO(), io.BytesIO()
    write_po(written, catalog, width=100, no_location=True, sort_output=True)
    write_mo(compiled, catalog)
    return {
        folder / "messages.po": written.getvalue().lstrip(),
        folder / "messages.mo": compiled.getvalue(),
    }


def translations(path: Path, language: str) -> Catalog:
    """Return the catalog at ``path``; an empty one where there is none."""
    if not path.is_file():
        return Catalog(locale=locale(language))
    with path.open("rb") as opened:
        return read_po(opened, locale=language)


def untranslated(room: Path) -> Iterator[str]:
    """Yield each text of a room that a language lacks, whole or a plural form of it."""
    for language in TARGETS:
        path = room / FOLDER / language / "LC_MESSAGES" / "messages.po"
        catalog = translations(path, language)
        for said in texts(room):
            found = catalog.get(said.id, said.context) if said.id else None
            if said.id and (found is None or not all(forms(found)) or found.fuzzy):
                yield f"{room.name} {language}: {said.id}"


def forms(message: Message) -> tuple[str, ...]:
    """Return a text's translations: one, or one for each plural form."""
    string = message.string or ""
    return (string,) if isinstance(string, str) else tuple(string)


def _is_same_kind(before: Message, said: Message) -> bool:
    return bool(before.pluralizable == said.pluralizable)


if __name__ == "__main__":
    sys.exit(main())
