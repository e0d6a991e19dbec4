"""A name of its own for each test that is made from the description."""

import pytest
from schemathesis.pytest.plugin import SchemathesisFunction


def pytest_itemcollected(item: pytest.Item) -> None:
    """Name a test after its operation.

    schemathesis does so too, but pytest (from 9.1 on) makes node ids of the function's name alone:
    two hundred tests would bear one, and a run in several processes would keep one of them.
    """
    if isinstance(item, SchemathesisFunction):
        item._id = item.id.with_params(item.operation_label)  # noqa: SLF001 - no setter is offered
