"""A job -> the plain mapping that becomes its ecs.yml."""

from __future__ import annotations

from collections.abc import Mapping

from converters.commands.containers.wish import Container
from converters.commands.forwarding import around, stays_and_tells
from converters.commands.handing_over import hand_over
from converters.commands.lock_names import LockPlace
from converters.commands.skipping import skips_succeed
from converters.commands.waiting import waits_for_all
from converters.commands.work import Work, lock_wish, timeout_wish
from converters.commands.work_findings import addresses
from converters.expressions.target import Target
from converters.secrets.references import Referenced, reference_secrets
from converters.secrets.search import find_secrets, mask
from converters.tables.crontab import Entry

NO_IMAGE = "CHANGE_ME"
_END = "END_OF_STANDARD_INPUT"


def container_command(entry: Entry, work: Work, moved: Referenced) -> tuple[list[str], bool]:
    """What the container runs: the program's words where no shell is needed, else the shell with the remaining text; and
    whether an init goes with it: that shell gives its place to the job, or stays and hands signals on.

    A pause in front, data for standard input and a secret that comes as a variable need a shell. What still holds a secret
    is masked, since no file of ours may.
    """
    found = work.understanding
    untouched = not work.pause and entry.stdin is None and not find_secrets(found.remaining)
    if found.argv is not None and untouched:
        # Words as they are: exec form, so no shell, and the program is process 1.
        return list(found.argv), False
    text = mask(moved.command.strip(" \t"))
    text, whole = hand_over(text, found.interpreter, reads_file="BASH_ENV" in work.carried)
    # A skip by a guard in the text ends with a status of its own, which ECS would call a failure.
    text = waits_for_all(skips_succeed(text))
    told = stays_and_tells(text, found.interpreter)
    text = text if told is None else told
    if entry.stdin is not None:
        mark = _END
        while mark in entry.stdin:
            # The data may hold the mark.
            mark += "_"
        # A here-document with a quoted mark is passed as it is: nothing is expanded in it (POSIX 2.7.4).
        text = f"{{ {text}\n}} <<'{mark}'\n{work.hide(entry.stdin)}{mark}"
        text += "\n" if told is not None else ""
    if told is not None:
        # The job is never process 1 there; the init reaps what its children leave.
        text, whole = around(text), True
    if work.pause:
        text = f"sleep {work.pause:g}; {text}"
    return [*found.interpreter, text], whole


def environment(work: Work, timezone: str) -> dict[str, str]:
    """The variables of the work, and ``TZ``: cron gave the job the host's clock, a container has UTC."""
    carried = dict(work.carried)
    # A container has UTC unless the line says otherwise, so nothing changes.
    if (own := work.understanding.container) is not None and not own.zone:
        return carried
    # UTC is what a container without TZ has.
    if timezone not in ("UTC", "Etc/UTC"):
        carried.setdefault("TZ", timezone)
    return carried


def without_secrets(work: Work, timezone: str) -> Referenced:
    """The command and the variables of a container, and the values of its secrets apart."""
    return reference_secrets(work.understanding.remaining.strip(" \t"), environment(work, timezone), work.used)


def _container(
    entry: Entry, work: Work, timezone: str, image: str | None, parameters: Mapping[str, str]
) -> dict[str, object]:
    found = work.understanding
    moved = without_secrets(work, timezone)
    command, whole = container_command(entry, work, moved)
    container: dict[str, object] = {
        "name": "app",
        "cpu": 256,
        # The smallest size of Fargate, for somebody to raise.
        "memory": 512,
        "image": image or NO_IMAGE,
    }
    if found.container is not None:
        container |= _as_started(found.container, command)
    else:
        container["command"] = command
    directory = found.working_directory or work.start
    if directory is not None and directory.startswith("/"):
        container["workingDirectory"] = mask(directory)
    user = found.user if found.user is not None else work.user
    if user is not None:
        container["user"] = user
    if moved.environment:
        container["environment"] = moved.environment
    if moved.values:
        container["secrets"] = {name: parameters[name] for name in moved.values}
    if whole or (found.container is not None and found.container.init):
        # An init reaps and hands signals on; the job is process 2 then, so SIGTERM ends it also without a handler.
        container["linuxParameters"] = {"initProcessEnabled": True}
    return container


def _as_started(container: Container, command: list[str]) -> dict[str, object]:
    """Image, size and words of a container that the line itself starts; without words the image's own run."""
    given: dict[str, object] = {"image": container.image or NO_IMAGE}
    if container.cpu is not None:
        given["cpu"] = container.cpu
    if container.memory is not None:
        given["memory"] = container.memory
    entry = 0
    if container.entry and command:
        # An entry point of the line takes the place of the image's; the shell that a text needs does so with its options.
        entry = command.index("-c") + 1 if "-c" in command[:-1] and command[0].endswith("sh") else 1
    if command[entry:]:
        given["command"] = command[entry:]
    return given | ({"entryPoint": command[:entry]} if entry else {})


def ecs_spec(
    *,
    name: str,
    entry: Entry,
    work: Work,
    target: Target,
    timezone: str,
    image: str | None,
    cluster: str,
    place: LockPlace,
    parameters: Mapping[str, str],
    legacy: dict[str, object],
) -> dict[str, object]:
    """The spec of one job, in the key order of the file. CPU and memory of the task follow from the containers.

    Without expressions it is a service, with nothing running until somebody decides: what starts at boot may be meant to
    run for ever, or once. ``place`` is where its lock is taken, ``parameters`` are those that its
    secrets are read from, by variable.
    """
    spec: dict[str, object] = {
        "type": "FARGATE",
        "cluster": cluster,
        "name": name,
        "containers": [_container(entry, work, timezone, image, parameters)],
    }
    if target.expressions:
        spec |= {"schedule": _schedule(work, target), **_architecture(work), **_limits(work, place)}
    else:
        spec |= _architecture(work) | {"service": {"desiredCount": 0}}
    told = addresses(entry)
    if told:
        spec["notify"] = {"email": told}
    return spec | {"legacy": legacy}


def _schedule(work: Work, target: Target) -> dict[str, object]:
    expressions = [str(e) for e in target.expressions]
    schedule: dict[str, object] = {"scheduleExpression": expressions[0] if len(expressions) == 1 else expressions}
    if target.backend == "scheduler":
        schedule["timezone"] = target.timezone
        if work.window:
            schedule["flexibleWindow"] = work.window
    schedule["taskCount"] = 1
    if target.guard is not None:
        schedule["guard"] = target.guard.as_json()
    return schedule


def _architecture(work: Work) -> dict[str, object]:
    """``architecture:`` where the line asks for another processor than the usual one."""
    own = work.understanding.container
    return {"architecture": "ARM64"} if own is not None and own.architecture == "ARM64" else {}


def _limits(work: Work, place: LockPlace) -> dict[str, object]:
    """Lock and time limit: what a service, which runs for ever, does not have."""
    limits: dict[str, object] = {}
    if work.lock is not None:
        limits["lock"] = lock_wish(work.lock, place)
    if work.understanding.timeout is not None:
        limits["timeout"] = timeout_wish(work.understanding.timeout, work.pause)
    return limits
