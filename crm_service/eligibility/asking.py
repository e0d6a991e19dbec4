"""What a check may ask: hand-written for the hot path, the twin of ``schemas.NewCheck``.

A property test holds the two together: same verdict on the same input.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm_service.eligibility.extras import INCLUDES
from crm_service.errors import Invalid
from crm_service.invisible import IN_LINE, MESSAGE_LINE

MAX_ADDRESSES = 10_000
#: 10,000 addresses of the greatest length, quoted.
MAX_BODY = 4 * 1024 * 1024
MAX_CAMPAIGN = 200
MAX_SLUG = 64
#: Longer than any address: what is longer is invalid, and is not worth a look.
MAX_TEXT = 1_000
LISTS = {"emails": "email", "phones": "phone", "contact_ids": "contact_id"}
_FIELDS = {"topic", "channel", "include", "campaign", *LISTS}


@dataclass(frozen=True)
class Check:
    """A well-formed request. ``name`` says what ``asked`` holds: email, phone or contact_id.

    ``include`` names what is handed out besides the verdicts.
    """

    topic: str
    channel: str
    name: str
    asked: list[Any]
    include: frozenset[str]
    campaign: str | None


def read(body: Mapping[str, Any]) -> Check:
    """Return the check that a JSON object describes. Raises ``Invalid`` naming every problem."""
    problems: dict[str, list[str]] = {
        field: ["Unknown field."] for field in body if field not in _FIELDS
    }
    topic = _text(body, "topic", MAX_SLUG, problems, is_required=True)
    channel = _text(body, "channel", MAX_SLUG, problems, is_required=True)
    campaign = _text(body, "campaign", MAX_CAMPAIGN, problems, is_required=False)
    include = body.get("include", [])
    if not isinstance(include, list) or any(item not in INCLUDES for item in include):
        problems["include"] = [f"must be a list that holds nothing but: {', '.join(INCLUDES)}"]
    name, asked = _asked(body, problems)
    if problems:
        raise Invalid("the request does not fit its schema; see errors", errors=problems)
    return Check(str(topic), str(channel), name, asked, frozenset(include), campaign)


def _text(
    body: Mapping[str, Any],
    field: str,
    longest: int,
    problems: dict[str, list[str]],
    *,
    is_required: bool,
) -> str | None:
    value = body.get(field)
    if field not in body:
        if is_required:
            problems[field] = ["Missing data for required field."]
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        problems[field] = [f"must be text of 1 to {longest} characters"]
        return None
    if IN_LINE.search(value):
        problems[field] = [MESSAGE_LINE]
        return None
    return value


def _asked(body: Mapping[str, Any], problems: dict[str, list[str]]) -> tuple[str, list[Any]]:
    given = [field for field in LISTS if field in body]
    if len(given) != 1:
        problems["emails"] = ["give exactly one of emails, phones and contact_ids"]
        return "email", []
    field = given[0]
    asked = body[field]
    if not isinstance(asked, list) or not 1 <= len(asked) <= MAX_ADDRESSES:
        problems[field] = [f"must be a list of 1 to {MAX_ADDRESSES} items"]
        return LISTS[field], []
    if set(map(type, asked)) != {str}:
        problems[field] = ["must hold text only"]
    elif field == "contact_ids":
        return "contact_id", _ids(asked, problems)
    return LISTS[field], asked


def _ids(asked: list[str], problems: dict[str, list[str]]) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(text) for text in asked]
    except ValueError:
        problems["contact_ids"] = ["must hold UUIDs only"]
        return []
