from hypothesis import given
from hypothesis import strategies as st

from crm_service.transfers.neutralizing import neutralize, restore

RISKY = "=+-@\t\r\n"


@given(st.text(alphabet=st.sampled_from([*RISKY, "'", "a", "1"])) | st.text())
def test_a_neutralized_cell_is_harmless_and_comes_back_the_same(cell: str) -> None:
    safe = neutralize(cell)

    assert safe[:1] not in set(RISKY)
    assert restore(safe) == cell
