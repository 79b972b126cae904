"""What jobs have in common -> the settings of one environment, by the keys of cron2fargate.yml; what single jobs have of their
own stands under ``jobs``, and what the settings cannot say is a sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TypeVar

from converters.expressions.eventbridge import ExpressionError
from converters.inventory.adopting import Adopted
from converters.specs.gaps import retry_age
from converters.specs.untyped import texts, whole

# What the settings take; a placeholder such as <account> is left out with a sentence.
FITS = {
    "executionRole": r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+|[\w+=,.@-]{1,64}",
    "subnets": r"subnet-[0-9a-f]{8,17}",
    "securityGroups": r"sg-[0-9a-f]{8,17}",
    "deadLetterQueue": r"arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w-]+",
    "platformVersion": r"LATEST|\d+\.\d+\.\d+",
    "tags": r"(?!aws:|cron2fargate:)[\w\s.:/=+@-]{1,128}",
}
FITS |= dict.fromkeys(("taskRole", "eventsRole", "schedulerRole"), FITS["executionRole"])
_USUAL_RETRY, _USUAL_AGE = 3, 900
_MOST_TAGS = 40
_Value = TypeVar("_Value")


def region_of(jobs: Iterable[Adopted]) -> str | None:
    """The one that most of the jobs name."""
    return _most(one for job in jobs for one in dict.fromkeys(job.regions))


def settings_of(jobs: Sequence[Adopted]) -> dict[str, object]:
    """Keys and values; what is not taken is said among the notes of its job."""
    made: dict[str, object] = {}
    own: dict[str, dict[str, object]] = {job.name: {} for job in jobs}
    _network(jobs, made, own)
    _roles(jobs, made, own)
    _one_for_all(jobs, made)
    _retries(jobs, made)
    _tags(jobs, made, own)
    if kept := {name: values for name, values in own.items() if values}:
        made["jobs"] = kept
    return made


def _fitting(job: Adopted, key: str, values: Iterable[str]) -> list[str]:
    """Those that the settings take."""
    good = []
    for value in values:
        if re.fullmatch(FITS[key], value):
            good.append(value)
        else:
            job.draft.notes.append(f"{value!r} is nothing that {key} of cron2fargate.yml can be, so it is left out")
    return good


def _network(jobs: Sequence[Adopted], made: dict[str, object], own: dict[str, dict[str, object]]) -> None:
    """Subnets and groups together: a group belongs to the network of its subnets."""
    networks: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for job in jobs:
        subnets = tuple(_fitting(job, "subnets", texts(job.start.network.get("Subnets"))))[:16]
        groups = tuple(_fitting(job, "securityGroups", texts(job.start.network.get("SecurityGroups"))))[:5]
        if subnets or groups:
            networks[job.name] = subnets, groups
    usual = _most(_in_order(one) for one in networks.values())
    if usual is None:
        return
    for key, values in zip(("subnets", "securityGroups"), usual, strict=True):
        if values:
            made[key] = list(values)
    for name, network in networks.items():
        for key, values, common in zip(("subnets", "securityGroups"), network, usual, strict=True):
            # The order means nothing to AWS.
            if values and sorted(values) != sorted(common):
                own[name][key] = list(values)


def _in_order(network: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(sorted(network[0])), tuple(sorted(network[1]))


def _roles(jobs: Sequence[Adopted], made: dict[str, object], own: dict[str, dict[str, object]]) -> None:
    execution = {
        job.name: role
        for job in jobs
        for role in _fitting(job, "executionRole", [job.execution_role] if job.execution_role else [])
    }
    usual = _most(execution.values())
    if usual:
        made["executionRole"] = usual
    for name, role in execution.items():
        if role != usual:
            own[name]["executionRole"] = role
    task = {
        job.name: role for job in jobs for role in _fitting(job, "taskRole", [job.task_role] if job.task_role else [])
    }
    # What is given to all would give rights to a job that had none.
    if len(task) == len(jobs) and len(set(task.values())) == 1:
        made["taskRole"] = next(iter(task.values()))
    else:
        for name, role in task.items():
            own[name]["taskRole"] = role
    for key, kind in (("eventsRole", "rule"), ("schedulerRole", "schedule")):
        _common(key, [(job, job.start.role) for job in jobs if job.start.kind == kind], made)


def _one_for_all(jobs: Sequence[Adopted], made: dict[str, object]) -> None:
    addresses = [(job, str(job.start.network.get("AssignPublicIp") or "DISABLED")) for job in jobs if job.start.network]
    _common("assignPublicIp", addresses, made)
    _common("deadLetterQueue", [(job, job.start.queue) for job in jobs], made)
    _common("platformVersion", [(job, job.start.platform) for job in jobs], made)


def _common(key: str, values: Sequence[tuple[Adopted, str]], made: dict[str, object]) -> None:
    """What the settings have once for all jobs: what most have; of the others it is said."""
    given = [
        (job, one)
        for job, value in values
        if value
        for one in (_fitting(job, key, [value]) if key in FITS else [value])
    ]
    usual = _most(value for _job, value in given)
    if usual is None:
        return
    made[key] = usual
    for job, value in given:
        if value != usual:
            job.draft.notes.append(f"its {key} {value} is left out: the settings have one for all jobs, {usual}")


def _retries(jobs: Sequence[Adopted], made: dict[str, object]) -> None:
    told = [(job, job.start.retry) for job in jobs if job.start.retry]
    policies = [
        (job, (whole(retry.get("MaximumRetryAttempts"), 185), whole(retry.get("MaximumEventAgeInSeconds"), 86400)))
        for job, retry in told
        if not _is_usual(job)
    ]
    if not policies:
        return
    attempts, age = usual = policies[0][1]
    # AWS takes 0 to 185 tries in 60 to 86,400 seconds, and so do the settings.
    if len(policies) == len(jobs) and all(policy == usual for _job, policy in policies):
        made["retry"] = {"maximumRetryAttempts": attempts, "maximumEventAgeInSeconds": age}
        return
    for job, (attempts, age) in policies:
        job.draft.notes.append(
            f"its start was tried again {attempts} times within {age} seconds; the settings say it for all jobs (retry)"
        )


def _is_usual(job: Adopted) -> bool:
    """Whether its policy is what register writes by default."""
    retry, ages = job.start.retry, [_USUAL_AGE]
    with suppress(ExpressionError):
        ages.append(retry_age(job.expressions, job.start.timezone, _USUAL_AGE))
    return retry.get("MaximumRetryAttempts") == _USUAL_RETRY and retry.get("MaximumEventAgeInSeconds") in ages


def _tags(jobs: Sequence[Adopted], made: dict[str, object], own: dict[str, dict[str, object]]) -> None:
    for job in jobs:
        good = set(_fitting(job, "tags", job.tags))
        job.tags = {key: value[:256] for key, value in job.tags.items() if key in good}
    common = dict(set.intersection(*(set(job.tags.items()) for job in jobs))) if jobs else {}
    common = dict(sorted(common.items())[:_MOST_TAGS])
    if common:
        made["tags"] = common
    for job in jobs:
        more = {key: value for key, value in job.tags.items() if common.get(key) != value}
        if more:
            own[job.name]["tags"] = dict(list(more.items())[: _MOST_TAGS - len(common)])


def _most(values: Iterable[_Value]) -> _Value | None:
    """The most frequent, of several the first; None where there is none."""
    counted = Counter(values)
    return max(counted, key=lambda one: counted[one]) if counted else None
