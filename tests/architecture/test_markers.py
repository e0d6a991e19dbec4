"""Tests name the rules and clauses that they prove; each of these has such a test."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.clauses import CLAUSES, RULES

TESTS = Path(__file__).parents[1]


def _marks(kind: str) -> Iterator[object]:
    for path in TESTS.rglob("test_*.py"):
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


def test_every_rule_is_proven_by_a_test_and_no_other_is_named() -> None:
    assert set(_marks("rule")) == set(RULES)


def test_every_clause_is_proven_by_a_test_and_no_other_is_named() -> None:
    assert set(_marks("clause")) == set(CLAUSES)
