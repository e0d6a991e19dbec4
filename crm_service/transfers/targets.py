"""What the claims of a file are for: topics, made where they are missing, or all marketing."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crm_service.db import Connection
from crm_service.errors import Conflict, Invalid
from crm_service.permissions import wordings
from crm_service.permissions.targets import Target, check_target
from crm_service.policies.document import Policy
from crm_service.topics import service as topics
from crm_service.topics.service import Topic
from crm_service.transfers.claims import Claim

CHANNEL = "email"
#: What a claim without topics is for.
PURPOSE = "marketing"
#: More new topics than this in one file are a column that holds something else.
MAX_NEW_TOPICS = 100
_MAX_REMEMBERED = 10_000
_MAX_NAMED = 20


class Targets:
    """The topics and wordings of one file; asks the database once for each.

    ``created`` names the topics that the import has made. After a rollback: ``forget``.
    """

    def __init__(self, controller_id: uuid.UUID, policy: Policy, created: Iterable[str]) -> None:
        self._controller_id = controller_id
        self._policy = policy
        self._topics: dict[str, Topic] = {}
        self._answers: dict[tuple[str | None, str], Target | str] = {}
        self._wordings: dict[tuple[str, ...], str | None] = {}
        self.created = set(created)
        self.unregistered_wordings: set[str] = set()
        self._covering_no_topic: set[str] = set()
        self._settled: tuple[set[str], set[str]] = (set(self.created), set())

    def notes(self) -> dict[str, set[str]]:
        """Return what concerns no single row."""
        return {
            "topics_created": self.created,
            "wordings_without_text": self.unregistered_wordings,
            "bases_covering_no_topic": self._covering_no_topic,
        }

    def settle(self) -> None:
        """Take what has been made as committed."""
        self._settled = (set(self.created), set(self.unregistered_wordings))

    def forget(self) -> None:
        """Drop what the database has rolled back."""
        self.created, self.unregistered_wordings = map(set, self._settled)
        self._topics.clear()
        self._answers.clear()
        self._wordings.clear()

    def prepare(self, connection: Connection, claims: Iterable[Claim]) -> None:
        """Find the topics of the claims; make those that there are not."""
        wanted = {slug for claim in claims if claim.problem is None for slug in claim.topics}
        for slug in sorted(wanted - self._topics.keys()):
            topic = topics.find(connection, self._controller_id, slug)
            if topic is None and len(self.created) < MAX_NEW_TOPICS:
                topic = self._make(connection, slug)
            if topic is not None:
                self._topics[slug] = topic

    def aim(
        self, connection: Connection, claim: Claim | None
    ) -> tuple[Sequence[Target], Sequence[str]]:
        """Return what a claim is for, and warnings about what cannot be recorded of it."""
        if claim is None:
            return (), ()
        if claim.problem is not None:
            return (), (claim.problem,)
        refusal = self._refuse_wording(connection, claim.evidence)
        if refusal is not None:
            return (), (refusal,)
        if not claim.topics and claim.bad_topics:
            return (), ("invalid_topic",)
        answers = [self._find(slug, claim.basis) for slug in claim.topics or (None,)]
        warnings = [one for one in answers if isinstance(one, str)]
        if claim.bad_topics:
            warnings.append("invalid_topic")
        return [one for one in answers if isinstance(one, Target)], list(dict.fromkeys(warnings))

    def _make(self, connection: Connection, slug: str) -> Topic | None:
        try:
            topic = topics.ensure(connection, self._controller_id, [slug])[slug]
        except Invalid:  # the policy has no purpose that a new topic could belong to
            return None
        self.created.add(slug)
        return topic

    def _find(self, slug: str | None, basis: str) -> Target | str:
        answer = self._answers.get((slug, basis))
        if answer is None:
            answer = self._answers[slug, basis] = self._judge(slug, basis)
        return answer

    def _judge(self, slug: str | None, basis: str) -> Target | str:
        if slug is None:
            target = Target(PURPOSE)
        elif (topic := self._topics.get(slug)) is None:
            return "unknown_topic"
        else:
            target = Target(topic.purpose, topic.id, topic.slug, topic.archived_at is not None)
        try:
            check_target(self._policy, target, CHANNEL, basis)
        except Invalid as error:
            return error.code
        if slug is None and not self._policy.purposes[PURPOSE].bases[basis].inherits:
            self._covering_no_topic.add(basis)
        return target

    def _refuse_wording(self, connection: Connection, evidence: Mapping[str, Any]) -> str | None:
        """Register the wording that the evidence cites; return the warning that forbids the grant.

        A wording without a text is only noted, unless the policy makes it an error (rule 17).
        """
        wording = evidence.get("wording")
        if not wording:
            return None
        key = tuple(str(wording.get(name, "")) for name in ("version", "language", "text"))
        if key not in self._wordings:
            if len(self._wordings) >= _MAX_REMEMBERED:
                self._wordings.clear()
            self._wordings[key] = self._register(connection, evidence, key[0])
        return self._wordings[key]

    def _register(
        self, connection: Connection, evidence: Mapping[str, Any], version: str
    ) -> str | None:
        try:
            said = wordings.register(connection, self._controller_id, self._policy, evidence)
        except (Conflict, Invalid) as error:
            return error.code
        if wordings.MISSING_TEXT in said and len(self.unregistered_wordings) < _MAX_NAMED:
            self.unregistered_wordings.add(version)
        return None
