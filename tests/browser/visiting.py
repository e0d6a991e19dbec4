"""How a page is reached, and what must hold for every page whatever it says."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

from crm_service.db import driver_connection, transaction
from crm_service.policies import service as policies
from tests.factories import load_policy
from tests.unsubscribe.people import Recipient

_AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
#: WCAG 2.2 AA and what goes before it, and axe's own best practice.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_LIMIT = 15_000

_FOCUSED = """() => {
    const pressed = 'a[href], button, input, select, textarea, summary';
    const every = [...document.querySelectorAll(pressed)]
        .filter(e => e.type !== 'hidden' && !e.disabled && e.checkVisibility());
    const style = getComputedStyle(document.activeElement);
    return [every.indexOf(document.activeElement), every.length, style.outlineStyle];
}"""


@dataclass(frozen=True)
class Visit:
    """One page: ``go(page, server, mari, query)`` ends on it.

    ``server`` is the beginning of every URL; ``query`` is "?lang=xx" and must be put behind the
    first path that is opened (the pages keep it from there). Every visit has a Mari of its own.
    """

    name: str
    go: Callable[[Page, str, Recipient, str], None]


def activate(mari: Recipient, section: dict[str, Any]) -> None:
    """Have the controller's policy say this besides."""
    controller_id = mari.tenant.controller_id
    with transaction(controller_id) as session:
        document = load_policy() | section
        policies.activate(driver_connection(session), controller_id, document, "operator:test")


@cache
def axe() -> str:
    """Return axe-core; evaluated from outside, since the pages forbid every script."""
    return _AXE.read_text()


def assert_axe_finds_nothing(page: Page, *, colors: bool = True) -> None:
    """Run axe-core against the page as it stands.

    Without ``colors`` where the system's stand in their place: axe would judge those of the sheet.
    """
    options = {
        "runOnly": _TAGS,
        "resultTypes": ["violations"],
        "rules": {"color-contrast": {"enabled": colors}},
    }
    page.evaluate(axe())
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    violations = [
        (each["id"], each["help"], [node["html"] for node in each["nodes"]])
        for each in found["violations"]
    ]
    assert not violations, violations


def assert_fits(page: Page, width: int) -> None:
    """Nothing reaches beyond the screen, and what is pressed is large enough for a finger."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = page.locator("h1, h2, p, button, label, li, textarea, select, q")
    for element in shown.locator("visible=true").all():
        box = element.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    pressed = page.locator("button, summary, label.choice, select, .more a, .languages a")
    for target in pressed.locator("visible=true").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44


def assert_the_keyboard_reaches_everything_in_order(page: Page) -> None:
    """Tab through the page: each control once, in reading order, visibly focused."""
    reached: list[int] = []
    count = 0
    for _ in range(80):
        page.keyboard.press("Tab")
        position, count, outline = page.evaluate(_FOCUSED)
        if reached and position == reached[0]:
            break
        if position != -1:
            assert outline != "none"
            reached.append(position)
    if not reached:
        assert count == 0
        return
    # The tour begins where the page was last touched.
    first = reached.index(min(reached))
    assert reached[first:] + reached[:first] == sorted(set(reached))
    # Of radio buttons with one name the keyboard reaches one, and arrows the others.
    radios = page.locator("input[type=radio]").count()
    assert count - radios <= len(reached) <= count


def assert_light(page: Page, answers: dict[str, bytes]) -> None:
    """Document, style sheet and logo if there is one, nothing else, below 15 kB compressed."""
    paths = {url.partition("?")[0].rpartition("/")[2]: body for url, body in answers.items()}
    others = [name for name in paths if name != "page.css" and not name.endswith(".webp")]
    assert len(others) <= 1, others
    assert len(paths) <= 3, paths.keys()
    assert sum(len(gzip.compress(body)) for body in paths.values()) < _LIMIT
