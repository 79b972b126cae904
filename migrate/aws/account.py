"""A snapshot of one account for a plan of many jobs: lists by page, then what lists do not tell, eight calls at once.

Of an unchanged job two calls are left that no list can spare: the targets of its rule (or its schedule), and its task
definition. A plan over it makes none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from migrate.aws import alarms, log_group, rules, schedules, services, state_machines, tag_index, task_definition
from migrate.aws.at_once import at_once
from migrate.aws.errors import is_denied
from migrate.aws.seen import Seen
from migrate.aws.session import Aws
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from migrate.aws.ownership import Owner

FEW = 4
"""Up to so many jobs are asked for one by one: lists of an account with thousands of things would cost more."""

_Read = Callable[[], object]


def snapshot(aws: Aws, owner: str, specs: Sequence[Spec]) -> Aws:
    """The same clients, with what the jobs of these specs have on AWS read once. UserError or ClientError where that fails."""
    if len(specs) <= FEW:
        return aws
    seen = replace(aws, seen=Seen(owner))
    marks = [seen.marks(owner, spec.name) for spec in specs]
    at_once(seen, list(_lists(seen, owner, specs)))
    at_once(seen, [reading for spec, mark in zip(specs, marks, strict=True) for reading in _details(seen, spec, mark)])
    return seen


def _lists(aws: Aws, owner: str, specs: Sequence[Spec]) -> Iterator[_Read]:
    yield partial(rules.listed, aws)
    yield partial(tag_index.index, aws)
    yield partial(_log_groups, aws, owner, [spec.name for spec in specs])
    yield partial(_may_be_denied, partial(alarms.there_are, aws, aws.place(owner).name("")))
    if aws.environment.scheduler_role:
        yield partial(schedules.listed, aws, schedules.group_name(aws, owner))
    yield partial(_may_be_denied, partial(state_machines.listed, aws))
    yield from _services(aws, specs)


def _log_groups(aws: Aws, owner: str, jobs: Sequence[str]) -> None:
    place, pattern = aws.place(owner), aws.environment.log_group
    names = [place.log_group(pattern, job) for job in jobs]
    prefix = _common(min(names), max(names))
    # A page holds fifty: more pages than a quarter of the jobs are other people's groups.
    read = partial(log_group.read_pages, aws, prefix, max(4, len(names) // 4))
    if aws.seen and prefix:
        aws.seen.get(log_group.LISTED, "", read)


def _common(first: str, last: str) -> str:
    """What two names begin with alike; of the first and the last of a sorted list, all between them do, too."""
    equal = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(letter for letter, _same in equal)


def _may_be_denied(read: _Read) -> None:
    """What a plan can do without; where it cannot, it asks itself, and says what is missing."""
    from botocore.exceptions import ClientError

    try:
        read()
    except ClientError as error:
        if not is_denied(error):
            raise


def _services(aws: Aws, specs: Sequence[Spec]) -> Iterator[_Read]:
    """Ten a call, by cluster."""
    found: dict[str, list[str]] = {}
    for spec in specs:
        cluster = aws.environment.cluster or spec.cluster
        if spec.service and cluster:
            arn = cluster if cluster.startswith("arn:") else aws.arn("ecs", f"cluster/{cluster}")
            found.setdefault(arn, []).append(aws.named(spec.name))
    for cluster, names in found.items():
        for at in range(0, len(names), 10):
            yield partial(services.find_all, aws, cluster, names[at : at + 10])


def _details(aws: Aws, spec: Spec, marks: Owner) -> Iterator[_Read]:
    for name in rules.candidates(aws, marks):
        yield partial(_rule, aws, name, marks)
    group = schedules.group_name(aws, marks.owner)
    if aws.environment.scheduler_role:
        for name in schedules.candidates(aws, group, marks):
            yield partial(schedules.find, aws, group, name)
    yield partial(task_definition.find, aws, marks.name)
    yield partial(log_group.find, aws, aws.place(marks.owner).log_group(aws.environment.log_group, spec.name))
    if aws.seen and marks.name in aws.seen.known(state_machines.LISTED, "", frozenset()):
        yield partial(_said_by_the_plan, partial(state_machines.find_named, aws, marks.name))


def _rule(aws: Aws, name: str, marks: Owner) -> None:
    """One that has the job's name and not its tags, by the index: were it the job's after all, it would run beside a schedule
    of which a plan says that all is well."""
    rule = rules.find(aws, name)
    if (
        rule
        and aws.seen
        and not marks.owns(rule.tags)
        and rule.arn in tag_index.index(aws)
        and aws.seen.doubt(rule.arn)
    ):
        aws.seen.forget(rules.RULE, name)
        rules.find(aws, name)


def _said_by_the_plan(read: _Read) -> object:
    """What is wrong with one job is for its plan to say: it asks again and is told again."""
    try:
        return read()
    except UserError:
        return None


def ask_again(aws: Aws, jobs: Sequence[tuple[Owner, bool]]) -> bool:
    """Of jobs that are to be changed or refused: asks the services themselves what lists and the index of tags told, as those
    may lag behind. Each with whether a workflow runs it. Returns whether anything is not as it was told."""
    seen = aws.seen
    if seen is None:
        return False
    before: list[object] = []
    reads: list[_Read] = []
    for marks, workflow in jobs:
        for name in rules.candidates(aws, marks):
            rule = seen.known(rules.RULE, name, None)
            if rule and rule.arn in tag_index.index(aws) and seen.doubt(rule.arn):
                before.append(rule)
                seen.forget(rules.RULE, name)
                reads.append(partial(rules.find, aws, name))
        name = aws.place(marks.owner).log_group(aws.environment.log_group, marks.job)
        group = seen.known(log_group.GROUP, name, None)
        if group and log_group.arn_of(group) in tag_index.index(aws) and seen.doubt(log_group.arn_of(group)):
            before.append(group)
            seen.forget(log_group.GROUP, name)
            reads.append(partial(log_group.find, aws, name))
        if workflow and seen.doubt(state_machines.arn_of(aws, marks.job)):
            before.append(seen.known(state_machines.MACHINE, marks.name, None))
            seen.forget(state_machines.MACHINE, marks.name)
            reads.append(partial(_said_by_the_plan, partial(state_machines.find_named, aws, marks.name)))
    return at_once(aws, reads) != before
