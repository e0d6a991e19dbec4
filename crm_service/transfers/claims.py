"""The legal basis that a row claims, and the evidence that it gives (rule 17)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from crm_service.permissions.evidence import BASES, REQUIRED
from crm_service.transfers import times
from crm_service.transfers.columns import BASIS, EVIDENCE, TOPICS

_OCCURRED_AT = "evidence.occurred_at"
_TRUTHS = frozenset({"true", "yes", "y", "1"})
_ALIASES = {"legitimate_interest": "legitimate_interests", "softoptin": "soft_opt_in"}
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_NOT_WORDS = re.compile(r"[\s_-]+")
_MAX_TEXT = 10_000

#: What ``permissions.evidence.missing`` looks for, as sets: asked for every row.
_NEEDED = {basis: frozenset(paths) for basis, paths in REQUIRED.items()}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a row claims. Without ``topics`` it is for the whole purpose ``marketing``.

    ``problem`` is why nothing can be recorded of it (a warning), None where the evidence suffices.
    ``bad_topics``: a name among the topics is no slug.
    """

    basis: str
    topics: tuple[str, ...]
    evidence: Mapping[str, Any]
    problem: str | None = None
    bad_topics: bool = False


class ClaimReader:
    """Reads the claims of one file's rows; nothing has happened after ``latest``."""

    def __init__(self, places: Mapping[str, int], zone: tzinfo, *, latest: datetime) -> None:
        self._zone = zone
        self._latest = latest
        self._basis = places.get(BASIS)
        self._topics = places.get(TOPICS)
        self._evidence = [
            (path, path.split("."), at)
            for path, at in (
                (name.removeprefix(EVIDENCE), at)
                for name, at in places.items()
                if name.startswith(EVIDENCE)
            )
        ]

    def read(self, record: Sequence[str], language: object) -> Claim | None:
        """Return what the row claims, None where it claims nothing.

        ``language``: the person's, taken for the wording's where no column says it.
        """
        if self._basis is None or not record[self._basis]:
            return None
        basis = _basis(record[self._basis])
        if basis == "":
            return None
        slugs, bad = _slugs(record[self._topics]) if self._topics is not None else ((), False)
        if basis is None:
            return Claim("", slugs, {}, "unknown_basis", bad)
        evidence, given = self._read_evidence(record)
        wording = evidence.get("wording")
        if wording and language and "language" not in wording:
            wording["language"] = language
        return Claim(basis, slugs, evidence, self._problem(basis, evidence, given), bad)

    def _problem(self, basis: str, evidence: Mapping[str, Any], given: set[str]) -> str | None:
        """Return what ``permissions.evidence.require`` would refuse the evidence for."""
        if not _NEEDED[basis] <= given:
            return "evidence_missing"
        occurred_at = evidence.get("occurred_at")
        return "evidence_in_future" if occurred_at and occurred_at > self._latest else None

    def _read_evidence(self, record: Sequence[str]) -> tuple[dict[str, Any], set[str]]:
        """Return the evidence, and the dotted paths of what it has."""
        evidence: dict[str, Any] = {}
        given = set()
        for path, parts, at in self._evidence:
            if not (text := record[at].strip()):
                continue
            value = _value(parts[-1], text[:_MAX_TEXT], self._zone)
            if not value:
                continue
            inner = evidence
            for part in parts[:-1]:
                inner = inner.setdefault(part, {})
            inner[parts[-1]] = value
            given.add(path)
        return evidence, given


def _value(name: str, text: str, zone: tzinfo) -> str | bool | datetime | None:
    if name == "occurred_at":
        return times.parse(text, zone)
    if name in {"similar_products", "opt_out_offered"}:
        return text.casefold() in _TRUTHS
    return text


@lru_cache(maxsize=4096)
def _basis(text: str) -> str | None:
    """Return the basis that a cell names, "" for none, None for an unknown one."""
    name = _NOT_WORDS.sub("_", text.strip().casefold())
    name = _ALIASES.get(name, name)
    return name if name in BASES or not name else None


@lru_cache(maxsize=4096)
def _slugs(text: str) -> tuple[tuple[str, ...], bool]:
    """Return the topics that a cell names, each once, and whether it names something else too."""
    names = [name for part in text.split("|") if (name := part.strip().casefold())]
    slugs = tuple(dict.fromkeys(name for name in names if _SLUG.fullmatch(name)))
    return slugs, len(slugs) < len(set(names))
