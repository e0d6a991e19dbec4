"""Whatever color a controller states, text and controls in it can be read (WCAG 2.2 AA)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_service.pages import colors

COLORS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
SHEETS = {"light": ("#fffdf9", "#f4f1ea"), "dark": ("#1a201d", "#121614")}


@given(COLORS)
def test_every_color_becomes_legible_in_both_themes(color: str) -> None:
    for theme, stated in colors.themed(color).items():
        sheet, ground = SHEETS[theme]
        assert colors.contrast(stated["strong"], sheet) >= 4.5
        assert colors.contrast(stated["strong-hover"], sheet) >= 4.5
        assert colors.contrast(stated["strong"], ground) >= 4.5
        assert colors.contrast(stated["on-strong"], stated["strong"]) >= 4.5
        assert colors.contrast(stated["on-strong"], stated["strong-hover"]) >= 4.5
        assert colors.contrast(stated["strong"], stated["tint"]) >= 3


def test_a_legible_color_stays_as_it_is() -> None:
    assert colors.themed("#0d5b4c")["light"]["strong"] == "#0d5b4c"


@pytest.mark.parametrize("text", ["", "#fff", "red", "#0d5b4c;}", "#0D5B4C", "url(x)"])
def test_what_is_no_color_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a color"):
        colors.themed(text)
