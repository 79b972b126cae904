"""CPU and memory of a task definition, given for the task, for its containers or for both -> for each container, as ecs.yml
has them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from converters.specs.fargate import Architecture, Size, SizeError, smallest_size
from converters.specs.untyped import Fields

# What a container gets where nothing says anything: the smallest size of Fargate, as a scan proposes it.
_CPU, _MEMORY = 256, 512
# Docker reserves 6 MiB for a container (API reference, "ContainerDefinition").
_LEAST_MEMORY = 6
# RegisterTaskDefinition, `cpu` and `memory`: units and MiB, or texts such as "1 vCPU", ".5 vCPU", "2GB".
_TEXT = re.compile(r"\s*(\d{0,6}(?:\.\d{1,3})?)\s*(vcpu|gb|)\s*", re.IGNORECASE)


def amount(text: object) -> int | None:
    """CPU units or MiB; None where nothing is said, or nothing that is an amount."""
    found = _TEXT.fullmatch(str(text)) if text is not None else None
    if found is None or not found[1].strip("."):
        return None
    number = float(found[1]) * (1024 if found[2] else 1)
    return int(number) or None


def sizes(
    definition: Fields, boxes: Sequence[Fields], architecture: Architecture
) -> tuple[list[tuple[int, int]], list[str]]:
    """(CPU units, MiB) of each container, so that Fargate's cheapest size for them is the task's; and what was changed."""
    task_cpu, task_memory = amount(definition.get("cpu")), amount(definition.get("memory"))
    cpu = _shared([_whole(box.get("cpu")) for box in boxes], [1] * len(boxes), task_cpu, _CPU)
    least = [max(_LEAST_MEMORY, _whole(box.get("memoryReservation"))) for box in boxes]
    memory = _shared([_whole(box.get("memory")) for box in boxes], least, task_memory, _MEMORY)
    if task_cpu is None or task_memory is None:
        return list(zip(cpu, memory, strict=True)), []
    said = []
    wanted, main = Size(task_cpu, task_memory), _main(boxes)
    for what, unit, each, whole in (("cpu", "", cpu, task_cpu), ("memory", " MiB", memory, task_memory)):
        rest = whole - sum(each)
        if _size(cpu, memory, architecture) != wanted and rest > 0 and _is_size(wanted, architecture):
            said.append(
                f"{what} of container {boxes[main].get('name')} is {each[main] + rest}{unit} instead of {each[main]}{unit}, so "
                f"that the task keeps its {whole}{unit}"
            )
            each[main] += rest
    made = _size(cpu, memory, architecture)
    if made is not None and made != wanted:
        said.append(
            f"the task had {task_cpu} CPU units and {task_memory} MiB; it gets {made.cpu} and {made.memory}, Fargate's size "
            "for its containers"
        )
    return list(zip(cpu, memory, strict=True)), said


def _shared(given: Sequence[int], least: Sequence[int], whole: int | None, usual: int) -> list[int]:
    """What was not given shares the rest of the task's."""
    open_ = [at for at, one in enumerate(given) if not one]
    result = list(given)
    rest = (whole if whole is not None else usual * len(open_) + sum(given)) - sum(given)
    for number, at in enumerate(open_):
        # The first gets what an equal share leaves over.
        share = rest // len(open_) + (rest % len(open_) if number == 0 else 0)
        result[at] = max(least[at], share)
    return result


def _main(boxes: Sequence[Fields]) -> int:
    return next((at for at, box in enumerate(boxes) if box.get("essential", True)), 0)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _size(cpu: Sequence[int], memory: Sequence[int], architecture: Architecture) -> Size | None:
    try:
        return smallest_size(sum(cpu), sum(memory), architecture)
    except SizeError:
        return None


def _is_size(size: Size, architecture: Architecture) -> bool:
    try:
        return smallest_size(size.cpu, size.memory, architecture) == size
    except SizeError:
        return False
