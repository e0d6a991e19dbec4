"""Running a program that refuses to be root: as which user, and with how little privilege.

When the service itself runs as root (containers, CI), the program gets a system user of its own. If
that user cannot enter the folders above (a checkout in ``/root``), it is given the one capability
of entering them; no permission of the machine is changed.
"""

import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from crm_service.errors import ConfigurationError

SYSTEM_USER = "crm-postgres"


@dataclass(frozen=True)
class Account:
    """The user that runs the program. ``changed``: not the one we are."""

    uid: int
    gid: int
    changed: bool

    @classmethod
    def for_cluster(cls, cluster: Path) -> "Account":
        """Return ourselves or, where we are root, the cluster's owner or a user for it."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), changed=False)
        if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
            return cls(owner.st_uid, owner.st_gid, changed=True)
        entry = _system_user()
        return cls(entry.pw_uid, entry.pw_gid, changed=True)

    def take(self, folder: Path) -> None:
        """Make the folder this account's own."""
        if self.changed:
            os.chown(folder, self.uid, self.gid)


def command_prefix(account: Account, *needed: Path) -> list[str]:
    """Return what to put before a command so that it runs as ``account``.

    ``needed`` are the paths it must reach. Where ``setpriv`` exists, the command is also told to
    stop when this process dies.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if account.changed:
            raise ConfigurationError(
                "the embedded PostgreSQL cannot run as root without `setpriv` (package "
                "util-linux): install it, run as an ordinary user, or set DATABASE_URL"
            )
        return []
    prefix = [setpriv, "--pdeathsig=INT"]
    if account.changed:
        prefix += [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
        if not all(_can_enter(account, path) for path in needed):
            # access(2) looks at capabilities only with this bit set.
            prefix += ["--securebits=+no_setuid_fixup", "--inh-caps=+dac_read_search"]
            prefix += ["--ambient-caps=+dac_read_search"]
    return prefix


def _can_enter(account: Account, path: Path) -> bool:
    return all(_may_traverse(account, folder) for folder in path.resolve().parents)


def _may_traverse(account: Account, folder: Path) -> bool:
    found = folder.stat()
    if found.st_uid == account.uid:
        return bool(found.st_mode & 0o100)
    if found.st_gid == account.gid:
        return bool(found.st_mode & 0o010)
    return bool(found.st_mode & 0o001)


def _system_user() -> pwd.struct_passwd:
    """Return the system user, creating it on first use; others may be creating it right now."""
    problem = "no `useradd`"
    for _attempt in range(20):
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            problem = _add_system_user()
            time.sleep(0.1)
    raise ConfigurationError(
        f"the embedded PostgreSQL does not run as root, and the user {SYSTEM_USER} cannot be "
        f"created ({problem}): run as an ordinary user, or set DATABASE_URL"
    )


def _add_system_user() -> str:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return "no `useradd`"
    options = ["--system", "--no-create-home", "--home-dir=/nonexistent", "--shell=/bin/false"]
    done = subprocess.run(  # noqa: S603 - no shell, fixed program
        [useradd, *options, SYSTEM_USER], capture_output=True, text=True, check=False
    )
    return done.stderr.strip()
