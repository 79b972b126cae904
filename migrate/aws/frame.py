"""The shared part of an environment on AWS: what ``register --create`` makes of ``converters/frame/frame.py``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from converters.findings.codes import Finding
from converters.frame.channels import Destination
from converters.frame.frame import Frame, frame
from converters.frame.missed_runs import missed_alarm
from migrate.aws import (
    alarms,
    cluster,
    connection,
    failure_rule,
    lock_table,
    log_group,
    notifier,
    queue,
    roles,
    schedules,
    topic,
    watch,
)
from migrate.aws import frames as job_frames
from migrate.aws.ownership import JOB, Owner, Tags
from migrate.aws.session import Aws
from migrate.aws.shared import THEIRS
from migrate.aws.steps import Step
from migrate.aws.wishes import Heard, wish, with_others
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.frame.place import Place
    from converters.specs.model import Spec


def plan_frame(aws: Aws, settings_owner: str, specs: Sequence[Spec]) -> list[Step]:
    """What to do to the shared part so that these specs can run: cluster, roles, lock table, topic and subscriptions,
    dead-letter queue, failure rule with its notifier, Slack and Datadog, alarms.

    Reads only; each step's ``write(aws, made)`` does the rest and needs nothing from ``made``. The steps stand in the
    order in which they must be written, all of them before the steps of any job. ``add`` is for what is not there:
    without ``--create`` a caller reports these as missing and writes the others; "change" never makes anything new.
    What is there and not ours is a "same" step with a note. A cluster or role that has a step "add" does not exist yet
    while jobs are planned: take its ARN from its name. Specs may be a part of the workspace: what the shared part
    holds for other jobs stays. Raises UserError for what cannot work, such as a table with another key.
    """
    place, owner = aws.place(settings_owner), aws.marks(settings_owner, "")
    tags = owner.shared_tags()
    own = with_others(wish(place, aws.environment, specs), specs, lambda: _others(aws, place))
    wanted = frame(own)
    steps = [cluster.plan(aws, name, tags) for name in wanted.clusters]
    steps += [roles.plan(aws, role, tags) for role in wanted.roles]
    if wanted.log_group:
        group = log_group.LogGroup(wanted.log_group, aws.environment.log_retention_days, tags)
        steps.append(log_group.plan(aws, group))
    if wanted.lock_table:
        steps.append(lock_table.plan(aws, wanted.lock_table, tags))
    if wanted.schedule_group:
        steps.append(schedules.plan_group(aws, wanted.schedule_group, owner, adopt=False))
    if wanted.queue:
        steps.append(queue.plan(aws, wanted.queue, tags))
    steps += topic.plan(aws, wanted, {spec.name for spec in specs}, tags)
    steps += _telling(aws, wanted, owner, tags)
    steps += plan_alarms(aws, settings_owner, specs, wanted)
    _refuse_others(place, steps)
    return steps


def _refuse_others(place: Place, steps: Sequence[Step]) -> None:
    """Of the names that this environment's own things bear, none may be another's: its jobs would be told of by nobody."""
    made = {place.name(part) for part in _PARTS} | {place.plain(part) for part in _PARTS}
    for step in steps:
        telling = step.kind in (failure_rule.KIND, notifier.KIND)
        theirs = THEIRS if telling else f"{THEIRS}{place.owner},"
        if step.note.startswith(theirs) and step.name in made:
            raise UserError(
                f"the {step.kind} {step.name} is {step.note}; give environment {place.environment} names of its own (names "
                "in cron2fargate.yml)"
            )


_PARTS = ("dlq", "events", "execution", "failed", "failures", "locks", "notify", "scheduler", "states", "watch")


def _others(aws: Aws, place: Place) -> Heard:
    alternatives = failure_rule.live_pattern(aws, place.name("failed")).get("detail", {}).get("$or", [])
    output = [group.removeprefix("family:") for item in alternatives for group in item.get("group", [])]
    told = failure_rule.live_pattern(aws, place.name("slack")).get("detail", {}).get("job", [])
    quiet = [name for item in told if isinstance(item, dict) for name in item.get("anything-but", [])]
    # A run that knows the jobs of one cluster must go on hearing of those of the others.
    clusters = [arn for item in alternatives for arn in item.get("clusterArn", [])]
    return Heard(output, quiet, list(dict.fromkeys(clusters)))


def _telling(aws: Aws, wanted: Frame, owner: Owner, tags: Tags) -> list[Step]:
    said = f"Jobs of {owner.owner} that failed; made by cron2fargate"
    steps = [notifier.plan(aws, wanted.notifier, wanted.notifier_text, wanted.notify_role, tags)]
    for destination in wanted.destinations:
        steps += connection.plan(aws, destination, owner)
        steps.append(_told(aws, wanted, destination, tags))
    target = wanted.failure_target()
    steps.append(
        failure_rule.plan(aws, wanted.failure_rule, said, wanted.failure_pattern, lambda aws: target, tags),
    )
    return steps


def _told(aws: Aws, wanted: Frame, destination: Destination, tags: Tags) -> Step:
    def target(aws: Aws) -> dict[str, Any] | None:
        arn = connection.arn_of(aws, destination.name)
        return wanted.told_target(destination, arn) if arn else None

    said = f"Tells {destination.name.rpartition('-')[2]} of jobs of {wanted.place.owner}; made by cron2fargate"
    return failure_rule.plan(aws, destination.name, said, dict(destination.pattern), target, tags)


def plan_alarms(aws: Aws, settings_owner: str, specs: Sequence[Spec], wanted: Frame | None = None) -> list[Step]:
    """The alarms: of the queue (with ``wanted``), and of each job that is enabled. Of a job that is not, none: after
    ``enable`` or ``cutover``, and after ``disable``, plan this again and write it."""
    place, tags = aws.place(settings_owner), aws.shared_tags(settings_owner)
    machines = wish(place, aws.environment, specs).machines
    workflows = {spec.name for spec in specs if place.job(spec.name) in machines}
    watching, watched = (
        watch.plan(aws, place, specs, workflows, tags) if aws.environment.watch else (list[Step](), set[str]())
    )
    # The watchman tells of every letter in a queue of ours, and empties none that is somebody else's.
    heard = aws.environment.watch and wanted is not None and wanted.queue is not None
    steps = [alarms.plan(aws, wanted.queue_alarm, tags, on=not heard, why=_WATCHED)] if wanted else []
    steps += watching
    for spec in specs:
        if spec.expressions:
            found = _alarm_of_job(aws, place, spec, tags, workflow=spec.name in workflows, watched=spec.name in watched)
            steps.append(found)
    return [step for step in steps if step]


_WATCHED = "the watchman tells of it"


def _alarm_of_job(
    aws: Aws, place: Place, spec: Spec, tags: Tags, *, workflow: bool, watched: bool = False
) -> Step | None:
    """A finding stands in the place of an alarm that CloudWatch cannot express."""
    there = job_frames.find(aws, place.owner, spec.name)
    live = [item for item in there if item.enabled]
    name = place.name(f"{spec.name}{alarms.MISSED}")
    found = missed_alarm(
        name,
        spec.name,
        spec.expressions,
        [item.name for item in live] or [place.job(spec.name)],
        machine=place.machine(spec.name) if workflow else None,
        scheduler=spec.schedule.timezone is not None,
    )
    if isinstance(found, Finding):
        if watched:
            return None
        return Step(alarms.KIND, name, "same", note=f"none, {found.code}: {found.message}") if live else None
    if not there:
        return None  # it may be enabled, and be adopted by this very run
    why = _WATCHED if watched else "the job is disabled"
    return alarms.plan(aws, found, {**tags, JOB: spec.name}, on=bool(live) and not watched, why=why)
