"""May the roles, as they stand, do what the jobs ask of them? A start that its role may not make fails where nobody looks.

Asked of what a plan has read anyway; each role is read once, whatever the number of jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from converters.findings.codes import Finding
from converters.findings.few import few
from converters.rights import duties
from converters.rights.duties import EVENTS, SCHEDULER, Duty
from converters.rights.lacking import Lack, lacks
from migrate.aws.roles_read import Standing
from migrate.aws.session import Aws
from migrate.aws.state_machines import LiveMachine, role_of

if TYPE_CHECKING:
    from migrate.aws.wanted import Wanted

NOT_ALLOWED, NOT_TRUSTED, NOT_KNOWN = "C628", "C629", "C630"
_SHOWN = 5
"""Jobs that are named where many lack the same."""

Duties = list[tuple[str, Duty]]
"""Job and what one role has to do for it."""


@dataclass(frozen=True, slots=True)
class Runs:
    """What a job is started with and what it starts: as it is wanted, and what stands on AWS now."""

    wanted: Wanted
    targets: list[dict[str, Any]]
    machine: LiveMachine | None = None

    def duties(self, aws: Aws, *, written: bool) -> list[Duty]:
        """``written``: of what this run has written, else of what stood before it (where nothing did, of what is wanted)."""
        wanted, spec = self.wanted, self.wanted.spec
        if spec.service:
            return duties.of_task(wanted.definition, aws.arn)
        planned = [wanted.target_of(expression) for expression in spec.expressions] if not spec.after else []
        service = SCHEDULER if spec.schedule.timezone else EVENTS
        source = source_of(aws, wanted.owner.owner, service, wanted.owner.name)
        targets = [(one, service, source) for one in (planned if written else self.targets or planned)]
        return duties.of_start(targets, self._machine(aws, written=written), wanted.definition, aws.arn)

    def _machine(self, aws: Aws, *, written: bool) -> tuple[str, str, dict[str, Any]] | None:
        wanted = self.wanted
        if wanted.machine and (written or self.machine is None):
            return wanted.machine_arn, aws.role_arn(role_of(aws, wanted.owner.owner)), wanted.machine
        return (self.machine.arn, self.machine.role, self.machine.definition) if self.machine else None


def source_of(aws: Aws, owner: str, service: str, rule: str) -> str:
    """The ARN that the service names as the source of its call: the ``rule``, or the owner's group of schedules."""
    from migrate.aws.schedules import group_name

    if service == EVENTS:
        return aws.arn("events", f"rule/{rule}")
    # Scheduler names the group, whatever the schedule.
    return aws.arn("scheduler", f"schedule-group/{group_name(aws, owner)}")


def of_shared(aws: Aws, owner: str) -> Duties:
    """What tells of failures: the failure rule starts the notifier, and that tells."""
    from migrate.aws import rules, state_machines

    place = aws.place(owner)
    found: Duties = []
    rule = rules.find(aws, place.name("failed"))
    if rule is None:
        return found
    for target in rule.targets:
        if duty := duties.of_target(target, None, EVENTS, rule.arn):
            found.append((rule.name, duty))
    machine = state_machines.find_named(aws, place.plain("notify"))
    if machine:
        found.append((rule.name, duties.of_workflow(machine.arn, machine.role, machine.definition, None)))
    return found


@dataclass(slots=True)
class _Group:
    """The same lack of one role, of several jobs."""

    first: Lack
    jobs: list[str] = field(default_factory=list)
    covers: list[str] = field(default_factory=list)


def look(standing: Standing, wanted: Iterable[tuple[str, Duty]], coming: Sequence[str] = ()) -> list[Finding]:
    """What roles lack, each lack once. ``coming`` are names of roles that this run is about to write: they are not asked yet.
    A role that is not there is for the check of the roles to say."""
    groups: dict[tuple[str, ...], _Group] = {}
    unseen: dict[str, None] = {}
    for job, duty in wanted:
        if duty.role.rpartition("/")[2] in coming:
            continue
        role = standing.role(duty.role)
        if role is None:
            if duty.role in standing.unseen:
                unseen[duty.role] = None
            continue
        queues = standing.queues([*_queues(duty)])
        for lack in lacks(duty, role, queues):
            key = (lack.role, lack.action, lack.judgement.verdict, str(lack.trust))
            group = groups.setdefault(key, _Group(lack))
            group.jobs.append(job)
            group.covers += _covered(lack)
    found = [_finding(group) for group in groups.values()]
    for role_arn in unseen:
        said = f"what {role_arn.rpartition('/')[2]} may do is not known: {standing.unseen[role_arn]}"
        found.append(Finding(NOT_KNOWN, said))
    return found


def _queues(duty: Duty) -> Iterable[str]:
    yield from (call.resource for call in duty.calls if call.action == "sqs:SendMessage")
    if duty.letters:
        yield duty.letters


def _covered(lack: Lack) -> list[str]:
    resource = (lack.to_add or {}).get("Resource")
    return [resource] if isinstance(resource, str) else []


def _finding(group: _Group) -> Finding:
    lack, covers = group.first, sorted(set(group.covers))
    if lack.to_add and len(covers) > 1:
        lack = replace(lack, to_add={**lack.to_add, "Resource": covers})
    code = NOT_KNOWN if not lack.known else NOT_TRUSTED if lack.trust else NOT_ALLOWED
    jobs = list(dict.fromkeys(group.jobs))
    return Finding(code, f"{few(jobs, _SHOWN)}: {lack.sentence()}")
