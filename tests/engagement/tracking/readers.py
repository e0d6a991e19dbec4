"""A reader of tracked messages: what is handed out for her, and what is stored of her."""

from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from tests.engagement.happenings import stored
from tests.factories import Answer, Tenant
from tests.permissions.person import PUBLIC_URL, Admin, Person, make_person

__all__ = ["BROWSER", "SHOP", "Admin", "Reader", "make_reader", "register"]

PURPOSE = "engagement_tracking"
SHOP = "https://shop.example.org/spring?utm_campaign=spring#top"
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)


def register(tenant: Tenant, *urls: str) -> Answer:
    """Ask for references of links."""
    return tenant.client.post("/v1/tracking-links", json={"urls": list(urls)})


@dataclass(frozen=True)
class Reader:
    """Mari, who may get offers, and what a mail program of hers does."""

    person: Person
    admin: Admin = field(repr=False)

    @property
    def tenant(self) -> Tenant:
        """Whose register she stands in."""
        return self.person.tenant

    def permit(self, basis: str = "consent") -> None:
        """Permit tracking."""
        self.person.grant(basis, purpose=PURPOSE)

    def handed_out(self, **facts: Any) -> dict[str, Any]:
        """Return what a check hands out for her."""
        return self.person.verdict(include=["tracking"], campaign="spring", **facts)

    def pixel(self) -> str:
        """Return the path of her pixel."""
        url: str = self.handed_out()["open_pixel_url"]
        return url.removeprefix(PUBLIC_URL)

    def link(self, url: str = SHOP) -> str:
        """Return the path of her tracked link to ``url``."""
        ref: str = register(self.tenant, url).json["links"][0]["ref"]
        prefix: str = self.handed_out()["click_url_prefix"]
        return prefix.removeprefix(PUBLIC_URL) + ref

    def load(self, path: str, method: str = "GET", **headers: str) -> TestResponse:
        """Load a path as a browser does, without a key."""
        sent = {"User-Agent": BROWSER, **{n.replace("_", "-"): v for n, v in headers.items()}}
        return self.tenant.app.test_client().open(path, method=method, headers=sent)

    def events(self) -> list[dict[str, Any]]:
        """Return the engagement that is stored."""
        return stored(self.admin, self.tenant)


def make_reader(tenant: Tenant, admin: Admin) -> Reader:
    """Register Mari, who may get offers; nothing is said of tracking yet."""
    person = make_person(tenant, admin)
    person.grant()
    return Reader(person, admin)
