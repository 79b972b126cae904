"""What ECS and the job's own workflow make of the end of a container: its status, or that it never began."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converters.workflows.machine import needs_machine

if TYPE_CHECKING:
    from converters.specs.model import Spec

_SIGNALS = {
    129: "SIGHUP",
    130: "SIGINT",
    131: "SIGQUIT",
    132: "SIGILL",
    134: "SIGABRT",
    135: "SIGBUS",
    136: "SIGFPE",
    137: "SIGKILL",
    139: "SIGSEGV",
    141: "SIGPIPE",
    143: "SIGTERM",
}
DEFAULT_STOP = 30
"""Seconds between SIGTERM and SIGKILL where a task definition says nothing (docs "stopTimeout")."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a container ended. ``status`` None: it never began. ``killed_for_memory``: the kernel did, at the container's
    limit. ``timed_out``: it was stopped at the job's limit."""

    status: int | None
    killed_for_memory: bool = False
    timed_out: bool = False


def is_good(spec: Spec, ending: Ending) -> bool:
    """Whether the run counts as one that did its work."""
    if ending.status is None or ending.timed_out or ending.killed_for_memory:
        return False
    return ending.status in spec.success


def made_of(spec: Spec, ending: Ending) -> Iterator[str]:
    """Sentences, the first about the task, the next about what follows from it."""
    yield _of_task(ending)
    if is_good(spec, ending):
        if ending.status:
            yield f"`success:` of ecs.yml takes {ending.status} for well: the workflow ends as a success."
        return
    if ending.timed_out and spec.timeout is None:
        yield "ecs.yml has no `timeout:`, so on ECS nothing would end it: give it one."
        return
    if spec.retry is not None:
        # The Retry of a workflow takes each failure alike, a task that never began too.
        yield f"The workflow starts it again, {spec.retry.attempts} more times, and then tells of a failure."
    elif needs_machine(spec):
        yield "The workflow ends as a failure, which is told."
    else:
        # EventBridge has started the task and knows nothing of its end; the rule on "ECS Task State Change" tells of it.
        yield "EventBridge does not start it again; the environment's failure rule tells of it, where it has one."


def _of_task(ending: Ending) -> str:
    status = ending.status
    if status is None:
        # ecs-agent, agent/engine/errors.go: no exitCode stands in the event of a container that never began.
        return "ECS: CannotStartContainerError, stop code TaskFailedToStart, no exit code."
    if ending.killed_for_memory:
        return f"ECS: OutOfMemoryError: Container killed due to memory usage; exit code {status}."
    if ending.timed_out:
        return f"ECS: the task is stopped at its limit; exit code {status}."
    text = f"ECS: Essential container in task exited; exit code {status}."
    if status in _SIGNALS:
        text += f" That is {_SIGNALS[status]}."
    elif status in (126, 127):
        why = "found a program and could not execute it" if status == 126 else "did not find a program"
        text += f" A shell {why}."
    return text
