"""What a batch of rows would change, subject by subject; writes nothing.

Rows are taken in their order, so that the outcome is the same however a file is cut into batches.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crm_service.permissions.evidence import canonical
from crm_service.permissions.service import Grant
from crm_service.permissions.targets import Target
from crm_service.transfers.columns import ATTRIBUTE
from crm_service.transfers.rows import Person
from crm_service.transfers.standing import Contact, PermissionKey, Subject
from crm_service.transfers.targets import CHANNEL
from crm_service.transfers.updating import FILL_EMPTY, OVERWRITE, Updates
from crm_service.transfers.verdicts import FIELDS_MISSING, RESTRICTED, STOPPED, Verdict

SOURCE = "import"
_EXTERNAL_ID = "external_id"


@dataclass(slots=True)
class Row:
    """A person in a batch: its place there, what its claim is for, and what is left out."""

    place: int
    person: Person
    targets: Sequence[Target]
    warnings: list[str]


@dataclass(slots=True)
class PlannedGrant:
    """A grant of one row. ``round``: how many of the same key stand before it in the batch."""

    verdict: Verdict
    grant: Grant
    round: int = 0


@dataclass(slots=True)
class Plan:
    """What the rows of one subject change."""

    subject: Subject
    contact: Contact
    is_new: bool
    changed: set[str] = field(default_factory=set)
    #: The same, each attribute by its own name.
    sourced: set[str] = field(default_factory=set)
    old_phone_key: uuid.UUID | None = None
    grants: list[PlannedGrant] = field(default_factory=list)
    verdicts: list[tuple[int, Verdict]] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return self.is_new or bool(self.changed or self.grants)


class Planner:
    """Plans one batch. ``external_ids``: whose they are, of those that its rows give.

    ``purposes``: of the attributes that the policy declares, by their names as values have them.
    ``required``: the fields that a grant takes, by its purpose.
    """

    def __init__(
        self,
        updates: Updates,
        *,
        now: datetime,
        external_ids: dict[str, uuid.UUID],
        purposes: Mapping[str, str],
        required: Mapping[str, Collection[str]],
    ) -> None:
        self._updates = updates
        self._now = now
        self._external_ids = external_ids
        self._purposes = purposes
        self._required = required

    def plan(self, subject: Subject, rows: Sequence[Row]) -> Plan:
        """Return what the rows, all of this subject, change."""
        if subject.contact is not None and subject.contact.is_restricted:
            plan = Plan(subject, subject.contact, is_new=False)
            plan.verdicts = [(row.place, Verdict("rejected", RESTRICTED)) for row in rows]
            return plan
        if subject.contact is None:
            plan = self._plan_new(subject, rows[0])
            if len(rows) == 1:
                return plan
            rows = rows[1:]
        else:
            plan = Plan(subject, _copy(subject.contact), is_new=False)
            plan.old_phone_key = _phone_key(subject.contact)
        granted = _Granted(subject, plan)
        for row in rows:
            verdict = _verdict(subject, row)
            before = len(plan.changed)
            self._merge(plan, row.person, verdict)
            verdict.outcome = "updated" if len(plan.changed) > before else "unchanged"
            if row.person.is_repeat:
                verdict.outcome = "duplicate"
            plan.verdicts.append((row.place, verdict))
            for target in self._grantable(plan.contact, row, verdict):
                granted.plan(plan, row.person, target, verdict)
        return plan

    def _plan_new(self, subject: Subject, row: Row) -> Plan:
        """Plan what nearly every row of a first import is: somebody new."""
        person, verdict = row.person, _verdict(subject, row)
        verdict.outcome = "duplicate" if person.is_repeat else "created"
        values = dict(person.values)
        external_id = values.get(_EXTERNAL_ID)
        if external_id is not None and not self._take(str(external_id), subject.id, verdict):
            del values[_EXTERNAL_ID]
        added_at = person.added_at or self._now
        contact = Contact(subject.id, person.email, person.email_key, added_at, values)
        plan = Plan(subject, contact, is_new=True, verdicts=[(row.place, verdict)])
        for target in self._grantable(contact, row, verdict):
            plan.grants.append(PlannedGrant(verdict, _grant(contact, person, target)))
        return plan

    def _grantable(self, contact: Contact, row: Row, verdict: Verdict) -> Sequence[Target]:
        """Return the targets whose purposes take no more than is known; warn of the others."""
        if not self._required:
            return row.targets
        found = [
            target
            for target in row.targets
            if all(contact.values.get(name) for name in self._required.get(target.purpose, ()))
        ]
        if len(found) < len(row.targets):
            verdict.warnings.append(FIELDS_MISSING)
        return found

    def _merge(self, plan: Plan, person: Person, verdict: Verdict) -> None:
        contact, values = plan.contact, plan.contact.values
        only_fills = person.is_repeat or person.email_key != contact.email_key
        for name, value in person.values.items():
            standing = values.get(name)
            if standing == value or name == "phone_key":
                continue
            if not self._may_replace(name, standing, only_fills=only_fills):
                continue
            if self._is_stopped(plan.subject, name, verdict):
                continue
            if name == _EXTERNAL_ID and not self._take(str(value), contact.id, verdict):
                continue
            values[name] = value
            if name == "phone":
                values["phone_key"] = person.values["phone_key"]
            plan.sourced.add(name)
            plan.changed.add("attributes" if name.startswith(ATTRIBUTE) else name)
        if person.added_at is not None and person.added_at < contact.added_at:
            contact.added_at = person.added_at
            plan.changed.add("added_at")
            plan.sourced.add("added_at")

    def _may_replace(self, name: str, standing: object, *, only_fills: bool) -> bool:
        mode = self._updates.mode(name)
        if mode == OVERWRITE and only_fills:
            mode = FILL_EMPTY
        return mode == OVERWRITE or (mode == FILL_EMPTY and standing is None)

    def _is_stopped(self, subject: Subject, name: str, verdict: Verdict) -> bool:
        """Tell whether the person ended what the value is for, and warn of it (clause no-10)."""
        stopped = subject.stopped
        purpose = self._purposes.get(name)
        if purpose in stopped.purposes if purpose else stopped.everything:
            if STOPPED not in verdict.warnings:
                verdict.warnings.append(STOPPED)
            return True
        return False

    def _take(self, external_id: str, contact_id: uuid.UUID, verdict: Verdict) -> bool:
        """Tell whether the contact may have the external id; only one contact may."""
        if self._external_ids.setdefault(external_id, contact_id) == contact_id:
            return True
        verdict.warnings.append("external_id_taken")
        return False


class _Granted:
    """What is granted already, by the register or by earlier rows of a batch."""

    def __init__(self, subject: Subject, plan: Plan) -> None:
        self._standing = dict(subject.granted)
        self._rounds: dict[PermissionKey, int] = {}
        for planned in plan.grants:
            key = _key(planned.grant)
            self._standing[key] = (planned.grant.since, None)
            self._rounds[key] = 0

    def plan(self, plan: Plan, person: Person, target: Target, verdict: Verdict) -> None:
        """Plan the grant, unless it is recorded or a later one is.

        Of two that a file gives for the same moment, the first counts.
        """
        grant = _grant(plan.contact, person, target)
        key = _key(grant)
        since, evidence = self._standing.get(key, (None, None))
        if since is not None and since > grant.since:
            return
        if since == grant.since and (person.is_repeat or evidence == canonical(grant.evidence)):
            return
        self._rounds[key] = self._rounds.get(key, -1) + 1
        self._standing[key] = (grant.since, None)
        plan.grants.append(PlannedGrant(verdict, grant, self._rounds[key]))


def _verdict(subject: Subject, row: Row) -> Verdict:
    verdict = Verdict("", warnings=list(row.warnings))
    if subject.is_suppressed:
        verdict.warnings.append("suppressed")
    return verdict


def _copy(contact: Contact) -> Contact:
    values = dict(contact.values)
    return Contact(contact.id, contact.email, contact.email_key, contact.added_at, values)


def _phone_key(contact: Contact) -> uuid.UUID | None:
    key = contact.values.get("phone_key")
    return key if isinstance(key, uuid.UUID) else None


def _grant(contact: Contact, person: Person, target: Target) -> Grant:
    if person.claim is None:  # pragma: no cover - a target comes from a claim
        raise ValueError("a grant needs a claim")
    return Grant(
        subject_id=contact.id,
        address_key=contact.email_key,
        channel=CHANNEL,
        target=target,
        basis=person.claim.basis,
        evidence=person.claim.evidence,
        anchor_at=contact.added_at,
        source=SOURCE,
    )


def _key(grant: Grant) -> PermissionKey:
    return grant.target.purpose, grant.target.topic_id, grant.basis
