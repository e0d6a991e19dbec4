"""Imports take turns: a small file does not wait for the end of a large one."""

from pathlib import Path
from threading import Event

import pytest

from crm_service.config import Settings
from crm_service.transfers import turns
from tests.factories import Tenant
from tests.transfers import exports
from tests.transfers.files import Admin, bring, counted
from tests.transfers.uploading import FILE, WhenIdle, job, report, send, work

ROWS = 900

pytestmark = pytest.mark.usefixtures("small_batches")


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns of a batch."""
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)


def _export(folder: Path, seed: int) -> bytes:
    exports.write(folder / f"export{seed}.csv", rows=ROWS, seed=seed)
    return (folder / f"export{seed}.csv").read_bytes()


def ended(admin: Admin, *ids: str) -> list[str]:
    """Return the imports in the order in which they ended."""
    rows = admin.execute(
        "SELECT id::text FROM imports WHERE id = ANY (%s::uuid[]) AND state = 'done'"
        " ORDER BY finished_at",
        (list(ids),),
    )
    return [row[0] for row in rows]


def test_a_small_file_is_imported_while_a_large_one_rests(
    settings: Settings, tenant: Tenant, other_tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    large = send(tenant, _export(tmp_path, 1)).json["id"]
    small = send(other_tenant, FILE).json["id"]

    work(settings)

    assert ended(admin, large, small) == [small, large]
    assert job(tenant, large)["rows"] == ROWS


def test_a_file_that_rested_is_imported_as_if_it_had_been_alone(
    settings: Settings, tenant: Tenant, other_tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    large = [send(tenant, _export(tmp_path, seed)).json["id"] for seed in (1, 2)]

    work(settings)

    for seed in (1, 2):
        alone = bring(other_tenant, tmp_path / f"export{seed}.csv")
        assert job(tenant, large[seed - 1])["rows"] == ROWS
        if seed == 1:
            assert report(tenant, large[0]) == alone.report
    same = ("contacts", "import_files")
    assert counted(admin, tenant, *same) == counted(admin, other_tenant, *same)


class WhileBothRun(WhenIdle):
    """Notes how far each import has come, at every look."""

    def __init__(self, tenant: Tenant, ids: list[str]) -> None:
        super().__init__()
        self._tenant, self._ids = tenant, ids
        self.seen: list[tuple[int, ...]] = []

    def is_set(self) -> bool:
        with self._tenant.app.app_context():
            self.seen.append(tuple(job(self._tenant, one)["next_row"] for one in self._ids))
        return super().is_set()


def test_two_large_files_come_on_together(
    settings: Settings, tenant: Tenant, tmp_path: Path
) -> None:
    ids = [send(tenant, _export(tmp_path, seed)).json["id"] for seed in (1, 2)]
    stop = WhileBothRun(tenant, ids)

    work(settings, stop)

    assert any(0 < first < ROWS and 100 < second < ROWS for first, second in stop.seen)
    assert [job(tenant, one)["state"] for one in ids] == ["done", "done"]


def test_a_worker_that_is_stopped_stops_both(
    settings: Settings, tenant: Tenant, tmp_path: Path
) -> None:
    ids = [send(tenant, _export(tmp_path, seed)).json["id"] for seed in (1, 2)]

    class AfterSome(Event):
        looks = 0

        def is_set(self) -> bool:
            self.looks += 1
            if self.looks > 6:
                self.set()
            return super().is_set()

    work(settings, AfterSome())
    paused = [job(tenant, one)["state"] for one in ids]
    work(settings)

    assert paused == ["running", "running"]
    assert [job(tenant, one)["rows"] for one in ids] == [ROWS, ROWS]
