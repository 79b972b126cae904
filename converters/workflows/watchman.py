"""The watchman of a place: a workflow that a rule starts every five minutes, and that tells of starts that are missing.

A definition for Step Functions (JSONata). It holds the plan of each job (`watching.Plan`), asks the table for the items that
starts have written, and gives what it has to say to the notifier. What it knows stands in one item of the table, which is
written last and only where no other pass wrote it: a pass that breaks off is made again by the next. What it judges is said
once, in Python, by `watching.judged`; the expressions here are held against it by tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from converters.specs.untyped import fields, rows
from converters.workflows import watch_letters
from converters.workflows.parts import choice, jsonata, quoted, succeed
from converters.workflows.watch_expressions import DUE, ISO, JUDGED, KEPT, OVER, RECENT, UPTO
from converters.workflows.watch_parts import BEFORE
from converters.workflows.watch_parts import task as _task
from converters.workflows.watching import DAY, EVERY, LATE, WATCH, Plan, as_entry, of_entry, start_key

STATE = "watch#"
"""The key of the item that holds what the watch knows."""
SHARD = 180_000
"""Bytes of plans in one state: a state hands on 256 KiB (docs "Quotas" of Step Functions), and its input stands beside them."""
KEYS = 100
"""Keys of one BatchGetItem (API reference)."""


@dataclass(frozen=True, slots=True)
class Watchman:
    """``table`` has the items, under keys that begin as those of the place do (``keys``); ``before`` and ``after`` enclose a
    job's name on AWS, which its rule bears too; ``group`` is the schedules' group; ``notifier`` the ARN of the workflow that
    tells; ``queue`` the URL of the place's own dead-letter queue, None where it is somebody else's."""

    owner: str
    table: str
    keys: str
    before: str
    after: str
    group: str
    notifier: str
    queue: str | None
    plans: Sequence[Plan]

    def definition(self) -> dict[str, object]:
        shards = list(_shards(self.plans))
        states: dict[str, object] = {"What is known": self._known("Are there letters" if self.queue else "Plans 1")}
        if self.queue:
            states |= watch_letters.states(self, self.queue, "Plans 1")
        for number, shard in enumerate(shards, start=1):
            onward = f"Plans {number + 1}" if number < len(shards) else "Is anything due"
            states[f"Plans {number}"] = {"Type": "Pass", "Output": {"plans": shard}, "Next": f"Due {number}"}
            states[f"Due {number}"] = {
                "Type": "Pass",
                "Assign": {"due": jsonata(f"$append($due, {DUE})")},
                "Output": {},
                "Next": onward,
            }
        return {
            "Comment": f"Watches the starts of jobs of {self.owner}, made by cron2fargate",
            "QueryLanguage": "JSONata",
            "StartAt": "What is known",
            "TimeoutSeconds": 60 * EVERY * 2,
            "States": states | self._looking() | self._telling(),
        }

    def text(self) -> str:
        return json.dumps(self.definition(), ensure_ascii=False, separators=(",", ":"))

    def _known(self, then: str) -> dict[str, object]:
        item = "$states.result.Item"
        seen = f"$exists({item}.state.S) ? $parse({item}.state.S)"
        return _task(
            "dynamodb:getItem",
            {"TableName": self.table, "Key": {"lock": {"S": self.state_key}}, "ConsistentRead": True},
            then,
            {
                "now": jsonata("$floor($millis() / 60000)"),
                "before": jsonata(f"({seen}.upto : $floor($millis() / 60000) - {LATE + EVERY})"),
                "open": jsonata(f"({seen}.missing : {{}})"),
                # An acknowledgement stands beside the state, so that neither overwrites the other.
                "known": jsonata(f"[{item}.known.SS]"),
                "was": jsonata(f"({item}.state.S ? {item}.state.S : '')"),
                "past": jsonata(f"({seen}.letters : {{}})"),
                "over": jsonata(f"({seen}.over : {{}})"),
                **{name: [] for name in ("due", "noted", "given", "rows", "off")},
            },
        )

    @property
    def state_key(self) -> str:
        return f"{self.keys}/{STATE}" if self.keys else STATE

    def _looking(self) -> dict[str, object]:
        table = self.table
        keys = self._key_of
        opened = "$each($open, function($o, $j) { $k($j, $o.slot) })"
        asked = f"{keys} $map($distinct($append($due.($k(j, s)), {opened})), function($one) {{ {{'lock': {{'S': $one}}}} }})"
        found = f"$append($noted, [$states.result.Responses.{_tick(table)}.{{'k': lock.S}}])"
        left = f"$states.result.UnprocessedKeys.{_tick(table)}.Keys"
        return {
            "Is anything due": choice(
                [
                    # Once a day, in the last two weeks that a plan knows.
                    (f"{{% $now > {self._ends - 14 * DAY} and $now % {DAY} < {EVERY} %}}", "A plan ends"),
                    (f"{{% {_NOTHING} %}}", "Keep what is known"),
                ],
                "Which items",
            ),
            "A plan ends": self._plan_ends(),
            "Is anything due beside": choice([(f"{{% {_NOTHING} %}}", "Keep what is known")], "Which items"),
            "Which items": {"Type": "Pass", "Assign": {"ask": jsonata(f"({asked})")}, "Next": "Look them up"},
            "Look them up": _task(
                "aws-sdk:dynamodb:batchGetItem",
                {
                    "RequestItems": {
                        table: {
                            "Keys": jsonata(f"[$filter($ask, function($v, $i) {{ $i < {KEYS} }})]"),
                            "ProjectionExpression": "#l",
                            "ExpressionAttributeNames": {"#l": "lock"},
                            "ConsistentRead": True,
                        }
                    }
                },
                "All of them",
                {
                    "noted": jsonata(found),
                    # A large answer may leave keys to be asked for again.
                    "ask": jsonata(f"$append($filter($ask, function($v, $i) {{ $i >= {KEYS} }}), [{left}])"),
                },
            ),
            "All of them": choice([("{% $count($ask) > 0 %}", "Look them up")], "Judge"),
            "Judge": {
                "Type": "Pass",
                "Assign": {"rows": jsonata(f"({keys} {JUDGED})")},
                "Output": {},
                "Next": "Is there anything to tell",
            },
        }

    @property
    def _ends(self) -> int:
        """The minute at which the first plan ends; far away where there is none."""
        return min((plan.until for plan in self.plans), default=10**9)

    def _plan_ends(self) -> dict[str, object]:
        first = min(self.plans, key=lambda plan: plan.until, default=None)
        told = {
            "kind": "plan-ends",
            "job": first.job if first else "",
            "what": "will not be watched any more from "
            + (datetime.fromtimestamp(self._ends * 60, UTC).strftime("%Y-%m-%d") if first else ""),
            "reason": "plans of the watchman are made for 400 days: run cron2fargate register",
            "slot": "",
            "resource": jsonata("$states.context.StateMachine.Id"),
        }
        after = "Is anything due beside"
        state = self.start("'plan-ends-' & $string($floor($now / 1440))", told, after) | {"Output": {}, "Next": after}
        return {key: value for key, value in state.items() if key != "End"}

    @property
    def _key_of(self) -> str:
        return f"$k := function($j, $s) {{ {quoted(start_key(self.keys))} & $j & '#' & {ISO.replace('SLOT', '$s')} }};"

    def _telling(self) -> dict[str, object]:
        return {
            "Is there anything to tell": choice([("{% $count($rows[tell]) = 0 %}", "Keep what is known")], "Tell"),
            "Tell": {
                "Type": "Map",
                "Items": "{% [$rows[tell]] %}",
                "MaxConcurrency": 10,
                "ItemProcessor": {"StartAt": "Why", "States": self._one_word()},
                "Assign": {"off": jsonata("[$states.result[off].j]")},
                "Next": "Keep what is known",
            },
            "Keep what is known": self._keep(),
            "Done": succeed("Until the next pass."),
        }

    def _one_word(self) -> dict[str, object]:
        """What is told of one job: where it is missing, its rule or schedule is asked for the reason first."""
        rule, schedule = "Ask its rule", "Ask its schedule"
        name = jsonata(self._starter())
        at = "$string($states.input.kind = 'again' ? $now : $states.input.slot)"
        unique = f"$states.input.j & '-' & {at} & '-' & $substring($states.input.kind, 0, 2)"
        result = {"j": jsonata("$states.input.j"), "off": jsonata("$off")}
        return {
            "Why": choice([("{% $states.input.kind = 'ok' %}", "It is well")], "Who starts it"),
            "It is well": {"Type": "Pass", "Assign": {"off": False, "absent": False}, "Next": "Tell of it"},
            "Who starts it": choice([("{% $states.input.z %}", schedule)], rule),
            rule: _asked("aws-sdk:eventbridge:describeRule", {"Name": name}),
            schedule: _asked("aws-sdk:scheduler:getSchedule", {"Name": name, "GroupName": self.group}),
            "Tell of it": self.start(unique, self._said(), "Told before") | {"Output": result},
            "Told before": BEFORE | {"Output": result},
        }

    def _starter(self) -> str:
        """The name of a job's rule or schedule, as JSONata."""
        return f"{quoted(self.before)} & $states.input.j & {quoted(self.after)}"

    def _said(self) -> dict[str, object]:
        kind = "$off ? 'disabled' : $states.input.kind"
        words = f"$lookup({{{', '.join(f'{quoted(k)}: {quoted(v)}' for k, v in WORDS.items())}}}, {kind})"
        why = (
            "$join([$states.input.cause != '' ? $states.input.cause, $absent ? 'its rule could not be read: it may be deleted',"
            " $states.input.kind in ['missed', 'again'] and $states.input.cause = '' and $not($absent) and $not($off) ?"
            " 'no start was noted and none was given up: its rule or schedule did not fire, or its start was refused'], '; ')"
        )
        return {
            "kind": jsonata(kind),
            "job": jsonata("$states.input.j"),
            "what": jsonata(words),
            "reason": jsonata(why),
            "slot": jsonata(ISO.replace("SLOT", "$states.input.slot")),
            "resource": jsonata(self._starter()),
        }

    def _keep(self) -> dict[str, object]:
        state = f"$string({{'upto': {UPTO}, 'missing': {KEPT}, 'letters': {RECENT}, 'over': {OVER}}})"
        return _task(
            "dynamodb:updateItem",
            {
                "TableName": self.table,
                "Key": {"lock": {"S": self.state_key}},
                # A name that is known goes when its job has run: what is missing next is told. A set is never empty.
                "UpdateExpression": "SET #state = :state DELETE #known :ran",
                # Two passes at once: the second one has told nothing that the first has not, by the names of executions.
                "ConditionExpression": "attribute_not_exists(#state) OR #state = :was",
                "ExpressionAttributeNames": {"#state": "state", "#known": "known"},
                "ExpressionAttributeValues": {
                    ":ran": {"SS": jsonata("$append(['-'], $rows[kind = 'ok'].j)")},
                    ":state": {"S": jsonata(state)},
                    ":was": {"S": jsonata("$was = '' ? '-' : $was")},
                },
            },
            "Done",
            {},
            catch={"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Done"},
        )

    def start(self, name: str, detail: Mapping[str, object], before: str) -> dict[str, object]:
        """Gives the notifier something to tell, once by its name."""
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution",
            "Comment": "A name of an execution is taken once in 90 days, so nothing is told twice",
            "Arguments": {
                "StateMachineArn": self.notifier,
                "Name": jsonata(f"$substring({name}, 0, 80)"),
                "Input": {"source": WATCH, "time": jsonata("$now()"), "detail": detail},
            },
            "Retry": [
                {"ErrorEquals": _THERE, "MaxAttempts": 0},
                {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2.0},
            ],
            "Catch": [{"ErrorEquals": _THERE, "Next": before}],
            "End": True,
        }


def _asked(resource: str, arguments: dict[str, object]) -> dict[str, object]:
    """Whether a rule or schedule is off; what can't be read may be deleted."""
    gone: dict[str, object] = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"off": False, "absent": True},
        "Output": "{% $states.input %}",
        "Next": "Tell of it",
    }
    off = {"off": jsonata("$states.result.State = 'DISABLED'"), "absent": False}
    return _task(resource, arguments, "Tell of it", off, catch=gone) | {
        "Output": "{% $states.input %}",
        "Next": "Tell of it",
    }


_NOTHING = "$count($due) = 0 and $count($keys($open)) = 0"
_THERE = ["StepFunctions.ExecutionAlreadyExistsException", "Sfn.ExecutionAlreadyExistsException"]
WORDS = {
    "missed": "did not start when it should have",
    "again": "has still not started",
    "ok": "runs again",
    "disabled": "does not start: its rule or schedule was disabled by hand",
}
"""What is said of each kind of word."""


def _tick(name: str) -> str:
    """A name as JSONata reads it, whatever stands in it."""
    return f"`{name}`"


def plans_of(definition: dict[str, object]) -> list[Plan]:
    """The plans that a definition holds: those of the jobs outside a run stay."""
    states = fields(definition.get("States"))
    shards = [fields(fields(state)["Output"])["plans"] for name, state in states.items() if name.startswith("Plans ")]
    return [of_entry(entry) for shard in shards for entry in rows(shard)]


def _shards(plans: Iterable[Plan]) -> list[list[dict[str, object]]]:
    """The plans in portions that a state can hand on; one portion where there are none."""
    found: list[list[dict[str, object]]] = [[]]
    size = 0
    for plan in sorted(plans, key=lambda one: one.job):
        entry = as_entry(plan)
        length = len(json.dumps(entry).encode())
        if size + length > SHARD:
            found.append([])
            size = 0
        found[-1].append(entry)
        size += length
    return found
