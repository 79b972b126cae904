"""Starts that were given up, and runs that failed, started again for their slot: planned first, then each by itself.

A run that failed is started anew, and not by RedriveExecution: our workflows catch every error to give the lock back and end
in a Fail state, which a redrive enters again and fails (Step Functions, "Redrive behavior of individual states"); and what a
redrive would go on with has lost its lock. A new execution takes the lock again, and its name makes it one for each slot.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from converters.history.letters import Letter
from converters.history.letters import read as read_letter
from converters.workflows.machine import TAKE_SLOT
from converters.workflows.starts import SAYS
from converters.workflows.watching import start_key
from migrate.aws import executions, letters, rules, schedules, state_machines, targets, tasks
from migrate.aws.errors import aws_errors, error_code
from migrate.aws.letters import Box, Held
from migrate.aws.ownership import Marks, described
from migrate.aws.session import Aws
from migrate.errors import UserError
from migrate.terminal.language import _

DAYS = 14
"""How far back runs that failed are looked for: as long as the letters lie."""
NAME = "redrive-"
"""How the name of an execution begins that was started again."""
_FAILED = {"FAILED", "TIMED_OUT", "ABORTED"}


@dataclass(frozen=True, slots=True)
class Again:
    """One start that is to be made again: why, what it starts (a target with its input filled in), and its letters; for a run
    that failed ``failed`` is its execution. ``done``: it has started meanwhile, so its letters go."""

    job: str
    slot: str
    why: str
    target: dict[str, Any]
    name: str
    letters: tuple[Held, ...] = ()
    failed: str = ""
    done: bool = False


@dataclass(slots=True)
class Found:
    """What would be started, in the order of the slots, and what is left where it is, each with a sentence why."""

    again: list[Again] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which job, and of which slot (a UTC minute as ISO begins); None for all."""

    owner: str
    job: str | None = None
    slot: str | None = None

    def about(self, job: str, slot: str) -> bool:
        return self.job in (None, job) and self.slot in (None, slot[:16])


def of_letters(aws: Aws, asked: Asked, held: Iterable[Held]) -> Found:
    """What the letters in hand come to. One that cannot be read, or is somebody else's, stays in the queue."""
    found, by_start = Found(), dict[tuple[str, str], Again]()
    for one in held:
        letter = read_letter(one.attributes, one.body, aws.region, aws.account)
        if letter is None:
            if asked.job or asked.slot:
                continue
            found.left.append(_("letter {id} names no rule or schedule of {where}").format(id=one.id, where=aws.where))
            continue
        try:
            again = _of_letter(aws, asked, one, letter)
        except UserError as error:
            found.left.append(str(error))
            continue
        if again:
            # A start that was delivered twice may be given up twice.
            before = by_start.setdefault((again.job, again.slot), again)
            if before is not again:
                by_start[again.job, again.slot] = replace(before, letters=(*before.letters, one))
    found.again = sorted(by_start.values(), key=lambda one: (one.slot, one.job))
    return found


def _of_letter(aws: Aws, asked: Asked, held: Held, letter: Letter) -> Again | None:
    """None for a start that is not asked for. UserError where it cannot be made again."""
    what = f"{letter.starter} {letter.name}"
    marks, enabled, target = _starter(aws, asked.owner, letter)
    job = marks.job or ""
    if not job or not aws.marks(asked.owner, job).has(marks):
        if asked.job or asked.slot:
            return None
        raise UserError(_("letter {id}: {what} starts no job of this environment").format(id=held.id, what=what))
    if not asked.about(job, letter.slot):
        return None
    said = {"job": job, "what": what, "id": held.id}
    if not letter.slot:
        raise UserError(_("{job}: letter {id} of {what} tells no slot; 'cron2fargate run {job}'").format(**said))
    if letter.shadow or SAYS in json.dumps(target):
        raise UserError(_("{job}: {what} starts a shadow, of which nothing is to be started again").format(**said))
    if not enabled:
        raise UserError(_("{job}: {what} is switched off; enable the job first").format(**said))
    if target is None:
        raise UserError(_("{job}: {what} starts nothing of ours; run 'cron2fargate register'").format(**said))
    done = bool(aws.environment.watch and targets.is_workflow(target) and _noted(aws, asked.owner, job, letter.slot))
    why = _("given up: {error}").format(error=letter.error or "?")
    return Again(job, letter.slot, why, filled(target, letter.slot), NAME + _plain(letter.slot), (held,), done=done)


def _starter(aws: Aws, owner: str, letter: Letter) -> tuple[Marks, bool, dict[str, Any] | None]:
    """Whose the rule or schedule is, whether it is on, and what it starts."""
    nobody = Marks(None, None, None)
    if letter.starter == "rule":
        rule = rules.find(aws, letter.name)
        if rule is None:
            return nobody, False, None
        marks = Marks.of(rule.tags)
        return marks, rule.enabled, rule.target_of(aws.marks(owner, marks.job or ""))
    if letter.group != schedules.group_name(aws, owner):
        return nobody, False, None
    schedule = schedules.find(aws, letter.group, letter.name)
    if schedule is None:
        return nobody, False, None
    target = schedule.fields.get("Target")
    return described(schedule.description), schedule.enabled, target if target and targets.family_of(target) else None


def filled(target: dict[str, Any], slot: str) -> dict[str, Any]:
    """The target with what it is told for one slot, as EventBridge or Scheduler would have put it in."""
    result = {key: value for key, value in target.items() if key not in ("Input", "InputPath", "InputTransformer")}
    if told := target.get("InputTransformer"):
        result["Input"] = str(told["InputTemplate"]).replace("<slot>", json.dumps(slot))
    elif told := target.get("Input"):
        result["Input"] = str(told).replace("<aws.scheduler.scheduled-time>", slot)
    return result


def _plain(slot: str) -> str:
    """A slot without what the name of an execution may not have."""
    return slot.replace("-", "").replace(":", "")


def _noted(aws: Aws, owner: str, job: str, slot: str) -> bool:
    """Whether a workflow has begun for the slot: then its start came through after all."""
    key = f"{start_key(aws.place(owner).keys)}{job}#{slot[:16]}Z"
    return bool(letters.item_of(aws, state_machines.table_name(aws, owner), key))


def of_failed(aws: Aws, asked: Asked, job: str) -> Found:
    """The runs of a job's workflow that failed since its last good one, or that of the slot. Without a workflow nothing knows
    of slots, and there are none."""
    found, live = Found(), state_machines.find(aws, job)
    if live is None or not aws.marks(asked.owner, job).owns(live.tags):
        return found
    names: set[str] = set()
    for one in executions.newest_first(aws, live.arn):
        if one["startDate"].timestamp() < time.time() - DAYS * 86_400:
            break
        names.add(one["name"])
        if one["status"] == "SUCCEEDED" and not asked.slot and executions.submitted(aws, one["executionArn"]):
            break  # it runs again; what failed before is no more in anybody's way
        if one["status"] in _FAILED:
            _add_failed(aws, asked, job, one, names, found)
    found.again.sort(key=lambda one: one.slot)
    return found


def _add_failed(aws: Aws, asked: Asked, job: str, one: dict[str, Any], names: set[str], found: Found) -> None:
    told = aws.client("stepfunctions").describe_execution(executionArn=one["executionArn"])
    try:
        given = json.loads(told.get("input") or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict) or given.get("shadow"):
        return
    slot = str(given.get("slot") or given.get("round") or "")
    if asked.slot not in (None, slot[:16]):
        return
    if not slot:
        text = _("{job}: execution {name} had no slot, somebody started it; 'cron2fargate run {job}'")
        found.left.append(text.format(job=job, name=one["name"]))
    elif told.get("error") == "FollowerNotStarted":
        text = _("{job}: its run of {slot} ended well, but what runs after it was not started; run that")
        found.left.append(text.format(job=job, slot=slot))
    else:
        name = f"{NAME}{hashlib.sha256(one['executionArn'].encode()).hexdigest()[:40]}"
        if name not in names:  # the newest are read first, so a run that was started again is known
            why = f"{one['status'].lower()}: {told.get('error') or '?'}"
            target = {"Arn": one["stateMachineArn"], "Input": json.dumps(given)}
            found.again.append(Again(job, slot, why, target, name, failed=one["executionArn"]))


def make(aws: Aws, asked: Asked, again: Again, box: Box | None) -> str:
    """Starts it once, and throws its letters away; the ARN of what was started, empty where it had been. UserError where AWS
    refuses; then its letters stay."""
    with aws_errors(aws.region):
        arn = "" if again.done else _start(aws, asked.owner, again)
        if box:
            for one in again.letters:
                box.throw_away(one)
    return arn


def _start(aws: Aws, owner: str, again: Again) -> str:
    from botocore.exceptions import ClientError

    if not targets.is_workflow(again.target):
        token = hashlib.sha256(f"{again.job}#{again.slot}".encode()).hexdigest()[:40]
        return tasks.start_target(aws, again.target, aws.marks(owner, again.job), token=token)
    if again.failed:
        _free_slot(aws, owner, again)
    try:
        answer = aws.client("stepfunctions").start_execution(
            stateMachineArn=again.target["Arn"], name=again.name, input=again.target.get("Input", "{}")
        )
    except ClientError as error:
        # A name is taken once in 90 days: it was started again before.
        if error_code(error) != "ExecutionAlreadyExists":
            raise
        return ""
    return str(answer["executionArn"])


def _free_slot(aws: Aws, owner: str, again: Again) -> None:
    """With ``once`` the run that failed has its slot; it is taken from that run alone, so that of two who try one wins."""
    from botocore.exceptions import ClientError

    live = state_machines.find(aws, again.job)
    state = (live.definition.get("States", {}) if live else {}).get(TAKE_SLOT)
    if state is None:
        return
    prefix = f"slot#{again.job}#"
    keys = aws.place(owner).keys
    # By its minute, or of a rate by its second.
    for text in dict.fromkeys((f"{again.slot[:16]}Z", again.slot)):
        try:
            aws.client("dynamodb").delete_item(
                TableName=state["Arguments"]["TableName"],
                Key={"lock": {"S": f"{keys}/{prefix}{text}" if keys else f"{prefix}{text}"}},
                ConditionExpression="#owner = :failed",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":failed": {"S": again.failed}},
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise


def make_all(
    aws: Aws,
    asked: Asked,
    every: Sequence[Again],
    box: Box | None,
    tell: Callable[[Again, str, str], None],
) -> int:
    """Each by itself; ``tell`` gets the ARN, or the sentence why not. How many could not be started."""
    failed = 0
    for again in every:
        try:
            tell(again, make(aws, asked, again, box), "")
        except UserError as error:
            failed += 1
            tell(again, "", str(error))
    return failed
