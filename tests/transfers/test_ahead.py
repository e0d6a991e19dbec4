"""Streams that overlap leave the process as they found it."""

import gc
import sys
from contextlib import ExitStack

import pytest

from crm_service.transfers.ahead import ahead, few_collections


def _settings() -> tuple[object, ...]:
    return sys.getswitchinterval(), gc.get_threshold()


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_streams_that_overlap_put_back_what_was_before_the_first_of_them(first_to_end: int) -> None:
    before = _settings()
    stacks = [ExitStack(), ExitStack()]
    for stack in stacks:
        stack.enter_context(few_collections())
        stack.enter_context(ahead(iter(range(3))))
    during = _settings()

    stacks.pop(first_to_end).close()
    while_one_is_left = _settings()
    stacks.pop().close()

    assert before != during == while_one_is_left
    assert _settings() == before


def test_a_stream_that_fails_puts_back_too() -> None:
    before = _settings()

    with pytest.raises(ZeroDivisionError), few_collections(), ahead(iter([1])):
        raise ZeroDivisionError

    assert _settings() == before


def test_what_making_an_item_raises_is_raised_where_it_is_used() -> None:
    def broken() -> object:
        yield 1
        raise LookupError("gone")

    with ahead(iter(broken())) as items, pytest.raises(LookupError):  # type: ignore[call-overload]  # a generator
        list(items)
