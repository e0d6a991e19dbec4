"""A database is served with its own keyring or not at all."""

import dataclasses
import stat
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

from crm_service.config import Settings
from crm_service.errors import ConfigurationError
from crm_service.keyring import Keyring
from crm_service.startup import verify_keyring, write_keyring

Admin = psycopg.Connection[TupleRow]


def test_the_same_keyring_is_accepted_again(settings: Settings) -> None:
    verify_keyring(settings)

    verify_keyring(settings)


def test_another_pepper_is_refused(settings: Settings) -> None:
    verify_keyring(settings)
    keys = settings.keyring.keys | {"pepper": Keyring.create().keys["pepper"]}

    with pytest.raises(ConfigurationError, match="'pepper' 1 differs"):
        verify_keyring(dataclasses.replace(settings, keyring=Keyring(keys)))


@pytest.mark.rule(10)
def test_a_keyring_that_lacks_an_old_link_key_is_refused(settings: Settings, admin: Admin) -> None:
    verify_keyring(settings)
    known = ("link", 200, b"\0" * 16)
    admin.execute("INSERT INTO keyring_fingerprints VALUES (%s, %s, %s)", known)

    try:
        with pytest.raises(ConfigurationError, match="'link' 200 is missing"):
            verify_keyring(settings)
    finally:
        admin.execute("DELETE FROM keyring_fingerprints WHERE version = 200")


def test_a_database_without_tables_says_how_to_make_them(settings: Settings, admin: Admin) -> None:
    admin.execute("CREATE DATABASE untouched")
    url = settings.database_url.replace("/crm?", "/untouched?")

    with pytest.raises(ConfigurationError, match="crm-service migrate"):
        verify_keyring(dataclasses.replace(settings, database_url=url))


def test_a_keyring_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "data" / "keyring.json"

    write_keyring(path, Keyring.create())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_keyring(path, Keyring.create())
