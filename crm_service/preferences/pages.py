"""What the preference page and its companions say."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Response
from flask_babel import format_date, gettext

from crm_service.pages import rendering
from crm_service.pages.branding import Brand
from crm_service.preferences.service import FREQUENCIES, PAUSES, Paused, Standing, Topic
from crm_service.proofs.service import Proof
from crm_service.unsubscribe.service import LinkView

OK: Final = 200


@dataclass(frozen=True)
class Done:
    """What the page has just done, and where that can be taken back."""

    kind: str
    topic: Topic | None = None
    paused: Paused | None = None
    token: str = ""
    proof: str | None = None
    before: tuple[str, str | None] | None = None


def show(
    token: str, view: LinkView, standing: Standing, *, done: Done | None = None, status: int = OK
) -> Response:
    """List topics, pauses, how often, language, and leaving everything as its own choice."""
    return _page(
        "preferences",
        token,
        view.brand,
        standing.language or view.language,
        status=status,
        view=view,
        standing=standing,
        done=done,
        is_refused=status != OK,
        pauses=PAUSES,
        frequencies=_frequencies(),
    )


def asked(token: str, view: LinkView) -> Response:
    """Say that a link is on its way, whoever is or is not behind the address."""
    return _page("asked", token, view.brand, view.language, view=view)


def confirm(token: str, brand: Brand, proof: Proof, topic: Topic | None) -> Response:
    """Show what the one-time link is for, and its button."""
    return _page(
        "confirm",
        token,
        brand,
        proof.language,
        root="p/",
        proof=proof,
        topic=topic,
        wording=wording,
    )


def confirmed(brand: Brand, proof: Proof, topic: Topic | None) -> Response:
    """Say what holds now; the link is used up, so nothing leads back to it."""
    return _page("confirmed", None, brand, proof.language, root="p/", topic=topic)


def wording(topic: str, sender: str) -> str:
    """Return what a person agrees to who comes back to a topic; a new text is a new version."""
    text: str = gettext(
        "I want to receive messages on “%(topic)s” from %(sender)s by e-mail. I can leave at any "
        "time.",
        topic=topic,
        sender=sender,
    )
    return text


def _frequencies() -> dict[str, Any]:
    return dict.fromkeys(FREQUENCIES)


def _page(
    name: str,
    token: str | None,
    brand: Brand | None,
    own: str | None,
    *,
    status: int = OK,
    root: str = "u/",
    **facts: Any,
) -> Response:
    base = f"{rendering.base_path()}/{root}"
    path = None
    if token is not None:
        path = f"{base}{token}" + ("/preferences" if root == "u/" else "")
    return rendering.render(
        f"preferences/{name}.html",
        path=path,
        brand=brand,
        own=own,
        status=status,
        here=path,
        links=base,
        day=format_date,
        **facts,
    )
