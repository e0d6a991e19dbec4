"""A test that claims to prove a rule or clause names one that exists."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.clauses import CLAUSES, RULES

TESTS = Path(__file__).parents[1]


def _marks(kind: str) -> Iterator[object]:
    for path in TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _is_mark(node.func, kind):
                yield from (ast.literal_eval(argument) for argument in node.args)


def _is_mark(function: ast.expr, kind: str) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr == kind
        and isinstance(function.value, ast.Attribute)
        and function.value.attr == "mark"
    )


def test_every_rule_that_a_test_names_exists() -> None:
    named = set(_marks("rule"))

    assert named
    assert named <= set(RULES)


def test_every_clause_that_a_test_names_exists() -> None:
    named = set(_marks("clause"))

    assert named
    assert named <= set(CLAUSES)
