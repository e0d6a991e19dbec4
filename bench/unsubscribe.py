"""``POST /u/{token}`` beside a bare view that writes the same rows; the page beside a template."""

from dataclasses import replace

from bench.house import House, built
from bench.load import Load, fire, get, median_of, post
from bench.register import Register, fill
from bench.result import Result
from crm_service.unsubscribe import tokens

ROUNDS = 5
CLICKS = 1_500
SIZE = 100_000


def run() -> list[Result]:
    """Measure clicks and pages, alternating with their limits."""
    with built() as house:
        register = fill(house, SIZE)
        environment = house.environment | {
            "BENCH_CONTROLLER": str(register.controller_id),
            "BENCH_TOPIC": str(register.topic_id),
        }
        bare_house = replace(house, environment=environment)
        with (
            house.serving("crm_service.wsgi:app") as ours,
            bare_house.serving("bench.bare:create_app()") as bare,
        ):
            return [*_clicks(house, register, ours, bare), _pages(house, register, ours, bare)]


def _clicks(house: House, register: Register, ours: int, bare: int) -> list[Result]:
    our_loads: list[Load] = []
    bare_loads: list[Load] = []
    for number in range(ROUNDS + 1):
        first = 2 * number * CLICKS
        our_loads.append(fire(ours, _our_clicks(house, register, first)))
        bare_loads.append(fire(bare, _bare_clicks(register, first + CLICKS)))
    # The first round warms pools, statements and caches up.
    our_rate, our_p99 = median_of(our_loads[1:])
    bare_rate, bare_p99 = median_of(bare_loads[1:])
    _require_success([*our_loads, *bare_loads])
    return [
        Result(
            name="unsubscribe: POST /u/{token} / bare view with one statement, same rows",
            ours=our_rate,
            limit=bare_rate,
            unit="requests/s",
            target=0.8,
        ),
        Result(
            name="unsubscribe: p99",
            ours=our_p99 * 1000,
            limit=bare_p99 * 1000,
            unit="ms",
            target=1.5,
            lower_is_better=True,
        ),
    ]


def _our_clicks(house: House, register: Register, first: int) -> list[bytes]:
    sign = tokens.signer(
        house.settings.keyring, register.controller_ref, "email", register.topic_ref, 0
    )
    body, form = b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    return [
        post(f"/u/{sign(register.address_key(n).bytes)}", body, form)
        for n in range(first, first + CLICKS)
    ]


def _bare_clicks(register: Register, first: int) -> list[bytes]:
    body, form = b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    return [
        post(f"/write/{register.address_key(n)}", body, form) for n in range(first, first + CLICKS)
    ]


def _pages(house: House, register: Register, ours: int, bare: int) -> Result:
    """Ask for pages in a language other than that of the texts in the code."""
    sign = tokens.signer(
        house.settings.keyring, register.controller_ref, "email", register.topic_ref, 0
    )
    asked = [sign(register.address_key(n).bytes) for n in range(SIZE - CLICKS, SIZE)]
    our_loads, bare_loads = [], []
    for _ in range(ROUNDS + 1):
        our_loads.append(fire(ours, [get(f"/u/{token}?lang=sl") for token in asked]))
        bare_loads.append(fire(bare, [get(f"/page/{token}") for token in asked]))
    _require_success([*our_loads, *bare_loads])
    return Result(
        name="page: GET /u/{token} / bare template render",
        ours=median_of(our_loads[1:])[0],
        limit=median_of(bare_loads[1:])[0],
        unit="requests/s",
        target=0.66,
    )


def _require_success(loads: list[Load]) -> None:
    if any(set(load.statuses) != {200} for load in loads):
        raise RuntimeError(f"not every request succeeded: {[load.statuses for load in loads]}")
