"""What tests of retention share: a register under a published policy, and years that pass."""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import time_machine
from click.testing import Result
from flask import Flask

from crm_service.retention.cli import retention
from tests.contacts.register import CONSENT, register
from tests.factories import Tenant

__all__ = ["CONSENT", "INTEREST", "Retention", "add", "at", "contacts", "events", "register"]

INTEREST: Mapping[str, Any] = {
    "purpose": "marketing",
    "channel": "email",
    "basis": "legitimate_interests",
    "state": "granted",
    "evidence": {"assessment": "LIA-2026-1"},
}


def at(moment: str) -> time_machine.travel:
    """Return the passage of time to a moment."""
    return time_machine.travel(datetime.fromisoformat(moment), tick=False)


def add(tenant: Tenant, contact: Mapping[str, Any], kind: str, when: str, **facts: Any) -> Any:
    """Record an interaction of the contact; return it."""
    said = {"kind": kind, "occurred_at": when, **facts}
    answer = tenant.client.post(f"/v1/contacts/{contact['id']}/interactions", json=said)
    assert answer.status_code == 201, answer.json
    return answer.json


def interactions(tenant: Tenant, contact: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is kept of the contact's interactions."""
    items: list[dict[str, Any]]
    items = tenant.client.get(f"/v1/contacts/{contact['id']}/interactions").json["items"]
    return items


def contacts(tenant: Tenant) -> set[str]:
    """Return who is in the register."""
    return {one["email"] for one in tenant.client.get("/v1/contacts").json["items"]}


def events(tenant: Tenant, kind: str) -> list[dict[str, Any]]:
    """Return what was told of one type, the oldest first."""
    items = tenant.client.get("/v1/events?limit=1000").json["items"]
    return [one for one in items if one["type"] == kind]


class Retention:
    """``crm-service retention``, for one tenant."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self._runner = app.test_cli_runner()
        self._folder = folder

    def invoke(self, *words: str) -> Result:
        """Run the command as typed."""
        return self._runner.invoke(retention, list(words))

    def run(self, tenant: Tenant, moment: str | None = None) -> str:
        """Run for real, at a moment; return what it says."""
        return self._at(moment, lambda: self.invoke("run", "--controller", tenant.slug)).stdout

    def preview(self, tenant: Tenant, moment: str | None = None) -> list[dict[str, Any]]:
        """Return the rows that a dry run reports."""
        report = self._folder / f"{uuid.uuid4()}.ndjson"
        words = ("run", "--dry-run", "--controller", tenant.slug, "--report", str(report))
        self._at(moment, lambda: self.invoke(*words))
        return [json.loads(line) for line in report.read_text().splitlines()]

    def _at(self, moment: str | None, do: Callable[[], Result]) -> Result:
        if moment is None:
            result = do()
        else:
            with at(moment):
                result = do()
        assert result.exit_code == 0, result.output
        return result
