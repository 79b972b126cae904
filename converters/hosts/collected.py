"""What `collect.sh` wrote beside a host's files: the manifest of what was looked at, and what stands at paths -> facts.

Nothing that the collector could not look at is ever taken for nothing: it stands in ``failed`` with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from converters.hosts.facts import Kind, Standing

MARK = "cron2fargate-collection\t1\t"
"""How the manifest of a collection begins; the time at which it was made follows."""
HIDDEN = "HIDDEN-BY-COLLECT"
"""What the collector writes, with a number behind it, in the place of a value that it hides: equal values, equal numbers."""
# The first letter of `ls -l` (POSIX, ls, "File Mode").
_KINDS: Mapping[str, Kind] = {"-": "file", "d": "directory", "s": "socket", "p": "fifo", "b": "device", "c": "device"}
_MODE = re.compile(r"[-dspbcl][-rwxsStT]{9}")
_PROGRAM_PLACES = frozenset({"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"})


@dataclass(frozen=True, slots=True)
class Collected:
    """``made`` when, as it stands in the manifest; ``failed``: what could not be looked at, or only in part, with the reason;
    ``paths``: what stood at the paths that tables and scripts name; ``programs``: the paths in the usual directories of
    programs, None where nobody listed them."""

    made: str
    failed: tuple[tuple[str, str], ...] = ()
    paths: Mapping[str, Standing] = field(default_factory=dict)
    programs: frozenset[str] | None = None

    def standing(self, path: str) -> Standing | None:
        """What stood at a path of the host; None where nobody looked."""
        known = self.paths.get(path)
        if known is None and self.programs is not None and path.rpartition("/")[0] in _PROGRAM_PLACES:
            # Of a name that is listed only its being there is known, and that is no whole answer.
            return None if path in self.programs else Standing("absent")
        return known


def collected_of(manifest: str, paths: str | None, programs: str | None) -> Collected | None:
    """The texts of a collection; None where the manifest is none of ours, or of a later form."""
    first, _, rest = manifest.partition("\n")
    if not first.startswith(MARK):
        return None
    rows = (row.split("\t", 2) for row in rest.split("\n"))
    failed = tuple((row[0], row[2]) for row in rows if len(row) == 3 and row[1] in ("failed", "cut"))
    listed = None if programs is None else frozenset(row for row in programs.split("\n") if row.startswith("/"))
    return Collected(first.removeprefix(MARK), failed, dict(_standings(paths or "")), listed)


def _standings(text: str) -> Iterator[tuple[str, Standing]]:
    """``MODE uid gid size link path``, apart by tabs; a row that is broken tells nothing."""
    for row in text.split("\n"):
        cells = row.split("\t", 5)
        if len(cells) != 6 or not cells[5].startswith("/"):
            continue
        mode, uid, gid, size, link, path = cells
        if mode == "absent":
            yield path, Standing("absent")
        elif _MODE.fullmatch(mode[:10]) and uid.isdecimal() and gid.isdecimal():
            # A device has its numbers where others have a size.
            bytes_ = int(size) if size.isdecimal() else 0
            yield path, Standing(_kind(mode), permissions(mode), bytes_, None, link != "-", int(uid), int(gid))


def _kind(mode: str) -> Kind:
    return _KINDS.get(mode[0], "link")


def permissions(mode: str) -> int:
    """``-rwxr-x--t`` -> 0o1750 as `ls` writes it (POSIX, ls, "File Mode")."""
    bits = 0
    for place, letter in enumerate(mode[1:10]):
        if letter in "rwxst":
            bits |= 0o400 >> place
        if letter in "sStT":
            # set-user-ID, set-group-ID and the sticky bit stand in the place of the third, sixth and ninth letter.
            bits |= 0o4000 >> (place // 3)
    return bits


def is_whole(text: str) -> bool:
    """Whether a text that was taken along is as it is on the host, with nothing hidden in it."""
    return HIDDEN not in text


def ports_of(listening: str) -> frozenset[int]:
    """Ports in hexadecimal, one a line, as /proc/net/tcp writes them."""
    return frozenset(int(row, 16) for row in listening.split() if re.fullmatch(r"[0-9A-F]{4}", row))
