"""A job tried: the run itself, `exit 3` in its place, the stop signal; and what all that comes to as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from converters.commands.standing_in import stand_in
from converters.images.tried import MAX_LISTED, Tried
from converters.secrets.search import is_secret_variable, mask
from converters.specs.model import PLACEHOLDER_IMAGE
from converters.workflows.endings import DEFAULT_STOP, Ending, is_good, made_of
from migrate.trying.container import Wanted
from migrate.trying.engine import Engine, EngineError
from migrate.trying.running import Ran, Rules, run_once
from migrate.trying.store import fingerprint

if TYPE_CHECKING:
    from converters.specs.model import Container, Spec

LIMIT = 3600
"""Seconds for a job that has no limit of its own."""
_LEAST_TO_STOP = 1.0
_STOP_AT = 5.0
_NEARLY = 0.8


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for. ``seconds`` None: the job's own limit. ``once``: neither of the two short runs."""

    values: Mapping[str, str] = field(default_factory=dict)
    network: str = ""
    seconds: float | None = None
    trace: bool = True
    once: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The evidence, what follows from it in sentences, the end of what was printed (secrets masked, never stored), and what
    must be said of the run itself."""

    tried: Tried
    sentences: tuple[str, ...] = ()
    tail: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image of the engine's store."""

    digests: tuple[str, ...]
    entry_point: tuple[str, ...]
    command: tuple[str, ...]


def the_job(spec: Spec) -> Container:
    """The container that is the job: with the first that is essential the task ends."""
    return next((one for one in spec.containers if one.essential), spec.containers[0])


def try_job(engine: Engine, spec: Spec, asked: Asked) -> Outcome:
    """Run the job's container here. EngineError where that cannot be."""
    container = the_job(spec)
    image = stored_image(engine, container.image)
    wanted = Wanted(spec, container, asked.values, asked.network)
    own = spec.timeout.seconds if spec.timeout else LIMIT
    grace = (spec.timeout.kill_after if spec.timeout else None) or DEFAULT_STOP
    rules = Rules(asked.seconds if asked.seconds is not None else own, grace, trace=asked.trace)
    began = datetime.now(UTC)
    ran = run_once(engine, wanted, rules)
    tried = _tried(engine, wanted, image, ran, began)
    if not asked.once and ran.status is not None:
        tried = _short_runs(engine, replace(wanted, limited=ran.limited), image, rules, ran, tried)
    hide = _Hidden(container, asked.values)
    tried = hide.tried(tried)
    ending = Ending(ran.status, ran.memory_killed, ran.timed_out)
    tail = hide(ran.tail.decode("utf-8", "replace"))
    return Outcome(tried, tuple(made_of(spec, ending)), tail, tuple(map(hide, _notes(spec, container, ran, asked))))


def stored_image(engine: Engine, reference: str) -> StoredImage:
    """What the engine has under this name; EngineError where it has nothing: a try pulls nothing."""
    if reference == PLACEHOLDER_IMAGE:
        raise EngineError("ecs.yml names no image yet; build or pull one, and write its name there")
    if reference.startswith("-"):
        raise EngineError(f"{reference}: no image is named so; mend `image:` in ecs.yml")
    found = engine.inspect("image", "inspect", reference)
    config = found.get("Config")
    config = config if isinstance(config, dict) else {}
    identity = str(found.get("Id") or "")
    if not identity:
        raise EngineError(
            f"{engine.program} has no image {reference}; build it, or get it with '{engine.program} pull {reference}', and run "
            "this again"
        )
    known = [one.rpartition("@")[2] for one in _texts(found.get("RepoDigests"))]
    whole = [f"sha256:{identity.removeprefix('sha256:')}", str(found.get("Digest") or ""), *known]
    digests = tuple(dict.fromkeys(one for one in whole if one))
    return StoredImage(digests, tuple(_texts(config.get("Entrypoint"))), tuple(_texts(config.get("Cmd"))))


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _tried(engine: Engine, wanted: Wanted, image: StoredImage, ran: Ran, began: datetime) -> Tried:
    spec, container, trace = wanted.spec, wanted.container, ran.trace
    good = is_good(spec, Ending(ran.status, ran.memory_killed, ran.timed_out))
    return Tried(
        job=spec.name,
        image=container.image,
        digests=image.digests[:MAX_LISTED],
        spec=fingerprint(spec),
        at=began.strftime("%Y-%m-%dT%H:%M:%SZ"),
        engine=f"{engine.kind} {engine.version}",
        network=wanted.network,
        status=ran.status,
        error=ran.error,
        good=good,
        timed_out=ran.timed_out,
        memory_killed=ran.memory_killed,
        seconds=round(ran.seconds, 3),
        traced=trace is not None,
        memory=ran.memory,
        limited=ran.limited,
        size=container.memory,
        output=ran.output,
        written=tuple(ran.written[:MAX_LISTED]) if ran.written is not None else None,
        written_count=len(ran.written or ()),
        missing=_some(trace.not_found()) if trace else None,
        executed=_some(trace.executed) if trace else None,
        asked=_some(trace.asked) if trace else None,
        left=_some(trace.left) if trace else None,
        stopped=_stop_of(ran),
        stop_seconds=ran.stopped_after,
    )


def _some(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(one for one, _ in zip(found, range(MAX_LISTED), strict=False))


def _stop_of(ran: Ran, natural: Ran | None = None) -> str:
    """What the stop signal did; ``natural`` is the run that nobody stopped. 137 is SIGKILL after the grace; a job that goes
    on to the end it would have had has not heard it either."""
    if ran.stopped_after is None:
        return ""
    if ran.status == 137 and not ran.memory_killed:
        return "killed"
    same = natural is not None and ran.status == natural.status and ran.seconds > natural.seconds * _NEARLY
    return "unheard" if same else "ended"


def _short_runs(engine: Engine, wanted: Wanted, image: StoredImage, rules: Rules, ran: Ran, tried: Tried) -> Tried:
    """`exit 3` in the job's place; and the stop signal, where the job lasts long enough to hear it. Neither has a network:
    what the job sends must not be sent twice."""
    container, alone = wanted.container, replace(wanted, network="")
    stands = stand_in(container.entry_point or (), container.command or (), image.entry_point, image.command)
    if stands.lacks:
        tried = replace(tried, not_passed=stands.lacks)
    else:
        other = replace(alone, entry_point=stands.entry_point or [], command=stands.command or [])
        passed = run_once(engine, other, replace(rules, trace=False, look=False))
        why = "it did not end" if passed.timed_out else passed.error
        tried = replace(tried, passed=passed.status if not why else None, not_passed=why)
    if ran.stopped_after is None and ran.seconds > _LEAST_TO_STOP and not wanted.network:
        stopped = run_once(
            engine, alone, replace(rules, trace=False, look=False, stop_at=min(ran.seconds / 4, _STOP_AT))
        )
        tried = replace(tried, stopped=_stop_of(stopped, ran), stop_seconds=stopped.stopped_after)
    return tried


def _notes(spec: Spec, container: Container, ran: Ran, asked: Asked) -> list[str]:
    """What the run here was not, beside one on ECS."""
    found = []
    others = [one.name for one in spec.containers if one is not container]
    if others:
        found.append(f"only the container {container.name} was run, not {', '.join(others)}")
    if spec.schedule.guard:
        found.append("the guard of its schedule was left out, so that the job itself runs on any day")
    if container.mount_points:
        paths = ", ".join(one.path for one in container.mount_points)
        found.append(f"EFS is not here: {paths} began as an empty volume, and what is written there is not listed")
    given = sorted(set(container.secrets) - set(asked.values))
    if given:
        found.append(f"placeholders stood for the secrets {', '.join(given)}; give them with --env-file")
    strange = sorted(set(asked.values) - set(container.secrets))
    if container.environment_files:
        files = ", ".join(container.environment_files)
        found.append(f"{files} was not read, for it lies in S3; --env-file stands for it")
    elif strange:
        found.append(f"--env-file has {', '.join(strange)}, which is no secret of this job, so it was not given")
    if not ran.limited:
        found.append("this machine holds no container to a memory limit, so the task's size was not tried")
    if ran.untraced:
        found.append(f"files, names and processes were not looked at: {ran.untraced}")
    return found


class _Hidden:
    """Texts of a run without the secrets that are known: those that were given, and those that look like one."""

    def __init__(self, container: Container, values: Mapping[str, str]) -> None:
        own = {value for name, value in container.environment.items() if is_secret_variable(name, value)}
        # A short value would blank out every word that holds it.
        self.values = sorted({one for one in (*values.values(), *own) if len(one) > 3}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for value in self.values:
            text = text.replace(value, "***")
        return mask(text)

    def tried(self, tried: Tried) -> Tried:
        def all_of(found: tuple[str, ...] | None) -> tuple[str, ...] | None:
            return None if found is None else tuple(map(self, found))

        return replace(
            tried,
            error=self(tried.error),
            not_passed=self(tried.not_passed),
            written=all_of(tried.written),
            missing=all_of(tried.missing),
            executed=all_of(tried.executed),
            asked=all_of(tried.asked),
            left=all_of(tried.left),
        )
