"""Unit files of systemd: the texts of a unit and of its drop-ins -> settings, each with the line where it stands.

The grammar is that of systemd.syntax(7) and ``conf-parser.c``: a backslash at a line's end joins the next one by a blank,
comments between joined lines are left out, and an assignment of nothing resets a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class UnitText(NamedTuple):
    """One file of a unit: the fragment, or a drop-in."""

    path: str
    text: str


class Setting(NamedTuple):
    """One assignment and where it begins."""

    section: str
    key: str
    value: str
    path: str = ""
    line: int = 0

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its name, and its files in the order in which systemd reads them, drop-ins last."""

    name: str
    texts: tuple[UnitText, ...]

    def all(self) -> tuple[Setting, ...]:
        """Every assignment of every file."""
        return tuple(one for text in self.texts for one in settings(text.text, text.path))

    def listed(self, section: str, key: str) -> tuple[Setting, ...]:
        """The assignments that stand, of a key that takes a list: those behind the last one of nothing."""
        found: list[Setting] = []
        for one in self.all():
            if (one.section, one.key) == (section, key):
                found = [*found, one] if one.value else []
        return tuple(found)

    def last(self, section: str, key: str) -> Setting | None:
        """The assignment that stands, of a key that takes one value."""
        found = [one for one in self.all() if (one.section, one.key) == (section, key)]
        return found[-1] if found and found[-1].value else None

    def value(self, section: str, key: str) -> str:
        found = self.last(section, key)
        return found.value if found is not None else ""


def is_true(value: str) -> bool:
    """What systemd takes for yes (parse_boolean)."""
    return value.lower() in ("1", "yes", "y", "true", "t", "on")


def settings(text: str, path: str = "") -> Iterator[Setting]:
    """The assignments of one file. Lines that are none are passed over, as systemd does with a warning."""
    section = ""
    for number, whole in _joined(text.removeprefix("\ufeff").split("\n")):
        line = whole.strip()
        if line.startswith("["):
            section = line[1:-1] if line.endswith("]") else ""
        elif "=" in line:
            key, _equals, value = line.partition("=")
            yield Setting(section, key.strip(), value.strip(), path, number)


def _joined(rows: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Lines as systemd reads them, with the number of their first row; comments and empty ones left out."""
    held, first = "", 0
    for number, row in enumerate(rows, 1):
        body = row.lstrip(" \t\r")
        # config_parse: a comment between the rows of one line is left out, and the line goes on behind it.
        if body[:1] in ("#", ";") or (not held and not body.strip()):
            continue
        first = first if held else number
        body = body.rstrip("\r")
        if _continues(body):
            held += body[:-1] + " "
            continue
        yield first, held + body
        held = ""
    if held:
        yield first, held


def _continues(row: str) -> bool:
    # An escaped backslash continues nothing.
    return (len(row) - len(row.rstrip("\\"))) % 2 == 1


# systemd.unit(5), table "Specifiers available in unit files": those that a host's directories and a unit's name tell.
_PLACES: Mapping[str, str] = {
    "t": "/run",
    "S": "/var/lib",
    "C": "/var/cache",
    "L": "/var/log",
    "E": "/etc",
    "T": "/tmp",  # noqa: S108 - where the specifier leads
    "V": "/var/tmp",  # noqa: S108
}


def specifiers(name: str, *, user: str = "root", home: str | None = None, host: str | None = None) -> dict[str, str]:
    """What the specifiers of a unit of this name stand for, as far as that is known of its host."""
    stem, _dot, _kind = name.rpartition(".")
    prefix, at, instance = stem.partition("@")
    final = prefix.rpartition("-")[2]
    known = dict(_PLACES) | {"n": name, "N": stem, "p": prefix, "P": unescaped(prefix)}
    known |= {"j": final, "J": unescaped(final), "i": instance, "I": unescaped(instance), "u": user}
    known["f"] = unescaped_path(instance if at else prefix)
    if user == "root":
        known["U"] = "0"
    home = home or ("/root" if user == "root" else None)
    if home is not None:
        known["h"] = home
    if host is not None:
        known |= {"H": host, "l": host.partition(".")[0]}
    return known


def unescaped(text: str) -> str:
    """What systemd-escape(1) made of it taken back: ``-`` is a slash, ``\\x2d`` a character."""
    found, at = bytearray(), 0
    while at < len(text):
        if text.startswith("\\x", at) and len(text) >= at + 4 and _is_hex(text[at + 2 : at + 4]):
            found.append(int(text[at + 2 : at + 4], 16))
            at += 4
        else:
            found += b"/" if text[at] == "-" else text[at].encode("utf-8", "surrogateescape")
            at += 1
    return found.decode("utf-8", "surrogateescape")


def unescaped_path(text: str) -> str:
    """The same as an absolute path."""
    return "/" + unescaped(text).lstrip("/")


def _is_hex(text: str) -> bool:
    return all(one in "0123456789abcdefABCDEF" for one in text)


def expanded(text: str, known: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The text with its specifiers replaced, and those that are not known (they stay as they are)."""
    found, unknown, at = [], [], 0
    while at < len(text):
        mark = text[at : at + 2]
        if text[at] != "%" or len(mark) < 2:
            found.append(text[at])
            at += 1
            continue
        if mark == "%%":
            found.append("%")
        elif mark[1] in known:
            found.append(known[mark[1]])
        else:
            # What systemd knows and nobody told here is asked for; any other sign stays (specifier_printf).
            unknown += [mark] if mark[1] in _HOSTS else []
            found.append(mark)
        at += 2
    return "".join(found), tuple(dict.fromkeys(unknown))


# The machine's id, its kernel, its system, numbers and shell of the user: nothing here tells them.
_HOSTS = frozenset("aAbBgGhHlmMoqsUvwWyYdD")
