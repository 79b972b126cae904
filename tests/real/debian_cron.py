"""Debian's own cron daemon at a hundredfold speed, on any day, in any zone.

``run_window`` starts the real ``/usr/sbin/cron`` on a scratch table and returns when it started which entry. Needs
root, mount and PID namespaces (``unshare`` and ``setpriv`` of util-linux), and the Debian packages ``cron`` and
``faketime``; no systemd, no syslog.

- The clock: libfaketime, preloaded into the daemon alone, begins at the given local time and runs `speed` times as
  fast; ``sleep()`` shrinks by as much.
- The tables: in a mount namespace of its own the daemon sees one scratch file in ``/etc/cron.d``, an empty
  ``/etc/crontab`` and spool, fresh ``/run`` and ``/dev/shm``, and a PAM service that permits. The machine's own cron is
  not touched. The PID namespace dies with the daemon, and all its jobs with it.
- The record: an entry's command writes its name into a FIFO with the shell's own ``echo``. The harness notes when it
  reads it, by a clock that nobody fakes, and maps that back to simulated time.
- How long jobs last: cron pauses for 10 s between caught-up minutes, but the end of any job (SIGCHLD) cuts a pause
  short. So jobs are held at a second FIFO, and let go together at second :40 of each simulated minute, but none while
  the daemon may be catching up. With ``hold=False`` they end at once.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

CRON = Path("/usr/sbin/cron")
PATIENCE = 30  # seconds for the launch
CATCH_UP = timedelta(minutes=15)  # how long after a clock change forward jobs are held

_LAUNCH = """
set -e
mount -t tmpfs none /run
mount -t tmpfs none /dev/shm
mount --bind "$SCRATCH/cron.d" /etc/cron.d
mount --bind "$SCRATCH/crontab" /etc/crontab
mount --bind "$SCRATCH/crontabs" /var/spool/cron/crontabs
mount --bind "$SCRATCH/pam" /etc/pam.d/cron
export LD_PRELOAD="$LIBRARY"
echo "$UP" >"$SCRATCH/started"
read -r go <"$SCRATCH/gate" || true  # it ends without a line
exec "$CRON" -f -L 0
"""
_PAM = "".join(f"{kind} required pam_permit.so\n" for kind in ("auth", "account", "session"))
_UP = "up"


class HarnessError(RuntimeError):
    """The daemon could not be run here; the message says why."""


def missing() -> str | None:
    """What keeps the harness from running on this machine, or None."""
    if os.geteuid() != 0:
        return "it must run as root"
    if not CRON.exists():
        return f"{CRON} is missing: install the package cron"
    if _library() is None:
        return "libfaketime is missing: install the package faketime"
    for tool in ("unshare", "setpriv"):
        if shutil.which(tool) is None:
            return f"{tool} is missing: install the package util-linux"
    probe = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "none", "/run"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"no mount namespaces here: {probe.stderr.strip()}" if probe.returncode else None


def _library() -> Path | None:
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


def run_window(
    crontab_lines: Mapping[str, str],
    zone: str,
    start_local: datetime,
    hours: float,
    *,
    speed: int = 120,
    hold: bool = True,
) -> dict[str, list[float]]:
    """Run the daemon for `hours` of simulated time from the naive `start_local` in `zone`.

    `crontab_lines` maps an id (letters, digits, ``_``, ``-``) to five fields or a nickname. Returns the starts of each
    id as simulated seconds since 1970 (UTC), oldest first. They lag by what starting a job takes, times `speed`.
    """
    begin = start_local.replace(tzinfo=ZoneInfo(zone)).timestamp()
    scratch = Path(tempfile.mkdtemp(prefix="debian-cron-"))
    try:
        _furnish(scratch, crontab_lines, hold)
        with _reader(scratch / "started") as started, _daemon(scratch, zone, start_local, speed) as daemon:
            launched = _launch(started, daemon, scratch)
            record = _Record(crontab_lines, begin, launched, speed)
            quiet = _quiet_times(zone, begin, begin + hours * 3600)
            next_release = begin - begin % 60 + 40
            while record.simulated_now() < begin + hours * 3600:
                if daemon.poll() is not None:
                    raise HarnessError(f"cron ended with status {daemon.returncode}: {_tail(scratch)}")
                if record.simulated_now() >= next_release:
                    if not any(first <= next_release < last for first, last in quiet):
                        _let_go(scratch / "gate")
                    next_release += 60
                record.read(started, wait_until=next_release)
            return record.starts
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class _Record:
    """What came through the FIFO, and when, in simulated time."""

    def __init__(self, names: Mapping[str, str], begin: float, launched: float, speed: int) -> None:
        self.starts: dict[str, list[float]] = {name: [] for name in names}
        self.begin = begin
        self.speed = speed
        self.launched = launched
        self._rest = b""

    def simulated_now(self) -> float:
        return self.begin + (time.monotonic() - self.launched) * self.speed

    def read(self, fifo: int, wait_until: float) -> None:
        wait = max(0.0, (wait_until - self.simulated_now()) / self.speed)
        if not select.select([fifo], [], [], wait)[0]:
            return
        *names, self._rest = (self._rest + os.read(fifo, 65536)).split(b"\n")
        for name in names:
            self.starts[name.decode()].append(self.simulated_now())


def _furnish(scratch: Path, crontab_lines: Mapping[str, str], hold: bool) -> None:
    for name in ("cron.d", "crontabs"):
        (scratch / name).mkdir(mode=0o755)
    for name in ("started", "gate"):
        os.mkfifo(scratch / name)
    held = f"; read x <{scratch}/gate" if hold else ""
    table = [f"{fields} root echo {name} >{scratch}/started{held}\n" for name, fields in crontab_lines.items()]
    (scratch / "cron.d" / "referee").write_text("".join(["SHELL=/bin/sh\n", *table]))
    (scratch / "crontab").write_text("# none\n")
    (scratch / "pam").write_text(_PAM)


@contextlib.contextmanager
def _reader(fifo: Path) -> Iterator[int]:
    """Open for writing too: so writers never wait for a reader, and reading never meets an end."""
    descriptor = os.open(fifo, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _daemon(scratch: Path, zone: str, start_local: datetime, speed: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "TZ": zone,
        "FAKETIME": f"@{start_local:%Y-%m-%d %H:%M:%S} x{speed}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "SCRATCH": str(scratch),
        "UP": _UP,
        "LIBRARY": str(_library()),
        "CRON": str(CRON),
    }
    # whatever ends this process ends the daemon: its jobs would else pile up in front of a FIFO that nobody reads
    namespaces = [
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
    ]
    with (scratch / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [*namespaces, "/bin/sh", "-c", _LAUNCH],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield daemon
    finally:
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()


def _quiet_times(zone: str, begin: float, end: float) -> list[tuple[float, float]]:
    """When no job may end: around each clock change forward."""
    found = []
    tz = ZoneInfo(zone)
    minute = datetime.fromtimestamp(begin - begin % 60, UTC)
    while minute.timestamp() < end:
        after = minute + timedelta(minutes=1)
        before_offset, after_offset = (when.astimezone(tz).utcoffset() for when in (minute, after))
        assert before_offset is not None and after_offset is not None
        if after_offset > before_offset:
            found.append(((after - timedelta(minutes=1)).timestamp(), (after + CATCH_UP).timestamp()))
        minute = after
    return found


def _launch(started: int, daemon: subprocess.Popen[bytes], scratch: Path) -> float:
    """Let the launching shell through the gate once all is in place; returns when, by the clock that nobody fakes."""
    ready, _, _ = select.select([started], [], [], PATIENCE)
    if ready:
        os.read(started, 64)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and daemon.poll() is None:
            now = time.monotonic()
            if _let_go(scratch / "gate"):
                return now
    raise HarnessError(f"cron was not launched, status {daemon.poll()}: {_tail(scratch)}")


def _let_go(gate: Path) -> bool:
    """Opening the gate wakes all who wait to read it, closing it ends their wait. Did anybody wait?"""
    try:
        os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return False
    return True


def _tail(scratch: Path) -> str:
    return (scratch / "log").read_text(errors="replace").strip()[-500:] or "no message"
