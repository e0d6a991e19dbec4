"""Prometheus counters by route template; no address, token or id is ever a label (rule 39).

With ``PROMETHEUS_MULTIPROC_DIR`` (set by ``crm-service serve``) all web processes count together.
"""

import os

from flask import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from crm_service.web.auth import public
from crm_service.web.blueprint import Blueprint

REQUESTS = Counter("crm_http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "crm_http_request_seconds",
    "Time until an answer was ready",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

blp = Blueprint("metrics", __name__, description="Counters for Prometheus")


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request; ``method`` and ``route`` come from short lists."""
    REQUESTS.labels(method, route, status).inc()
    SECONDS.labels(route).observe(seconds)


@blp.get("/metrics")
@public
@blp.response(200, {"type": "string"}, content_type="text/plain")
def show_metrics() -> Response:
    """Return the counters of all web processes in Prometheus' text format."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # untyped upstream
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
