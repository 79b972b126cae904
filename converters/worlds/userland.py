"""What the small programs of an image do not take: options of GNU's that BusyBox has not, dates that only one `date` reads.

A host has GNU's programs, or BSD's; an image of Alpine has BusyBox's, and no Linux image has BSD's. A refused `date` prints
nothing, and the command around it goes on with an empty word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from converters.commands.idioms.clocks import date_command
from converters.commands.shell.words import Word
from converters.images.facts import Image
from converters.schedules.date_output import Userland
from converters.schedules.shell_words import Word as Made

# BusyBox 1.36, the usage text of each applet with all its features on; GNU findutils, coreutils, grep, sed and wget take them.
_BUSYBOX_LACKS: Mapping[str, frozenset[str]] = {
    "find": frozenset({"-printf", "-fprintf", "-regextype", "-newermt", "-fls"}),
    "grep": frozenset({"-P", "--perl-regexp", "--include", "--exclude-dir", "--line-buffered"}),
    "xargs": frozenset({"-d", "--delimiter"}),
    "sort": frozenset({"--parallel", "-R", "--random-sort"}),
    "df": frozenset({"--output", "-x", "--exclude-type"}),
    "du": frozenset({"--max-depth", "--exclude", "--apparent-size"}),
    "ls": frozenset({"--time-style", "--ignore", "--hide"}),
    "stat": frozenset({"--format", "--printf"}),
    "sed": frozenset({"-z", "--null-data"}),
    "mktemp": frozenset({"--suffix"}),
    "timeout": frozenset({"--kill-after", "--foreground", "--preserve-status"}),
    "tail": frozenset({"--pid"}),
    "date": frozenset({"--iso-8601", "--rfc-3339"}),
    "wget": frozenset({"-N", "--timestamping", "-m", "--mirror", "-r", "--recursive", "-np", "-nH", "--no-parent"}),
    "env": frozenset({"-S", "--split-string"}),
    "hostname": frozenset({"-I", "--all-ip-addresses", "--all-fqdns"}),
}
# Alpine's packages of the same programs, which stand before BusyBox's where they are installed.
_GNUS: Mapping[str, str] = {
    "find": "findutils",
    "xargs": "findutils",
    "grep": "grep",
    "sed": "sed",
    "wget": "wget",
    "hostname": "net-tools",
}


def refused_by_busybox(name: str, words: Sequence[Word]) -> str:
    """The option or date of a call that BusyBox's program of this name refuses; empty where it takes all that is known."""
    lacks = _BUSYBOX_LACKS.get(name, frozenset())
    found = next((word.text for word in words if word.text.partition("=")[0] in lacks), "")
    return found or (_refused_date(words, "busybox") if name == "date" else "")


def refused_by_gnu(name: str, words: Sequence[Word]) -> str:
    """What GNU's `date` refuses: BSD's ``-v``."""
    return _refused_date(words, "gnu") if name == "date" else ""


def is_busyboxes(image: Image, name: str) -> bool:
    """Whether a program of this name is BusyBox's in the image, as far as its files and packages tell."""
    if image.shells.get("sh") != "busybox" or (
        image.packages is None and image.os and not image.os.startswith("alpine")
    ):
        return False
    return _GNUS.get(name, "coreutils") not in (image.packages or {})


def _refused_date(words: Sequence[Word], userland: Userland) -> str:
    made = date_command(words, lambda _text: Made(()), userland, None, named=True)
    return made.refused.partition("take `")[2].rstrip("`") if made is not None else ""
