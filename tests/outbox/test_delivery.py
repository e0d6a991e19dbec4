from operator import itemgetter

import pytest

from crm_service.outbox.delivery import Delivery, Fate
from crm_service.outbox.lanes import Message
from tests.outbox.messages import message

TOO_LARGE, ACCESS_REFUSED = 406, 403


def delivery_of(*messages: Message, window: int = 10) -> Delivery:
    delivery = Delivery(window)
    delivery.add(messages)
    delivery.begin()
    return delivery


def send(delivery: Delivery) -> list[int]:
    sent = []
    while (one := delivery.next()) is not None:
        sent.append(one.position)
    return sent


def fates(delivery: Delivery) -> list[tuple[int, Fate]]:
    return [(outcome.message.position, outcome.fate) for outcome in delivery.outcomes]


def test_no_more_than_the_window_is_out() -> None:
    delivery = delivery_of(*(message(n, str(n)) for n in range(5)), window=3)

    assert send(delivery) == [0, 1, 2]
    delivery.confirmed(2, multiple=True)

    assert send(delivery) == [3, 4]
    assert (delivery.out, delivery.waiting) == (3, 0)


@pytest.mark.rule(26)
def test_on_a_subjects_confirm_its_next_event_may_go_out() -> None:
    delivery = delivery_of(message(1), message(2), message(3, "b"))

    assert send(delivery) == [1, 3]
    delivery.confirmed(1, multiple=False)

    assert send(delivery) == [2]


def test_a_confirm_of_many_settles_all_up_to_it_and_none_beyond() -> None:
    delivery = delivery_of(*(message(n, str(n)) for n in range(4)))
    send(delivery)

    delivery.confirmed(3, multiple=True)

    assert fates(delivery) == [(0, Fate.CONFIRMED), (1, Fate.CONFIRMED), (2, Fate.CONFIRMED)]
    assert delivery.out == 1


def test_a_returned_message_is_unroutable_once_it_is_confirmed() -> None:
    delivery = delivery_of(message(1), message(2, "b"))
    send(delivery)

    delivery.returned(message(1).id)
    delivery.confirmed(2, multiple=True)

    assert fates(delivery) == [(1, Fate.UNROUTABLE), (2, Fate.CONFIRMED)]


@pytest.mark.rule(26)
def test_what_was_not_confirmed_when_the_channel_closed_goes_out_again_in_order() -> None:
    delivery = delivery_of(message(1), message(2), message(3, "b"), message(4, "b"))
    send(delivery)

    delivery.confirmed(2, multiple=False)
    delivery.lost(None, "connection reset")
    delivery.begin()

    assert send(delivery) == [1, 4]
    assert fates(delivery) == [(3, Fate.CONFIRMED)]


@pytest.mark.rule(26)
def test_a_refused_message_holds_its_lane_until_it_is_tried_again() -> None:
    delivery = delivery_of(message(1), message(2), message(3, "b"))
    send(delivery)

    refused = delivery.refused(1, multiple=False)
    assert [one.position for one in refused] == [1]
    assert send(delivery) == []
    delivery.retry(refused)

    assert send(delivery) == [1]


def test_suspects_go_out_one_by_one_and_the_guilty_one_is_set_aside_after_three_attempts() -> None:
    delivery = delivery_of(message(1, "a"), message(2, "b"), message(3, "c"))
    assert send(delivery) == [1, 2, 3]

    assert delivery.lost(TOO_LARGE, "too large")
    delivery.begin()
    assert send(delivery) == [1]
    delivery.confirmed(1, multiple=False)
    for _ in range(3):
        assert send(delivery) == [2]
        delivery.lost(TOO_LARGE, "too large")
        delivery.begin()

    assert fates(delivery) == [(1, Fate.CONFIRMED), (2, Fate.POISONOUS)]
    assert send(delivery) == [3]


@pytest.mark.rule(26)
def test_a_poisonous_message_holds_its_lane_until_the_lane_is_forgotten() -> None:
    delivery = delivery_of(message(1), message(2))
    for _ in range(3):
        send(delivery)
        delivery.lost(TOO_LARGE, "too large")
        delivery.begin()

    delivery.add([message(3), message(4, "b")])
    assert send(delivery) == [4]
    delivery.forget("a")

    assert send(delivery) == []
    assert delivery.waiting == 0


def test_many_go_out_again_as_soon_as_no_suspect_is_left() -> None:
    delivery = delivery_of(*(message(n, str(n)) for n in range(4)))
    send(delivery)
    delivery.lost(TOO_LARGE, "too large")
    delivery.begin()

    for tag in range(1, 5):
        assert len(send(delivery)) == 1
        delivery.confirmed(tag, multiple=False)
    delivery.add([message(10, "x"), message(11, "y")])

    assert send(delivery) == [10, 11]


def test_refused_access_is_no_messages_fault() -> None:
    delivery = delivery_of(message(1))

    for _ in range(5):
        assert send(delivery) == [1]
        assert not delivery.lost(ACCESS_REFUSED, "access refused")
        delivery.begin()

    assert fates(delivery) == []


def test_a_message_that_cannot_be_encoded_uses_no_delivery_tag() -> None:
    delivery = delivery_of(message(1, "a"), message(2, "b"))
    bad = delivery.next()
    assert bad is not None

    delivery.not_sent(bad, "cannot be encoded")
    assert send(delivery) == [2]
    delivery.confirmed(1, multiple=False)

    assert fates(delivery) == [(1, Fate.POISONOUS), (2, Fate.CONFIRMED)]


def test_a_recall_drops_what_is_not_out_and_says_so() -> None:
    delivery = delivery_of(message(1), message(2), message(3, "b"), window=1)
    send(delivery)

    delivery.recall()
    delivery.confirmed(1, multiple=False)

    assert sorted(fates(delivery), key=itemgetter(0)) == [
        (1, Fate.CONFIRMED), (2, Fate.DROPPED), (3, Fate.DROPPED),
    ]  # fmt: skip
    assert send(delivery) == []
