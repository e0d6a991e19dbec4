from crm_service.outbox.gauges import FeedLag


def test_without_a_long_transaction_the_feed_is_not_behind() -> None:
    lag = FeedLag()

    assert lag.observe(0.0, xmin=100, xmax=100) == 0
    assert lag.observe(1.0, xmin=150, xmax=150) == 0


def test_an_open_transaction_holds_the_feed_back_longer_and_longer() -> None:
    lag = FeedLag()
    lag.observe(0.0, xmin=100, xmax=100)

    lags = [lag.observe(float(second), xmin=101, xmax=101 + second) for second in range(1, 5)]

    assert lags == [1, 2, 3, 4]


def test_when_it_ends_the_feed_catches_up() -> None:
    lag = FeedLag()
    for second in range(10):
        lag.observe(float(second), xmin=101, xmax=101 + second)

    assert lag.observe(10.0, xmin=200, xmax=200) == 0
