"""CloudWatch alarms: one for the dead-letter queue, and one for each job whose missed run CloudWatch can express.

An alarm has no actions, as the failure rule hears of every alarm whose name begins as ours do; but for those that tell of
the tellers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from converters.frame.missed_runs import Alarm
from migrate.aws import tag_index
from migrate.aws.errors import is_denied
from migrate.aws.ownership import OWNER, Tags
from migrate.aws.seen import Kind
from migrate.aws.session import Aws
from migrate.aws.shared import differences, foreign, listed, ours, tags_of
from migrate.aws.steps import Step

KIND = "alarm"
MISSED = "-missed"
"""How the name of a job's alarm ends."""


def plan(aws: Aws, wanted: Alarm, tags: Tags, *, on: bool = True, why: str = "the job is disabled") -> Step | None:
    """The step. An alarm that is not ``on`` (of a job that is disabled) is removed, and None where there is none: it
    would go off at once, and not again once the job runs."""
    live = _find(aws, wanted.name, tags[OWNER])
    if live is None:
        if not on:
            return None
        note = f"after {wanted.period * wanted.evaluation_periods // 60} minutes"
        return Step(KIND, wanted.name, "add", [], lambda aws, made: _put(aws, wanted, tags), note)
    arn = live["AlarmArn"]
    read = aws.client("cloudwatch").list_tags_for_resource
    theirs = tag_index.tags(aws, arn, lambda: tags_of(read(ResourceARN=arn)["Tags"]))
    if not ours(theirs, tags):
        return foreign(KIND, wanted.name, theirs)
    if not on:
        return Step(KIND, wanted.name, "remove", [], lambda aws, made: _remove(aws, wanted.name), why)
    request = wanted.request()
    before = {key: _comparable(live.get(key)) for key in request}
    changes = differences(before, {key: _comparable(value) for key, value in request.items()})
    if not changes:
        return Step(KIND, wanted.name, "same", note=str(live.get("StateValue", "")))
    return Step(KIND, wanted.name, "change", changes, lambda aws, made: _put(aws, wanted, None))


class Missed:
    """The alarms for missed runs that are there, of all jobs or of one, read by page at the first question. Who may not see
    them is told of none."""

    def __init__(self, aws: Aws, owner: str, job: str = "") -> None:
        self._aws, self._prefix, self._job = aws, aws.place(owner).name(""), job
        self._names: frozenset[str] | None = None

    def there(self, job: str) -> bool:
        if self._names is None:
            self._names = frozenset(self._read())
        return f"{self._prefix}{job}{MISSED}" in self._names

    def _read(self) -> Iterator[str]:
        from botocore.exceptions import ClientError

        prefix = self._prefix if self._aws.seen else f"{self._prefix}{self._job}"
        try:
            yield from there_are(self._aws, prefix)
        except ClientError as error:
            if not is_denied(error):
                raise


def _comparable(value: Any) -> Any:
    """Numbers as one kind; queries without what AWS fills in."""
    if isinstance(value, bool) or not isinstance(value, int | float | list):
        return value
    if not isinstance(value, list):
        return float(value)
    return [
        {key: inner for key, inner in item.items() if inner not in ("", [], None)} if isinstance(item, dict) else item
        for item in value
    ]


_LISTED: Kind[Mapping[str, dict[str, Any]]] = Kind("alarms")


def there_are(aws: Aws, prefix: str) -> Mapping[str, dict[str, Any]]:
    """The metric alarms whose names begin so, by name."""
    return aws.once(_LISTED, prefix, lambda: {alarm["AlarmName"]: alarm for alarm in _pages(aws, prefix)})


def _pages(aws: Aws, prefix: str) -> Iterator[dict[str, Any]]:
    pages = aws.client("cloudwatch").get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNamePrefix=prefix, PaginationConfig={"PageSize": 100}):
        yield from page["MetricAlarms"]


def _find(aws: Aws, name: str, owner: str) -> dict[str, Any] | None:
    prefix = aws.place(owner).name("")
    if aws.seen and name.startswith(prefix):
        return there_are(aws, prefix).get(name)
    found = aws.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    return dict(found[0]) if found else None


def _put(aws: Aws, wanted: Alarm, tags: Tags | None) -> None:
    """PutMetricAlarm replaces the alarm; tags are taken only when it is made."""
    known = {"Tags": listed(tags)} if tags else {}
    aws.client("cloudwatch").put_metric_alarm(**wanted.request(), **known)


def _remove(aws: Aws, name: str) -> None:
    aws.client("cloudwatch").delete_alarms(AlarmNames=[name])
