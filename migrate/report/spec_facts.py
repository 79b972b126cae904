"""The few facts of an ecs.yml that the report needs, read without the model: checking is not its work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from converters.frame.plain_targets import PLAIN
from converters.specs.fargate import Architecture, Size, SizeError, smallest_size
from converters.specs.starting import asks_for_workflow, may_choose
from converters.specs.untyped import fields

# Transitions beyond those of every workflow: two states take the lock and give it back, one takes the slot.
FOR_LOCK, FOR_SLOT = 2, 1


@dataclass(frozen=True, slots=True)
class SpecFacts:
    """``size`` is that of the task; ``readable`` is false where the text is no mapping, and the rest are then defaults.
    ``plain``: a rule or schedule starts it itself, a workflow could, and nobody has said which."""

    size: Size
    cpu: int
    architecture: Architecture | None = None
    spot: bool = False
    lock: str | None = None
    limit: float | None = None
    transitions: int = 0
    plain: bool = False
    service: int = 0
    tasks: int = 1
    after: tuple[str, ...] = ()
    timezone: str | None = None
    expressions: tuple[str, ...] = ()
    image: str | None = None
    readable: bool = True


NONE = SpecFacts(Size(256, 512), 256, readable=False)


def spec_facts(text: str, sidecars: tuple[int, int] = (0, 0), *, workflows: bool = False) -> SpecFacts:
    """The facts of one ecs.yml; ``sidecars`` are the CPU units and MiB that the environment adds to each task; ``workflows``:
    it has workflows start what does not say how it is started."""
    import yaml

    try:
        # The safe loader in C, where there is one: ten times as fast.
        found = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError):
        return NONE
    if not isinstance(found, dict):
        return NONE
    return _facts(found, sidecars, workflows)


def _facts(spec: Mapping[str, object], sidecars: tuple[int, int], workflows: bool) -> SpecFacts:
    # A text that is half edited is read as far as it goes: the report must not fail where `register` tells the fault.
    containers = [one for one in _list(spec.get("containers")) if isinstance(one, dict)]
    cpu = sum(_number(one.get("cpu")) for one in containers) + sidecars[0]
    memory = sum(_number(one.get("memory")) for one in containers) + sidecars[1]
    architecture: Architecture | None = "ARM64" if spec.get("architecture") == "ARM64" else None
    if spec.get("architecture") == "X86_64":
        architecture = "X86_64"
    try:
        # Sizes may be missing in a text that is half edited: the smallest task stands in.
        size = smallest_size(cpu or 256, memory or 512, architecture or "X86_64")
    except SizeError:
        size = NONE.size
    lock = spec.get("lock")
    name = lock.get("name") if isinstance(lock, dict) else lock
    # All others are started by EventBridge itself, without a transition.
    free = may_choose(spec)
    machine = asks_for_workflow(spec) or (workflows and free)
    schedule = fields(spec.get("schedule"))
    timeout = spec.get("timeout")
    service = spec.get("service")
    return SpecFacts(
        size=size,
        cpu=size.cpu,
        architecture=architecture,
        spot=_spot(spec),
        lock=str(name) if name else None,
        limit=_limit(timeout.get("seconds") if isinstance(timeout, dict) else timeout),
        transitions=_transitions(bool(name), bool(spec.get("once"))) if machine else 0,
        plain=free and not machine,
        service=_number(service.get("desiredCount", 1)) if isinstance(service, dict) else 0,
        tasks=_number(schedule.get("taskCount")) or 1,
        after=tuple(str(one) for one in _list(spec.get("after"))),
        timezone=str(schedule["timezone"]) if schedule.get("timezone") else None,
        expressions=tuple(str(one) for one in _list(schedule.get("scheduleExpression"))),
        image=str(containers[0]["image"]) if containers and containers[0].get("image") else None,
    )


def _transitions(lock: bool, once: bool) -> int:
    return PLAIN + FOR_LOCK * lock + FOR_SLOT * once


def _spot(spec: Mapping[str, object]) -> bool:
    """Whether all of it runs on Spot; of a mix the dearer price is counted, because nobody knows how it will be shared."""
    named = {fields(one).get("capacityProvider") for one in _list(spec.get("capacityProviderStrategy"))}
    return (named or {spec.get("capacityProvider")}) == {"FARGATE_SPOT"}


def _limit(value: object) -> float | None:
    # `true` is an int in Python, and no number of seconds.
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]
