"""The ZIP of a package: written in one go, encrypted where there is a password (si-16).

AES-256 as WinZip specifies it (AE-2), which leaves names and sizes of entries readable: no name of
an entry may say anything about a person.
"""

from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Self

import pyzipper

from crm_service.rights.packages.spool import Spool


class Archive:
    """An archive that goes to a spool; complete once the block has ended."""

    def __init__(self, spool: Spool, *, password: str | None, at: datetime) -> None:
        encryption = pyzipper.WZ_AES if password is not None else None
        self._zip = pyzipper.AESZipFile(
            spool, "w", compression=pyzipper.ZIP_DEFLATED, encryption=encryption
        )
        if password is not None:
            self._zip.setpassword(password.encode())
        self._at = at.timetuple()[:6]

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the directory of the archive."""
        self._zip.close()

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write one entry, piece by piece."""
        info = self._zip.zipinfo_cls(name, date_time=self._at)
        info.compress_type = pyzipper.ZIP_DEFLATED
        with self._zip.open(info, "w") as file:
            for piece in pieces:
                file.write(piece)
