"""A real Chromium in front of a real server: what a recipient really gets to see."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from tests.factories import Tenant
from tests.unsubscribe.people import Admin, Recipient, make_recipient

CHROMIUM = "/usr/bin/chromium"
#: No sandbox, since tests may run as root; nothing that talks to the vendor's servers.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ARTIFACTS = Path(__file__).parent.parent.parent / "artifacts"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def server(app: Flask) -> Iterator[str]:
    """The application on a port of its own; yields where."""
    with make_server("127.0.0.1", 0, app, threaded=True) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one browser of the run; each test opens pages in contexts of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Open pages as somebody new: ``open_page(width=320, color_scheme="dark", …)``."""
    with ExitStack() as opened:

        def open_one(*, width: int = 1280, height: int = 800, **options: Any) -> Page:
            options.setdefault("java_script_enabled", False)
            options.setdefault("reduced_motion", "reduce")
            context = chromium.new_context(viewport={"width": width, "height": height}, **options)
            opened.callback(context.close)
            return context.new_page()

        yield open_one


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Recipient:
    """A recipient with a link of the topic offers."""
    return make_recipient(tenant, admin)


def keep(page: Page, name: str) -> None:
    """Save what the page looks like, for people to look at."""
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
