"""A controller's color, made legible: WCAG 2.2 contrast (1.4.3, 1.4.11) in both themes.

A color that is too light for text on white is darkened, one too dark for the dark theme lightened,
keeping its hue, until it reaches the ratio; so every color may be stated, and none harms a reader.
"""

import re
from functools import lru_cache
from typing import Final

#: What text and buttons stand on, as the style sheet has it.
_LIGHT_SHEET: Final = "#fffdf9"
_DARK_SHEET: Final = "#1a201d"
_WHITE: Final = "#ffffff"
_BLACK: Final = "#0b0f0d"
#: A little more than AA's 4.5 asks for, so that tints of the sheet keep it, too.
_RATIO: Final = 5.2
_HOVER: Final = 0.25
_TINT: Final = 0.1
_STEP: Final = 0.02

_COLOR: Final = re.compile(r"#[0-9a-f]{6}")

Rgb = tuple[float, float, float]


def is_color(text: str) -> bool:
    """Tell whether ``text`` is a color as policies state it."""
    return bool(_COLOR.fullmatch(text))


@lru_cache(maxsize=256)
def themed(color: str) -> dict[str, dict[str, str]]:
    """Return the style sheet's variables for a light and a dark theme around ``color``.

    Raises ``ValueError`` for what is no color.
    """
    if not is_color(color):
        raise ValueError("not a color such as #0d5b4c")
    light = _until_legible(color, _BLACK, _LIGHT_SHEET)
    dark = _until_legible(color, _WHITE, _DARK_SHEET)
    return {
        "light": {
            "strong": light,
            "strong-hover": mixed(light, _BLACK, _HOVER),
            "on-strong": _WHITE,
            "tint": mixed(_LIGHT_SHEET, light, _TINT),
        },
        "dark": {
            "strong": dark,
            "strong-hover": mixed(dark, _WHITE, _HOVER),
            "on-strong": _BLACK,
            "tint": mixed(_DARK_SHEET, dark, _TINT),
        },
    }


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors, 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """Return ``one`` with a ``share`` of ``other``."""
    parts = zip(_rgb(one), _rgb(other), strict=True)
    return "#" + "".join(f"{round((a + (b - a) * share) * 255):02x}" for a, b in parts)


def _until_legible(color: str, towards: str, ground: str) -> str:
    found, share = color, 0.0
    while contrast(found, ground) < _RATIO:
        share += _STEP
        found = mixed(color, towards, share)
    return found


def _luminance(color: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - WCAG
        for part in _rgb(color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(color: str) -> Rgb:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue
