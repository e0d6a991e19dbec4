"""HTTP for topics."""

from typing import Any

from flask.typing import ResponseReturnValue

from crm_service.db import driver_connection, transaction
from crm_service.topics import service
from crm_service.topics.schemas import NewTopic, Topic, TopicChange, TopicPage, TopicQuery
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint(
    "topics", __name__, url_prefix="/v1/topics", description="What a recipient can leave separately"
)


@blp.post("")
@requires("topics:write")
@blp.arguments(NewTopic)
@blp.response(201, Topic)
def create_topic(new: dict[str, Any]) -> ResponseReturnValue:
    """Create a topic. 409 `topic_exists` when the slug is taken, by an archived topic as well."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        topic = service.create(driver_connection(session), caller.controller_id, **new)
        return topic, 201, {"Location": f"/v1/topics/{topic.slug}"}  # type: ignore[return-value]  # flask-smorest dumps it


@blp.get("")
@requires("topics:read", client_managers=True)
@blp.arguments(TopicQuery, location="query")
@blp.response(200, TopicPage)
def list_topics(query: dict[str, Any]) -> dict[str, Any]:
    """List the topics by slug."""
    controller_id = principal().controller_id
    position = paging.after(query["cursor"])
    with transaction(controller_id) as session:
        found = service.listing(
            driver_connection(session),
            controller_id,
            after=position[0] if position else "",
            limit=query["limit"] + 1,
            with_archived=query["archived"],
        )
    return paging.page(found, query["limit"], lambda topic: [topic.slug])


@blp.get("/<slug>")
@requires("topics:read", client_managers=True)
@blp.response(200, Topic)
def get_topic(slug: str) -> service.Topic:
    """Return one topic, archived or not."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        return service.get(driver_connection(session), controller_id, slug)


@blp.patch("/<slug>")
@requires("topics:write")
@blp.arguments(TopicChange)
@blp.response(200, Topic)
def change_topic(change: dict[str, Any], slug: str) -> service.Topic:
    """Replace the name or the description. Slug, category and purpose never change."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        return service.change(driver_connection(session), controller_id, slug, **change)


@blp.delete("/<slug>")
@requires("topics:write")
@blp.response(200, Topic)
def archive_topic(slug: str) -> service.Topic:
    """Archive a topic, and return it.

    It releases nobody: suppressions stay, and the topic's old links mean all marketing from now on.
    """
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        return service.archive(driver_connection(session), controller_id, slug)
