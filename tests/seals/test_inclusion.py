import hashlib

import pytest

from crm_service.seals.digests import audit_path, followed, root_of
from tests.decisions.proofs import root


@pytest.mark.rule(18)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 13, 64, 65])
def test_every_entry_of_a_batch_has_a_path_to_its_root(size: int) -> None:
    leaves = [hashlib.sha256(bytes([n])).digest() for n in range(size)]

    for n, leaf in enumerate(leaves):
        path = audit_path(leaves, n)
        seal = {"leaf": n, "entries": size, "path": [digest.hex() for digest in path]}
        assert root(leaf.hex(), seal) == root_of(leaves).hex()
        assert followed(leaf, n, size, path) == root_of(leaves)


@pytest.mark.rule(18)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
def test_no_other_path_leads_to_the_root(size: int) -> None:
    leaves = [hashlib.sha256(bytes([n])).digest() for n in range(size)]
    root = root_of(leaves)

    for n, leaf in enumerate(leaves):
        path = audit_path(leaves, n)
        wrong = {
            "another place": followed(leaf, (n + 1) % size, size, path) if size > 1 else None,
            "beyond the tree": followed(leaf, n + size, size, path),
            "before the tree": followed(leaf, -1, size, path),
            "another leaf": followed(bytes(32), n, size, path),
            "too long": followed(leaf, n, size, [*path, leaf]),
            "too short": followed(leaf, n, size, path[:-1]) if path else None,
            "a node for a leaf": followed(path[0], n, size, path) if path else None,
        }
        assert [name for name, found in wrong.items() if found == root] == []
        assert wrong["beyond the tree"] is wrong["before the tree"] is None
        assert wrong["too long"] is None
