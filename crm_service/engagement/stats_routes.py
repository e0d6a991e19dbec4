"""HTTP for statistics of campaigns and topics."""

from datetime import date
from typing import Any

from crm_service.db import driver_connection, transaction
from crm_service.engagement import stats
from crm_service.engagement.stats_schemas import CampaignStats, TopicStats, TopicStatsQuery
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint("statistics", __name__, url_prefix="/v1", description="What became of it, counted")


@blp.get("/campaigns/<campaign>/stats")
@requires("engagement:read")
@blp.response(200, CampaignStats)
def campaign_stats(campaign: str) -> dict[str, Any]:
    """Count what became of a campaign's messages, people and machines apart.

    In people: whoever opened twice is one. What erased people did is counted on.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        return stats.of_campaign(
            driver_connection(session), caller.controller_id, campaign, actor=caller.actor
        )


@blp.get("/topics/<slug>/stats")
@requires("engagement:read")
@blp.arguments(TopicStatsQuery, location="query")
@blp.response(200, TopicStats)
def topic_stats(query: dict[str, Any], slug: str) -> dict[str, Any]:
    """Count the people that a topic reached.

    Groups of fewer than five are not shown, others in steps of five.
    """
    caller = principal()
    month = date.fromisoformat(f"{query['month']}-01") if query["month"] else None
    with transaction(caller.controller_id) as session:
        return stats.of_topic(
            driver_connection(session),
            caller.controller_id,
            slug,
            month=month,
            actor=caller.actor,
        )
