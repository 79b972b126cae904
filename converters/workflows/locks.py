"""Locks as leases in a DynamoDB table: the states that take, share, await and release one.

An item has the key ``lock`` and either an ``owner`` (one execution) or ``readers`` (a map: execution -> end of its lease),
and ``expires``, the end of the longest lease. A lease belongs to its holder: a reader that died stands in nobody's way once
its own has ended, however many others come and go. (With one lease for all, 288 writers of a simulated day waited in vain.)
Whether a lock is free is decided inside the condition of the one write that takes it, so two executions can never both
find it free; DynamoDB's own deletion of expired items comes days late and is only housekeeping (facts 7).

A lock with ``runs: N`` is a ceiling: N runs hold it at once, each as a reader with a lease of its own, and one condition counts
them and lets the next one in or not. Who comes to a full one does not end quietly, as after ``flock -n``: it is told.

Everything here may be repeated: a write whose answer was lost is sent again and finds its own name.
"""

from __future__ import annotations

from collections.abc import Mapping

from converters.specs.wishes import FOREVER, Lock
from converters.workflows.parts import (
    INPUT,
    ME,
    NOW,
    TAKEN,
    WAITED,
    State,
    States,
    dynamodb,
    jsonata,
    on,
    seconds_from_now,
    succeed,
    text_from_now,
    went_wrong,
)

TAKE, TAKE_SHARED = "Take the lock", "Take the shared lock"
JOIN_LONGER, JOIN = "Join the other readers, for longer", "Join the other readers"
LOOK, HELD = "Look at the lock", "Does a run hold it?"
TAKE_LEFT = "Take the lock that only ended leases hold"
BESIDE_LONGER, BESIDE = "Take a place beside others, for longer", "Take a place beside others"
TAKE_ENDED = "Take the place of an ended lease"
FULL = "As many runs as may be"
CEILING = "CeilingReached"
"""The error of a run that a ceiling kept from starting."""
GIVE_UP, WAIT = "Wait any longer?", "Wait for the lock"
SKIPPED, SKIPPED_LATE = "Skipped, the lock is taken", "Skipped, the lock stayed taken"
RELEASE, RELEASE_FAILED = "Release the lock", "Release the lock after the failure"

SHORTEST_WAIT = 5
"""Seconds between two looks at a lock that is taken; later a fiftieth of the time waited, so that a year of waiting
stays far below the 25,000 events that an execution may have."""

_NAMES = {"#lock": "lock", "#owner": "owner", "#readers": "readers", "#expires": "expires"}
# DynamoDB deletes expired items within days, so the end of a lease stands in the condition.
_FREE = (
    "attribute_not_exists(#lock) OR #expires <= :now "
    "OR (attribute_not_exists(#owner) AND (attribute_not_exists(#readers) OR size(#readers) = :none))"
)
# A reader may join readers whose longest lease has not ended.
_READ = "attribute_not_exists(#owner) AND attribute_exists(#readers) AND #expires > :now"
_NONE = {":none": {"N": "0"}}


def take(lock: Lock, table: str, job: str, lease: int, then: str, refused: str) -> States:
    """The states from `first` on: with the lock they go on at ``then``; without it the run is skipped, or at a ceiling ends
    at ``refused``."""
    if lock.runs > 1:
        end = {} if lock.wait == FOREVER else {FULL: _full(lock, refused)}
        return _take_place(lock, table, job, lease, then) | _without(lock) | end
    states = _take_shared(lock, table, job, lease, then) if lock.shared else _take_alone(lock, table, job, lease, then)
    return states | _without(lock)


def first(lock: Lock) -> str:
    """The state that a run begins to take the lock with."""
    return TAKE_SHARED if lock.shared else TAKE


def release(lock: Lock, table: str, *, failed: bool, then: str) -> State:
    """Gives back what is our own, and only that; what cannot be given back expires, and never fails the run."""
    # What is not ours any more is gone: its lease had ended.
    catch = [on("States.ALL", then)]
    key = {"TableName": table, "Key": {"lock": {"S": lock.name}}}
    when = "after the failure " if failed else ""
    if lock.shared or lock.runs > 1:
        arguments = key | {
            "UpdateExpression": "REMOVE #readers.#me",
            "ConditionExpression": "attribute_exists(#readers.#me)",
            # The map's key is the execution: one reader more or less is one write.
            "ExpressionAttributeNames": {"#readers": "readers", "#me": ME},
        }
        return dynamodb("updateItem", f"Leaves the readers {when}of lock {lock.name}.", arguments, then, catch)
    arguments = key | {
        "ConditionExpression": "#owner = :me",
        "ExpressionAttributeNames": {"#owner": "owner"},
        "ExpressionAttributeValues": {":me": {"S": ME}},
    }
    return dynamodb("deleteItem", f"Gives lock {lock.name} back {when}if it is still ours.", arguments, then, catch)


def _taken(lock: Lock) -> str:
    """Where a run goes that finds the lock taken."""
    if lock.wait == 0:
        return FULL if lock.runs > 1 else SKIPPED
    return WAIT if lock.wait == FOREVER else GIVE_UP


def _item(lock: Lock, job: str, lease: int, holder: dict[str, object]) -> dict[str, object]:
    # For a person who looks at the table; no condition reads them.
    slot = jsonata(f"$exists({INPUT}.slot) ? {INPUT}.slot : 'by hand'")
    return {
        "lock": {"S": lock.name},
        **holder,
        "expires": {"N": seconds_from_now(lease)},
        "job": {"S": job},
        "slot": {"S": slot},
        "since": {"S": jsonata("$now()")},
    }


def _broken() -> State:
    """An acquiring write that failed may have been done all the same, so the ending releases too."""
    # The answer of a write may be lost after it was done.
    return on("States.ALL", RELEASE_FAILED, **went_wrong("LockUnavailable", "The lock table did not answer"))


def _take_alone(lock: Lock, table: str, job: str, lease: int, then: str) -> States:
    """A writer takes a free lock. Which leases of readers have ended is more than a condition can say: a look tells, and
    the write that follows holds only while the readers are those that were seen (maps are equal with equal contents)."""
    item = {"TableName": table, "Item": _item(lock, job, lease, {"owner": {"S": ME}})}
    arguments = item | {
        # The same write may come twice by a retry: its own name counts as free.
        "ConditionExpression": f"{_FREE} OR #owner = :me",
        "ExpressionAttributeNames": _NAMES,
        "ExpressionAttributeValues": {":now": {"N": seconds_from_now(0)}, ":me": {"S": ME}} | _NONE,
    }
    left = item | {
        "ConditionExpression": "#readers = :seen OR #owner = :me",
        "ExpressionAttributeNames": {"#owner": "owner", "#readers": "readers"},
        "ExpressionAttributeValues": {":seen": jsonata("$states.input.Item.readers"), ":me": {"S": ME}},
    }
    comment = f"Takes lock {lock.name} for {lease} s if it is free or its lease has ended."
    return {
        TAKE: dynamodb("putItem", comment, arguments, then, [on(TAKEN, LOOK), _broken()]),
        LOOK: _look(lock, table),
        HELD: {
            "Type": "Choice",
            "Comment": "A lease that has not ended keeps a writer out, whoever has it; else it changed hands just now.",
            "Choices": [
                # An ended lease is no hindrance to anybody, whoever left it.
                {"Condition": jsonata(f"({_HELD_ALONE}) or {_READERS_ALIVE} > 0"), "Next": _taken(lock)},
                {"Condition": jsonata("$exists($states.input.Item.readers)"), "Next": TAKE_LEFT},
            ],
            "Default": TAKE,
        },
        TAKE_LEFT: dynamodb(
            "putItem", "The leases of all readers have ended.", left, then, [on(TAKEN, TAKE), _broken()]
        ),
    }


_HELD_ALONE = f"$exists($states.input.Item.owner) and $number($states.input.Item.expires.N) > {NOW}"
_READERS_ALIVE = f"$count($each($states.input.Item.readers.M, function($lease) {{ $number($lease.N) }})[$ > {NOW}])"


def _look(lock: Lock, table: str) -> State:
    # An eventually consistent read could show a holder that has left.
    arguments = {"TableName": table, "Key": {"lock": {"S": lock.name}}, "ConsistentRead": True}
    return dynamodb("getItem", "Who has it, as of now?", arguments, HELD, [_broken()])


def _take_shared(lock: Lock, table: str, job: str, lease: int, then: str) -> States:
    """A reader takes a free lock, or joins readers with a lease of its own. ``expires`` is that of the longest.

    DynamoDB has no maximum, so joining has two forms. When none fits, the lock changed meanwhile, or a writer has it.
    """
    alone, longer, join = _joining(lock, table, job, lease)
    return {
        TAKE_SHARED: dynamodb(
            "putItem", f"Takes lock {lock.name} if it is free.", alone, then, [on(TAKEN, JOIN_LONGER), _broken()]
        ),
        JOIN_LONGER: dynamodb(
            "updateItem", f"Joins the readers until {lease} s from now.", longer, then, [on(TAKEN, JOIN), _broken()]
        ),
        JOIN: dynamodb(
            "updateItem", "Joins readers who may stay longer anyway.", join, then, [on(TAKEN, LOOK), _broken()]
        ),
        LOOK: _look(lock, table),
        HELD: {
            "Type": "Choice",
            "Comment": "A run that holds it alone keeps readers out; else it changed hands just now: try again.",
            "Choices": [{"Condition": jsonata(_HELD_ALONE), "Next": _taken(lock)}],
            "Default": TAKE_SHARED,
        },
    }


def _joining(lock: Lock, table: str, job: str, lease: int) -> tuple[State, State, State]:
    """The writes of who takes a free lock as its first reader, and of who joins others: with the longest lease, or not."""
    until = {":until": {"N": seconds_from_now(lease)}}
    now = {":now": {"N": seconds_from_now(0)}}
    most = {":most": {"N": str(lock.runs)}} if lock.runs > 1 else {}
    # The same write may come twice by a retry: who has a place already takes no other.
    room = " AND (size(#readers) < :most OR attribute_exists(#readers.#me))" if most else ""
    key: State = {
        "TableName": table,
        "Key": {"lock": {"S": lock.name}},
        "ExpressionAttributeNames": _NAMES_OF_READERS,
        "ExpressionAttributeValues": now | until | most,
    }
    alone: State = {
        "TableName": table,
        # ME is a template `{% .. %}`: inside another template its bare expression is needed.
        "Item": _item(
            lock, job, lease, {"readers": {"M": jsonata(f"{{{ME[3:-3]}: {{'N': {text_from_now(lease)}}}}}")}}
        ),
        "ConditionExpression": _FREE,
        "ExpressionAttributeNames": _NAMES,
        "ExpressionAttributeValues": now | _NONE,
    }
    longer = key | {
        "UpdateExpression": "SET #expires = :until, #readers.#me = :until",
        # SET of a new element and a longer `expires` in one write.
        "ConditionExpression": f"{_READ} AND #expires <= :until{room}",
    }
    join = key | {
        "UpdateExpression": "SET #readers.#me = :until",
        "ConditionExpression": f"{_READ} AND #expires > :until{room}",
    }
    return alone, longer, join


def _take_place(lock: Lock, table: str, job: str, lease: int, then: str) -> States:
    """One of ``lock.runs`` places. A condition counts the holders, ended leases too; where those fill it, a look tells them
    apart, and the write that follows keeps the living and holds only while the holders are those that were seen."""
    alone, longer, join = _joining(lock, table, job, lease)
    ends = f"$merge([$states.input.Item.readers.M, {{{ME[3:-3]}: {{'N': {text_from_now(lease)}}}}}])"
    alive = f"$sift({ends}, function($lease) {{ $number($lease.N) > {NOW} }})"
    left = {
        "TableName": table,
        "Item": _item(lock, job, lease, {"readers": {"M": jsonata(alive)}})
        | {"expires": {"N": jsonata(f"$string($max($each({ends}, function($lease) {{ $number($lease.N) }})))")}},
        "ConditionExpression": "#readers = :seen OR attribute_exists(#readers.#me)",
        "ExpressionAttributeNames": {"#readers": "readers", "#me": ME},
        "ExpressionAttributeValues": {":seen": jsonata("$states.input.Item.readers")},
    }
    full = f"({_HELD_ALONE}) or {_READERS_ALIVE} >= {lock.runs}"
    ended = f"$count($keys($states.input.Item.readers.M)) >= {lock.runs}"
    most = f"{lock.runs} runs at once"

    def write(action: str, comment: str, arguments: Mapping[str, object], onward: str) -> State:
        return dynamodb(action, comment, arguments, then, [on(TAKEN, onward), _broken()])

    return {
        TAKE: write("putItem", f"Takes lock {lock.name} of {most} if nobody has it.", alone, BESIDE_LONGER),
        BESIDE_LONGER: write("updateItem", f"A place of {most}, until {lease} s from now.", longer, BESIDE),
        BESIDE: write("updateItem", "A place beside runs whose leases end later.", join, LOOK),
        LOOK: _look(lock, table),
        HELD: {
            "Type": "Choice",
            "Comment": "Leases that have not ended fill it; else some have ended, or it changed hands just now.",
            "Choices": [
                {"Condition": jsonata(full), "Next": _taken(lock)},
                {"Condition": jsonata(ended), "Next": TAKE_ENDED},
            ],
            "Default": TAKE,
        },
        TAKE_ENDED: write("putItem", "Whose leases have ended keep no place.", left, TAKE),
    }


def _full(lock: Lock, then: str) -> State:
    """The end of a run for which there is no place: an error of its own, which is told as every failure is."""
    waited = f" for {lock.wait} s" if lock.wait else ""
    return {
        "Type": "Pass",
        "Comment": "A ceiling is told, and the job itself is not started.",
        "Assign": {
            "outcome": CEILING,
            "reason": f"{lock.runs} runs held lock {lock.name}{waited}, and no more may run at once (lock.runs)",
            "said": "",
        },
        "Next": then,
    }


_NAMES_OF_READERS = {key: name for key, name in _NAMES.items() if key != "#lock"} | {"#me": ME}


def _without(lock: Lock) -> States:
    """What a run does that finds the lock taken."""
    full = lock.runs > 1
    if lock.wait == 0:
        return {} if full else {SKIPPED: succeed(f"Another run holds lock {lock.name}; this one does nothing.")}
    pause = f"$max([{SHORTEST_WAIT}, $ceil({WAITED} / 50)])"
    if lock.wait == FOREVER:
        return {WAIT: _wait(pause, first(lock))}
    return {
        GIVE_UP: {
            "Type": "Choice",
            "Comment": f"A run waits {lock.wait} s for lock {lock.name}.",
            "Choices": [{"Condition": jsonata(f"{WAITED} < {lock.wait}"), "Next": WAIT}],
            "Default": FULL if full else SKIPPED_LATE,
        },
        # The last pause ends with the wait, at least a second long (Wait takes whole seconds from 0 on).
        WAIT: _wait(f"$max([1, $min([{pause}, $ceil({lock.wait} - {WAITED})])])", first(lock)),
        **({} if full else {SKIPPED_LATE: succeed(f"Lock {lock.name} was taken for {lock.wait} s; {_NOTHING}.")}),
    }


_NOTHING = "this run does nothing"


def _wait(seconds: str, then: str) -> State:
    return {"Type": "Wait", "Comment": "Waiters are not served in order.", "Seconds": jsonata(seconds), "Next": then}
