"""Jobs that AWS has with our tags and the workspace has no more: switched off by one run, deleted by a later one.

Nothing without our owner's tag is looked at twice, and logs and task definitions stay, so that one can go back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from converters.findings.few import counted
from migrate.aws import rules, schedules, services, state_machines, tag_index, watch
from migrate.aws.apply import apply_steps
from migrate.aws.at_once import at_once
from migrate.aws.errors import denied, is_denied
from migrate.aws.ownership import GONE, JOB, SPEC, Marks, Owner, described, described_digest
from migrate.aws.session import Aws
from migrate.aws.shared import tags_of
from migrate.aws.state_machines import LiveMachine
from migrate.aws.steps import Change, Made, Step
from migrate.aws.targets import family_of
from migrate.document.from_json import REPORT, read_document
from migrate.document.model import Document
from migrate.errors import UserError
from migrate.machine.files import confined


@dataclass(slots=True)
class Gone:
    """One such job: ``off`` switches it off and marks it, ``end`` deletes it once all of it is marked."""

    name: str
    off: list[Step] = field(default_factory=list)
    end: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def phase(self) -> Literal["disable", "delete", "kept"]:
        if self.off:
            return "disable"
        return "delete" if self.end else "kept"

    @property
    def steps(self) -> list[Step]:
        return self.off or self.end


@dataclass(slots=True)
class Search:
    """What was found, and what could not be looked at, as sentences."""

    jobs: list[Gone] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def refuse_unless_whole(out: Path) -> None:
    """Raises UserError while the last scan could not read everything: a job that was not read is not gone."""
    problems = _report(out).problems
    if problems:
        first = problems[0]
        where = f"{first.path}:{first.line}: {first.message or first.code}"
        raise UserError(
            f"--prune is refused: {counted(len(problems), 'problem')} of the last scan: jobs may be missing here, the "
            f"first is {where}; mend the crontab and scan again"
        )


def known_jobs(out: Path) -> set[str]:
    """The names of the jobs that the last scan found, with or without an ecs.yml: none of them is gone."""
    return {job.name for job in _report(out).jobs}


def _report(out: Path) -> Document:
    """A workspace without a report lives by its ecs.yml alone; one that cannot be read tells nothing, so it is refused."""
    if not confined(out, REPORT).is_there():
        return Document()
    try:
        return read_document(out)
    except UserError as error:
        raise UserError(f"{error}; until then nobody knows what is gone") from None


def find_gone(aws: Aws, owner: str, known: set[str], *, deep: bool) -> Search:
    """What ``owner`` has on AWS and whose job is not in ``known``: what starts jobs, and if ``deep`` all around it."""
    search = Search()
    found: dict[str, Gone] = {}

    def of(job: str) -> Gone:
        return found.setdefault(job, Gone(job))

    _look(search, lambda: _rules(aws, owner, known, of))
    if aws.environment.scheduler_role:
        _look(search, lambda: _schedules(aws, owner, known, of))
    if deep:
        _look(search, lambda: _services(aws, owner, known, of))
        _look(search, lambda: _state_machines(aws, owner, known, of))
        # An alarm watches a start that will not come any more; it goes with the first run.
        _look(search, lambda: _alarms(aws, owner, known, of))
        if aws.environment.watch:
            _look(search, lambda: _watched(aws, owner, known, of))
    search.jobs = sorted(found.values(), key=lambda gone: gone.name)
    return search


def _look(search: Search, look: Callable[[], None]) -> None:
    from botocore.exceptions import ClientError

    try:
        look()
    except ClientError as error:
        if not is_denied(error):
            raise
        search.notes.append(f"not all that is gone can be seen: {denied(error)}")


def _gone(aws: Aws, marks: Marks, owner: str, known: set[str]) -> Owner | None:
    """The job that is named by owner's tag, environment and job's name, where it is ours and not known."""
    if marks.job is None or marks.job in known:
        return None
    found = aws.marks(owner, marks.job)
    return found if found.has(marks) else None


def _names(aws: Aws, known: set[str]) -> set[str]:
    """The names on AWS of the jobs that are known: not looked at twice."""
    return {aws.named(job) for job in known}


def _rules(aws: Aws, owner: str, known: set[str], of: Callable[[str], Gone]) -> None:
    def look(name: str, arn: str) -> tuple[Owner, rules.LiveRule] | None:
        read = aws.client("events").list_tags_for_resource
        tags = tag_index.tags(aws, arn, lambda: tags_of(read(ResourceARN=arn)["Tags"]))
        marks = _gone(aws, Marks.of(tags), owner, known)
        rule = rules.find(aws, name) if marks else None
        return (marks, rule) if marks and rule else None

    candidates = list(_candidates(aws, _names(aws, known)))
    # An account may have hundreds of rules, each with a call of its own.
    for marks, rule in filter(None, at_once(aws, [partial(look, *pair) for pair in candidates])):
        job, removal = marks.job, rules.plan_removal(rule, marks)
        # PutTargets of somebody else on our rule: it is theirs as well now.
        if any(target["Id"] != job and family_of(target) != marks.name for target in rule.targets):
            of(job).notes.append(f"rule {rule.name}: it has targets of others, so it is left as it is")
            continue
        if rule.enabled or rule.tags.get(SPEC) != GONE:
            of(job).off.append(_rule_off(rule))
        removal.note = "switched off by an earlier run"
        of(job).end.append(removal)


def _candidates(aws: Aws, known: set[str]) -> Iterator[tuple[str, str]]:
    """(name, ARN) of every rule that does not have the name of a known job, and is none of AWS's own."""
    for name, rule in rules.listed(aws).items():
        # Rules with ManagedBy belong to an AWS service, such as Step Functions' own.
        if name not in known and not rule.get("ManagedBy") and not tag_index.is_others(aws, rule["Arn"]):
            yield name, rule["Arn"]


def _rule_off(rule: rules.LiveRule) -> Step:
    def write(aws: Aws, made: Made) -> None:
        events = aws.client("events")
        if rule.enabled:
            events.disable_rule(Name=rule.name)
        # TagResource last: the mark says that all before it was done.
        events.tag_resource(ResourceARN=rule.arn, Tags=[{"Key": SPEC, "Value": GONE}])

    changes = [Change("State", str(rule.fields.get("State")), "DISABLED")] if rule.enabled else []
    return Step("rule", rule.name, "change", changes, write, "switched off; a later --prune deletes it")


def _schedules(aws: Aws, owner: str, known: set[str], of: Callable[[str], Gone]) -> None:
    group, names = schedules.group_name(aws, owner), _names(aws, known)
    if schedules.find_group(aws, group) is None:
        return
    others = sorted(schedules.listed(aws, group) - names)
    for live in at_once(aws, [partial(schedules.find, aws, group, name) for name in others]):
        marks = _gone(aws, described(live.description), owner, known) if live else None
        if live is None or marks is None:
            continue
        job = marks.job
        if live.enabled or described_digest(live.description) != GONE:
            of(job).off.append(_schedule_off(live, marks))
        removal = schedules.plan_removal(live, group)
        removal.note = "switched off by an earlier run"
        of(job).end.append(removal)


def _schedule_off(live: schedules.LiveSchedule, owner: Owner) -> Step:
    def write(aws: Aws, made: Made) -> None:
        now = schedules.find(aws, str(live.fields["GroupName"]), live.name)
        # Read again: UpdateSchedule would put back an older state.
        if now is not None:
            mark = {"State": "DISABLED", "Description": owner.describe(GONE)}
            aws.client("scheduler").update_schedule(**(now.fields | mark))

    changes = [Change("State", "ENABLED", "DISABLED")] if live.enabled else []
    return Step("schedule", live.name, "change", changes, write, "switched off; a later --prune deletes it")


def _services(aws: Aws, owner: str, known: set[str], of: Callable[[str], Gone]) -> None:
    there = _names(aws, known)
    for cluster in services.clusters(aws):
        candidates = [name for name in services.names(aws, cluster) if name not in there]
        _services_of(aws, cluster, candidates, owner, known, of)


def _services_of(
    aws: Aws, cluster: str, candidates: list[str], owner: str, known: set[str], of: Callable[[str], Gone]
) -> None:
    for live in services.find_all(aws, cluster, candidates):
        marks = _gone(aws, Marks.of(live.tags), owner, known)
        if marks is None:
            continue
        job = marks.job
        if live.desired or live.tags.get(SPEC) != GONE:
            of(job).off.append(_service_off(live))
        of(job).end.append(services.plan_end(live))


def _service_off(live: services.LiveService) -> Step:
    def write(aws: Aws, made: Made) -> None:
        if live.desired:
            services.switch(aws, live, on=False)
        aws.client("ecs").tag_resource(resourceArn=live.fields["serviceArn"], tags=[{"key": SPEC, "value": GONE}])

    changes = [Change("desiredCount", str(live.desired), "0")] if live.desired else []
    return Step("service", live.name, "change", changes, write, "switched off; a later --prune deletes it")


def _state_machines(aws: Aws, owner: str, known: set[str], of: Callable[[str], Gone]) -> None:
    there = _names(aws, known)
    names = sorted(
        name
        for name in state_machines.listed(aws) - there
        if not tag_index.is_others(aws, aws.arn("states", f"stateMachine:{name}"))
    )
    for live in filter(None, at_once(aws, [partial(state_machines.find_named, aws, name) for name in names])):
        marks = _gone(aws, Marks.of(live.tags), owner, known)
        if marks is None:
            continue
        job = marks.job
        if live.tags.get(SPEC) != GONE:
            of(job).off.append(_machine_off(live))
        removal = state_machines.plan_removal(live)
        removal.note = "marked by an earlier run; a run that is under way still ends"
        of(job).end.append(removal)


def _machine_off(live: LiveMachine) -> Step:
    def write(aws: Aws, made: Made) -> None:
        aws.client("stepfunctions").tag_resource(resourceArn=live.arn, tags=[{"key": SPEC, "value": GONE}])

    return Step(state_machines.KIND, live.name, "change", [], write, "marked; a later --prune deletes it")


def _alarms(aws: Aws, owner: str, known: set[str], of: Callable[[str], Gone]) -> None:
    prefix, suffix = aws.place(owner).name(""), "-missed"
    # A composite alarm is none of ours; DescribeAlarms gives metric alarms unless told otherwise.
    for page in aws.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix):
        for alarm in page["MetricAlarms"]:
            name = alarm["AlarmName"]
            if not name.endswith(suffix) or name[len(prefix) : -len(suffix)] in known:
                continue
            answer = aws.client("cloudwatch").list_tags_for_resource(ResourceARN=alarm["AlarmArn"])
            tags = tags_of(answer["Tags"])
            # Alarms of before have no tag of the job; their name has it.
            marks = _gone(
                aws, replace(Marks.of(tags), job=tags.get(JOB, name[len(prefix) : -len(suffix)])), owner, known
            )
            if marks is not None:
                of(marks.job).off.append(_alarm_end(name))


def _watched(aws: Aws, owner: str, known: set[str], of: Callable[[str], Gone]) -> None:
    place, tags = aws.place(owner), aws.shared_tags(owner)
    for job in watch.watched(aws, place):
        if job not in known:
            of(job).off.append(watch.removal(aws, place, job, tags))


def _alarm_end(name: str) -> Step:
    def write(aws: Aws, made: Made) -> None:
        aws.client("cloudwatch").delete_alarms(AlarmNames=[name])

    return Step("alarm", name, "remove", [], write, "its job starts no more")


def apply(aws: Aws, jobs: list[Gone], done: Callable[[Step], None]) -> int:
    """Writes the next phase of each job; returns the number of steps. UserError at the first failure."""
    return sum(apply_steps(aws, gone.name, gone.steps, done) for gone in jobs)
