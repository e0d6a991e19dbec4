"""Asking the database about address keys, in portions, and weighing what it answers."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple

from psycopg import RawCursor
from psycopg.rows import TupleRow

from crm_service.db import Connection
from crm_service.eligibility import domains, repository
from crm_service.eligibility.service import Question
from crm_service.eligibility.verdicts import KEY_BYTES, Verdicts
from crm_service.permissions.evidence import BASES
from crm_service.policies.terms import parse_period
from crm_service.statements import Statement

_SHORTEST_MONTH = 28
_MARGIN = 2


class Statements(NamedTuple):
    """The statements that make a verdict."""

    permissions: Statement
    after_refusals: Statement
    suppressions: Statement
    restrictions: Statement
    known: Statement


class Inquiry:
    """Verdicts on any number of address keys in one transaction, asked in portions.

    ``ask`` only queues its look-ups: PostgreSQL works on them while the caller prepares the next
    portion. ``verdicts`` waits for all of them, and asks a second time only about addresses that
    refused something or of which nothing was said.
    """

    #: What is asked. Of the past other statements ask, which differ in where they look alone.
    statements: ClassVar[Statements] = Statements(
        repository.PERMISSIONS,
        repository.AFTER_REFUSALS,
        repository.SUPPRESSIONS,
        repository.RESTRICTIONS,
        repository.KNOWN,
    )

    def __init__(self, connection: Connection, controller_id: uuid.UUID, question: Question):
        #: Keys with their addresses as given, where somebody gave them: for blocks on domains.
        self.addresses: Iterable[tuple[bytes | None, str]] | None = None
        self._connection = connection
        self._controller_id = controller_id
        self._question = question
        self._facts = _facts(controller_id, question)
        self._asked: list[Collection[bytes]] = []
        self._permissions: list[RawCursor[TupleRow]] = []
        self._suppressions: list[RawCursor[TupleRow]] = []

    def ask(self, keys: Collection[bytes], as_array: str | None = None) -> None:
        """Queue two look-ups for each address key of 16 raw bytes; ``as_array`` are the same."""
        self._asked.append(keys)
        written = as_array or array(keys)
        self._permissions.append(self._queue(self.statements.permissions, written))
        self._suppressions.append(self._queue(self.statements.suppressions, written))

    def verdicts(self) -> Verdicts:
        """Return the verdicts on every key asked."""
        restricted = self._queue(self.statements.restrictions, "")
        verdicts = Verdicts(self._facts["bases"])
        for state, holds, rank, found in _rows(self._permissions):
            verdicts.state(state, holds=holds, rank=rank, keys=found)
        self._ask_further(verdicts)
        for scope, reason, ends_at, found in _rows(self._suppressions):
            verdicts.block(scope, reason, found, ends_at=ends_at)
        for (found,) in _rows([restricted]):
            verdicts.restrict(found or b"")
        if self._question.has_domains:
            self._refuse_domains(verdicts)
        return verdicts

    def _refuse_domains(self, verdicts: Verdicts) -> None:
        about = (self._connection, self._controller_id, self._question, verdicts)
        if self.addresses is not None:
            domains.refuse(*about, self.addresses)
        else:
            asked = [key for keys in self._asked for key in keys]
            domains.refuse_known(*about, asked or list(verdicts.basis))

    def _ask_further(self, verdicts: Verdicts) -> None:
        """Compare refusals with later consent, and tell known addresses from unknown ones."""
        silent = verdicts.silent(self._asked)
        refused = list(verdicts.refused)
        verdicts.doubt()
        refusals = [self._queue(self.statements.after_refusals, array(refused))] if refused else []
        known = [self._queue(self.statements.known, array(silent))] if silent else []
        for verdict, rank, found in _rows(refusals):
            verdicts.settle(verdict, rank, found)
        for (found,) in _rows(known):
            verdicts.know(found or b"")

    def _queue(self, statement: Statement, keys: str) -> RawCursor[TupleRow]:
        facts = self._facts | {"keys": keys}
        return statement.execute(self._connection, facts, binary=True)


def _rows(cursors: Sequence[RawCursor[TupleRow]]) -> Iterator[TupleRow]:
    for cursor in cursors:
        yield from cursor.fetchall()


def _facts(controller_id: uuid.UUID, question: Question) -> dict[str, Any]:
    purpose = question.purpose
    bases = [basis for basis in BASES if purpose.allows(basis, question.channel)]
    rules = [purpose.bases[basis] for basis in bases]
    terms = [parse_period(rule.term) if rule.term else None for rule in rules]
    days = [term.months * _SHORTEST_MONTH + term.days - _MARGIN if term else 0 for term in terms]
    return {
        "controller_id": controller_id,
        "channel": question.channel,
        "purpose": purpose.slug,
        "topic_id": question.topic_id,
        "is_marketing": question.is_marketing,
        "timezone": question.policy.timezone,
        "now": question.now,
        "bases": bases,
        "terms": [term.interval if term else None for term in terms],
        "safe": [question.now - timedelta(days=shortest) for shortest in days],
        "from_since": [rule.term_from == "since" for rule in rules],
        "inherits": [rule.inherits for rule in rules],
    }


def array(keys: Iterable[bytes]) -> str:
    """Return keys as PostgreSQL's text of a ``uuid[]``, sorted: the index is walked in order."""
    return "{" + b"".join(sorted(keys)).hex(",", KEY_BYTES) + "}"
