import hmac

from hypothesis import given
from hypothesis import strategies as st

from crm_service.keyed_hash import keyed_hash


@given(key=st.binary(min_size=1, max_size=200), prefix=st.binary(), message=st.binary())
def test_it_is_hmac_sha256(key: bytes, prefix: bytes, message: bytes) -> None:
    fast = keyed_hash(key, prefix)

    assert fast(message) == hmac.digest(key, prefix + message, "sha256")
    assert fast(message) == fast(message)
