"""What no single value of an ecs.yml shows; read from the document, so that it is said even while other things are wrong."""

from __future__ import annotations

from collections.abc import Iterator

from converters.expressions.guards import Guard, GuardError, fits
from converters.specs.capacity import two_answers
from converters.specs.starting import WORKFLOW_KEYS
from converters.specs.strict_yaml import Document, Problem
from converters.specs.untyped import fields, rows


def one_or_many(value: object) -> object:
    """A list may be written as its only value."""
    return [value] if isinstance(value, str) else value


def across(document: Document) -> Iterator[Problem]:
    """Every problem that lies between two values."""
    top = document.value if isinstance(document.value, dict) else {}
    raw = top.get("containers")
    containers = [(i, c) for i, c in enumerate(raw if isinstance(raw, list) else []) if isinstance(c, dict)]
    seen: set[str] = set()
    for index, container in containers:
        name = container.get("name")
        if isinstance(name, str) and name in seen:
            yield document.problem(("containers", index, "name"), f"two containers are named '{name}'")
        seen.add(str(name))
        yield from _two_sources(document, index, container)
    # ECS refuses a task without an essential container.
    if containers and all(container.get("essential") is False for _, container in containers):
        yield document.problem(("containers",), "one container at least must be essential", key=True)
    yield from _expressions_together(document, top.get("schedule"))
    yield from _starts(document)


def _two_sources(document: Document, index: int, container: dict[str, object]) -> Iterator[Problem]:
    environment, secrets = container.get("environment"), container.get("secrets")
    if isinstance(environment, dict) and isinstance(secrets, dict):
        for name in secrets:
            # ECS refuses a name in both: "must be unique and not shared with any new or existing environment
            # variables".
            if name in environment:
                path = ("containers", index, "secrets", name)
                yield document.problem(path, f"'{name}' stands in environment too; keep one", key=True)


def _expressions_together(document: Document, schedule: object) -> Iterator[Problem]:
    if not isinstance(schedule, dict):
        return
    texts = one_or_many(schedule.get("scheduleExpression"))
    seen: set[str] = set()
    for index, text in enumerate(texts if isinstance(texts, list) else []):
        path = ("schedule", "scheduleExpression", index)
        if isinstance(text, str) and text in seen:
            yield document.problem(path, "the same expression stands twice; the job would start twice")
        # PutRule knows no at().
        if isinstance(text, str) and text.startswith("at(") and schedule.get("timezone") is None:
            yield document.problem(path, "at(…) is for EventBridge Scheduler; set schedule.timezone")
        seen.add(str(text))


def _starts(document: Document) -> Iterator[Problem]:
    """One thing starts a job: its schedule, the jobs before it, or that it is a service."""
    top = document.value if isinstance(document.value, dict) else None
    if top is None:
        return
    # An empty service is one with its defaults; an empty schedule or after says nothing.
    is_service = top.get("service") is not None
    ways = [key for key in ("schedule", "after") if top.get(key)] + (["service"] if is_service else [])
    if not ways:
        yield document.problem((), "schedule is missing; a job without one needs after or service")
    elif len(ways) > 1:
        yield document.problem((ways[1],), f"a job has {ways[0]} or {ways[1]}, not both; keep one", key=True)
    for key in ("lock", "timeout", "retry", "once", "start"):
        if is_service and top.get(key):
            yield document.problem((key,), f"a service runs for ever, so {key} means nothing; remove it", key=True)
    if is_service and top.get("target"):
        yield document.problem(("target",), "no rule starts a service, so target means nothing; remove it", key=True)
    for key in WORKFLOW_KEYS:
        if top.get("start") == "task" and top.get(key):
            yield document.problem(
                ("start",), f"{key} needs a workflow, so start: task is not possible; remove one", key=True
            )
    schedule = top.get("schedule")
    if isinstance(schedule, dict) and isinstance(schedule.get("guard"), dict):
        yield from _guard(document, schedule)
    if isinstance(schedule, dict) and schedule.get("flexibleWindow") and not schedule.get("timezone"):
        message = "flexibleWindow is for EventBridge Scheduler; set schedule.timezone"
        yield document.problem(("schedule", "flexibleWindow"), message, key=True)
    yield from _mounts(document, top)
    yield from two_answers(document, top)


def _guard(document: Document, schedule: dict[str, object]) -> Iterator[Problem]:
    """A guard judges instants by the offsets it carries, so those must be the zone's."""
    path, zone = ("schedule", "guard"), schedule.get("timezone")
    try:
        guard = Guard.read(fields(schedule["guard"]))
        known = fits(guard, zone if isinstance(zone, str) else None)
    except GuardError as error:
        yield document.problem(path, str(error), key=True)
    except (ValueError, OSError, KeyError):
        # ZoneInfo raises ValueError for a path and KeyError for a name that is not there.
        return  # the zone is told where it stands
    else:
        if not known:
            message = f"guard has other clock changes than {zone or 'UTC, which rules are read in'}; scan the job again"
            yield document.problem(path, message, key=True)


def _mounts(document: Document, top: dict[str, object]) -> Iterator[Problem]:
    """Each mount point names a volume of the job."""
    known = {volume.get("name") for volume in rows(top.get("volumes"))}
    containers = top.get("containers")
    for index, container in enumerate(containers if isinstance(containers, list) else []):
        mounts = container.get("mountPoints") if isinstance(container, dict) else None
        for number, mount in enumerate(mounts if isinstance(mounts, list) else []):
            if isinstance(mount, dict) and mount.get("volume") not in known:
                path = ("containers", index, "mountPoints", number, "volume")
                yield document.problem(path, f"there is no volume '{mount.get('volume')}' in volumes")
