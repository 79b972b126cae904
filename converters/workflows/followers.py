"""What runs after a job: the states that start other jobs' workflows, and the order that ``after`` asks for.

``after: [a]``: every success of ``a`` starts the job, in the same round. ``after: [a, b]``: it starts once for each
round in which all of them succeeded. A round is the scheduled minute of the job that began it, handed on from job to
job; a run by hand is a round of its own. So jobs wait for each other only if they share the minute of their start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from converters.specs.untyped import fields
from converters.specs.wishes import DAY
from converters.workflows.parts import (
    INPUT,
    ME,
    TAKEN,
    State,
    States,
    dynamodb,
    jsonata,
    on,
    quoted,
    seconds_from_now,
    went_wrong,
)

START_EXECUTION = "arn:aws:states:::states:startExecution"
ROUND_KEPT = 30 * DAY
"""How long it is remembered which jobs of a round have succeeded; seconds."""
# A run by hand may be months after the others of its round.
ALREADY_STARTED = "StepFunctions.ExecutionAlreadyExistsException"


@dataclass(frozen=True, slots=True)
class Follower:
    """A job that runs after another: the ARN of its state machine, and all the jobs it waits for."""

    name: str
    machine: str
    waits_for: tuple[str, ...]


def start_states(
    followers: Sequence[Follower], job: str, table: str, round_: str, failed: str, then: str, key: str = "join"
) -> States:
    """The states from ``first_of(followers)`` to ``then``; whatever cannot be started leads to ``failed``. ``key`` is what the
    notes of a round in the table begin with."""
    states: States = {}
    for number, follower in enumerate(followers):
        following = first_of(followers[number + 1 :]) or then
        if len(follower.waits_for) > 1:
            states |= _joined(
                follower, job, table, f"{quoted(f'{key}#{follower.name}#')} & {round_}", failed, following
            )
        states[f"Start {follower.name}"] = _start(follower, job, round_, failed, following)
    return states


def first_of(followers: Sequence[Follower]) -> str | None:
    if not followers:
        return None
    name = followers[0].name
    return f"Note for {name}" if len(followers[0].waits_for) > 1 else f"Start {name}"


def _failed(follower: Follower, failed: str) -> State:
    return on("States.ALL", failed, **went_wrong("FollowerNotStarted", f"{follower.name} was not started"))


def _start(follower: Follower, job: str, round_: str, failed: str, then: str) -> State:
    """One execution for one of ours: its name is our own, so a start that is sent twice is one start."""
    handed_on = f"$exists({INPUT}.slot) ? {{'slot': {INPUT}.slot}} : {{}}"
    # The key that Step Functions links executions in its console by.
    fields = f"{{'after': '{job}', 'round': {round_}, 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID': "
    given = jsonata(f"$merge([{handed_on}, {fields}$states.context.Execution.Id}}])")
    return {
        "Type": "Task",
        "Comment": f"{follower.name} runs after {' and '.join(follower.waits_for)}.",
        "Resource": START_EXECUTION,
        "Arguments": {
            "StateMachineArn": follower.machine,
            # StartExecution with the same name and input is one execution while it runs; afterwards the name is
            # refused.
            "Name": jsonata("$states.context.Execution.Name"),
            "Input": given,
        },
        "Retry": [
            # Refused for its name means started before: no retry, and no failure.
            {"ErrorEquals": [ALREADY_STARTED], "MaxAttempts": 0},
            {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 6, "BackoffRate": 2.0},
        ],
        "Catch": [on(ALREADY_STARTED, then), _failed(follower, failed)],
        "Next": then,
    }


def _joined(follower: Follower, job: str, table: str, item: str, failed: str, then: str) -> States:
    """Notes that this job has succeeded; whoever then finds all of them noted, and is the first to, starts the job."""
    key = {"lock": {"S": jsonata(item)}}
    ask = _ask(follower.name)
    note = {
        "TableName": table,
        "Key": key,
        # ADD to a set of strings: the same success twice is one member.
        "UpdateExpression": "SET #expires = :expires ADD #done :job",
        "ExpressionAttributeNames": {"#expires": "expires", "#done": "done"},
        "ExpressionAttributeValues": {":expires": {"N": seconds_from_now(ROUND_KEPT)}, ":job": {"SS": [job]}},
    }
    names = {f":job{number}": {"S": name} for number, name in enumerate(follower.waits_for)}
    all_done = " AND ".join(f"contains(#done, {name})" for name in names)
    claim = {
        "TableName": table,
        "Key": key,
        "UpdateExpression": "SET #starter = :me",
        # The first to find all members claims the start; a second claim fails its condition.
        "ConditionExpression": f"{all_done} AND (attribute_not_exists(#starter) OR #starter = :me)",
        "ExpressionAttributeNames": {"#starter": "starter", "#done": "done"},
        "ExpressionAttributeValues": {**names, ":me": {"S": ME}},
    }
    catch = _failed(follower, failed)
    comment = f"Of {', '.join(follower.waits_for)}: is any still to succeed in this round, or did another one start it?"
    return {
        f"Note for {follower.name}": dynamodb("updateItem", f"{job} has succeeded in this round.", note, ask, [catch]),
        ask: dynamodb("updateItem", comment, claim, f"Start {follower.name}", [on(TAKEN, then), catch]),
    }


def _ask(name: str) -> str:
    return f"May {name} start?"


def waits_for(states: Mapping[str, State], follower: str) -> tuple[str, ...]:
    """The jobs that a follower of a definition waits for, when there are several."""
    arguments = fields(states.get(_ask(follower), {}).get("Arguments"))
    values = fields(arguments.get("ExpressionAttributeValues"))
    return tuple(str(fields(value)["S"]) for name, value in values.items() if name.startswith(":job"))


def order_problems(after: Mapping[str, Sequence[str]], known: Iterable[str] = ()) -> dict[str, str]:
    """A sentence for each job whose ``after`` cannot be: a name that is no job, or a circle.

    ``after`` maps every job to those it runs after; ``known`` are jobs beyond them that may be named.
    """
    names = {*after, *known}
    problems: dict[str, str] = {}
    for job, leads in after.items():
        unknown = [lead for lead in leads if lead not in names]
        if unknown:
            problems[job] = (
                f"{job} runs after {unknown[0]}, and there is no such job here; correct after, or name its ecs.yml too"
            )
        elif circle := _circle(job, after):
            problems[job] = f"{' runs after '.join(circle)}: a circle, so none would ever start; cut it in one place"
    return problems


def _circle(job: str, after: Mapping[str, Sequence[str]]) -> list[str]:
    """A way from a job back to itself; empty where there is none."""
    paths, seen = [[job]], {job}
    while paths:
        path = paths.pop(0)
        for lead in after.get(path[-1], ()):
            if lead == job:
                return [*path, job]
            if lead not in seen:
                seen.add(lead)
                paths.append([*path, lead])
    return []


def first_jobs(job: str, after: Mapping[str, Sequence[str]]) -> set[str]:
    """The jobs with a schedule that begin the rounds of a job; the order must have no circle."""
    leads = after.get(job, ())
    return set().union(*(first_jobs(lead, after) for lead in leads)) if leads else {job}
