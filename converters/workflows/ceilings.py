"""Ceilings of an environment at run time: how many starts of its workflows may be made in one minute and in one hour.

Each start adds one to an item of the lock table for the minute, and to one for the hour, in a write whose condition is that it
has not reached its number; who finds it reached starts no task and fails as `CeilingReached`, which is told as every failure
is. Minutes and hours are those of the clock in UTC, at the moment of the start. A start that cannot be counted is made all the
same: a table that does not answer for a while must not keep a night's jobs from running.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from converters.workflows.locks import CEILING
from converters.workflows.parts import TAKEN, State, States, dynamodb, jsonata, on, quoted, seconds_from_now

KEPT = 2 * 86_400
"""Seconds for which a count is kept: long beyond its hour, so that whoever is told may look."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The most starts in a minute and in an hour; None: no ceiling."""

    per_minute: int | None = None
    per_hour: int | None = None

    def __bool__(self) -> bool:
        return self.per_minute is not None or self.per_hour is not None


NO_CEILINGS = Ceilings()


@dataclass(frozen=True, slots=True)
class _Span:
    """``shown`` are the first characters of an instant as ISO 8601 that tell one span from another."""

    word: str
    shown: int
    most: int
    setting: str

    @property
    def state(self) -> str:
        return f"Count the starts of this {self.word}"

    @property
    def above(self) -> str:
        return f"As many starts as may be in this {self.word}"


def _spans(ceilings: Ceilings) -> Iterator[_Span]:
    # The minute first: a start that the hour refuses may take a place of its minute, and not the other way round.
    if ceilings.per_minute is not None:
        yield _Span("minute", len("2027-01-31T03:15"), ceilings.per_minute, "ceilings.startsPerMinute")
    if ceilings.per_hour is not None:
        yield _Span("hour", len("2027-01-31T03"), ceilings.per_hour, "ceilings.startsPerHour")


def first(ceilings: Ceilings) -> str | None:
    """The first state of them; None where there is no ceiling."""
    return next((span.state for span in _spans(ceilings)), None)


def count(ceilings: Ceilings, table: str, begin: str, then: str, refused: str) -> States:
    """The states that count a start, on the way to ``then``; one too many goes to ``refused``. ``begin`` is what the keys of
    the items begin with."""
    spans = list(_spans(ceilings))
    found: States = {}
    for at, span in enumerate(spans):
        onward = spans[at + 1].state if at + 1 < len(spans) else then
        found[span.state] = _counted(span, table, begin, onward)
        found[span.above] = _refused(span, refused)
    return found


def _counted(span: _Span, table: str, begin: str, then: str) -> State:
    key = jsonata(f"{quoted(f'{begin}{span.word}#')} & $substring($now(), 0, {span.shown}) & 'Z'")
    arguments = {
        "TableName": table,
        "Key": {"lock": {"S": key}},
        "UpdateExpression": "ADD #starts :one SET #expires = :until",
        "ConditionExpression": "attribute_not_exists(#starts) OR #starts < :most",
        "ExpressionAttributeNames": {"#starts": "starts", "#expires": "expires"},
        "ExpressionAttributeValues": {
            ":one": {"N": "1"},
            ":most": {"N": str(span.most)},
            ":until": {"N": seconds_from_now(KEPT)},
        },
    }
    comment = f"At most {span.most} starts of the environment in one {span.word}; what cannot be counted is started."
    return dynamodb("updateItem", comment, arguments, then, [on(TAKEN, span.above), on("States.ALL", then)])


def _refused(span: _Span, then: str) -> State:
    return {
        "Type": "Pass",
        "Comment": "A ceiling is told, and the job itself is not started.",
        "Assign": {
            "outcome": CEILING,
            "reason": f"{span.most} starts were made in this {span.word}, and no more may be ({span.setting})",
            "said": "",
        },
        "Next": then,
    }
