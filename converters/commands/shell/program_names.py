"""The name that a program is known by: the last part of its path, where a path can hold no other program of that name."""

from __future__ import annotations

import re

# Where distributions install what POSIX and the base system define (FHS 3.0, sections 3.4 and 4.4; Solaris' /usr/xpg4).
# /usr/local and /opt are the administrator's: `/usr/local/bin/sync` is as often a script of the house.
_SYSTEM = re.compile(r"/(?:usr/)?(?:s?bin|games|libexec|lib(?:64|exec)?)/|/usr/(?:ucb|xpg4/bin)/|/run/current-system/")

SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh"})
"""Shells that take a text behind ``-c`` as POSIX has it."""

# Names of programs that are words, and so names of people's own files: `/srv/app/sync` empties no disk's buffers. Names
# that nobody gives by chance (`mysqldump`, `rsync`, `php`) are known wherever they lie.
_WORDS = frozenset(
    """
    ack age aha analog ar arch at batch bench biff blueprint boot bridge builtin burp cal cancel cd chamber clear column
    comm command compress console consul convert copy curator data date deployer dep dir discovery dive doppler dot
    drive dump echo ed email env eval ex exec exp expand expect export eye fab factor false feh fetch file fold forever
    get god groups gulp hash heartbeat hey honcho host http https id imp import indexer init install invoke ip join just
    kill last less letsencrypt link links lire look lp mail make markdown mc miller monitor more most motion mount move
    nail notmuch observer oil open packer parallel paste patch ping pkg post prename prod quota read register rename
    repo report reboot reset respawn restore rev route run sar say scan screen script scrot seq service set sg shutdown
    siege skill snap solo sort source spark split spot stack start stat state stop strings su sum swap swift sync
    task tasks tensor test thin tidy time top touch trap tree true ts update uniq unison uptime users variety vault
    visitors w wait watch wave which who whoami yes
    """.split()  # noqa: SIM905 - read as a text, not as a column of 170 lines
)


# Symfony's console stands at bin/console, before version 3 at app/console (its documentation); no other program does.
# CodeIgniter's is called `spark` in the application's own directory.
_AT_ITS_PLACE = re.compile(r"(?:^|/)(?:(?:bin|app)/console|spark)$")


# The files of a release are called by version and platform: `runitor-v0.8.0-linux-amd64`, `restic_0.16.0_linux_amd64`.
_PLATFORM = re.compile(r"[-_](?:linux|darwin|freebsd)[-_](?:amd64|arm64|armv?[67]|386|x86_64|aarch64)$", re.I)
_RELEASE = re.compile(rf"[-_]v?\d+(?:\.\d+)+(?=[-_])|{_PLATFORM.pattern}", re.I)


def known_as(path: str) -> str:
    """The name to look a program up by: ``/usr/bin/flock`` -> ``flock``; ``/srv/app/sync`` -> itself, known to nobody."""
    name = path.rpartition("/")[2]
    if name != path and name in _WORDS and not _SYSTEM.match(path) and not _AT_ITS_PLACE.search(path):
        return path
    # A version alone stays: `python3.11`, `php-8.2` and `ruby-3.2` are names of their own.
    return _RELEASE.sub("", name) if _PLATFORM.search(name) else name
