"""Shapes of topics over HTTP."""

import marshmallow as ma

from crm_service.policies.vocabulary import CATEGORIES
from crm_service.web.paging import PageQuery

_SLUG = r"^[a-z0-9][a-z0-9_-]{0,62}\Z"
_EXAMPLE = {"en": "Product news", "et": "Tooteuudised"}


def _texts(description: str, **options: object) -> ma.fields.Dict:
    return ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        metadata={"description": description, "example": _EXAMPLE},
        **options,  # type: ignore[arg-type]  # options of a marshmallow field
    )


class NewTopic(ma.Schema):
    """What a topic is made from."""

    slug = ma.fields.String(
        required=True,
        validate=ma.validate.Regexp(
            _SLUG, error="allowed: 1 to 63 of a-z, 0-9, - and _, beginning with a letter or digit"
        ),
        metadata={"description": "its name in calls; never changes", "example": "news"},
    )
    name = _texts("what recipients read, by language; at least one", required=True)
    category = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(CATEGORIES, error="allowed: {choices}"),
        metadata={"description": "service: leaving all marketing does not end it"},
    )
    purpose = ma.fields.String(
        load_default=None,
        metadata={"description": "a purpose of the policy; by default the one named as category"},
    )
    description = _texts("what the topic brings, by language", load_default=None)


class TopicChange(ma.Schema):
    """The texts to replace; a text that is left out stays."""

    name = _texts("what recipients read, by language; at least one", load_default=None)
    description = _texts("what the topic brings, by language", load_default=None)


class Topic(ma.Schema):
    """What a recipient can leave on its own."""

    id = ma.fields.UUID(required=True)
    slug = ma.fields.String(required=True, metadata={"example": "news"})
    name = _texts("what recipients read, by language", required=True)
    description = _texts("what the topic brings, by language", required=True)
    category = ma.fields.String(required=True, validate=ma.validate.OneOf(CATEGORIES))
    purpose = ma.fields.String(required=True, metadata={"example": "marketing"})
    archived_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)


class TopicPage(ma.Schema):
    """A page of topics."""

    items = ma.fields.List(ma.fields.Nested(Topic), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class TopicQuery(PageQuery):
    """Paging of topics."""

    archived = ma.fields.Boolean(
        load_default=False, metadata={"description": "whether archived topics are listed as well"}
    )
