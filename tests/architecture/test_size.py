"""Files of at most 250 lines, functions of at most 30: split by subject before that."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 250
LONGEST_FUNCTION = 30
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("crm_service", "tests", "bench", "deploy")
    for path in (ROOT / folder).rglob("*.py")
)


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _lines_of_code(function: ast.FunctionDef) -> int:
    """The lines from the name to the end, without the docstring and the parameters."""
    body = function.body
    documented = ast.get_docstring(function, clean=False) is not None and len(body) > 1
    first = body[1] if documented else body[0]
    return (function.end_lineno or 0) - first.lineno + 1


@pytest.mark.parametrize("name", FILES)
def test_files_and_functions_are_short(name: str) -> None:
    text = (ROOT / name).read_text()

    longest = {
        function.name: length
        for function in _functions(ast.parse(text))
        if (length := _lines_of_code(function)) > LONGEST_FUNCTION
    }

    assert longest == {}
    assert len(text.splitlines()) <= LONGEST_FILE
