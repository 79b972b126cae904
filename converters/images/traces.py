"""What a trace of system calls tells of a run: files that were not there, names that were asked for, what PID 1 left behind.

The lines are strace's (`strace -f -y`, attached before the payload starts), read one by one as they come. All that is kept is
bounded: a job may look for a million files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

CALLS = (
    "execve,?execveat,?open,openat,?openat2,?stat,?lstat,newfstatat,?statx,?access,faccessat,?faccessat2,chdir,"
    "connect,sendto,sendmsg,?sendmmsg,write,exit_group"
)
"""For `strace -e trace=`; a call behind `?` is not there on each architecture. `write` and the sends carry DNS queries."""
MAX_KEPT = 200
MAX_PENDING = 4096

_LINE = re.compile(r"(\d+)\s+(.*)", re.DOTALL)
_UNFINISHED = re.compile(r"(.*?)\s*<unfinished \.\.\.>\s*\Z", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)", re.DOTALL)
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+|\?)(?:<[^>]*>)?(?: (E[A-Z]+))?.*\Z", re.DOTALL)
_AT = re.compile(r'(?:AT_FDCWD|\d+)(?:<([^>]*)>)?, (".*)\Z', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(\.\.\.)?', re.DOTALL)
_INET = re.compile(
    r"sin6?_port=htons\((\d+)\).*?(?:inet_addr\(\"([^\"]+)\"\)|inet_pton\(AF_INET6, \"([^\"]+)\")", re.DOTALL
)
_UNIX = re.compile(r'sun_path="([^"]+)"')
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9a-f]{2}|.)", re.DOTALL)
_PLAIN_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f", b'"': b'"', b"\\": b"\\"}
_LABEL = re.compile(rb"[A-Za-z0-9_-]{1,63}")
_PATHS = frozenset({"open", "stat", "lstat", "access", "chdir"})
_AT_PATHS = frozenset({"openat", "openat2", "newfstatat", "statx", "faccessat", "faccessat2", "execveat"})
_SENDS = frozenset({"sendto", "sendmsg", "sendmmsg", "write"})

# Where loaders, locales and run times look in many places, most of them empty, in every run of every program.
_SEARCHED = re.compile(
    r"/(?:proc|sys|dev)(?:/|$)|/(?:usr/(?:local/)?)?lib(?:x?32|64)?(?:/|$)|/usr/(?:local/)?share/(?:locale|zoneinfo-leaps)"
    r"|/etc/(?:ld\.so\.|ld-musl-|localtime$|suid-debug$|host\.conf$|resolv\.conf$|nsswitch\.conf$|gai\.conf$|busybox\.conf$"
    r"|terminfo|inputrc$|services$|hosts$)"
    r"|/var/run/nscd/|/run/nscd/|/lib/terminfo|.*/(?:\.terminfo|__pycache__)(?:/|$)|.*\.(?:pyc|so(?:\.\d+)*)$|/etc/\.pwd\.lock$"
)


@dataclass(slots=True)
class Trace:
    """What has been read so far.

    ``executed`` paths of programs that were started; ``missing`` files and programs that were looked for in vain; ``asked``
    names and addresses; ``left`` programs that were killed because PID 1 ended, as their paths.
    """

    first: int
    began: bool = False
    executed: dict[str, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)
    asked: dict[str, None] = field(default_factory=dict)
    left: dict[str, None] = field(default_factory=dict)
    _directory: dict[int, str] = field(default_factory=dict)
    _program: dict[int, str] = field(default_factory=dict)
    _pending: dict[int, str] = field(default_factory=dict)
    _tried: dict[str, None] = field(default_factory=dict)
    _ending: bool = False

    def read(self, line: str) -> None:
        """Take one line in; what is no line of strace is passed over."""
        found = _LINE.match(line)
        if found is None:
            return
        pid, rest = int(found[1]), found[2]
        if rest.startswith("+++"):
            self._ended(pid, rest)
            return
        if (cut := _UNFINISHED.match(rest)) is not None:
            if len(self._pending) < MAX_PENDING:
                self._pending[pid] = cut[1]
            return
        if (again := _RESUMED.match(rest)) is not None:
            rest = self._pending.pop(pid, again[1] + "(") + again[2]
        if (call := _CALL.match(rest)) is not None:
            self._call(pid, call[1], call[2], call[3], call[4] or "")

    def _ended(self, pid: int, how: str) -> None:
        program = self._program.pop(pid, "")
        self._directory.pop(pid, None)
        # The kernel kills all that is left in a PID namespace before its first process is gone (pid_namespaces(7)).
        if self._ending and pid != self.first and "killed by SIGKILL" in how:
            _keep(self.left, program or "?")

    def _call(self, pid: int, name: str, arguments: str, result: str, error: str) -> None:
        if name == "exit_group":
            self._ending = self._ending or pid == self.first
        elif name in ("execve", "execveat"):
            self._executes(pid, name, arguments, error)
        elif not self.began:
            return
        elif name in _PATHS or name in _AT_PATHS:
            self._looked(pid, name, arguments, error)
        elif name == "connect":
            self._connected(arguments, error)
        elif name in _SENDS:
            for text in _QUOTED.finditer(arguments):
                if (asked := query(text[1])) is not None:
                    _keep(self.asked, asked)

    def _executes(self, pid: int, name: str, arguments: str, error: str) -> None:
        path = _path(name, arguments, self._directory.get(pid, ""))
        if path is None:
            return
        if not error:
            if pid == self.first:
                self.began = True
            self._program[pid] = path
            # A program that starts itself again by /proc/self/exe (BusyBox's applets) is called as its first word says.
            words = _QUOTED.findall(arguments)
            if path == "/proc/self/exe" and len(words) > 1:
                self._program[pid] = path = unescaped(words[1][0])
            _keep(self.executed, path)
        elif self.began and error == "ENOENT":
            self._absent(path)

    def _looked(self, pid: int, name: str, arguments: str, error: str) -> None:
        path = _path(name, arguments, self._directory.get(pid, ""))
        if path is None or not path.startswith("/"):
            return
        if not error:
            if name == "chdir":
                self._directory[pid] = path
            self.missing.pop(path, None)
        elif error == "ENOENT":
            self._absent(path)

    def _absent(self, path: str) -> None:
        if _SEARCHED.match(path) and "/zoneinfo/" not in path:
            return
        _keep(self.missing, path)

    def _connected(self, arguments: str, error: str) -> None:
        if (socket := _UNIX.search(arguments)) is not None:
            path = unescaped(socket[1])
            if error == "ENOENT" and not _SEARCHED.match(path):
                _keep(self.missing, path)
        elif (found := _INET.search(arguments)) is not None and found[1] not in ("0", "53"):
            address = found[2] or f"[{found[3]}]"
            _keep(self.asked, f"{address}:{found[1]}")

    def not_found(self) -> list[str]:
        """Files and programs that were looked for in vain, without the places of a search that was successful elsewhere."""
        started = {path.rpartition("/")[2] for path in self.executed}
        found: dict[str, None] = {}
        for path in self.missing:
            directory, _, base = path.rpartition("/")
            if directory.endswith("bin"):
                # One program, looked for along PATH: it is one thing that is missing, or none.
                if base not in started:
                    found[base] = None
            else:
                found[path] = None
        return list(found)


def _keep(where: dict[str, None], what: str) -> None:
    if len(where) < MAX_KEPT:
        where[what] = None


def _path(name: str, arguments: str, directory: str) -> str | None:
    """The path that a call names, absolute where its directory is known."""
    if name in _AT_PATHS:
        at = _AT.match(arguments)
        if at is None:
            return None
        directory, arguments = at[1] or directory, at[2]
    quoted = _QUOTED.match(arguments)
    if quoted is None or quoted[2] or not quoted[1]:
        return None
    path = unescaped(quoted[1])
    if not path.startswith("/") and directory.startswith("/"):
        path = f"{directory.rstrip('/')}/{path.removeprefix('./')}"
    return path


def unescaped(text: str) -> str:
    """A quoted text of strace as it was."""
    return _bytes(text).decode("utf-8", "replace")


def _bytes(text: str) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        what = found[1]
        if what[:1].isdigit():
            return bytes([int(what, 8) & 255])
        if what[:1] == b"x" and len(what) == 3:
            return bytes([int(what[1:], 16)])
        return _PLAIN_ESCAPES.get(what, what)

    return _ESCAPE.sub(one, text.encode("utf-8", "replace"))


def query(text: str) -> str | None:
    """The name that a DNS query asks for; None where the bytes are no query (RFC 1035, 4.1)."""
    data = _bytes(text)
    # Header: QR 0, opcode 0, one question, no answers; 16 bits of length stand in front of it over TCP.
    for packet in (data, data[2:]):
        if len(packet) >= 17 and packet[2] & 0xF8 == 0 and packet[4:10] == b"\0\1\0\0\0\0":
            labels = list(_labels(packet[12:]))
            if labels and None not in labels:
                return b".".join(one for one in labels if one is not None).decode("ascii")
    return None


def _labels(data: bytes) -> Iterator[bytes | None]:
    at = 0
    while at < len(data) and data[at]:
        label = data[at + 1 : at + 1 + data[at]]
        yield label if len(label) == data[at] and _LABEL.fullmatch(label) else None
        at += 1 + data[at]
    if at >= len(data):
        yield None
