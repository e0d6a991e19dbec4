"""What a policy decides about the look of the pages that recipients see; never markup."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Branding:
    """The controller on its pages: a name, a color, a line below; a logo is uploaded apart.

    ``name`` None is the controller's own. ``color`` is ``#rrggbb``, or None for the pages' own; it
    is darkened and lightened as far as legible text needs. ``footer`` is plain text by language.
    """

    name: str | None = None
    color: str | None = None
    footer: Mapping[str, str] = field(default_factory=dict)


def parse_branding(stated: Mapping[str, Any] | None) -> Branding:
    """Return what a policy's ``branding`` says; a policy may leave it out."""
    told = stated or {}
    return Branding(
        name=told.get("name"),
        color=told["color"].lower() if "color" in told else None,
        footer=MappingProxyType(dict(told.get("footer", {}))),
    )
