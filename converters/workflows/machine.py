"""Lock, timeout, retry, once and after -> a Step Functions definition.

A Standard state machine in JSONata. One path: is it a date of the schedule, take the slot, take the lock, run the task,
give the lock back, start what runs after. Every other ending gives the lock back too, tells of it and fails; a run that
has nothing to do ends well in a state named ``Skipped …``.

Facts: 5.1 (`ecs:runTask.sync` fails on a non-zero exit code and on a task that never started), 5.3, 5.5, 7.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converters.expressions.guards import DATES, SLOT
from converters.specs.wishes import DAY
from converters.workflows import ceilings, statuses
from converters.workflows import locks as state_locks
from converters.workflows import starts as state_guards
from converters.workflows.ceilings import NO_CEILINGS, Ceilings
from converters.workflows.followers import Follower, first_of, start_states
from converters.workflows.parts import (
    INPUT,
    ME,
    TAKEN,
    State,
    States,
    cause_of_error,
    dynamodb,
    jsonata,
    on,
    quoted,
    seconds_from_now,
    succeed,
    went_wrong,
)
from converters.workflows.times import (
    CAPACITY_LONGEST_PAUSE,
    CAPACITY_PAUSE,
    CAPACITY_RETRIES,
    StateMachineError,
    check,
    first_pause,
    lease,
    stop_time,
    task_timeout,
)
from converters.workflows.watching import start_key

if TYPE_CHECKING:
    from converters.specs.model import Spec

# docs "Quotas" of Step Functions: 1 MB for a definition.
MAX_DEFINITION = 1_048_576
"""Characters of a definition that CreateStateMachine takes (facts 5.5)."""
# MaximumEventAgeInSeconds is 24 hours at most in EventBridge and Scheduler.
SLOT_KEPT = 3 * DAY
"""A slot is remembered longer than AWS tries to deliver it (24 hours at most)."""

NOTE = "Note the start"
TAKE_SLOT, SKIPPED_SLOT = "Take the slot", "Skipped, this start came twice"
RUN, STOP = "Run the task", "Let the stopped task end"
TELL, FAILED, DONE = "Tell of the failure", "Failed", "Done"
LONGEST_CAUSE = 30_000
"""Characters of a task's description in the Cause of a failed execution, which takes 32,768."""
RUN_TASK = "arn:aws:states:::ecs:runTask.sync"

# A RunTask answer with `failures` fails the .sync state as AmazonECS.Unknown (docs "Manage Amazon ECS tasks").
# RunTask was refused, or had no room (``RESOURCE:*`` comes as AmazonECS.Unknown): nothing was started.
_NO_ROOM = ["AmazonECS.Unknown", "ECS.AmazonECSException", "ECS.ServerException", "ECS.ThrottlingException"]

# What a finished execution tells of its task: enough to find the log, in the form of a failure's cause.
_TASK = (
    "{'TaskArn': $states.result.TaskArn, 'StoppedReason': $states.result.StoppedReason, "
    "'Containers': [$states.result.Containers.{'Name': Name, 'ExitCode': ExitCode}]}"
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a definition needs to know of the place: all names are those of the environment.

    ``task`` are the arguments of RunTask in Pascal case, without Overrides; ``topic`` the ARN that is told of failures;
    ``log`` a link to the log, for that message; ``keys`` is what the keys in the table begin with, so that environments that
    share one have locks of their own; ``noted``: each start writes an item, by which the watchman sees it; ``ceilings`` are
    how many starts of the place there may be, whoever's.
    """

    owner: str
    task: Mapping[str, object]
    table: str
    topic: str | None = None
    log: str | None = None
    followers: Sequence[Follower] = ()
    keys: str = ""
    noted: bool = False
    ceilings: Ceilings = NO_CEILINGS

    def key(self, name: str) -> str:
        return f"{self.keys}/{name}" if self.keys else name


def needs_machine(spec: Spec, followers: Sequence[Follower] = ()) -> bool:
    """Whether a job asks for more than EventBridge can do with an ECS task as its target."""
    wished = spec.lock or spec.timeout or spec.retry or spec.once or spec.after or followers
    # Only its workflow can tell another good status from a failure.
    return bool(wished) or spec.start == "workflow" or spec.has_statuses


def may_choose(spec: Spec, followers: Sequence[Follower] = ()) -> bool:
    """Whether the job is a plain target that could be a workflow, and nobody has said which (`specs/starting.py`)."""
    alone = spec.schedule.task_count == 1 and bool(spec.expressions)
    return alone and spec.start is None and spec.service is None and not needs_machine(spec, followers)


def needs_table(spec: Spec, followers: Sequence[Follower] = ()) -> bool:
    """Whether the workflow of a job writes to the lock table."""
    return bool(spec.lock or spec.once or any(len(follower.waits_for) > 1 for follower in followers))


def state_machine(spec: Spec, around: Surroundings) -> dict[str, object]:
    """The definition, ready for JSON. Raises `StateMachineError` for what a workflow cannot do, `GuardError` for a guard.

    Its input is ``{"slot": "2026-03-08T07:00:00Z", "dates": "dom"}`` from a schedule; both may be missing.
    """
    check(spec)
    if spec.lock:
        spec = spec.model_copy(update={"lock": spec.lock.model_copy(update={"name": around.key(spec.lock.name)})})
    # On failure the lock goes back before anybody is told: the message may take its time.
    failed = state_locks.RELEASE_FAILED if spec.lock else TELL if around.topic else FAILED
    starts = first_of(around.followers) or DONE
    released = state_locks.RELEASE if spec.lock else starts
    first_try = statuses.begin(spec, RUN)
    begin = ceilings.first(around.ceilings) or first_try
    before = state_locks.first(spec.lock) if spec.lock else begin
    run = _run(spec, around, released, failed)
    decided = state_guards.decide(spec, run[RUN], TAKE_SLOT if spec.once else before)
    states = (_note(spec, around, next(iter(decided))) if around.noted else {}) | decided
    if spec.once:
        states |= _take_slot(spec, around, before)
    if spec.lock:
        states |= state_locks.take(
            spec.lock, around.table, spec.name, lease(spec), begin, TELL if around.topic else FAILED
        )
    states |= ceilings.count(around.ceilings, around.table, around.key("starts#"), first_try, failed) | run
    if spec.lock:
        states[state_locks.RELEASE] = state_locks.release(spec.lock, around.table, failed=False, then=starts)
        after_failure = TELL if around.topic else FAILED
        states[failed] = state_locks.release(spec.lock, around.table, failed=True, then=after_failure)
    unstarted = TELL if around.topic else FAILED
    states |= start_states(around.followers, spec.name, around.table, _round(spec), unstarted, DONE, around.key("join"))
    # A Succeed state has no result of its own: the task's summary is carried in a variable.
    states[DONE] = succeed("The job has succeeded.") | {"Output": jsonata("$task")}
    states |= _failure(spec, around)
    return {
        "Comment": _comment(spec, around),
        "QueryLanguage": "JSONata",
        "StartAt": next(iter(states)),
        "States": states,
    }


def as_text(definition: Mapping[str, object]) -> str:
    """The definition as CreateStateMachine takes it. Raises `StateMachineError` where it is too large."""
    text = json.dumps(definition, indent=2, ensure_ascii=False)
    # CreateStateMachine counts bytes of UTF-8.
    if len(text.encode()) > MAX_DEFINITION:
        raise StateMachineError(f"the workflow has {len(text.encode()):,} bytes; {MAX_DEFINITION:,} is the most")
    return text


def _comment(spec: Spec, around: Surroundings) -> str:
    parts = []
    if spec.lock:
        waits = {
            0: "else is refused" if spec.lock.runs > 1 else "else skips",
            "forever": "waits as long as it takes",
        }.get(spec.lock.wait, f"waits {spec.lock.wait} s")
        holds = "shares" if spec.lock.shared else f"is one of {n} that hold" if (n := spec.lock.runs) > 1 else "holds"
        parts.append(f"{holds} lock {spec.lock.name} for {lease(spec)} s, {waits}")
    if spec.timeout:
        parts.append(f"ends after {spec.timeout.seconds} s")
    if spec.retry:
        parts.append(f"{spec.retry.attempts} more {'try' if spec.retry.attempts == 1 else 'tries'} after a failure")
    if spec.has_statuses:
        parts.append(f"statuses {', '.join(map(str, sorted(spec.success)))} are well")
    if spec.once:
        parts.append("once for each slot")
    if spec.after:
        parts.append(f"runs after {', '.join(spec.after)}")
    if around.followers:
        parts.append(f"starts {', '.join(follower.name for follower in around.followers)}")
    if spec.start == "workflow" and not parts:
        parts.append("starts its task, again where there is no room, and sees how it ends")
    said = "; ".join(parts)[:1500]
    # Not `capitalize()`, which makes the rest small: names of locks and jobs are told as they are.
    return f"Job {spec.name} of {around.owner}, made by cron2fargate. {said[:1].upper()}{said[1:]}"


def _minute(spec: Spec) -> str:
    """The scheduled minute: duplicates of one start agree in it. A rate has starts of its own phase, so it keeps all."""
    whole = any(text.startswith("rate(") for text in spec.expressions)
    # A duplicate delivery carries the same scheduled time to the second; minutes are the grain of cron.
    return f"{INPUT}.slot" if whole else f"($substring({INPUT}.slot, 0, 16) & 'Z')"


def _round(spec: Spec) -> str:
    """What this run and those that follow it have in common."""
    # Started by another job: its round is the slot.
    begun = f"($exists({INPUT}.slot) ? {_minute(spec)} : $states.context.Execution.Id)"
    return f"($exists({INPUT}.round) ? {INPUT}.round : {begun})"


def _note(spec: Spec, around: Surroundings, then: str) -> States:
    """The item by which a start is seen. A start that cannot be noted is made all the same: it is told as missing, and no
    work is lost. What is started by hand or after another job has no slot, and an item that nobody asks for."""
    arguments = {
        "TableName": around.table,
        "Key": {
            # The watchman makes the same key from the job's plan (`watchman.start_key`): the minute, of a rate too.
            "lock": {
                "S": jsonata(
                    f"{quoted(start_key(around.keys) + spec.name + '#')} & ($exists({INPUT}.slot) ?"
                    f" $substring({INPUT}.slot, 0, 16) & 'Z' : $states.context.Execution.Name)"
                )
            }
        },
        # Two starts of one slot are counted, and the first one's name stays.
        "UpdateExpression": "SET #owner = if_not_exists(#owner, :me), #expires = :until ADD #starts :one",
        "ExpressionAttributeNames": {"#owner": "owner", "#expires": "expires", "#starts": "starts"},
        "ExpressionAttributeValues": {
            ":me": {"S": ME},
            ":until": {"N": seconds_from_now(SLOT_KEPT)},
            ":one": {"N": "1"},
        },
    }
    comment = "The watchman looks for this item."
    return {NOTE: dynamodb("updateItem", comment, arguments, then, [on("States.ALL", then)])}


def _take_slot(spec: Spec, around: Surroundings, then: str) -> States:
    """AWS delivers at least once: the second start of a slot finds the first one's name. A run by hand is its own slot.

    What comes after another job is started in its round, which stands for the slot.
    """
    arguments = {
        "TableName": around.table,
        "Item": {
            "lock": {"S": jsonata(f"{quoted(around.key(f'slot#{spec.name}#'))} & {_round(spec)}")},
            "owner": {"S": ME},
            "expires": {"N": seconds_from_now(SLOT_KEPT)},
        },
        # OR #owner = :me: a retried write of our own finds its own item.
        "ConditionExpression": "attribute_not_exists(#lock) OR #owner = :me",
        "ExpressionAttributeNames": {"#lock": "lock", "#owner": "owner"},
        "ExpressionAttributeValues": {":me": {"S": ME}},
    }
    after_failure = TELL if around.topic else FAILED
    broken = on("States.ALL", after_failure, **went_wrong("LockUnavailable", "The lock table did not answer"))
    comment = "One run for each scheduled minute, however often AWS starts it."
    return {
        # A taken slot is no error: the other start runs.
        TAKE_SLOT: dynamodb("putItem", comment, arguments, then, [on(TAKEN, SKIPPED_SLOT), broken]),
        SKIPPED_SLOT: succeed("Another execution has this slot."),
    }


def _run(spec: Spec, around: Surroundings, then: str, failed: str) -> States:
    arguments = dict(around.task)
    if spec.schedule.guard:
        # The guard's shell lines judge the minute that was meant; a late start must not see another date.
        arguments["Overrides"] = {"ContainerOverrides": [_told_slot(spec)]}
    limit, judged = task_timeout(spec), spec.has_statuses
    # States.Timeout first: Catch takes the first entry that matches, and States.ALL matches it as well.
    late = on("States.Timeout", STOP, **_timed_out(spec))
    broken = on("States.ALL", failed, **_why())
    if judged:
        late = on("States.Timeout", statuses.JUDGE, **_timed_out(spec), **statuses.of_timeout())
        broken = on("States.ALL", statuses.JUDGE, **_why(), **statuses.of_failure(spec, _NO_ROOM))
    run: State = {
        "Type": "Task",
        "Comment": f"Runs {spec.name} on ECS and waits for its end; it fails where the exit code is not 0.",
        "Resource": RUN_TASK,
        "Arguments": arguments,
        # A judged job counts its tries itself; only the want of room is retried by the state.
        "Retry": _retries(spec)[:1] if judged else _retries(spec),
        "Catch": [broken] if limit is None else [late, broken],
        "Assign": {"task": jsonata(_TASK)},
        "Next": then,
    }
    states = {RUN: run}
    if judged:
        states |= statuses.judge(spec, RUN, then, None if limit is None else STOP, failed)
    if limit is None:
        return states
    run["TimeoutSeconds"] = limit
    stop: State = {
        # StopTask sends SIGTERM; the task is gone after stopTimeout at the latest, and its lock with it.
        "Type": "Wait",
        "Comment": "Step Functions has told the task to stop: SIGTERM, then SIGKILL.",
        "Seconds": stop_time(spec),
        "Next": failed,
    }
    return states | {STOP: stop}


def _told_slot(spec: Spec) -> dict[str, object]:
    """The variables that the guard's shell lines read (guards.py); empty for a run by hand."""
    told = {SLOT: "slot", DATES: "dates"}
    environment = [
        {"Name": name, "Value": jsonata(f"$exists({INPUT}.{key}) ? {INPUT}.{key} : ''")} for name, key in told.items()
    ]
    return {"Name": spec.containers[0].name, "Environment": environment}


def _retries(spec: Spec) -> list[State]:
    no_room: State = {
        "ErrorEquals": _NO_ROOM,
        "IntervalSeconds": CAPACITY_PAUSE,
        "MaxAttempts": CAPACITY_RETRIES,
        "BackoffRate": 2.0,
        "MaxDelaySeconds": CAPACITY_LONGEST_PAUSE,
        # Full jitter: jobs that were refused together must not come back together.
        "JitterStrategy": "FULL",
    }
    if spec.retry is None:
        return [no_room]
    again: State = {
        # States.TaskFailed does not include States.Timeout.
        "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
        "IntervalSeconds": first_pause(spec),
        "MaxAttempts": spec.retry.attempts,
        "BackoffRate": float(spec.retry.backoff),
        "MaxDelaySeconds": DAY,
    }
    if first_pause(spec) >= DAY:
        del again["MaxDelaySeconds"]  # it must be more than the first pause
        again["BackoffRate"] = 1.0
    return [no_room, again]


def _timed_out(spec: Spec) -> dict[str, str]:
    limit = spec.timeout.seconds if spec.timeout else 0
    return {"outcome": "JobTimedOut", "reason": f"still running {limit} s after its start", "said": ""}


def _why() -> dict[str, str]:
    """A short reason out of the task's description, which AWS gives as JSON text in the error's cause, and that text."""
    said = f"$text := {cause_of_error()}"
    # The cause is JSON in a string, and may be cut: picked by expression, not parsed.
    codes = r"""$codes := $join($match($text, /"ExitCode"\s*:\s*([0-9]+)/).groups, ', ')"""
    stopped = r"""$stopped := $match($text, /"StoppedReason"\s*:\s*"([^"]*)"/)[0].groups[0]"""
    # A container that never started has no exit code; TaskFailedToStart says so.
    never = r"""$contains($text, /"StopCode"\s*:\s*"TaskFailedToStart"/)"""
    ended = f"$states.errorOutput.Error = 'States.TaskFailed' and $not({never})"
    reason = "($codes ? 'exit code ' & $codes & '; ' : '') & ($stopped ? $stopped : $text)"
    return {
        "outcome": jsonata(f"({said}; {ended} ? 'JobFailed' : 'JobNotStarted')"),
        "reason": jsonata(f"({said}; {codes}; {stopped}; $substring({reason}, 0, 1000))"),
        "said": jsonata(f"$substring({cause_of_error()}, 0, {LONGEST_CAUSE})"),
    }


def _failure(spec: Spec, around: Surroundings) -> States:
    """The last two states of every failure."""
    states: States = {}
    if around.topic:
        states[TELL] = _tell(spec, around)
    states[FAILED] = {
        "Type": "Fail",
        "Comment": "JobFailed, JobTimedOut, JobNotStarted, LockUnavailable, CeilingReached or FollowerNotStarted.",
        "Error": jsonata("$outcome"),
        # A Fail state may compute both in JSONata.
        "Cause": jsonata(r"$reason & ($said = '' ? '' : '\n' & $said)"),
    }
    return states


def _tell(spec: Spec, around: Surroundings) -> State:
    region = "$split($states.context.Execution.Id, ':')[3]"
    link = (
        f"'https://' & {region} & '.console.aws.amazon.com/states/home?region=' & {region} & "
        "'#/v2/executions/details/' & $states.context.Execution.Id"
    )
    lines = [
        quoted(f"Job: {spec.name} ({around.owner})"),
        "'Outcome: ' & $outcome",
        "'Reason: ' & $reason",
        f"'Slot: ' & ($exists({INPUT}.slot) ? {INPUT}.slot : 'by hand')",
        f"'Execution: ' & {link}",
        *([quoted(f"Log: {around.log}")] if around.log else []),
    ]
    message = "$join([" + ", ".join(lines) + r"], '\n')"
    return {
        "Type": "Task",
        "Comment": "Who is told is up to the topic; that it cannot be told changes nothing.",
        "Resource": "arn:aws:states:::sns:publish",
        "Arguments": {
            "TopicArn": around.topic,
            # SNS: a subject has fewer than 100 characters.
            "Subject": jsonata(f"$substring({quoted(f'[{around.owner}] {spec.name}: ')} & $outcome, 0, 99)"),
            "Message": jsonata(message),
        },
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 4, "BackoffRate": 2.0}],
        # A failure that cannot be told is still that failure.
        "Catch": [on("States.ALL", FAILED)],
        "Next": FAILED,
    }
