"""While nothing can be answered, people read words, and programs problem details."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from tests.factories import Tenant, make_tenant
from tests.journal.conftest import Restorable
from tests.journal.test_restoring import registered
from tests.permissions.person import link_path


def pages(restorable: Restorable, tenant: Tenant, link: str) -> list[TestResponse]:
    """Ask for a page of each kind that recipients see, and send the form of one, all at once."""
    known = f"/c/{tenant.slug}"
    paths = [link, f"{link}/preferences", f"{known}/privacy", f"{known}/rights"]
    asked: list[tuple[str, str, dict[str, str]]] = [("GET", path, {}) for path in paths]
    asked.append(("POST", f"{known}/rights", {"email": "mari@example.com"}))

    def send(request: tuple[str, str, dict[str, str]]) -> TestResponse:
        method, path, form = request
        return restorable.app.test_client().open(path, method=method, data=form)

    with ThreadPoolExecutor() as at_once:
        return [*at_once.map(send, asked)]


@pytest.mark.rule(11, 35)
def test_after_a_restore_and_without_a_database_people_are_asked_to_try_again(
    restorable: Restorable,
) -> None:
    tenant = make_tenant(restorable.app)
    person = registered(restorable, tenant, "gone")
    link = link_path(tenant, person.email, "offers")
    copy = restorable.back_up()
    tenant.client.delete(person.path)
    restorable.write()
    restorable.restore(copy)

    fenced = pages(restorable, tenant, link)
    told = restorable.app.test_client().get(f"/c/{tenant.slug}/privacy.json")
    restorable.server.stop()
    lost = pages(restorable, tenant, link)

    for page in (*fenced, *lost):
        assert (page.status_code, page.mimetype) == (503, "text/html")
        assert page.headers["Retry-After"]
        assert "The trouble is on our side" in page.text
    assert (told.status_code, told.get_json()["code"]) == (503, "database_unavailable")
