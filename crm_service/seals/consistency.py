"""Whether a proof contradicts itself: what no seal covers must follow from what seals cover."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

Json = Mapping[str, Any]

_RESTRICT = "contacts.restrict"
#: What a decision repeats of its entry in the audit log.
_REPEATED = ("topic", "channel", "checked_at", "results_sha256")


def contradictions(proof: Json) -> Iterator[str]:
    """Yield what of a proof does not follow from its entries."""
    if "at" in proof:
        yield from _wrongly_known(proof, datetime.fromisoformat(proof["at"]))
    yield from _wrongly_standing(proof["entries"])
    for stated in proof["restrictions"]:
        if stated["restricted"] != (stated["audit_entry"]["action"] == _RESTRICT):
            yield "a restriction is told as a lifting, or the other way round"
    if proof["verdict"]["eligible"]:
        yield from _wrong_yes(proof)


def of_decision(stated: Json) -> Iterator[str]:
    """Yield what a decision says otherwise than its sealed entry does."""
    entry = stated["audit_entry"]
    details = orjson.loads(entry["details"])
    repeated = {name: stated[name] for name in _REPEATED}
    eligible, counts = details["eligible"], stated["counts"]
    same = (
        {name: _plain(details[name]) for name in _REPEATED}
        == {name: _plain(value) for name, value in repeated.items()},
        stated["decision_id"] == entry["id"],
        stated["purpose"] == entry["purpose"],
        stated["policy"]["version"] == details["policy_version"],
        counts == {"eligible": eligible, "ineligible": entry["count"] - eligible},
    )
    if not all(same):
        yield "the decision is told otherwise than its sealed entry tells it"


def _plain(value: Any) -> Any:
    """Return times alike, however their offset is spelled."""
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value


def _wrongly_known(proof: Json, at: datetime) -> Iterator[str]:
    told = [(each, each["recorded_at"]) for each in proof["entries"]]
    told += [(each, each["audit_entry"]["recorded_at"]) for each in proof["restrictions"]]
    for each, recorded_at in told:
        if each["known"] != (datetime.fromisoformat(recorded_at) <= at):
            yield f"an entry of {recorded_at} is told as known, or the other way round"


def _wrongly_standing(entries: list[Json]) -> Iterator[str]:
    last = {(e["topic_id"], e["basis"]): e["id"] for e in entries if e["known"]}
    for entry in entries:
        stands = entry["id"] in last.values() and entry["state"] != "none"
        if entry["stood"] != stands:
            yield f"ledger entry {entry['id']} is told as standing, or the other way round"


def _wrong_yes(proof: Json) -> Iterator[str]:
    """Yield what speaks against a yes among what seals cover."""
    verdict = proof["verdict"]
    grants = [e for e in proof["entries"] if e["stood"] and e["state"] == "granted"]
    if verdict["reasons"] or verdict["basis"] not in {e["basis"] for e in grants}:
        yield "the verdict is a yes on a basis that no entry shows"
    # What was granted later may follow an erasure, which ends a restriction.
    newest = max((int(entry["xid"]) for entry in grants), default=0)
    told = [each for each in proof["restrictions"] if each["known"]]
    last = {each["audit_entry"]["subject_id"]: each for each in told}
    if any(e["restricted"] and int(e["audit_entry"]["xid"]) > newest for e in last.values()):
        yield "the verdict is a yes although the processing was restricted"
