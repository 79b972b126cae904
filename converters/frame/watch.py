"""What watches the starts of a place: a workflow, the rule that starts it, and the alarms that hear when it falls silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from converters.artefact.registered import Registered
from converters.expressions.eventbridge import ExpressionError
from converters.expressions.guards import GuardError
from converters.findings.codes import Finding
from converters.frame.missed_runs import OWN_ALARMS, Alarm
from converters.schedules.daemon import Window
from converters.workflows.watching import DAY, EVERY, HORIZON, Plan, planned
from converters.workflows.watchman import Watchman

if TYPE_CHECKING:
    from converters.frame.place import Place
    from converters.specs.model import Spec

RENEWED = 60
"""Days before the end of a plan from which on a run of register makes it anew."""
SILENT = 900
"""Seconds without a pass that ended well, twice, until the alarm goes off: three passes each."""


@dataclass(frozen=True, slots=True)
class Watch:
    """``man`` has no plans: what it watches is known where AWS is read."""

    name: str
    role: str
    rule: str
    man: Watchman
    alarms: tuple[Alarm, ...]
    place: Place

    @property
    def expression(self) -> str:
        return f"rate({EVERY} minutes)"

    def text(self, plans: Sequence[Plan]) -> str:
        return replace(self.man, plans=tuple(plans)).text()

    def target(self) -> dict[str, object]:
        """A pass that did not begin is no loss: the next one looks at its minutes."""
        arn = self.place.arn("states", f"stateMachine:{self.name}")
        retry = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60 * EVERY}
        return {"Id": "watch", "Arn": arn, "RoleArn": self.role, "RetryPolicy": retry}


def watch(place: Place, *, table: str, group: str, topic: str, queue: str | None) -> Watch:
    """``queue`` is the name of the place's own dead-letter queue, ``topic`` the ARN of the topic that is told, also where the
    workflow that tells is what failed."""
    before, after = place.around_job
    notifier = place.arn("states", f"stateMachine:{place.plain('notify')}")
    end = "amazonaws.com.cn" if place.partition == "aws-cn" else "amazonaws.com"
    url = f"https://sqs.{place.region}.{end}/{place.account}/{queue}" if queue else None
    man = Watchman(place.owner, table, place.keys, before, after, group, notifier, url, ())
    name = place.plain("watch")
    role = place.role(place.name("notify"))
    return Watch(name, role, place.name("watch"), man, _alarms(place, name, topic), place)


def _alarms(place: Place, name: str, topic: str) -> tuple[Alarm, ...]:
    """They publish to the topic themselves: whoever is silent cannot tell of it."""

    def metric(word: str, machine: str) -> tuple[tuple[str, str, str, str], ...]:
        return (("AWS/States", word, "StateMachineArn", place.arn("states", f"stateMachine:{machine}")),)

    silent = f"The watchman of {place.scope} has not ended a pass for {2 * SILENT // 60} minutes: missing starts are not told"
    failed = f"The workflow that tells of failures of {place.scope} failed itself: look at its executions"
    return (
        Alarm(
            place.name(OWN_ALARMS[0]), silent, metric("ExecutionsSucceeded", name), SILENT, 2, "LessThanThreshold", 1,
            "breaching", actions=(topic,),
        ),
        Alarm(
            place.name(OWN_ALARMS[1]), failed, metric("ExecutionsFailed", place.plain("notify")), 300, 1,
            "GreaterThanThreshold", 0, "notBreaching", actions=(topic,),
        ),
    )  # fmt: skip


def plan_of(spec: Spec, now: int, *, workflow: bool) -> Plan | Finding:
    """When the job is due from a UTC minute on; or why its starts cannot be watched one by one."""
    if not workflow:
        # A target of EventBridge that is a task writes nothing anywhere before its container runs.
        return Finding(
            "C553",
            f"{spec.name} is started as a task, and a task notes no start; its missed starts are told by CloudWatch's counts "
            "as far as those go: give it a timeout or once: true, and a workflow starts it",
        )
    window = Window(now, now - now % DAY + HORIZON * DAY)
    try:
        found = planned(spec.name, Registered.of(spec).runs(window), window, zoned=spec.schedule.timezone is not None)
    except (ExpressionError, GuardError) as error:
        return Finding("C553", f"{spec.name}: the minutes of its starts are not known before they come ({error})")
    if found is None:
        return Finding(
            "C553", f"{spec.name} starts at so many different minutes from day to day that no plan holds them"
        )
    return found


def kept(live: Plan | None, wanted: Plan, now: int) -> Plan:
    """The plan that is there, where it says the same and does not end soon: else every run of register would change it."""
    if live is None or live.zoned != wanted.zoned or live.until < now + RENEWED * DAY:
        return wanted
    days = range(max(live.begin, wanted.begin), min(live.begin + len(live.days), wanted.begin + len(wanted.days)))
    same = all(
        live.sets.get(live.days[day - live.begin]) == wanted.sets.get(wanted.days[day - wanted.begin]) for day in days
    )
    return live if same else wanted
