"""The watchman of a place: its workflow with the plans of all jobs that are on, the rule that starts it, and its alarms."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from converters.findings.codes import Finding
from converters.frame.watch import Watch, kept, plan_of
from converters.frame.watch import watch as watch_of
from converters.workflows.watchman import plans_of
from migrate.aws import alarms, failure_rule, frames, notifier
from migrate.aws.ownership import Tags
from migrate.aws.session import Aws
from migrate.aws.shared import ask, document
from migrate.aws.steps import Made, Step

if TYPE_CHECKING:
    from converters.frame.place import Place
    from converters.specs.model import Spec
    from converters.workflows.watching import Plan

KIND = "watchman"


def described(aws: Aws, place: Place) -> Watch:
    """The watch of a place, by the names that its shared part has."""
    env = aws.environment
    own = place.arn("sqs", place.plain("dlq"))
    queue = place.plain("dlq") if env.dead_letter_queue in (None, own) else None
    return watch_of(
        place,
        table=env.lock_table or place.name("locks"),
        group=env.schedule_group or place.name("")[:-1],
        topic=place.arn("sns", env.topic or place.plain("failures")),
        queue=queue,
    )


def plan(aws: Aws, place: Place, specs: Sequence[Spec], workflows: set[str], tags: Tags) -> tuple[list[Step], set[str]]:
    """The steps, and the jobs of this run that are watched; a "same" step says why a job that is on is not.

    ``workflows`` are the names of the jobs that a workflow starts. Jobs outside this run stay as they are watched.
    """
    watch, now = described(aws, place), int(time.time() // 60)
    before = {one.job: one for one in _live(aws, watch)}
    plans = {name: one for name, one in before.items() if name not in {spec.name for spec in specs}}
    notes: list[Step] = []
    for spec in specs:
        if not spec.expressions or not any(frame.enabled for frame in frames.find(aws, place.owner, spec.name)):
            continue  # nothing is due of a job that is off
        found = plan_of(spec, now, workflow=spec.name in workflows)
        if isinstance(found, Finding):
            notes.append(Step(KIND, spec.name, "same", note=f"not watched, {found.code}: {found.message}"))
        else:
            plans[spec.name] = kept(before.get(spec.name), found, now)
    ordered = [plans[name] for name in sorted(plans)]
    return [*_steps(aws, watch, ordered, tags), *notes], {spec.name for spec in specs} & plans.keys()


def watched(aws: Aws, place: Place) -> list[str]:
    """The jobs that the watchman on AWS watches."""
    return [one.job for one in _live(aws, described(aws, place))]


def removal(aws: Aws, place: Place, job: str, tags: Tags) -> Step:
    """The step that stops watching a job that is no more. The others are read when it is written: several may go at once."""
    watch = described(aws, place)

    def write(aws: Aws, made: object) -> None:
        left = [one for one in _live(aws, watch) if one.job != job]
        step = notifier.plan(aws, watch.name, watch.text(left), watch.role, tags, kind=KIND)
        if step.write:
            step.write(aws, Made())

    return Step(KIND, job, "remove", [], write, "its job starts no more")


def _live(aws: Aws, watch: Watch) -> list[Plan]:
    arn = watch.place.arn("states", f"stateMachine:{watch.name}")
    live = ask(aws.client("stepfunctions").describe_state_machine, stateMachineArn=arn)
    return plans_of(document(live["definition"]) or {}) if live else []


def _steps(aws: Aws, watch: Watch, plans: Sequence[Plan], tags: Tags) -> list[Step]:
    said = f"Starts the watchman of jobs of {watch.place.owner}; made by cron2fargate"
    target = watch.target()
    steps = [
        notifier.plan(
            aws, watch.name, watch.text(plans), watch.role, tags, kind=KIND, said=f"watches {len(plans)} jobs"
        ),
        failure_rule.plan(aws, watch.rule, said, watch.expression, lambda aws: target, tags),
        *(alarms.plan(aws, one, tags) for one in watch.alarms),
    ]
    return [step for step in steps if step]
