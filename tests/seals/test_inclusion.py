import hashlib

import pytest

from crm_service.seals.digests import audit_path, root_of
from tests.decisions.proofs import root


@pytest.mark.rule(18)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 13, 64, 65])
def test_every_entry_of_a_batch_has_a_path_to_its_root(size: int) -> None:
    leaves = [hashlib.sha256(bytes([n])).digest() for n in range(size)]

    for n, leaf in enumerate(leaves):
        path = [digest.hex() for digest in audit_path(leaves, n)]
        seal = {"leaf": n, "entries": size, "path": path}
        assert root(leaf.hex(), seal) == root_of(leaves).hex()
