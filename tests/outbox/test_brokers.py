from crm_service.outbox.brokers import FIRST_PAUSE, LONGEST_PAUSE, Brokers, pause


def test_the_next_broker_is_tried_at_once_and_a_round_of_failures_is_followed_by_a_pause() -> None:
    brokers = Brokers(["amqp://one", "amqp://two:5673"])

    waits = [(brokers.name, brokers.failed()) for _ in range(4)]

    assert [name for name, _ in waits] == ["one:5672", "two:5673", "one:5672", "two:5673"]
    assert waits[0][1] == waits[2][1] == 0
    assert FIRST_PAUSE / 2 <= waits[1][1] <= FIRST_PAUSE <= waits[3][1] <= 2 * FIRST_PAUSE


def test_pauses_grow_but_not_for_ever() -> None:
    assert pause(0) == 0
    assert all(LONGEST_PAUSE / 2 <= pause(attempt) <= LONGEST_PAUSE for attempt in (10, 10_000))


def test_a_broker_that_worked_is_tried_again_without_a_long_pause() -> None:
    brokers = Brokers(["amqp://one"])
    for _ in range(10):
        brokers.failed()

    brokers.connected()

    assert brokers.failed() <= FIRST_PAUSE


def test_patience_with_a_silent_broker_grows_until_it_confirms() -> None:
    brokers = Brokers(["amqp://one"])

    patience = []
    for _ in range(5):
        patience.append(brokers.patience)
        brokers.silent()
    brokers.confirmed()

    assert patience == [15, 30, 60, 120, 120]
    assert brokers.patience == 15


def test_a_password_is_no_part_of_a_brokers_name() -> None:
    assert Brokers(["amqp://crm:secret@one:5671/%2F"]).name == "one:5671"
