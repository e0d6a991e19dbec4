from pathlib import Path

import pytest

from crm_service.errors import Invalid
from crm_service.policies.loading import read_document


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\nname: b\n", "line 2, column 1: the name 'name' is given twice"),
        ("a: {b: 1, c: 2, b: 3}\n", "the name 'b' is given twice"),
        ("a: &anchor {b: 1}\nc: *anchor\n", "line 2, column 4: aliases are not used here"),
        ("a: !!python/object:os.system {}\n", "could not determine a constructor for the tag"),
        ("a: [1, 2\nb: 3\n", "line 2"),
        ("a: \tb\x07\n", "is not YAML"),
        ("a: 2026-13-45\n", "is not YAML"),
        ("[" * 5000, "is not YAML"),
        ("# " + "x" * 300_000, "is larger than 256 KiB"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_by_file_and_place(
    text: str, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)

    with pytest.raises(Invalid) as refused:
        read_document(file)

    assert str(refused.value).startswith(f"{file}: ")
    assert said in str(refused.value)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes("name: Näide".encode("latin-1"))

    with pytest.raises(Invalid, match="is not UTF-8 text"):
        read_document(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="No such file"):
        read_document(tmp_path / "policy.yaml")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(b"\xef\xbb\xbfname: cantec\n")

    assert read_document(file) == {"name": "cantec"}
