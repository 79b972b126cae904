"""Headers of a tar that somebody else made: their extensions are bounded, for tarfile reads one of any size into memory."""

from __future__ import annotations

import tarfile
from functools import cache

MAX_HEADER = 1 << 20
_EXTENDED = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


@cache
def bounded(error: type[Exception], said: str) -> type[tarfile.TarInfo]:
    """For ``tarinfo=`` of ``tarfile.open``: a header beyond the bound raises ``error(said)``."""

    class Member(tarfile.TarInfo):
        def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
            if self.type in _EXTENDED and self.size > MAX_HEADER:
                raise error(said)
            found: tarfile.TarInfo = super()._proc_member(tar)  # type: ignore[misc]
            return found

    return Member
