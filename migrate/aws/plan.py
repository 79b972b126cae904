"""What register would do for each job: read AWS, compare, and say it. Nothing here writes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from migrate.aws import log_group, rules, schedules, targets, task_definition, validate
from migrate.aws.ownership import JOB, Owner, digest
from migrate.aws.rehearsal import STAND_IN_SCHEDULER
from migrate.aws.session import Aws, cluster_arn
from migrate.aws.steps import Step
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.ecs import Spec

Status = Literal["refused", "missing", "changes", "unchanged"]

# Parts of ecs.yml that stand for behaviour which a rule with an ECS target does not have.
NOT_CARRIED = {
    "lock": "two runs may overlap",
    "timeout": "a run that hangs is not ended",
    "retry": "a run that fails is not started again",
    "after": "the job does not wait for others",
    "notify": "nobody is told when a run fails",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What register was told: ``create`` new frames, ``adopt`` those of others, ``rehearse`` on an embedded AWS."""

    owner: str
    create: bool = False
    adopt: bool = False
    rehearse: bool = False


@dataclass(slots=True)
class JobPlan:
    """One job: the steps in the order they are to be written, and what has to be said of it."""

    spec: Spec
    path: str
    backend: Literal["rule", "scheduler"]
    status: Status = "unchanged"
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def to_write(self) -> list[Step]:
        return [step for step in self.steps if step.write] if self.status == "changes" else []


@dataclass(slots=True)
class _Wanted:
    """All that a spec asks for, before AWS is read."""

    definition: dict[str, Any]
    target: dict[str, Any]
    log_group: log_group.LogGroup
    owner: Owner
    digest: str


def plan_jobs(aws: Aws, specs: list[tuple[str, Spec]], options: Options) -> list[JobPlan]:
    """A plan for each (path, spec), in their order. UserError where AWS cannot be read."""
    twice = {name for name, number in Counter(spec.name for _, spec in specs).items() if number > 1}
    clusters: dict[str, str | UserError] = {}
    plans = []
    for path, spec in specs:
        plan = JobPlan(spec, path, "scheduler" if spec.schedule.timezone else "rule")
        plans.append(plan)
        try:
            if spec.name in twice:
                raise UserError(f"several ecs.yml are named {spec.name}; names must differ")
            _say_what_is_not_carried(plan, options)
            _plan_job(aws, plan, _cluster(aws, spec, clusters), options)
        except UserError as error:
            plan.refusals.append(str(error))
        _settle(plan, options)
    _refuse_shared_names(plans)
    return plans


def _cluster(aws: Aws, spec: Spec, known: dict[str, str | UserError]) -> str:
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


def _say_what_is_not_carried(plan: JobPlan, options: Options) -> None:
    for name, effect in NOT_CARRIED.items():
        if getattr(plan.spec, name) not in (None, False, {}, []):
            plan.notes.append(f"{name} is not carried out by register yet: {effect}")
    if plan.spec.schedule.guard:
        plan.notes.append(
            "a guard before the command ends at once on dates that are not the schedule's; it needs /bin/sh"
        )
    unset = [box.name for box in plan.spec.containers if _is_placeholder(box.image)]
    if unset:
        sentence = (
            f"container {unset[0]} has no image yet (CHANGE_ME); choose one in {plan.path}, or scan again with --image"
        )
        (plan.notes if options.rehearse else plan.refusals).append(sentence)
    if plan.spec.capacity_provider:
        plan.notes.append(
            f"the cluster must have the capacity provider {plan.spec.capacity_provider}; this is not checked"
        )


def _is_placeholder(image: str) -> bool:
    from converters.ecs import PLACEHOLDER_IMAGE

    return PLACEHOLDER_IMAGE in image


def _want(aws: Aws, plan: JobPlan, cluster: str, options: Options) -> _Wanted:
    env, spec = aws.environment, plan.spec
    owner = Owner(options.owner, spec.name, dict(env.tags))
    group = env.log_group.replace("{job}", spec.name)
    group_tags = owner.tags() if "{job}" in env.log_group else {k: v for k, v in owner.tags().items() if k != JOB}
    definition = task_definition.build(aws, spec, group)
    role = env.events_role if plan.backend == "rule" else env.scheduler_role
    if role is None:
        raise UserError("schedule.timezone makes this a Scheduler schedule; set schedulerRole in cron2fargate.yml")
    if role == STAND_IN_SCHEDULER:
        plan.notes.append(
            "schedulerRole is not set in cron2fargate.yml; the rehearsal has a stand-in, register has none"
        )
    target = targets.build(aws, spec, cluster, aws.role_arn(role))
    mark = digest(task_definition.normal(definition), target, spec.expressions, spec.schedule.timezone)
    problems = [
        *validate.task_definition_problems(definition, owner.tags()),
        *validate.target_problems(target),
        *(problem for text in spec.expressions for problem in validate.rule_problems(spec.name, text)),
    ]
    if problems:
        raise UserError("; ".join(problems))
    return _Wanted(definition, target, log_group.LogGroup(group, env.log_retention_days, group_tags), owner, mark)


def _plan_job(aws: Aws, plan: JobPlan, cluster: str, options: Options) -> None:
    wanted = _want(aws, plan, cluster, options)
    if aws.environment.cluster and plan.spec.cluster and aws.environment.cluster != plan.spec.cluster:
        plan.notes.append(f"cluster {aws.environment.cluster} of cron2fargate.yml is used, not {plan.spec.cluster}")
    first: list[Step] = []
    if task_definition.uses_log_group(wanted.definition, wanted.log_group.name):
        first.append(log_group.plan(aws, wanted.log_group))
    frame = _RuleFrame if plan.backend == "rule" else _ScheduleFrame
    plan.steps = frame(aws, plan, wanted, options).steps(first)


class _RuleFrame:
    """A job as rules: one an expression."""

    def __init__(self, aws: Aws, plan: JobPlan, wanted: _Wanted, options: Options) -> None:
        self.aws, self.plan, self.wanted, self.options = aws, plan, wanted, options

    def steps(self, first: list[Step]) -> list[Step]:
        self._refuse_other_backend()
        owner, adopt = self.wanted.owner, self.options.adopt
        ours = {rule.name: rule for rule in rules.find_all(self.aws, owner)}
        names = rules.assign_names(owner.job, {n: r.expression for n, r in ours.items()}, self.plan.spec.expressions)
        live = {name: ours.get(name) or rules.find(self.aws, name) for name in names}
        for rule in live.values():
            if rule:
                rules.check_owner(rule, owner, adopt=adopt)
        old = [target for rule in live.values() if rule and (target := rule.target_of(owner, adopt=adopt))]
        definition, revision = task_definition.plan(
            self.aws,
            self.wanted.definition,
            owner,
            old[0]["EcsParameters"]["TaskDefinitionArn"] if old else None,
            adopt=adopt,
            drifted=any(rules.is_marked(rule, self.wanted.digest) for rule in live.values() if rule),
        )
        result = [*first, definition]
        for name, expression in names.items():
            target = self.wanted.target
            if self.plan.spec.schedule.guard:
                target = targets.with_slot(target, self.plan.spec, expression)
            want = rules.WantedRule(name, expression, target, owner, self.wanted.digest, revision)
            result += rules.plan(live[name], want, adopt=adopt)
            self._check_target(live[name], want)
        result += [rules.plan_removal(rule, owner) for name, rule in ours.items() if name not in names]
        self._say_states([rule for rule in live.values() if rule], any(rule is None for rule in live.values()))
        return result

    def _check_target(self, live: rules.LiveRule | None, want: rules.WantedRule) -> None:
        old = live.target_of(want.owner, adopt=self.options.adopt) if live else None
        others = len(live.targets) - (1 if old else 0) if live else 0
        merged = targets.merge(old, want.target, want.revision or targets.NEW_REVISION)
        self.plan.refusals += [
            f"rule {want.name}: {text}"
            for text in (*validate.rule_problems(want.name, want.expression), *validate.target_problems(merged, others))
        ]

    def _say_states(self, live: list[rules.LiveRule], some_new: bool) -> None:
        if some_new and any(rule.enabled for rule in live):
            self.plan.notes.append(
                f"the new rule is made DISABLED while others of the job run: cron2fargate enable {self.plan.name}"
            )

    def _refuse_other_backend(self) -> None:
        group = schedules.group_name(self.aws, self.options.owner)
        if self.aws.environment.scheduler_role and schedules.find_all(self.aws, group, self.wanted.owner):
            raise UserError(
                f"{self.plan.name} is a schedule on AWS and ecs.yml asks for a rule; both would run it: delete it "
                f"(aws scheduler delete-schedule --group-name {group} --name {self.plan.name}), then register again"
            )


class _ScheduleFrame(_RuleFrame):
    """A job as Scheduler schedules: one an expression, in a group of ours."""

    def steps(self, first: list[Step]) -> list[Step]:
        self._refuse_other_backend()
        owner, adopt, spec = self.wanted.owner, self.options.adopt, self.plan.spec
        group = schedules.group_name(self.aws, self.options.owner)
        group_step = schedules.plan_group(self.aws, group, owner, adopt=adopt)
        ours = {schedule.name: schedule for schedule in schedules.find_all(self.aws, group, owner)}
        names = rules.assign_names(owner.job, {n: s.expression for n, s in ours.items()}, spec.expressions)
        live = {name: ours.get(name) or schedules.find(self.aws, group, name) for name in names}
        for schedule in live.values():
            if schedule:
                schedules.check_owner(schedule, owner, adopt=adopt)
        pinned = [s.fields["Target"].get("EcsParameters", {}).get("TaskDefinitionArn") for s in live.values() if s]
        definition, revision = task_definition.plan(
            self.aws,
            self.wanted.definition,
            owner,
            next(iter(pinned), None),
            adopt=adopt,
            drifted=any(schedules.is_marked(schedule, self.wanted.digest) for schedule in live.values() if schedule),
        )
        result = [*first, definition, group_step]
        for name, expression in names.items():
            target = self.wanted.target
            if spec.schedule.guard:
                target = targets.with_slot(target, spec, expression)
            want = schedules.WantedSchedule(
                name,
                group,
                expression,
                str(spec.schedule.timezone),
                target,
                owner,
                self.wanted.digest,
                revision,
            )
            result.append(schedules.plan(live[name], want))
        return result + [schedules.plan_removal(live, group) for name, live in ours.items() if name not in names]

    def _refuse_other_backend(self) -> None:
        if rules.find_all(self.aws, self.wanted.owner):
            raise UserError(
                f"{self.plan.name} is a rule on AWS and ecs.yml asks for a schedule in a zone; both would run it: "
                f"delete it (aws events remove-targets and delete-rule, name {self.plan.name}), then register again"
            )


def _settle(plan: JobPlan, options: Options) -> None:
    """The status. --create is for rules, schedules and groups; what belongs to one that exists is repaired freely."""
    frames = [
        step for step in plan.steps if step.kind in {"rule", "schedule", "schedule group"} and step.action == "add"
    ]
    if plan.refusals:
        plan.status = "refused"
    elif frames and not (options.create or options.rehearse):
        plan.status = "missing"
    elif any(step.write for step in plan.steps):
        plan.status = "changes"


def _refuse_shared_names(plans: list[JobPlan]) -> None:
    """NAME-2 of one job may be the name of another: the second would be refused halfway, so both are refused now."""
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
