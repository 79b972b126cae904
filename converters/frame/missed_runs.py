"""The alarm for a run that did not come, where CloudWatch can express the time between two runs.

An alarm looks back a whole number of periods, and at most a day, or seven days with periods of an hour (facts 6). So a
weekly job has no alarm but a finding, and needs a heartbeat: something that it calls at its end and that misses the call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from converters.expressions.eventbridge import At, Cron, Rate, parse, starts
from converters.findings.codes import Finding
from converters.schedules.fields import members

MARGIN = 15  # minutes that a start and its metric may be late
LONGEST = 7 * 1440 - 60  # minutes that an alarm can look back, less one period
MAX_METRICS = 10
OWN_ALARMS = ("watch-silent", "notify-failed")
"""Of the watchman, and of the workflow that tells: they go to the topic by themselves."""
_PERIODS = ((60, 60), (1440 - 60, 300), (LONGEST, 3600))  # up to so many minutes: seconds of a period
_LOOK = 10 * 366  # days of runs that are looked at


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm in the members of PutMetricAlarm that say when it goes off."""

    name: str
    description: str
    metrics: tuple[tuple[str, str, str, str], ...]  # namespace, metric, dimension, its value
    period: int
    evaluation_periods: int
    comparison: str
    threshold: float
    missing: str
    statistic: str = "Sum"
    actions: tuple[str, ...] = ()  # ARNs that it tells by itself

    def queries(self) -> list[dict[str, object]]:
        """Several metrics as one sum; each stands for one rule of the job."""
        parts = [
            {
                "Id": f"m{number}",
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {"Namespace": space, "MetricName": name, "Dimensions": [{"Name": key, "Value": value}]},
                    "Period": self.period,
                    "Stat": self.statistic,
                },
            }
            for number, (space, name, key, value) in enumerate(self.metrics, start=1)
        ]
        return [{"Id": "runs", "Expression": "SUM(METRICS())", "Label": "runs", "ReturnData": True}, *parts]

    def request(self) -> dict[str, object]:
        """The input of PutMetricAlarm, without tags. Most have no actions: the failure rule hears of every alarm."""
        result: dict[str, object] = {
            "AlarmName": self.name,
            "AlarmDescription": self.description,
            "ActionsEnabled": True,
            "EvaluationPeriods": self.evaluation_periods,
            "DatapointsToAlarm": self.evaluation_periods,
            "Threshold": self.threshold,
            "ComparisonOperator": self.comparison,
            "TreatMissingData": self.missing,
            **({"AlarmActions": list(self.actions), "OKActions": list(self.actions)} if self.actions else {}),
        }
        if len(self.metrics) > 1:
            return result | {"Metrics": self.queries()}
        space, name, key, value = self.metrics[0]
        return result | {
            "Namespace": space,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value}],
            "Period": self.period,
            "Statistic": self.statistic,
        }


def queue_alarm(name: str, queue: str) -> Alarm:
    """A start was given up: it lies in the dead-letter queue."""
    metric = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue)
    said = f"Starts that were given up lie in the queue {queue}"
    return Alarm(name, said, (metric,), 300, 1, "GreaterThanThreshold", 0, "notBreaching", "Maximum")


def missed_alarm(
    name: str, job: str, expressions: Sequence[str], rules: Sequence[str], *, machine: str | None, scheduler: bool
) -> Alarm | Finding:
    """The alarm of a job, or the finding that says why there is none.

    ``rules`` are the names of its rules, ``machine`` the ARN of its workflow: with one, the executions are counted,
    else what the rules started. Scheduler counts for a whole group only.
    """
    if scheduler and machine is None:
        return Finding("C551", f"{job}: EventBridge Scheduler counts the starts of a whole group, not of one schedule")
    gap = longest_gap(expressions)
    if gap is not None and scheduler:
        gap += 60  # the clocks of its zone may be set back
    if gap is None or gap + MARGIN > LONGEST:
        between = "once" if gap is None else f"up to {_days(gap)} apart"
        return Finding("C550", f"{job} runs {between}; an alarm looks back seven days at most")
    if machine is None and len(rules) > MAX_METRICS:
        return Finding("C552", f"{job} has {len(rules)} rules; an alarm adds up {MAX_METRICS} metrics")
    period = next(seconds for minutes, seconds in _PERIODS if gap + MARGIN <= minutes)
    count = -(-(gap + MARGIN) * 60 // period) + 1
    metrics = (
        (("AWS/States", "ExecutionsStarted", "StateMachineArn", machine),)
        if machine
        else tuple(("AWS/Events", "Invocations", "RuleName", rule) for rule in rules)
    )
    said = f"{job} starts at least every {_days(gap)}; nothing started for {count * period // 60} minutes"
    return Alarm(name, said, metrics, period, count, "LessThanThreshold", 1, "breaching")


def _days(minutes: int) -> str:
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 2880 else f"{minutes // 1440} days"


def longest_gap(expressions: Sequence[str]) -> int | None:
    """Minutes between two runs at most, over the days of ten years, in the zone's own time; None for what runs once."""
    parsed = [parse(text) for text in expressions]
    rates = [item.minutes for item in parsed if isinstance(item, Rate)]
    if rates:
        return min(rates)
    crons = [item for item in parsed if isinstance(item, Cron)]
    if not crons or any(isinstance(item, At) for item in parsed):
        return None
    by_day: dict[int, int] = {}
    for cron in crons:
        days, minutes = starts(cron)
        for day in _shown(days):
            by_day[day] = by_day.get(day, 0) | minutes
    return _longest(by_day)


def _shown(days: int) -> range | list[int]:
    """Day numbers from 2024 on, ten years of them."""
    first = 19_723
    return [first + day for day in members(days >> first & ((1 << _LOOK) - 1))]


def _longest(by_day: dict[int, int]) -> int | None:
    last: int | None = None
    longest = 0
    seen: dict[int, tuple[int, int, int]] = {}
    for day in sorted(by_day):
        bits = by_day[day]
        if bits not in seen:
            seen[bits] = _of_day(bits)
        first, end, inner = seen[bits]
        longest = max(longest, inner, day * 1440 + first - last if last is not None else 0)
        last = day * 1440 + end
    return longest or None


def _of_day(bits: int) -> tuple[int, int, int]:
    """The first minute, the last, and the longest way between two of the same day."""
    minutes = list(members(bits))
    return minutes[0], minutes[-1], max((b - a for a, b in pairwise(minutes)), default=0)
