"""One batch of an audience: who in a range of address keys is eligible, and what may be said."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from crm_service.addresses import InvalidAddress
from crm_service.db import Connection
from crm_service.disclosures import repository
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
    """People in any order: their address keys, the basis relied on, and a column for each field.

    ``weight`` is how many had to be looked at to find them.
    """

    keys: Sequence[bytes] = ()
    bases: Sequence[str] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)
    weight: int = 0


class Reader:
    """Reads batches of one audience.

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
        has_phones = "phone" in allowed
        self._normalizes = has_phones and (kind == "phone" or guards_phones)
        self._guards = has_phones and guards_phones
        needed = ["country"] * self._normalizes + ["phone_key"] * self._guards
        self._names = list(dict.fromkeys([*allowed, *needed]))
        self._walk = repository.reading(self._names, kind=kind, selected=repository.BETWEEN)
        self._look_up = repository.reading(self._names, kind=kind, selected=repository.EACH)
        self._walked = self._met = 0

    def read(self, connection: Connection, question: Question, first: bytes, last: bytes) -> Batch:
        """Return everybody eligible whose address key lies between two, both included."""
        facts: dict[str, Any] = {"controller_id": self._controller_id}
        walks = self._walked < _ENOUGH_TO_TELL or self._met >= self._walked * _WORTH_WALKING
        sweep = Sweep(connection, self._controller_id, question)
        if walks:
            bounds = {"first": uuid.UUID(bytes=first), "last": uuid.UUID(bytes=last)}
            found = self._walk.execute(connection, facts | bounds, binary=True)
            sweep.ask_between(first, last)
            read, named = self._columns(found.fetchone())
            if question.has_domains and "email" in named:
                sweep.addresses = list(zip(read, named["email"], strict=True))
            verdicts = sweep.verdicts()
        else:
            sweep.ask_between(first, last)
            verdicts = sweep.verdicts()
            keys = {"keys": array(list(verdicts.basis))}
            found = self._look_up.execute(connection, facts | keys, binary=True)
            read, named = self._columns(found.fetchone())
        batch = self._batch(connection, question, verdicts, read, named)
        if walks:
            self._walked += len(read)
            self._met += len(batch.keys)
        return batch

    def _columns(self, row: Sequence[Any] | None) -> tuple[list[bytes], dict[str, Sequence[Any]]]:
        """Return what a reading statement answered: keys, and the columns by their names."""
        raw, *columns = row or (None,)
        read = split(raw or b"")
        named = zip(self._names, columns, strict=False)
        return read, {name: column or () for name, column in named}

    def _batch(
        self,
        connection: Connection,
        question: Question,
        verdicts: Verdicts,
        read: Sequence[bytes],
        columns: Mapping[str, Sequence[Any]],
    ) -> Batch:
        selected = [key in verdicts.basis for key in read]
        keys = list(compress(read, selected))
        bases = [verdicts.basis[key] for key in keys]
        kept = {name: list(compress(column, selected)) for name, column in columns.items()}
        if self._normalizes:
            kept["phone"] = _international(kept["phone"], kept["country"])
        if self._guards:
            self._drop_refused(connection, question, kept)
        return Batch(
            keys,
            bases,
            {name: self._limited(name, kept[name], bases) for name in self._allowed},
            max(len(read), len(verdicts.basis) + len(verdicts.bits)),
        )

    def _limited(self, name: str, column: Column, bases: Sequence[str]) -> Column:
        """Return the column with nothing in it of people on whose basis it may not be told."""
        on = self._allowed[name]
        if on.issuperset(bases):
            return column
        pairs = zip(column, bases, strict=True)
        return [value if basis in on else "" for value, basis in pairs]

    def _drop_refused(
        self, connection: Connection, question: Question, kept: dict[str, list[Any]]
    ) -> None:
        """Leave out numbers on which something is refused, blocked or restricted."""
        inquiry = Inquiry(connection, self._controller_id, question)
        inquiry.ask(list({key.bytes for key in kept["phone_key"] if key is not None}))
        verdicts = inquiry.verdicts()
        pairs = zip(kept["phone"], kept["phone_key"], strict=True)
        kept["phone"] = [
            "" if key is None or _REFUSALS & {*verdicts.reasons(key.bytes)} else number
            for number, key in pairs
        ]


def _international(numbers: Column, countries: Column) -> list[str]:
    pairs = zip(numbers, countries, strict=True)
    return [_e164(number, country) if number else "" for number, country in pairs]


def _e164(number: str, country: str) -> str:
    try:
        return phones.normalize(number, country or None)
    except InvalidAddress:  # the number was taken with a country that is gone since
        return ""
