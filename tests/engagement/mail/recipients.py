"""A person to whom a message was sent, and mails about it that come back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from crm_service.config import Settings
from crm_service.engagement.mail import service
from crm_service.engagement.mail.reading import Envelope
from crm_service.unsubscribe import tokens
from tests.engagement.happenings import stored
from tests.engagement.mail.samples import Sent
from tests.factories import Tenant
from tests.permissions.person import Admin, Person, make_person

__all__ = ["Admin", "Recipient", "make_recipient"]


@dataclass(frozen=True)
class Recipient:
    """Mari, with what was sent to her."""

    person: Person
    sent: Sent
    admin: Admin = field(repr=False)

    @property
    def tenant(self) -> Tenant:
        """Whose register she stands in."""
        return self.person.tenant

    def take_in(self, sample: str, change: Callable[[bytes], bytes] = bytes) -> str:
        """Take in a sample about her message; return its outcome."""
        app: Flask = self.tenant.app
        with app.app_context():
            return service.take_in(change(self.sent.mail(sample)), self.sent.keyring, Envelope())

    def events(self) -> list[dict[str, Any]]:
        """Return the engagement that is stored."""
        return stored(self.admin, self.tenant)


def make_recipient(tenant: Tenant, admin: Admin) -> Recipient:
    """Register Mari and send her the campaign spring of the topic offers."""
    person = make_person(tenant, admin)
    person.grant()
    settings: Settings = tenant.app.extensions["crm.settings"]
    link = tokens.read(settings.keyring, person.link(campaign="spring").removeprefix("/u/"))
    assert link is not None
    sent = Sent(
        settings.keyring, link.controller_ref, link.address_key, link.topic_ref, link.campaign_ref
    )
    return Recipient(person, sent, admin)
