"""A setting that nobody can find out about does not exist."""

import inspect
import re
from pathlib import Path

import pytest

from crm_service import config
from crm_service.config import SETTINGS

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "example.env"
MANUAL = ROOT / "docs" / "operations.md"


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_setting_is_documented(name: str) -> None:
    example = re.findall(r"^#? ?([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)

    assert name in example
    assert f"`{name}`" in MANUAL.read_text()


def test_the_example_names_no_setting_that_does_not_exist() -> None:
    example = re.findall(r"^#? ?([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)

    unknown = {name for name in example if name.removesuffix("_FILE") not in SETTINGS}

    assert unknown == set()


@pytest.mark.parametrize("name", sorted(set(SETTINGS) - {"CRM_DATA_DIR"}))
def test_every_setting_is_read(name: str) -> None:
    source = inspect.getsource(config)

    assert re.search(rf"""env\.\w+\(\s*"{name}",?""", source)
