"""A batch is written in parts: as if it were written at once."""

import pytest

from crm_service.disclosures import writing
from crm_service.disclosures.ordering import Order, Plan
from crm_service.disclosures.people import Batch
from crm_service.disclosures.rows import UNIT
from crm_service.disclosures.writing import Writer


@pytest.mark.parametrize("form", ["csv", "ndjson"])
@pytest.mark.parametrize("count", [0, 1, 4, 5, 13])
def test_parts_of_a_batch_say_what_the_whole_says(
    monkeypatch: pytest.MonkeyPatch, form: str, count: int
) -> None:
    on = frozenset({"consent"})
    writer = Writer(Plan(Order("news", "email", form), {"email": on, "city": on}), None)
    lines = [f"m{n}@example.com{UNIT}Tartu" for n in range(count)]
    batch = Batch([n.to_bytes(16, "big") for n in range(count)], ["consent"] * count, lines, count)

    whole = writer.write(batch)
    monkeypatch.setattr(writing, "_TOGETHER", 4)
    parts = writer.write(batch)

    assert parts == whole
    assert whole[1] == count == whole[0].count(b"\n")
