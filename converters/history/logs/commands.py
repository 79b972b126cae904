"""A command as its daemon logs it, so that a line of the log finds its line of the crontab.

The Vixie family passes what it logs through ``mkprint`` (Debian ``misc.c``; the same in cronie and FreeBSD): a control byte
becomes ``^X``, a byte from 0x80 on three octal digits. OpenBSD uses vis(3); BusyBox and dcron write bytes as they are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from converters.history.logs.events import Event
from converters.secrets.search import mask

_LEADING = re.compile(r"^(?: |\t|\^I|\\t)+|(?: |\t|\^I|\\t)+$")
_ESCAPED = re.compile(r"\\([2-3][0-7]{2})|\^([@-_?])")
SHORTEST = 8  # characters by which a cut line may still be told from others


def printed(command: str) -> str:
    """``mkprint``: UTF-8 becomes ``\\303\\251``, a tab ``^I``."""
    found = []
    for byte in command.encode("utf-8", "surrogateescape"):
        if byte < 0x20:
            found.append(f"^{chr(byte + 0x40)}")
        elif byte == 0x7F:
            found.append("^?")
        else:
            found.append(chr(byte) if byte < 0x7F else f"\\{byte:03o}")
    return "".join(found)


def vis(command: str) -> str:
    """vis(3) without flags for what is printed: ``\\M-C`` for bytes from 0xa0 on, ``\\^A`` for control bytes."""
    found = []
    for byte in command.encode("utf-8", "surrogateescape"):
        low = byte & 0x7F
        mark = "\\M" if byte >= 0x80 else ""
        if low < 0x20 or low == 0x7F:
            caret = "^?" if low == 0x7F else f"^{chr(low + 0x40)}"
            # vis(3) without VIS_TAB leaves tabs alone; the backslash doubles.
            found.append("\t" if byte == 0x09 else f"{mark or chr(92)}{caret}")
        elif mark:
            found.append(f"{mark}-{chr(low)}" if low != 0x20 else "\\240")
        else:
            found.append("\\\\" if byte == 0x5C else chr(byte))
    return "".join(found)


def readable(logged: str) -> str:
    """A logged command with ``mkprint`` undone, as far as that is certain enough to show it and to mask its secrets."""

    def undo(match: re.Match[str]) -> bytes:
        return bytes([int(match[1], 8) if match[1] else 0x7F if match[2] == "?" else ord(match[2]) - 0x40])

    parts: list[bytes] = []
    at = 0
    for match in _ESCAPED.finditer(logged):
        parts += [logged[at : match.start()].encode("utf-8", "surrogateescape"), undo(match)]
        at = match.end()
    parts.append(logged[at:].encode("utf-8", "surrogateescape"))
    return b"".join(parts).decode("utf-8", "surrogateescape")


def bare(text: str) -> str:
    """Without the blanks around it: Debian keeps those behind a user column, others do not."""
    # Debian keeps blanks behind the user column: CMD (   cd / && ..).
    return _LEADING.sub("", text)


def forms(command: str) -> frozenset[str]:
    """Every way in which daemons log this command (the text that the shell gets, see `split_percent`)."""
    plain = command.strip(" \t")
    return frozenset(bare(form) for form in (printed(plain), plain, vis(plain)))


def first_word(user: str) -> str:
    """FreeBSD's ``user:group/class`` is logged as the user."""
    return re.split(r"[:/]", user, maxsplit=1)[0]


@dataclass(slots=True)
class Index:
    """From (user, command as logged) to job ids; a job without a user matches any."""

    _exact: dict[tuple[str | None, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    _masked: dict[tuple[str | None, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    _found: dict[tuple[str | None, str, bool], tuple[str, ...]] = field(default_factory=dict)

    def add(self, job: str, user: str | None, commands: Iterable[str]) -> None:
        """``commands`` are texts as the shell gets them; secrets in them may be masked already."""
        self._found.clear()
        name = first_word(user) if user is not None else None
        for command in commands:
            for form in forms(command):
                self._add(self._exact, (name, form), job)
            # Tables of a report hold masked commands; the log has the secret in clear, so both sides are masked.
            self._add(self._masked, (name, bare(mask(command))), job)

    @staticmethod
    def _add(where: dict[tuple[str | None, str], list[str]], key: tuple[str | None, str], job: str) -> None:
        if job not in where[key]:
            where[key].append(job)

    def find(self, event: Event) -> tuple[str, ...]:
        """The jobs this event may be of: none, one, or several that the log cannot tell apart."""
        key = event.user, event.command, event.truncated
        if key not in self._found:
            self._found[key] = self._search(event)
        return self._found[key]

    def _search(self, event: Event) -> tuple[str, ...]:
        text = bare(event.command)
        names = (event.user, None) if event.user is not None else (None,)
        for name in names:
            if (name, text) in self._exact:
                return tuple(self._exact[name, text])
        masked = bare(mask(readable(text)))
        for name in names:
            if (name, masked) in self._masked:
                return tuple(self._masked[name, masked])
        # Relays cut lines (RFC 3164: 1024 bytes): what is left must still be long enough to mean one command.
        if event.truncated and len(text) >= SHORTEST:
            cut = [
                job
                for (name, form), jobs in self._exact.items()
                if name in names and form.startswith(text)
                for job in jobs
            ]
            return tuple(dict.fromkeys(cut))
        return ()
