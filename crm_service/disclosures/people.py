"""One batch of an audience: who in a range of address keys is eligible, and what may be said."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from crm_service.addresses import InvalidAddress
from crm_service.db import Connection
from crm_service.disclosures import repository
from crm_service.disclosures.rows import RECORD, UNIT
from crm_service.eligibility.inquiry import Inquiry, array
from crm_service.eligibility.service import Question
from crm_service.eligibility.sweeping import Sweep
from crm_service.eligibility.verdicts import Verdicts, split
from crm_service.transfers import phones

#: Texts; what is not known, or not to be told, is an empty one.
Column = Sequence[str]

#: What is said about an address itself, whatever message is meant.
_REFUSALS = {"suppressed", "restricted", "erased", "objected", "withdrawn"}

#: With a smaller share of eligible people among those read, they are looked up by their keys.
_WORTH_WALKING = 0.25
_ENOUGH_TO_TELL = 1000


@dataclass(frozen=True)
class Batch:
    """People in any order: their address keys, the basis relied on, and their cells as a line each.

    ``weight`` is how many had to be looked at to find them.
    """

    keys: Sequence[bytes] = ()
    bases: Sequence[str] = ()
    lines: Sequence[str] = ()
    weight: int = 0

    def parts(self, size: int) -> "Iterator[Batch]":
        """Yield the same people, up to ``size`` at a time."""
        for at in range(0, len(self.keys), size):
            part = slice(at, at + size)
            yield Batch(self.keys[part], self.bases[part], self.lines[part])


class Reader:
    """Reads batches of one audience; lines have the cells of ``allowed``, in its order.

    ``allowed`` says for each field on which bases it may be handed out; elsewhere it is left out
    (clause si-07). Phone numbers are in E.164 where they are what the channel reaches. With
    ``guards_phones``, for channels that hand numbers out beside the address that was judged, one
    that is refused or blocked itself is left out.
    """

    def __init__(
        self,
        controller_id: uuid.UUID,
        allowed: Mapping[str, frozenset[str]],
        *,
        kind: str,
        guards_phones: bool,
    ) -> None:
        self._controller_id = controller_id
        self._allowed = allowed
        self._kind = kind
        has_phones = "phone" in allowed
        self._normalizes = has_phones and (kind == "phone" or guards_phones)
        self._guards = has_phones and guards_phones
        needed = ["country"] * self._normalizes + ["phone_key"] * self._guards
        self._names = list(dict.fromkeys([*allowed, *needed]))
        self._walked = self._met = 0

    def read(self, connection: Connection, question: Question, first: bytes, last: bytes) -> Batch:
        """Return everybody eligible whose address key lies between two, both included."""
        bounds = {"first": uuid.UUID(bytes=first), "last": uuid.UUID(bytes=last)}
        walks = self._walked < _ENOUGH_TO_TELL or self._met >= self._walked * _WORTH_WALKING
        sweep = Sweep(connection, self._controller_id, question)
        sweep.ask_between(first, last)
        verdicts = sweep.verdicts()
        if walks:
            read, lines = self._people(connection, repository.BETWEEN, bounds)
        else:
            keys = {"keys": array(list(verdicts.basis))}
            read, lines = self._people(connection, repository.EACH, keys)
        batch = self._batch(connection, question, verdicts, read, lines)
        if walks:
            self._walked += len(read)
            self._met += len(batch.keys)
        return batch

    def _people(
        self, connection: Connection, selected: str, facts: Mapping[str, Any]
    ) -> tuple[list[bytes], list[str]]:
        """Return keys and lines; read again with care where a cell holds a separator itself."""
        facts = {**facts, "controller_id": self._controller_id}
        keys: list[bytes] = []
        text = ""
        for is_careful in (False, True):
            statement = repository.reading(
                self._names, kind=self._kind, selected=selected, is_careful=is_careful
            )
            found, text = statement.execute(connection, facts, binary=True).fetchone() or (b"", "")
            keys = split(found or b"")
            if not keys:
                return [], []
            separators = text.count(UNIT), text.count(RECORD)
            if separators == (len(keys) * (len(self._names) - 1), len(keys) - 1):
                break
        return keys, text.split(RECORD)

    def _batch(
        self,
        connection: Connection,
        question: Question,
        verdicts: Verdicts,
        read: Sequence[bytes],
        lines: Sequence[str],
    ) -> Batch:
        selected = [key in verdicts.basis for key in read]
        keys = list(compress(read, selected))
        bases = [verdicts.basis[key] for key in keys]
        kept = list(compress(lines, selected))
        narrowed = [name for name, on in self._allowed.items() if not on.issuperset(bases)]
        if kept and (narrowed or self._normalizes):
            kept = self._edited(connection, question, kept, bases, narrowed)
        weight = max(len(read), len(verdicts.basis) + len(verdicts.bits))
        return Batch(keys, bases, kept, weight)

    def _edited(
        self,
        connection: Connection,
        question: Question,
        lines: Sequence[str],
        bases: Sequence[str],
        narrowed: Sequence[str],
    ) -> list[str]:
        """Return the lines as they may be told: numbers put right, and nothing in excess."""
        columns: dict[str, Column] = columns_of(self._names, lines)
        if self._normalizes:
            columns["phone"] = _international(columns["phone"], columns["country"])
        if self._guards:
            columns["phone"] = self._unrefused(connection, question, columns)
        for name in narrowed:
            pairs = zip(columns[name], bases, strict=True)
            on = self._allowed[name]
            columns[name] = [cell if basis in on else "" for cell, basis in pairs]
        return list(map(UNIT.join, zip(*(columns[name] for name in self._allowed), strict=True)))

    def _unrefused(
        self, connection: Connection, question: Question, columns: Mapping[str, Column]
    ) -> Column:
        """Return the numbers on which nothing is refused, blocked or restricted."""
        keys = [uuid.UUID(key).bytes if key else b"" for key in columns["phone_key"]]
        inquiry = Inquiry(connection, self._controller_id, question)
        inquiry.ask(list({key for key in keys if key}))
        verdicts = inquiry.verdicts()
        pairs = zip(columns["phone"], keys, strict=True)
        return ["" if _REFUSALS & {*verdicts.reasons(key)} else number for number, key in pairs]


def columns_of(names: Sequence[str], lines: Sequence[str]) -> dict[str, Column]:
    """Return the cells of lines as columns by their names."""
    cells = zip(*[line.split(UNIT) for line in lines], strict=True)
    return dict(zip(names, cells, strict=True)) if lines else dict.fromkeys(names, ())


def _international(numbers: Column, countries: Column) -> list[str]:
    pairs = zip(numbers, countries, strict=True)
    return [_e164(number, country) if number else "" for number, country in pairs]


def _e164(number: str, country: str) -> str:
    try:
        return phones.normalize(number, country or None)
    except InvalidAddress:  # the number was taken with a country that is gone since
        return ""
