import re
from itertools import product
from pathlib import Path

import pytest

import crm_service.pages

SHEET = Path(crm_service.pages.__file__).parent / "templates" / "pages" / "page.css"
#: Text on what it stands on, by the names of their colors.
READ = [
    *product(("ink", "soft", "strong", "strong-hover"), ("sheet",)),
    ("ink", "tint"),
    ("soft", "ground"),
    ("on-strong", "strong"),
    ("on-strong", "strong-hover"),
]
#: Edges of controls on what is beside them.
SEEN = [("edge", "sheet"), ("edge", "tint"), ("strong", "sheet"), ("strong", "tint")]


def themes() -> dict[str, dict[str, str]]:
    """Return the colors of the light and the dark theme."""
    light, dark = re.findall(r":root \{(.*?)\}", SHEET.read_text(), re.DOTALL)[:2]
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for name, block in (("light", light), ("dark", dark))
    }


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors (WCAG 2.2, relative luminance)."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    shares = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_controls_stand_out_as_wcag_aa_asks(theme: str) -> None:
    colors = themes()[theme]

    assert {
        pair: contrast(*map(colors.__getitem__, pair)) >= 4.5 for pair in READ
    } == dict.fromkeys(READ, True)
    assert {pair: contrast(*map(colors.__getitem__, pair)) >= 3 for pair in SEEN} == dict.fromkeys(
        SEEN, True
    )


def test_both_themes_define_the_same_colors() -> None:
    found = themes()

    assert set(found["light"]) == set(found["dark"])


def test_the_style_loads_nothing_and_moves_only_for_who_does_not_mind() -> None:
    sheet = SHEET.read_text()

    still, moving = sheet.split("@media (prefers-reduced-motion: no-preference)")
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert not re.search(r"\b(animation|transition)\b", still)
    assert "animation" in moving
