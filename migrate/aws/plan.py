"""What register would do for each job: read AWS, compare, and say it. Nothing here writes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from converters.secrets.clear import clear_secrets
from converters.workflows.lock_runs import differing_runs
from converters.workflows.machine import needs_machine, needs_table
from migrate.aws import (
    account,
    alarms,
    disarmed,
    lock_table,
    log_group,
    queue,
    services,
    state_machines,
    targets,
    task_definition,
)
from migrate.aws.live_locks import live_takers
from migrate.aws.other_names import OtherNames
from migrate.aws.rehearsal import STAND_IN_SCHEDULER
from migrate.aws.seen import Kind
from migrate.aws.session import Aws, cluster_arn
from migrate.aws.starters import Starter, starter
from migrate.aws.state_machines import LiveMachine, WantedMachine
from migrate.aws.steps import Step
from migrate.aws.wanted import Wanted, want
from migrate.aws.wishes import as_started
from migrate.aws.workflow_order import WorkflowOrder, read_order
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.specs.model import Spec

Status = Literal["refused", "missing", "changes", "unchanged"]
Backend = Literal["rule", "scheduler", "workflow", "service"]


@dataclass(frozen=True, slots=True)
class Options:
    """What register was told: ``create`` new frames, ``adopt`` those of others, ``rehearse`` on an embedded AWS;
    ``clear_secrets`` lets secrets stand in a task definition in clear; ``accept`` are codes of ceilings that may be passed."""

    owner: str
    create: bool = False
    adopt: bool = False
    rehearse: bool = False
    clear_secrets: bool = False
    accept: frozenset[str] = frozenset()


@dataclass(slots=True)
class JobPlan:
    """One job: the steps in the order they are to be written, and what has to be said of it."""

    spec: Spec
    path: str
    backend: Backend
    status: Status = "unchanged"
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    runs: disarmed.Runs | None = None
    """What starts it and what it starts, for the question whether its roles may."""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def has_workflow(self) -> bool:
        """Whether a state machine runs it, or is to."""
        return self.runs is not None and bool(self.runs.wanted.machine or self.runs.machine)

    @property
    def to_write(self) -> list[Step]:
        return [step for step in self.steps if step.write] if self.status == "changes" else []


RINGS = (
    "it is switched off, and its alarm for missed runs is not, so that it rings: cron2fargate disable {job} ends that"
)


def plan_jobs(aws: Aws, specs: list[tuple[str, Spec]], options: Options) -> list[JobPlan]:
    """A plan for each (path, spec), in their order, but what a workflow starts before that workflow. UserError where AWS
    cannot be read."""
    specs = [(path, as_started(aws.environment, spec)) for path, spec in specs]
    aws.dead_letters = queue.find_for_jobs(aws, options.owner)
    while True:
        plans = _plans(aws, specs, options)
        asked = [
            (aws.marks(options.owner, plan.name), plan.has_workflow) for plan in plans if plan.status != "unchanged"
        ]
        # What is to be changed is never decided by a list that may lag behind; each thing is asked for once.
        if not account.ask_again(aws, asked):
            return plans


def _plans(aws: Aws, specs: list[tuple[str, Spec]], options: Options) -> list[JobPlan]:
    twice = {name for name, number in Counter(spec.name for _, spec in specs).items() if number > 1}
    alike = _alike(aws, {spec.name for _, spec in specs})
    differing = differing_runs(specs, live_takers(aws, options.owner, [spec for _, spec in specs]))
    # A cluster that is missing is asked for once, not for each job.
    clusters: dict[str, str | UserError] = {}
    order = read_order(aws, [spec for _, spec in specs])
    seen = _Seen(order, alarms.Missed(aws, options.owner), OtherNames(aws))
    plans = []
    # A workflow's ARN must be there before another names it.
    for path, spec in sorted(specs, key=lambda item: order.height(item[1].name)):
        plan = JobPlan(spec, path, _backend(spec))
        plans.append(plan)
        try:
            if spec.name in twice:
                raise UserError(f"several ecs.yml are named {spec.name}; names must differ")
            if spec.name in alike:
                raise UserError(alike[spec.name])
            if spec.name in differing:
                raise UserError(differing[spec.name])
            if spec.name in order.problems:
                raise UserError(order.problems[spec.name])
            _say_what_to_know(plan, options)
            _plan_job(aws, plan, _cluster(aws, spec, clusters), options, seen)
        except UserError as error:
            plan.refusals.append(str(error))
        _refuse_clear_secrets(plan, options)
        _settle(plan, options)
        if plan.status in {"refused", "missing"} and spec.after:
            _leave_out(aws, plan, order)
    _refuse_shared_names(plans)
    return plans


def _alike(aws: Aws, jobs: set[str]) -> dict[str, str]:
    """A sentence for each job whose name on AWS another one has too: what is too long is cut."""
    by_name: dict[str, list[str]] = {}
    for job in sorted(jobs):
        by_name.setdefault(aws.named(job), []).append(job)
    return {
        job: f"{' and '.join(same)} would both be named {name} on AWS; rename one of the jobs"
        for name, same in by_name.items()
        if len(same) > 1
        for job in same
    }


def _backend(spec: Spec) -> Backend:
    if spec.service:
        return "service"
    return "workflow" if spec.after else "scheduler" if spec.schedule.timezone else "rule"


def _leave_out(aws: Aws, plan: JobPlan, order: WorkflowOrder) -> None:
    """A job that is not there after this run must not be started by those before it."""
    if state_machines.find(aws, plan.name) is None:
        order.left_out.add(plan.name)


def _cluster(aws: Aws, spec: Spec, known: dict[str, str | UserError]) -> str:
    # The settings win: developers write the same ecs.yml for every environment.
    name = aws.environment.cluster or spec.cluster
    if not name:
        raise UserError("no cluster is named; set cluster in ecs.yml, or for all jobs in cron2fargate.yml")
    if name not in known:
        try:
            known[name] = cluster_arn(aws, name)
        except UserError as error:
            known[name] = error
    found = known[name]
    if isinstance(found, UserError):
        raise found
    return found


def _say_what_to_know(plan: JobPlan, options: Options) -> None:
    if plan.spec.schedule.guard:
        plan.notes.append(
            "a guard before the command ends at once on dates that are not the schedule's; it needs /bin/sh"
        )
    directory = PurePath(plan.path).parent
    if directory.parent.name == "jobs" and directory.name != plan.name:
        plan.notes.append(
            f"{plan.path} names the job {plan.name}, and its directory {directory.name}: cutover takes no job whose names "
            "differ, so let them agree"
        )
    unset = [box.name for box in plan.spec.containers if _is_placeholder(box.image)]
    if unset:
        sentence = (
            f"container {unset[0]} has no image yet (CHANGE_ME); choose one in its ecs.yml, or scan again with --image"
        )
        # A rehearsal may run without an image, AWS may not.
        (plan.notes if options.rehearse else plan.refusals).append(sentence)
    for one in plan.spec.providers:
        plan.notes.append(f"the cluster must have the capacity provider {one['capacityProvider']}; this is not checked")


def _is_placeholder(image: str) -> bool:
    from converters.specs.model import PLACEHOLDER_IMAGE

    return PLACEHOLDER_IMAGE in image


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is read once for all jobs of a run."""

    order: WorkflowOrder
    missed: alarms.Missed
    others: OtherNames


def _plan_job(aws: Aws, plan: JobPlan, cluster: str, options: Options, seen: _Seen) -> None:
    spec, owner = plan.spec, aws.marks(options.owner, plan.name)
    role = _role(aws, plan, options)
    if aws.environment.cluster and spec.cluster and aws.environment.cluster != spec.cluster:
        plan.notes.append(f"cluster {aws.environment.cluster} of cron2fargate.yml is used, not {spec.cluster}")
    if spec.service:
        wanted = want(aws, spec, cluster, role, options.owner, [])
        plan.runs = disarmed.Runs(wanted, [])
        if services.find(aws, cluster, owner.name) is None:
            seen.others.refuse(owner, service=True)
        plan.steps = _logs(aws, wanted) + services.plan(
            aws, spec, wanted.definition, wanted.target, owner, wanted.digest, adopt=options.adopt
        )
        return
    starts, order = starter(aws, spec, owner, adopt=options.adopt), seen.order
    if starts.is_off() and seen.missed.there(spec.name):
        plan.notes.append(RINGS.format(job=spec.name))
    live = _live_machine(aws, spec, starts, order)
    wanted = want(aws, spec, cluster, role, options.owner, order.followers(aws, spec.name, live))
    if live is None and not wanted.machine and _unfinished(starts, wanted):
        live = state_machines.find(aws, spec.name)  # one that an earlier run did not come to remove
    plan.runs = disarmed.Runs(wanted, starts.live_targets(), live)
    if live is None and not starts.live_targets():
        seen.others.refuse(owner)
    plan.steps = _Job(aws, plan, wanted, starts, live, options).steps()
    for name in sorted(order.left_out & set(order.specs)):
        if spec.name in order.specs[name].after:
            plan.notes.append(f"{name} runs after it and is not made yet, so it is not started")


def _role(aws: Aws, plan: JobPlan, options: Options) -> str:
    """What EventBridge or Scheduler takes on to start the job."""
    env = aws.environment
    role = env.scheduler_role if plan.backend == "scheduler" else env.events_role
    if role is None:
        name = aws.place(options.owner).name("scheduler")
        raise UserError(
            "schedule.timezone makes this a Scheduler schedule, and schedulerRole is not set in cron2fargate.yml; write "
            f'schedulerRole: "{name}" there, and register --create makes that role'
        )
    if role == STAND_IN_SCHEDULER:
        plan.notes.append(
            "schedulerRole is not set in cron2fargate.yml; the rehearsal has a stand-in, register has none"
        )
    return role


def _live_machine(aws: Aws, spec: Spec, starts: Starter, order: WorkflowOrder) -> LiveMachine | None:
    """The workflow of the job on AWS. A plain task costs no call, unless the settings name a role for workflows."""
    started = any(map(targets.is_workflow, starts.live_targets()))
    # Each Describe is a call for each of a thousand jobs.
    if aws.environment.states_role or started or needs_machine(spec) or order.has_followers(spec.name):
        return state_machines.find(aws, spec.name)
    return None


def _unfinished(starts: Starter, wanted: Wanted) -> bool:
    return bool(starts.live_targets()) and not starts.is_marked(wanted.digest)


def _logs(aws: Aws, wanted: Wanted) -> list[Step]:
    if task_definition.uses_log_group(wanted.definition, wanted.log_group.name):
        return [log_group.plan(aws, wanted.log_group)]
    return []


@dataclass(slots=True)
class _Job:
    """The steps of one job in the order they are to be written: what is started before what starts it."""

    aws: Aws
    plan: JobPlan
    wanted: Wanted
    starts: Starter
    live: LiveMachine | None
    options: Options

    def steps(self) -> list[Step]:
        wanted, starts, live = self.wanted, self.starts, self.live
        if live and wanted.machine:
            state_machines.check_owner(live, wanted.owner, adopt=self.options.adopt)
        drifted = starts.is_marked(wanted.digest) or (live is not None and live.is_marked(wanted.digest))
        definition, revision = task_definition.plan(
            self.aws, wanted.definition, wanted.owner, self._pinned(), adopt=self.options.adopt, drifted=drifted
        )
        result = [*_logs(self.aws, wanted), definition, *self._workflow(revision), *starts.steps(wanted, revision)]
        self.plan.notes += starts.notes
        kept = [targets.overridden(one) for one in starts.live_targets()] if wanted.machine is None else []
        self.plan.notes += [
            f"the Input of its target, which somebody else set, stays and wins over ecs.yml: {what}"
            for what in dict.fromkeys(filter(None, kept))
        ]
        self.plan.refusals += starts.refusals
        if live and not wanted.machine and wanted.owner.owns(live.tags):
            # Before the tags of the rules, which say that all is done.
            # The rule's tags say that all is done, so they come behind everything.
            last = [step for step in result if step.kind == "rule" and step.action not in {"add", "remove"}]
            result = [step for step in result if step not in last] + [state_machines.plan_removal(live)] + last
        return result

    def _pinned(self) -> str | None:
        """The revision that is started now."""
        if self.wanted.machine and self.live:
            return self.live.task_definition
        tasks = [target for target in self.starts.live_targets() if not targets.is_workflow(target)]
        return next((target.get("EcsParameters", {}).get("TaskDefinitionArn") for target in tasks), None)

    def _workflow(self, revision: str | None) -> list[Step]:
        """The lock table where it is missing (and the shared part does not make it in this run), and the state machine."""
        aws, wanted, owner = self.aws, self.wanted, self.options.owner
        if wanted.machine is None:
            return []
        steps: list[Step] = []
        table = state_machines.table_name(aws, owner)
        counted = bool(aws.environment.ceilings.of_starts)
        if (counted or needs_table(wanted.spec, wanted.followers)) and table not in aws.coming:
            step = aws.once(_TABLE, table, lambda: lock_table.plan(aws, table, wanted.owner.shared_tags()))
            steps += [step] if step.write else []
        role = aws.role_arn(state_machines.role_of(aws, owner))
        machine = WantedMachine(wanted.owner.name, wanted.machine, role, wanted.owner, wanted.digest, revision)
        return [*steps, state_machines.plan(self.live, machine)]


_TABLE: Kind[Step] = Kind("lock table")
_MADE_WITH_CREATE = {"rule", "schedule", "schedule group", "service", lock_table.KIND, state_machines.KIND}


def _refuse_clear_secrets(plan: JobPlan, options: Options) -> None:
    """A task definition keeps what it was given in every revision, for whoever may describe it."""
    if plan.refusals or not any(step.write for step in plan.steps):
        return
    places = ", ".join(clear_secrets(plan.spec.containers))
    if not places:
        return
    if options.clear_secrets:
        plan.notes.append(f"a secret stands in clear in {places}, as it was told")
    else:
        plan.refusals.append(
            f"a secret stands in clear in {places} ({plan.path}): move it to secrets (an SSM parameter), or say "
            "--secrets-in-clear twice"
        )


def _settle(plan: JobPlan, options: Options) -> None:
    """The status. --create is for what starts jobs; what belongs to one that exists is repaired freely."""
    frames = [step for step in plan.steps if step.kind in _MADE_WITH_CREATE and step.action == "add"]
    if plan.refusals:
        plan.status = "refused"
    elif frames and not (options.create or options.rehearse):
        plan.status = "missing"
    elif any(step.write for step in plan.steps):
        plan.status = "changes"


def _refuse_shared_names(plans: list[JobPlan]) -> None:
    """NAME-2 of one job may be the name of another: it would be refused halfway, so it is refused now."""
    seen: dict[tuple[str, str], JobPlan] = {}
    for plan in plans:
        for step in plan.steps:
            if step.kind not in {"rule", "schedule"}:
                continue
            other = seen.setdefault((step.kind, step.name), plan)
            if other is not plan:
                plan.refusals.append(
                    f"the {step.kind} {step.name} is needed by {other.name} too; rename one of the jobs"
                )
                plan.status = "refused"
