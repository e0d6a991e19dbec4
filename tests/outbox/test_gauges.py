import pytest
from prometheus_client import REGISTRY

from crm_service.db import Connection
from crm_service.outbox import repository
from crm_service.outbox.gauges import FeedLag, Gauges
from tests.factories import Tenant
from tests.outbox.happenings import erased, happen, policy_changed, some_subjects


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


@pytest.mark.usefixtures("empty_outbox")
def test_what_waits_and_what_is_set_aside_is_measured(tenant: Tenant, worker: Connection) -> None:
    happen(tenant, policy_changed(1), policy_changed(2))
    rows = repository.pending(worker, held=[], busy=[], limit=10)
    repository.quarantine(worker, rows[0].position, problem="too large", attempts=3)

    Gauges().measure(worker)

    assert sample("crm_outbox_pending_age_seconds") > 0
    assert sample("crm_outbox_in_quarantine") == 1


@pytest.mark.usefixtures("empty_outbox")
def test_an_empty_outbox_is_not_behind(worker: Connection) -> None:
    Gauges().measure(worker)

    assert sample("crm_outbox_pending_age_seconds") == 0
    assert sample("crm_outbox_in_quarantine") == 0


@pytest.mark.usefixtures("empty_outbox")
def test_what_somebody_waits_for_is_measured_by_itself(tenant: Tenant, worker: Connection) -> None:
    happen(tenant, policy_changed(1))
    Gauges().measure(worker)
    before = sample("crm_outbox_express_age_seconds")

    happen(tenant, erased(some_subjects(1)[0]))
    Gauges().measure(worker)

    assert before == 0
    assert sample("crm_outbox_express_age_seconds") > 0


def sample(name: str) -> float:
    value = REGISTRY.get_sample_value(name)
    assert value is not None
    return value
