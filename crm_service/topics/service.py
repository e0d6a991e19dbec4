"""Making and finding what a recipient can leave separately."""

import re
import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from crm_service import clock
from crm_service.db import Connection
from crm_service.errors import Conflict, Invalid, NotFound
from crm_service.policies import service as policies_service
from crm_service.policies.vocabulary import CATEGORIES, is_language
from crm_service.topics import repository
from crm_service.topics.repository import Topic

__all__ = ["Topic", "archive", "change", "create", "ensure", "find", "get", "listing"]

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_MAX_TEXT = 500

#: A collision of random 32-bit references is so rare that so many in a row mean a defect.
_ATTEMPTS = 5


def create(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    slug: str,
    name: Mapping[str, str],
    category: str,
    purpose: str | None = None,
    description: Mapping[str, str] | None = None,
) -> Topic:
    """Add a topic. Its purpose defaults to the one named like its category.

    Raises ``Conflict`` (``topic_exists``; an archived topic keeps its slug, since its links mean
    all marketing for ever, rule 7) and ``Invalid`` (``invalid_topic``, naming what is allowed).
    """
    stated: dict[str, Any] = {
        "slug": slug,
        "name": name,
        "description": description or {},
        "category": category,
        "purpose": purpose or category,
    }
    _refuse_errors(connection, controller_id, stated)
    for _ in range(_ATTEMPTS):
        link_ref = 1 + secrets.randbelow(2**32 - 1)
        topic = repository.add(connection, controller_id, link_ref=link_ref, **stated)
        if topic is not None:
            return topic
        if find(connection, controller_id, slug) is not None:
            raise Conflict(f"there is a topic {slug} already", code="topic_exists")
    raise RuntimeError("no free link reference for a topic")


def find(connection: Connection, controller_id: uuid.UUID, slug: str) -> Topic | None:
    """Return the topic, archived or not, or None."""
    return repository.by_slugs(connection, controller_id, [slug]).get(slug)


def get(connection: Connection, controller_id: uuid.UUID, slug: str) -> Topic:
    """Return the topic, archived or not. Raises ``NotFound`` (``unknown_topic``)."""
    topic = find(connection, controller_id, slug)
    if topic is None:
        raise NotFound("there is no such topic", code="unknown_topic")
    return topic


def named(connection: Connection, controller_id: uuid.UUID, slug: str) -> Topic:
    """Return the topic that a request's body names, archived or not.

    Raises ``Invalid`` (``unknown_topic``): what a path names is not found, what a body names is
    wrong.
    """
    topic = find(connection, controller_id, slug)
    if topic is None:
        raise Invalid(
            "there is no such topic; GET /v1/topics lists them",
            code="unknown_topic",
            errors={"topic": ["is not a topic of this controller"]},
        )
    return topic


def ensure(
    connection: Connection, controller_id: uuid.UUID, slugs: Iterable[str]
) -> dict[str, Topic]:
    """Return the topics of these slugs, creating missing ones for marketing.

    A created topic is named by its slug, in the policy's default language. An archived one is
    returned as it is: an import wakes nothing. Raises ``Invalid`` (``invalid_topic``).
    """
    wanted = sorted(set(slugs))
    found = repository.by_slugs(connection, controller_id, wanted)
    missing = [slug for slug in wanted if slug not in found]
    if missing:
        language = policies_service.active(connection, controller_id).default_language
        for slug in missing:
            found[slug] = _create_or_get(connection, controller_id, slug, language)
    return found


def _create_or_get(
    connection: Connection, controller_id: uuid.UUID, slug: str, language: str
) -> Topic:
    try:
        name = {language: slug.replace("-", " ").replace("_", " ")}
        return create(connection, controller_id, slug=slug, name=name, category="marketing")
    except Conflict:  # created by another import since we looked
        return get(connection, controller_id, slug)


def listing(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    after: str = "",
    limit: int = 100,
    with_archived: bool = False,
) -> list[Topic]:
    """Return up to ``limit`` topics behind the slug ``after``, in the order of their slugs."""
    return repository.listing(
        connection, controller_id, after=after, limit=limit, with_archived=with_archived
    )


def change(
    connection: Connection,
    controller_id: uuid.UUID,
    slug: str,
    *,
    name: Mapping[str, str] | None = None,
    description: Mapping[str, str] | None = None,
) -> Topic:
    """Replace the name or the description (None leaves it); slug and category never change.

    Raises ``NotFound`` (``unknown_topic``) and ``Invalid`` (``invalid_topic``).
    """
    errors = {} if name is None else _name_errors(name)
    errors.update(_text_errors("description", description or {}))
    if errors:
        raise Invalid("the topic is not usable; see errors", code="invalid_topic", errors=errors)
    topic = repository.change(connection, controller_id, slug, name=name, description=description)
    if topic is None:
        raise NotFound("there is no such topic", code="unknown_topic")
    return topic


def archive(connection: Connection, controller_id: uuid.UUID, slug: str) -> Topic:
    """Take the topic out of use; again is no error. It releases nobody (rule 7).

    Suppressions of the topic stay, and its old links mean all marketing from then on. Raises
    ``NotFound`` (``unknown_topic``).
    """
    repository.archive(connection, controller_id, slug, archived_at=clock.utcnow())
    return get(connection, controller_id, slug)


def _refuse_errors(
    connection: Connection, controller_id: uuid.UUID, stated: Mapping[str, Any]
) -> None:
    errors = _name_errors(stated["name"]) | _text_errors("description", stated["description"])
    if not _SLUG.fullmatch(stated["slug"]):
        allowed = "lower-case letters, digits, - and _, beginning with a letter or digit"
        errors["slug"] = [f"allowed: 1 to 63 {allowed}"]
    if stated["category"] not in CATEGORIES:
        errors["category"] = [f"allowed: {', '.join(CATEGORIES)}"]
    else:
        errors |= _purpose_errors(connection, controller_id, stated["category"], stated["purpose"])
    if errors:
        raise Invalid("the topic is not usable; see errors", code="invalid_topic", errors=errors)


def _purpose_errors(
    connection: Connection, controller_id: uuid.UUID, category: str, purpose: str
) -> dict[str, list[str]]:
    """Refuse a purpose that the policy lacks or has no messages for, such as tracking (rule 31)."""
    policy = policies_service.active(connection, controller_id)
    allowed = sorted(
        slug
        for slug, stated in policy.purposes.items()
        if stated.category == category and stated.channels and slug != policy.tracking.purpose
    )
    if purpose in allowed:
        return {}
    return {"purpose": [f"allowed by the policy for {category}: {', '.join(allowed) or 'none'}"]}


def _name_errors(name: Mapping[str, str]) -> dict[str, list[str]]:
    if not name:
        return {"name": ['must be given in at least one language, e.g. {"en": "News"}']}
    return _text_errors("name", name)


def _text_errors(field: str, texts: Mapping[str, str]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for language, text in texts.items():
        if not is_language(language):
            errors[field] = ["is keyed by language codes such as en, et, pt-BR"]
        elif not text.strip() or len(text) > _MAX_TEXT:
            errors[f"{field}.{language}"] = [f"allowed: 1 to {_MAX_TEXT} characters"]
    return errors
