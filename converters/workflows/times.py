"""How long a run of a workflow may take: its attempts, the pauses between them, and so the lease of its lock.

A lease must outlive whatever the machine may still do under it (facts 7): every attempt with the time a task needs to
start, every pause, and the end of a task that was told to stop. All figures are seconds.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from converters.specs.wishes import DAY

if TYPE_CHECKING:
    from converters.specs.model import Spec

START_ALLOWANCE = 120
"""Added to ``timeout``: Step Functions counts from the call, so pulling the image would be taken from the job's time."""
DEFAULT_STOP = 30
"""Between SIGTERM and SIGKILL where ``killAfter`` does not say (ECS's own default of stopTimeout)."""
# docs "Amazon ECS task lifecycle": between STOPPING and STOPPED a task is still taken down.
STOP_SLACK = 5
LEASE_MARGIN = 60
UNBOUNDED_LEASE = DAY
"""Where nothing bounds a run (a plain ``flock``, which waits for ever too): only a run that was killed outside its workflow
leaves a lease behind, and the lock is free again a day later."""
CAPACITY_RETRIES = 5
# Fargate's advice for "Capacity is unavailable": try again later.
CAPACITY_PAUSE = 20
CAPACITY_LONGEST_PAUSE = 300
CAPACITY_ANSWER = 30
"""What one call that finds no room may take; it ends with the call, so it costs no whole attempt."""
LONGEST_EXECUTION = 365 * DAY
"""A Standard execution ends after a year, with no chance to catch it."""


class StateMachineError(ValueError):
    """Why a job cannot become a workflow: one sentence."""


def task_timeout(spec: Spec) -> int | None:
    """``TimeoutSeconds`` of one attempt; None where the job may run as long as it likes."""
    # TimeoutSeconds counts from the state's entry: provisioning and pulling are in it.
    return spec.timeout.seconds + START_ALLOWANCE if spec.timeout else None


def stop_time(spec: Spec) -> int:
    """From SIGTERM until the task has surely ended."""
    killed_after = spec.timeout.kill_after if spec.timeout else None
    return (killed_after or DEFAULT_STOP) + STOP_SLACK


def first_pause(spec: Spec) -> int:
    """Before the second attempt. One that timed out is still being stopped, so a pause is never shorter than that."""
    if spec.retry is None:
        return 0
    # The attempt that timed out still holds files and connections until it is gone.
    return max(spec.retry.wait, stop_time(spec)) if spec.timeout else spec.retry.wait


def pauses(spec: Spec) -> list[int]:
    """The pauses between the attempts of a job, none longer than a day."""
    if spec.retry is None:
        return []
    first, rate = first_pause(spec), spec.retry.backoff
    return [min(DAY, ceil(first * rate**number)) for number in range(spec.retry.attempts)]


def capacity_pauses() -> list[int]:
    """The longest pauses between calls for which AWS had no room."""
    return [min(CAPACITY_LONGEST_PAUSE, CAPACITY_PAUSE * 2**number) for number in range(CAPACITY_RETRIES)]


def longest_run(spec: Spec) -> int | None:
    """From the lock to its release, at the longest; None without a timeout."""
    limit = task_timeout(spec)
    if limit is None:
        return None
    between = pauses(spec)
    capacity = sum(capacity_pauses()) + CAPACITY_RETRIES * CAPACITY_ANSWER
    if spec.has_statuses:
        # Each state begins with fresh Retry counters.
        capacity *= len(between) + 1  # its tries are states of their own, and each begins to look for room anew
    return limit * (len(between) + 1) + sum(between) + capacity + stop_time(spec)


def lease(spec: Spec) -> int:
    """Seconds for which a lock is taken. Raises `StateMachineError` where it would be too short."""
    if spec.lock is None:
        raise StateMachineError("the job has no lock")
    longest = longest_run(spec)
    if longest is None:
        return spec.lock.lease or UNBOUNDED_LEASE
    needed = longest + LEASE_MARGIN
    if spec.lock.lease is not None and spec.lock.lease < needed:
        raise StateMachineError(
            f"lock.lease of {spec.lock.lease} s is shorter than a run may take ({needed} s with its attempts, pauses and "
            "stop); make it longer, or leave it out"
        )
    return spec.lock.lease or needed


def check(spec: Spec) -> None:
    """Raises `StateMachineError` for a job that a workflow cannot carry out as it is written."""
    # runTask.sync follows one task; TaskCount is EventBridge's.
    if spec.schedule.task_count > 1:
        raise StateMachineError(
            f"taskCount {spec.schedule.task_count} cannot go with lock, timeout, retry, once, success or after: a workflow "
            "starts one task; write taskCount 1, or make several jobs of it"
        )
    longest = longest_run(spec)
    waits = spec.lock.wait if spec.lock and isinstance(spec.lock.wait, int) else 0
    if longest is not None and longest + waits > LONGEST_EXECUTION:
        raise StateMachineError(
            f"timeout and retry allow a run of {longest // DAY} days, and a workflow lasts {LONGEST_EXECUTION // DAY} days "
            "at most; lower timeout or retry.attempts"
        )
    if spec.lock is not None:
        lease(spec)
