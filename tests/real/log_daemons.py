"""Real daemons and what they write to a real syslog socket.

``debian`` runs Debian's cron at a hundredfold speed (libfaketime, as in ``debian_cron``), ``busybox`` the crond of
``busybox-static`` in virtual time (``virtual_time``). Each has a ``/dev`` of its own, in which ``log`` leads to a datagram
socket of ours; a private spool and ``cron.d``; and namespaces that die with it. The machine's own cron and log are not
touched. Needs root, util-linux, and the packages ``cron``, ``faketime`` and ``busybox-static``.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from . import debian_cron, virtual_time

BUSYBOX = Path("/usr/bin/busybox")
_PATIENCE = 60
_LINE = re.compile(rb"<(\d+)>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?([^\s\[:]+)(?:\[(\d+)\])?: (.*)", re.DOTALL)
_NAMESPACES = [
    "setpriv",
    "--pdeathsig",
    "KILL",
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
]
_OWN_DEV = """
set -e
mkdir -p "$SCRATCH/dev"
mount -t tmpfs none "$SCRATCH/dev"
for node in null zero urandom random; do
  touch "$SCRATCH/dev/$node"; mount --bind "/dev/$node" "$SCRATCH/dev/$node"
done
mount --rbind "$SCRATCH/dev" /dev
ln -s "$SCRATCH/log" /dev/log
"""
_DEBIAN = (
    _OWN_DEV
    + """
mount -t tmpfs none /run
mkdir /dev/shm; mount -t tmpfs none /dev/shm
mount --bind "$SCRATCH/cron.d" /etc/cron.d
mount --bind "$SCRATCH/crontab" /etc/crontab
mount --bind "$SCRATCH/crontabs" /var/spool/cron/crontabs
mount --bind "$SCRATCH/pam" /etc/pam.d/cron
export LD_PRELOAD="$LIBRARY"
echo up >"$SCRATCH/up"
read -r go <"$SCRATCH/gate" || true
exec /usr/sbin/cron -f -L "$LEVEL"
"""
)
_PAM = "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_unix.so\n"


@dataclass(frozen=True)
class Message:
    """What a daemon wrote: when (seconds since 1970, by the simulated clock), as whom, and what."""

    at: float
    tag: str
    pid: int | None
    text: str


def missing() -> str | None:
    """What keeps the daemons from running on this machine, or None."""
    if reason := debian_cron.missing():
        return reason
    if platform.machine() != "x86_64":
        return "virtual time knows x86-64 only"
    if not BUSYBOX.exists():
        return f"{BUSYBOX} is missing: install the package busybox-static"
    return None


def debian(lines: str, zone: str, begin: datetime, minutes: float, *, speed: int, level: int) -> list[Message]:
    """What Debian's cron writes with ``-L level`` on this cron.d table, from a local time on."""
    with _scratch() as scratch:
        (scratch / "cron.d" / "jobs").write_text(lines, encoding="utf-8")
        (scratch / "crontab").write_text("# none\n")
        (scratch / "pam").write_text(_PAM)
        environment = {
            "TZ": zone,
            "FAKETIME": f"@{begin:%Y-%m-%d %H:%M:%S} x{speed}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "LIBRARY": str(debian_cron._library()),
            "LEVEL": str(level),
        }
        first = begin.replace(tzinfo=ZoneInfo(zone)).timestamp()
        with _socket(scratch) as inbox, _started(_DEBIAN, environment, scratch) as daemon:
            launched = _launch(scratch, daemon)
            found = []
            inbox.settimeout(0.2)
            while (now := (time.monotonic() - launched) * speed) < minutes * 60:
                if daemon.poll() is not None:
                    raise debian_cron.HarnessError(f"cron ended: {(scratch / 'output').read_text(errors='replace')}")
                with contextlib.suppress(TimeoutError):
                    data = inbox.recv(65536)
                    now = (time.monotonic() - launched) * speed
                    found.append(_message(first + now, data))
            return found


def busybox(lines: str, zone: str, begin: datetime, minutes: int, rule: str) -> tuple[list[bytes], bytes]:
    """What BusyBox's crond writes for this table of root's: the datagrams, each with its own time stamp, and in a run of
    its own with ``-L FILE`` that file, which has none.

    ``rule`` is the zone as POSIX writes it. In ``lines``, ``/gate`` stands for a FIFO that is opened every half an hour:
    who reads it runs as long. It is called so in what is returned, too.
    """
    with _scratch() as scratch:
        lines = lines.replace("/gate", str(scratch / "gate"))
        (scratch / "crontabs" / "root").write_text(lines, encoding="utf-8")
        first = begin.replace(tzinfo=ZoneInfo(zone)).timestamp()
        span = [str(first), str(first + minutes * 60)]
        clock = [sys.executable, virtual_time.__file__, *span, str(scratch / "gate"), "1800", "--"]
        crond = [str(BUSYBOX), "crond", "-f", "-c", str(scratch / "crontabs")]
        found: list[bytes] = []
        with _socket(scratch) as inbox:
            reader = threading.Thread(target=_drain, args=(inbox, found), daemon=True)
            reader.start()
            _to_its_end(scratch, rule, [*clock, *crond])
            _say_goodbye(scratch)
            reader.join(_PATIENCE)
        file = scratch / "crond.log"
        _to_its_end(scratch, rule, [*clock, *crond, "-L", str(file)])
        gate = str(scratch / "gate").encode()
        return [line.replace(gate, b"/gate") for line in found], file.read_bytes().replace(gate, b"/gate")


def _to_its_end(scratch: Path, rule: str, command: list[str]) -> None:
    with _started(_OWN_DEV + 'exec "$@"\n', {"TZ": rule}, scratch, command) as daemon:
        if daemon.wait(_PATIENCE):
            raise debian_cron.HarnessError((scratch / "output").read_text(errors="replace")[-800:])


def _say_goodbye(scratch: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.sendto(b"", str(scratch / "log"))


def _drain(inbox: socket.socket, found: list[bytes]) -> None:
    inbox.settimeout(_PATIENCE)
    with contextlib.suppress(TimeoutError):
        while data := inbox.recv(65536):
            found.append(data)


def _message(at: float, data: bytes) -> Message:
    match = _LINE.fullmatch(data.rstrip(b"\0\n"))
    if match is None:
        raise debian_cron.HarnessError(f"not a syslog message: {data!r}")
    pid = int(match[3]) if match[3] else None
    return Message(at, match[2].decode(), pid, match[4].decode("utf-8", "surrogateescape"))


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    scratch = Path(tempfile.mkdtemp(prefix="log-daemons-"))
    try:
        for name in ("cron.d", "crontabs"):
            (scratch / name).mkdir(mode=0o755)
        for name in ("up", "gate"):
            os.mkfifo(scratch / name)
        scratch.chmod(0o755)
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def _socket(scratch: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
        inbox.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        inbox.bind(str(scratch / "log"))
        (scratch / "log").chmod(0o666)
        yield inbox


@contextlib.contextmanager
def _started(
    script: str, environment: dict[str, str], scratch: Path, arguments: list[str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with (scratch / "output").open("wb") as output:
        daemon = subprocess.Popen(
            [*_NAMESPACES, "/bin/sh", "-c", script, "sh", *(arguments or [])],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SCRATCH": str(scratch), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield daemon
    finally:
        if daemon.poll() is None:
            daemon.kill()
        daemon.wait()


def _launch(scratch: Path, daemon: subprocess.Popen[bytes]) -> float:
    """Let the launching shell through once all is in place; returns when, by the clock that nobody fakes."""
    with debian_cron._reader(scratch / "up") as started:
        return debian_cron._launch(started, daemon, scratch)
