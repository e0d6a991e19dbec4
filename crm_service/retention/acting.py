"""What is done with rows whose term is over: set-based, in the caller's transaction.

The caller holds the locks of the subjects and has found the rows under them.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from crm_service import arrays
from crm_service.db import Connection
from crm_service.outbox import service as outbox
from crm_service.outbox.retention_events import RecordExpired
from crm_service.retention import repository
from crm_service.retention.steps import Act, Due, Run, Step
from crm_service.rights import many, waiting

#: Why a person is erased by the job, as events and the audit log say.
GROUND = "retention_ended"

#: Erasures that are finished in one transaction: each is certified on its own.
FINISHED = 20


def _facts(run: Run, due: Sequence[Due]) -> dict[str, object]:
    return {**run.facts, "ids": arrays.of_ids([one.id for one in due])}


def erase_interactions(connection: Connection, _step: Step, run: Run, due: Sequence[Due]) -> int:
    """Delete interactions, and cases to which nothing is filed any more once they are closed."""
    facts = {**_facts(run, due), "subjects": arrays.of_ids({one.subject_id for one in due})}
    count = connection.execute(repository.DELETE_INTERACTIONS, facts).rowcount
    connection.execute(repository.DELETE_EMPTY_CASES, facts)
    return count


def anonymize_interactions(connection: Connection, step: Step, run: Run, due: Sequence[Due]) -> int:
    """Leave a count by category and year, and delete them."""
    connection.execute(repository.COUNT_INTERACTIONS, _facts(run, due))
    return erase_interactions(connection, step, run, due)


def clear_fields(connection: Connection, step: Step, run: Run, due: Sequence[Due]) -> int:
    """Take the fields away; of a time also that of recording but for its year (clause no-04)."""
    statement = repository.clear_interactions(step.fields)
    return connection.execute(statement, _facts(run, due)).rowcount


def announce(connection: Connection, step: Step, run: Run, due: Sequence[Due]) -> int:
    """Tell the keepers of external records, and delete the references (clause si-04)."""
    ended = {one.id: one for one in due}
    found = connection.execute(repository.RECORDS, _facts(run, due)).fetchall()
    events = [
        RecordExpired(
            subject_id=ended[interaction_id].subject_id,
            occurred_at=ended[interaction_id].ended_at,
            correlation=interaction_id,
            record_system=system,
            record_id=record,
            category=step.category,
            record_purpose=purpose,
            rule=ended[interaction_id].rule,
        )
        for interaction_id, system, record, purpose in found
    ]
    outbox.record(connection, run.controller_id, events)
    return erase_interactions(connection, step, run, due)


def erase_contracts(connection: Connection, _step: Step, run: Run, due: Sequence[Due]) -> int:
    """Delete contracts."""
    return connection.execute(repository.DELETE_CONTRACTS, _facts(run, due)).rowcount


def anonymize_contracts(connection: Connection, step: Step, run: Run, due: Sequence[Due]) -> int:
    """Leave a count by year, and delete them."""
    connection.execute(repository.COUNT_CONTRACTS, _facts(run, due))
    return erase_contracts(connection, step, run, due)


def erase_people(connection: Connection, step: Step, run: Run, due: Sequence[Due]) -> int:
    """Erase people altogether; what blocks their addresses stays, keyed and salted (rule 5).

    Anonymized, a count by the year of their entry stays as well: nobody is found by it (si-12).
    """
    if step.action == "anonymize":
        connection.execute(repository.COUNT_CONTACTS, _facts(run, due))
    people: list[uuid.UUID] = [one.id for one in due]
    many.erase_subjects(connection, run.controller_id, people, ground=GROUND, actor=run.actor)
    return len(people)


def finish_erasures(connection: Connection, _step: Step, run: Run, due: Sequence[Due]) -> int:
    """Do the rest of what people asked for (GDPR Art. 17); their blocks stay."""
    for one in due:
        waiting.finish(
            connection, run.controller_id, one.subject_id, actor=run.actor, pepper=run.pepper
        )
    return len(due)


def clear_attributes(connection: Connection, step: Step, run: Run, due: Sequence[Due]) -> int:
    """Take the attributes of one category away, told by ``contact.updated.v1``."""
    facts = {**_facts(run, due), "names": step.facts["names"], "correlation": uuid.uuid4()}
    row = connection.execute(repository.CLEAR_ATTRIBUTES, facts).fetchone()
    return int(row[0]) if row else 0


def _events(run: Run, due: Sequence[Due]) -> dict[str, object]:
    places: list[datetime | None] = [one.place for one in due]
    return {**_facts(run, due), "places": places}


def erase_engagement(connection: Connection, _step: Step, run: Run, due: Sequence[Due]) -> int:
    """Delete events; what was done stays counted, without a key to anybody (clause ee-10)."""
    facts = _events(run, due)
    connection.execute(repository.COUNT_ENGAGEMENT, facts)
    connection.execute(repository.DELETE_RAW, facts)
    return connection.execute(repository.DELETE_ENGAGEMENT, facts).rowcount


def clear_engagement(connection: Connection, step: Step, run: Run, due: Sequence[Due]) -> int:
    """Take away what tells of the person's device."""
    facts = _events(run, due)
    connection.execute(repository.DELETE_RAW, facts)
    return connection.execute(repository.clear_engagement(step.fields), facts).rowcount


INTERACTIONS: Mapping[str, Act] = {
    "erase": erase_interactions,
    "anonymize": anonymize_interactions,
    "fields": clear_fields,
    "announce": announce,
}
CONTRACTS: Mapping[str, Act] = {"erase": erase_contracts, "anonymize": anonymize_contracts}
ENGAGEMENT: Mapping[str, Act] = {
    "erase": erase_engagement,
    "anonymize": erase_engagement,
    "fields": clear_engagement,
}
