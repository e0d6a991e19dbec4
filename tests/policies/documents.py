"""Policy documents for tests: the shipped one, and others that share nothing with it."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from crm_service.policies.loading import read_policy

CANTEC_EE = Path(__file__).parents[2] / "deploy" / "policies" / "cantec-ee.yaml"
OTHERS = sorted((Path(__file__).parent / "samples").glob("*.yaml"))


def cantec_ee() -> dict[str, Any]:
    """Return Cantec's document, free to be changed."""
    return dict(read_policy(CANTEC_EE))


def other(name: str) -> dict[str, Any]:
    """Return a document of ``samples/``."""
    return dict(read_policy(Path(__file__).parent / "samples" / f"{name}.yaml"))


def changed(path: str, value: object, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the document (Cantec's unless given) with one place of it replaced."""
    result = deepcopy(document) if document else cantec_ee()
    *parents, last = path.split(".")
    place = result
    for name in parents:
        place = place[name]
    place[last] = value
    return result
