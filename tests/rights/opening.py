"""Opening packages as a person would."""

import csv
import io
import json
from typing import Any

import pyzipper

from tests.factories import Answer, Tenant


def fetch(tenant: Tenant, request: dict[str, Any], **headers: str) -> Answer:
    """Fetch the package of a request."""
    path = f"/v1/rights-requests/{request['id']}/package"
    return tenant.client.get(path, headers=headers)


def opened(archive: bytes, password: str | None = None) -> dict[str, str]:
    """Return the texts in an archive by name; each passes its checksum."""
    with pyzipper.AESZipFile(io.BytesIO(archive)) as found:
        if password is not None:
            found.setpassword(password.encode())
        return {name: found.read(name).decode("utf-8-sig") for name in found.namelist()}


def data(files: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows in ``package.json`` by room."""
    held = json.loads(files["package.json"])["data"]
    return {room: one["rows"] for room, one in held.items()}


def table(files: dict[str, str], room: str) -> list[dict[str, str]]:
    """Return the rows of a room's CSV."""
    return list(csv.DictReader(io.StringIO(files[f"csv/{room}.csv"])))
