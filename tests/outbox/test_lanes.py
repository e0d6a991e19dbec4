from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_service.outbox.lanes import Lanes, Message
from tests.outbox.messages import message

pytestmark = pytest.mark.rule(26)


def test_the_next_message_of_a_lane_waits_for_the_one_before() -> None:
    lanes = Lanes()
    first, second = message(1), message(2)
    lanes.add([first, second])

    assert lanes.take() is first
    assert lanes.take() is None
    lanes.finish(first)

    assert lanes.take() is second


def test_lanes_do_not_wait_for_each_other() -> None:
    lanes = Lanes()
    lanes.add([message(1, "a"), message(2, "a"), message(3, "b")])

    taken = [lanes.take(), lanes.take(), lanes.take()]

    assert [one and one.position for one in taken] == [1, 3, None]


def test_an_older_message_that_is_replayed_goes_before_the_younger_ones_not_yet_out() -> None:
    lanes = Lanes()
    lanes.add([message(5), message(7)])
    out = lanes.take()
    assert out is not None

    lanes.add([message(3)])
    lanes.finish(out)

    replayed = lanes.take()
    assert replayed is not None
    assert replayed.position == 3


def test_what_has_to_go_out_again_goes_first_and_the_oldest_before_all() -> None:
    lanes = Lanes()
    lanes.add([message(1, "a"), message(2, "b"), message(3, "c")])
    out = [one for _ in range(2) if (one := lanes.take())]

    lanes.retry(out)

    again = [lanes.take() for _ in range(3)]
    assert [one and one.position for one in again] == [1, 2, 3]


def test_a_recall_leaves_what_is_out() -> None:
    lanes = Lanes()
    lanes.add([message(1, "a"), message(2, "a"), message(3, "b")])
    out = lanes.take()
    assert out is not None

    assert {one.position for one in lanes.recall()} == {2, 3}

    assert len(lanes) == 1
    lanes.finish(out)
    assert len(lanes) == 0
    assert lanes.take() is None


def test_forgetting_a_lane_drops_everything_in_it() -> None:
    lanes = Lanes()
    lanes.add([message(1, "a"), message(2, "a"), message(3, "b")])
    lanes.take()

    lanes.forget("a")

    assert len(lanes) == 1
    left = [lanes.take() for _ in range(2)]
    assert [one and one.position for one in left] == [3, None]


def test_a_lane_in_which_somebody_waits_goes_before_the_others_from_its_first_message_on() -> None:
    lanes = Lanes()
    lanes.add([message(1, "a"), message(2, "b"), message(3, "c")])

    lanes.add([message(9, "c", express=True), message(10, "d", express=True)])

    taken: list[int] = []
    while (one := lanes.take()) is not None:
        taken.append(one.position)
        lanes.finish(one)
    assert taken == [3, 10, 9, 1, 2]


def test_a_lane_that_hurried_once_is_an_ordinary_one_when_it_was_empty() -> None:
    lanes = Lanes()
    lanes.add([message(1, "a", express=True)])
    first = lanes.take()
    assert first is not None
    lanes.finish(first)

    lanes.add([message(2, "b"), message(3, "a")])

    taken = lanes.take()
    assert taken is not None
    assert taken.position == 2


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=30),
    st.randoms(use_true_random=False),
)
def test_whatever_happens_each_lane_keeps_its_order(
    given: list[tuple[str, bool]], chance: Random
) -> None:
    lanes = Lanes()
    coming = [message(at, name, express=hurry) for at, (name, hurry) in enumerate(given)]
    out: list[Message] = []
    finished: dict[str, list[int]] = {"a": [], "b": [], "c": []}

    while len(lanes) or coming:
        if coming and (not out or chance.random() < 0.5):
            lanes.add([coming.pop(0)])
        if (taken := lanes.take()) is not None:
            out.append(taken)
        if not out:
            continue
        one = out.pop(chance.randrange(len(out)))
        if chance.random() < 0.3:
            lanes.retry([one])
        else:
            finished[one.lane].append(one.position)
            lanes.finish(one)

    assert all(positions == sorted(positions) for positions in finished.values())
    assert sum(map(len, finished.values())) == len(given)
