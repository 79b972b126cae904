"""One container from its beginning to its end: made, watched, ended at its limit, and removed whatever happens."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO, TYPE_CHECKING

from migrate.trying.container import Wanted, create_words, host_mounts
from migrate.trying.engine import Engine, EngineError, last_error
from migrate.trying.watching import Memory, Tracer

if TYPE_CHECKING:
    from converters.images.traces import Trace

_TAIL = 8192
_POLL = (0.02, 0.05)
_FULL = 0.98
# Of the engine itself, in each container it makes.
_ENGINES_OWN = re.compile(
    r"/(?:etc/(?:hosts|hostname|resolv\.conf|mtab)|run/\.containerenv|\.dockerenv|dev/console|run/secrets)?\Z"
)
_MOUNT_POINTS = frozenset({"/etc", "/run", "/dev", "/proc", "/sys", "/var", "/var/run", "/dev/shm", "/dev/pts"})  # noqa: S108
# What engines and their runtimes say where a machine lets no limit be set.
_NO_LIMITS = re.compile(r"(?i)cgroup|memory\.(?:limit|max|memsw)|cpu\.(?:cfs|max|shares|weight)|swap limit")


@dataclass(frozen=True, slots=True)
class Rules:
    """``seconds``: the job's limit. ``grace``: from the stop signal to SIGKILL. ``stop_at``: send the stop signal after so
    many seconds, to see what it does. ``trace``: have strace look at it. ``look``: ask what was written."""

    seconds: float
    grace: int
    stop_at: float | None = None
    trace: bool = True
    look: bool = True


@dataclass(slots=True)
class Ran:
    """What was seen. ``status`` None: it never began, and ``error`` says why. ``untraced`` says why no trace is there."""

    status: int | None = None
    error: str = ""
    seconds: float = 0.0
    timed_out: bool = False
    stopped_after: float | None = None
    memory_killed: bool = False
    memory: int | None = None
    limited: bool = True
    output: int = 0
    tail: bytes = b""
    written: list[str] | None = None
    trace: Trace | None = None
    untraced: str = ""
    volumes: list[str] = field(default_factory=list)


class _Output:
    """Counts what is printed and keeps its end: a job may print without end, and what it prints may be a secret."""

    def __init__(self) -> None:
        self.count = 0
        self.tail = bytearray()
        self._lock = threading.Lock()

    def read(self, stream: IO[bytes]) -> None:
        while data := os.read(stream.fileno(), 1 << 16):
            with self._lock:
                self.count += len(data)
                self.tail += data
                del self.tail[:-_TAIL]


def run_once(engine: Engine, wanted: Wanted, rules: Rules) -> Ran:
    """Run the container once. EngineError where the engine itself fails; a job that cannot begin is a result."""
    name = f"c2f-try-{wanted.spec.name[:32]}-{secrets.token_hex(6)}"
    try:
        ran = _run(engine, wanted, rules, name)
    except BaseException:
        # podman's `rm --force` waits ten seconds for a first process that does not hear SIGTERM.
        with contextlib.suppress(EngineError):
            engine.ask("kill", name)
        raise
    finally:
        # Whatever interrupts us: the container is ours, and so are the empty volumes made for it.
        with contextlib.suppress(EngineError):
            engine.ask("rm", "--force", "--volumes", name)
    return ran


def _run(engine: Engine, wanted: Wanted, rules: Rules, name: str) -> Ran:
    words, environment = create_words(engine, wanted, name)
    made = engine.ask(*words, environment=environment)
    if made.status:
        if wanted.limited and _NO_LIMITS.search(made.said):
            return _unlimited(engine, wanted, rules, name)
        return Ran(error=made.said) if _never_begins(made.said) else _refuse(engine, "create", made.said)
    ran, tracer, pid = Ran(limited=wanted.limited), Tracer(), 0
    if engine.kind == "podman":
        # Made and not started: strace and the control group are there before the payload's first instruction.
        ready = engine.ask("init", name)
        if ready.status:
            if wanted.limited and _NO_LIMITS.search(ready.said):
                return _unlimited(engine, wanted, rules, name)
            ran.error = ready.said
            return ran if _never_begins(ready.said) else _refuse(engine, "init", ready.said)
        pid = _checked(engine, name)
        if rules.trace and pid:
            tracer.attach(pid)
    else:
        _checked(engine, name)
        tracer.lacks = "docker starts a container at once; podman lets strace in before"
    _watch(engine, name, ran, rules, pid)
    tracer.end()
    ran.trace, ran.untraced = tracer.trace, tracer.lacks if rules.trace else ""
    _ended(engine, name, ran, wanted.container.memory << 20 if wanted.limited else None, look=rules.look)
    return ran


def _unlimited(engine: Engine, wanted: Wanted, rules: Rules, name: str) -> Ran:
    """Once more without memory and CPU of the task, where this machine cannot hold a container to them."""
    engine.ask("rm", "--force", "--volumes", name)
    return _run(engine, replace(wanted, limited=False), rules, name)


# runc, crun and containerd on a program, a directory or a user that is not there; the engine itself is well.
_THE_JOBS = re.compile(
    r"(?i)executable file not found|no such file or directory|permission denied|not a directory|is a directory|exec format"
    r"|unable to find user|no matching entries in passwd|unable to find group|no such user|exec:|chdir|no command"
    r"|unable to start container process|OCI runtime (?:command|attempted)"
)
_THE_ENGINES = re.compile(
    r"(?i)rlimit|operation not permitted|cannot connect|creating container storage"
    r"|default OCI runtime|invalid runtime|runtime [^ ]+ (?:not found|missing)"
)


def _never_begins(said: str) -> bool:
    return bool(_THE_JOBS.search(said)) and not _THE_ENGINES.search(said)


def _refuse(engine: Engine, what: str, said: str) -> Ran:
    raise EngineError(
        f"{engine.program} {what}: {said or 'it fails and says nothing'}; the engine cannot run containers so: see "
        "--engine, --engine-option and CONTAINERS_CONF"
    )


def _checked(engine: Engine, name: str) -> int:
    """The first process of a container that has not begun, 0 where there is none yet; EngineError where it would meet live
    data."""
    found = engine.inspect("inspect", name)
    if mounts := host_mounts(found):
        raise EngineError(
            f"the configuration of {engine.program} puts {', '.join(mounts)} of this machine into each container, and a job "
            "is never tried on live data; take that out (`volumes` in containers.conf) and run this again"
        )
    return _pid_of(found)


def _pid_of(found: Mapping[str, object]) -> int:
    state = found.get("State")
    pid = state.get("Pid") if isinstance(state, dict) else 0
    return pid if isinstance(pid, int) else 0


def _watch(engine: Engine, name: str, ran: Ran, rules: Rules, pid: int) -> None:
    """Start it and stay until its end; what it prints is counted."""
    process = subprocess.Popen(  # noqa: S603  # the engine that the user named
        engine.words("start", "--attach", name),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stderr is not None  # noqa: S101  # both were asked for
    output, began, wait = _Output(), time.monotonic(), _POLL[0]
    readers = [
        threading.Thread(target=output.read, args=(stream,), daemon=True) for stream in (process.stdout, process.stderr)
    ]
    for one in readers:
        one.start()
    memory = Memory(pid or _soon(engine, name, process))
    try:
        for passed in _ticks(process, began):
            memory.look()
            if passed > rules.seconds or (rules.stop_at is not None and passed > rules.stop_at):
                _stop(engine, name, ran, rules)
                break
            time.sleep(wait)
            wait = min(wait * 1.1, _POLL[1])
        process.wait(60)
    except subprocess.TimeoutExpired:
        raise EngineError(f"{engine.program}: it does not end the container {name}; look at it by hand") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    for one in readers:
        one.join(5)
    ran.seconds = time.monotonic() - began
    ran.memory, ran.output, ran.tail = memory.peak, output.count, bytes(output.tail)
    if process.returncode in (125, 126, 127):
        ran.error = last_error(ran.tail.decode("utf-8", "replace"))


def _ticks(process: subprocess.Popen[bytes], began: float) -> Iterator[float]:
    while process.poll() is None:
        yield time.monotonic() - began


def _soon(engine: Engine, name: str, process: subprocess.Popen[bytes]) -> int:
    """The first process of a container that has just been started; 0 where it was too quick to be seen."""
    while process.poll() is None:
        if pid := _pid_of(engine.inspect("inspect", name)):
            return pid
        time.sleep(_POLL[0])
    return 0


def _stop(engine: Engine, name: str, ran: Ran, rules: Rules) -> None:
    """As ECS stops a task: the image's stop signal, then SIGKILL after the grace."""
    asked = time.monotonic()
    ran.timed_out = rules.stop_at is None
    done = engine.ask("stop", "-t", str(rules.grace), name, seconds=rules.grace + 60)
    ran.stopped_after = round(time.monotonic() - asked, 1)
    if done.status:
        engine.ask("kill", name)


def _ended(engine: Engine, name: str, ran: Ran, limit: int | None, look: bool) -> None:
    """What the engine knows afterwards: status, times, whether memory ended it, what was written."""
    found = engine.inspect("inspect", name)
    state = found.get("State")
    if not isinstance(state, dict):
        raise EngineError(f"{engine.program}: the container {name} was removed meanwhile; run this again")
    if state.get("Running") is True:
        # Whoever attached is gone, by a kill or a crash, and its container lives: the exit code 0 there is that of none.
        raise EngineError(f"{engine.program} was ended before the job, so nothing is known of its end; run this again")
    status = state.get("ExitCode")
    begun = _time(state.get("StartedAt"))
    never = begun is None or (ran.trace is not None and not ran.trace.began and status != 0)
    if never:
        ran.error = ran.error or str(state.get("Error") or "") or last_error(ran.tail.decode("utf-8", "replace"))
        ran.error = ran.error or "it ended before it began"
        return
    ran.status, ran.error = (status if isinstance(status, int) else None), ""
    # conmon misses the kernel's word in version 1 of control groups: a SIGKILL at the limit that nobody sent is that.
    full = limit is not None and ran.memory is not None and ran.memory >= limit * _FULL and ran.stopped_after is None
    ran.memory_killed = state.get("OOMKilled") is True or (ran.status == 137 and full)
    finished = _time(state.get("FinishedAt"))
    if begun and finished and finished >= begun:
        ran.seconds = (finished - begun).total_seconds()
    mounts = found.get("Mounts")
    if isinstance(mounts, list):
        ran.volumes = sorted(str(one.get("Destination")) for one in mounts if isinstance(one, dict))
    if look:
        with contextlib.suppress(EngineError):
            ran.written = _written(engine, name)


def _time(value: object) -> datetime | None:
    """RFC 3339 with nanoseconds, which datetime does not read; the year 1 stands for never."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)", str(value))
    if found is None or found[1].startswith("0001"):
        return None
    return datetime.fromisoformat(f"{found[1]}.{(found[2] or '0'):0<6}{found[3].replace('Z', '+00:00')}")


def _written(engine: Engine, name: str) -> list[str]:
    """Paths that were made, changed or deleted on the container's own disk, the deepest of each only."""
    done = engine.ask("diff", name)
    if done.status:
        raise EngineError(done.said)
    rows = [(row[0], row[2:]) for row in done.out.splitlines() if row[1:2] == " " and row[0] in "ACD"]
    paths = sorted(path for kind, path in rows if not _ENGINES_OWN.match(path) and (kind, path) not in _noise())
    above = {path[:at] for path in paths for at in range(1, len(path)) if path[at] == "/"}
    return [path for path in paths if path not in above]


def _noise() -> frozenset[tuple[str, str]]:
    return frozenset((kind, path) for kind in "AC" for path in _MOUNT_POINTS)
