"""A decision -> the job's spec: a plain mapping in, a plain mapping out, in the key order of ecs.yml."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from converters.commands.forwarding import around, stays_and_tells
from converters.commands.handing_over import hand_over
from converters.commands.idioms.aws_keys import AWS_KEYS
from converters.commands.idioms.environment_files import command_without
from converters.specs.starting import may_choose
from converters.specs.untyped import fields, listed
from migrate.document.job import Job, ProposedTarget
from migrate.document.to_json import as_mapping

if TYPE_CHECKING:
    from migrate.workspace.decisions_model import Decision

# The order of ecs.yml (converters/specs/model.py).
_SPEC_KEYS = (
    *(
        "type",
        "cluster",
        "name",
        "containers",
        "schedule",
        "capacityProvider",
        "capacityProviderStrategy",
        "architecture",
        "lock",
        "timeout",
        "retry",
    ),
    *(
        "success",
        "once",
        "start",
        "after",
        "notify",
        "service",
        "volumes",
        "ephemeralStorage",
        "taskDefinition",
        "target",
        "legacy",
    ),
)
_CONTAINER_KEYS = (
    *(
        "name",
        "cpu",
        "memory",
        "image",
        "essential",
        "command",
        "entryPoint",
        "workingDirectory",
        "user",
        "environment",
    ),
    *("secrets", "environmentFiles", "logConfiguration", "mountPoints", "linuxParameters"),
    *("stopTimeout", "readonlyRootFilesystem", "ulimits", "dependsOn", "healthCheck", "repositoryCredentials"),
)
OWN_USER = "image"
_NOT_IN_A_LOCK = re.compile(r"[^A-Za-z0-9_.:/-]+")


def apply_decision(
    spec: Mapping[str, object],
    decision: Decision | None,
    job: Job | None = None,
    *,
    target: ProposedTarget | None = None,
    start: str | None = None,
) -> dict[str, object]:
    """The spec as decided; what is not decided stays as it is proposed.

    ``job`` is the job of the document: it gives back what an earlier decision took away (the lock that the line wishes, the
    schedule). ``target`` is the schedule of the backend that was decided, where that is not the proposed one; ``start`` what
    was decided for all jobs that say nothing of it. Applying twice is applying once. A job that is skipped or kept has no
    spec at all; that is the caller's business (``Decisions.left_out``).
    """
    # A deep copy: the proposal is kept for the diff, and for the next answer to the same question.
    made = copy.deepcopy(dict(spec))
    if decision is None:
        if start == "workflow":
            _plain_or_workflow(made, start, everybody=True)
            made = _ordered(made, _SPEC_KEYS)
        return made
    if decision.name:
        # Its parameters keep theirs: other jobs may read them, and a value may be stored there already.
        made["name"] = decision.name
    _container(made, decision)
    if decision.architecture:
        made["architecture"] = decision.architecture
    if decision.ephemeral_storage:
        made["ephemeralStorage"] = decision.ephemeral_storage
    _starts(made, decision, job, target)
    _limits(made, decision, job)
    for_all = None if "start" in (decision.accepted or ()) else start
    _plain_or_workflow(made, decision.start or for_all, everybody=decision.start is None)
    if decision.notify is not None:
        told = decision.notify.model_dump(by_alias=True, exclude_defaults=True)
        _set(made, "notify", told if decision.notify.email or decision.notify.output else None)
    if decision.owner:
        made["legacy"] = {**fields(made.get("legacy")), "owner": decision.owner}
    return _ordered(made, _SPEC_KEYS)


def _container(spec: dict[str, object], decision: Decision) -> None:
    """What concerns the job's own container, the first."""
    containers = listed(spec.get("containers"))
    if not containers:
        return
    first = dict(fields(containers[0]))
    for key, value in (("image", decision.image), ("cpu", decision.cpu), ("memory", decision.memory)):
        if value is not None:
            first[key] = value
    if decision.user is not None:
        # The image's own user runs it where ecs.yml names none.
        _set(first, "user", None if decision.user == OWN_USER else decision.user)
    # A variable is either plain or secret: ECS refuses a name that stands in both.
    environment = {**fields(first.get("environment")), **(decision.environment or {})}
    secrets = {**fields(first.get("secrets")), **(decision.secrets or {})}
    for name in decision.environment or {}:
        if name not in (decision.secrets or {}):
            secrets.pop(name, None)
    if decision.aws_keys == "role":
        # The SDKs take these variables before they ask for the role of the task.
        for name in AWS_KEYS:
            secrets.pop(name, None)
    _set(first, "environment", {name: value for name, value in environment.items() if name not in secrets})
    _set(first, "secrets", secrets)
    for path, answer in (decision.environment_files or {}).items():
        if answer != "image":
            _read_from_s3(first, path, answer)
    spec["containers"] = [_ordered(first, _CONTAINER_KEYS), *containers[1:]]


def _read_from_s3(container: dict[str, object], path: str, answer: str) -> None:
    """A file of variables comes from S3, or not at all, and the command no longer reads it."""
    command = [str(word) for word in listed(container.get("command"))]
    # Without it taken out, the shell would end at the file that is not there (POSIX 2.8.1, `.`).
    rest = command_without(command, path)
    if rest is not None and rest != command:
        # What a file sets may be a trap, so the shell stayed in front; without it SIGTERM may reach the job itself.
        text, whole = hand_over(rest[-1], tuple(command[:-1]))
        told = stays_and_tells(text, tuple(command[:-1]))
        container["command"] = [*command[:-1], text if told is None else around(told)]
        if whole or told is not None:
            container["linuxParameters"] = {"initProcessEnabled": True}
    environment = fields(container.get("environment"))
    if environment.get("BASH_ENV") == path:
        _set(container, "environment", {name: value for name, value in environment.items() if name != "BASH_ENV"})
    if answer != "none":
        container["environmentFiles"] = list(dict.fromkeys([*listed(container.get("environmentFiles")), answer]))


def _plain_or_workflow(spec: dict[str, object], start: str | None, *, everybody: bool) -> None:
    """What starts a job that asks for no more than to start. A plain target is what it is without a word; only a job that
    was decided about by itself says so, and stays one where its environment has workflows start the others."""
    if not everybody and not spec.get("service"):
        spec.pop("start", None)
    if start is not None and may_choose(spec) and (start == "workflow" or not everybody):
        spec["start"] = start


# The order matters: a service has no schedule, one that runs after others has none either, only then one is chosen.
def _starts(spec: dict[str, object], decision: Decision, job: Job | None, target: ProposedTarget | None) -> None:
    """What starts it: a schedule, jobs before it, or that it is a service."""
    if decision.service:
        # A service runs all the time: nothing starts it, so nothing limits, locks or repeats a start.
        for key in ("schedule", "after", "lock", "timeout", "retry", "once", "start"):
            spec.pop(key, None)
        spec["service"] = spec.get("service") or {"desiredCount": 1}
        return
    if decision.service is False:
        spec.pop("service", None)
    if decision.after:
        spec.pop("schedule", None)
        spec["after"] = list(decision.after)
        return
    if decision.after is not None:
        spec.pop("after", None)
    # The schedule that an earlier "after" took away comes back from the document.
    proposed = job.target if job is not None and "schedule" not in spec and not spec.get("after") else None
    chosen = target or proposed
    if chosen and chosen.expressions:
        spec["schedule"] = _schedule(chosen, fields(spec.get("schedule")))
    schedule = fields(spec.get("schedule"))
    if decision.timezone and schedule.get("timezone"):
        spec["schedule"] = {**schedule, "timezone": decision.timezone} | _guard(schedule, decision.timezone)


def _guard(schedule: Mapping[str, object], timezone: str) -> dict[str, object]:
    """A guard reads instants, so in another zone it carries that one's clock changes."""
    # The guard counts hours in its zone, and its offsets would be of the old one.
    if not schedule.get("guard"):
        return {}
    from converters.expressions.guards import in_zone

    return {"guard": in_zone(fields(schedule["guard"]), timezone)}


def _schedule(target: ProposedTarget, before: Mapping[str, object]) -> dict[str, object]:
    expressions = list(target.expressions)
    made: dict[str, object] = {"scheduleExpression": expressions[0] if len(expressions) == 1 else expressions}
    # Rules know UTC only: an ecs.yml without a timezone is one.
    if target.backend == "scheduler":
        made["timezone"] = target.timezone
        if before.get("flexibleWindow"):
            made["flexibleWindow"] = before["flexibleWindow"]
    made["taskCount"] = before.get("taskCount", 1)
    if target.guard is not None:
        made["guard"] = as_mapping(target.guard)
    return made


def _limits(spec: dict[str, object], decision: Decision, job: Job | None) -> None:
    """Lock and time limit; a service has neither."""
    if spec.get("service"):
        return
    if decision.lock is not None:
        _set(spec, "lock", None if decision.lock == "none" else _lock(spec, decision, job))
    elif decision.lock_name and spec.get("lock"):
        spec["lock"] = {**_as_lock(spec["lock"]), "name": decision.lock_name}
    if decision.timeout is not None:
        before = spec.get("timeout")
        kill_after = before.get("killAfter") if isinstance(before, dict) else None
        limit = {"seconds": decision.timeout, "killAfter": kill_after} if kill_after else decision.timeout
        _set(spec, "timeout", None if decision.timeout == "none" else limit)


def _lock(spec: Mapping[str, object], decision: Decision, job: Job | None) -> dict[str, object]:
    lock = job.wishes.lock if job is not None else None
    wished = as_mapping(lock) if lock is not None else {}
    known = _as_lock(spec.get("lock") or {key: wished[key] for key in ("name", "shared") if wished.get(key)})
    # A key of the lock table, and part of ARNs and paths: what is refused there becomes a dash.
    name = decision.lock_name or _NOT_IN_A_LOCK.sub("-", str(known.get("name") or spec["name"])).strip("-")[:200]
    made = {**known, "name": name or str(spec["name"])}
    made.pop("wait", None)
    if decision.lock != "skip":
        made["wait"] = decision.lock
    return _ordered(made, ("name", "wait", "shared", "runs", "lease"))


def _as_lock(lock: object) -> dict[str, object]:
    return {"name": lock} if isinstance(lock, str) else dict(fields(lock))


def _set(mapping: dict[str, object], key: str, value: object) -> None:
    if value:
        mapping[key] = value
    else:
        mapping.pop(key, None)


def _ordered(mapping: Mapping[str, object], order: tuple[str, ...]) -> dict[str, object]:
    known = {key: mapping[key] for key in order if key in mapping}
    # Keys that are not known here go last: a later version's ecs.yml loses nothing.
    return known | {key: value for key, value in mapping.items() if key not in known}
