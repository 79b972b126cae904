"""Writing plans: several jobs at once, the steps of one job in order. A run cut short between any two calls is mended by
the next.

How fast is not decided here: the clients wait for their tokens (``rates``), and botocore for what AWS asks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from converters.findings.few import counted
from migrate.aws import settling
from migrate.aws.errors import aws_errors, concerns_all
from migrate.aws.plan import JobPlan
from migrate.aws.session import Aws
from migrate.aws.steps import Made, Step
from migrate.errors import UserError

WORKERS = 8
_SHOWN = 10
"""Failures that are told one by one: a right that is missing fails two thousand jobs alike."""

Done = Callable[[JobPlan, Step], None]


def apply_plans(
    aws: Aws,
    plans: Sequence[JobPlan],
    done: Done,
    *,
    workers: int | None = None,
    fresh_roles: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    begin: Callable[[Step], None] = lambda step: None,
) -> int:
    """Writes what the plans say; calls ``begin`` before each step, and ``done`` after it, one call at a time. Returns the
    number of steps.

    A job that fails is left where it is, with those that are bound to it by ``after``, and the others are written all the
    same; only what holds for every call (credentials, network) ends the run. Raises UserError with the failures then: what
    was written stays and is valid, the next register goes on from there. On an embedded AWS, one job is written after the
    other. ``fresh_roles`` says that
    roles were made or changed right before: what fails because they are not seen yet is tried again for two minutes.
    """
    writing = _Writing(aws, (begin, done), settling.TRIES if fresh_roles else 1, sleep)
    chains = _chains(plans)
    number = min(workers or (1 if aws.offline else WORKERS), len(chains))
    if number <= 1:
        for chain in chains:
            writing.write(chain)
        writing.raise_failures()
        return writing.written
    with ThreadPoolExecutor(number, thread_name_prefix="apply") as pool:
        try:
            futures = [pool.submit(writing.write, chain) for chain in chains]
            wait(futures)
        except BaseException:
            # Ctrl-C: the calls that are under way end, nothing new begins.
            # What is written stays valid: the next register goes on from there.
            writing.stopped.set()
            raise
    for future in futures:
        future.result()
    writing.raise_failures()
    return writing.written


def apply_steps(
    aws: Aws,
    what: str,
    steps: Sequence[Step],
    done: Callable[[Step], None],
    begin: Callable[[Step], None] = lambda step: None,
) -> int:
    """Writes the steps of one thing in their order; returns how many. UserError at the first failure."""
    # moto's backends are not made for several threads.
    written = 0
    for step in steps:
        if step.write is None:
            continue
        begin(step)
        try:
            with aws_errors(aws.where):
                step.write(aws, Made())
        except UserError as error:
            after = f" after {counted(written, 'change')}" if written else ""
            raise UserError(
                f"{what}: {step.kind} {step.name}: {error}; stopped{after}, register again to go on", error.exit_code
            ) from error
        written += 1
        done(step)
    return written


def _chains(plans: Sequence[JobPlan]) -> list[list[JobPlan]]:
    """Jobs that are written one after another: those bound by ``after``, in the order of the plans; all others alone."""
    heads: dict[str, str] = {}

    def head(name: str) -> str:
        # Union-find: jobs bound by `after` form one chain.
        while (above := heads.setdefault(name, name)) != name:
            name = above
        return name

    for plan in plans:
        for other in plan.spec.after:
            heads[head(plan.name)] = head(other)
    chains: dict[str, list[JobPlan]] = {}
    for plan in plans:
        if plan.to_write:
            chains.setdefault(head(plan.name), []).append(plan)
    return list(chains.values())


class _Writing:
    """What the workers share."""

    def __init__(
        self, aws: Aws, tell: tuple[Callable[[Step], None], Done], tries: int, sleep: Callable[[float], None]
    ) -> None:
        self.aws, (self.begin, self.done), self.tries, self.sleep = aws, tell, tries, sleep
        self.written = 0
        self.failures: list[tuple[str, UserError]] = []
        self.stopped = threading.Event()
        self._told = False
        self._lock = threading.Lock()

    def write(self, chain: list[JobPlan]) -> None:
        for plan in chain:
            made = Made()
            for step in plan.to_write:
                if step.write is None:
                    continue
                if self.stopped.is_set():
                    return
                self.begin(step)
                try:
                    self._write_step(step, made)
                except UserError as error:
                    if concerns_all(error):
                        self.stopped.set()
                    with self._lock:
                        self.failures.append((f"{plan.name}: {step.kind} {step.name}", error))
                    return
                except BaseException:
                    self.stopped.set()
                    raise
                with self._lock:
                    self.written += 1
                    self.done(plan, step)

    def _write_step(self, step: Step, made: Made) -> None:
        for left in range(self.tries - 1, -1, -1):
            try:
                with aws_errors(self.aws.where):
                    if step.write:
                        step.write(self.aws, made)
                return
            except UserError as error:
                # AWS's own words: what people are told may name a right instead.
                if not left or not settling.is_settling(error.__cause__ or error):
                    raise
                self._tell_waiting()
                self.sleep(settling.SECONDS)

    def _tell_waiting(self) -> None:
        with self._lock:
            told, self._told = self._told, True
        if not told:
            settling.tell()

    def raise_failures(self) -> None:
        if not self.failures:
            return
        said = "\n".join(f"{what}: {error}" for what, error in self.failures[:_SHOWN])
        if len(self.failures) > _SHOWN:
            said += f"\nand {len(self.failures) - _SHOWN} more jobs"
        after = f" after {counted(self.written, 'change')}" if self.written else ""
        end = (
            f"stopped{after}"
            if self.stopped.is_set()
            else f"the other jobs are written ({counted(self.written, 'change')})"
        )
        first = self.failures[0][1]
        raise UserError(f"{said}; {end}, register again to go on", first.exit_code) from first
