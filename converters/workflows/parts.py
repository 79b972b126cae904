"""Small parts that every state of a workflow is made of, in Amazon States Language with JSONata."""

from __future__ import annotations

import json
from collections.abc import Mapping

State = dict[str, object]
States = dict[str, State]

ME = "{% $states.context.Execution.Id %}"
"""The owner of a lock: the ARN of the execution."""
# The name for the optimized integration; through aws-sdk:dynamodb it is another.
TAKEN = "DynamoDB.ConditionalCheckFailedException"
# JSONata has millis; DynamoDB's TTL is in seconds.
NOW = "$floor($millis() / 1000)"
# StartTime is ISO text in the context object.
WAITED = "(($millis() - $toMillis($states.context.Execution.StartTime)) / 1000)"
INPUT = "$states.context.Execution.Input"

# A condition that does not hold is an answer; everything else may be a bad moment, and a write is safe to repeat.
DYNAMODB_RETRY: list[State] = [
    {"ErrorEquals": [TAKEN], "MaxAttempts": 0},
    {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "MaxAttempts": 5,
        "BackoffRate": 2.0,
        "JitterStrategy": "FULL",
    },
]


def jsonata(expression: str) -> str:
    return "{% " + expression + " %}"


def text_from_now(seconds: int) -> str:
    """JSONata for a moment as DynamoDB writes numbers: seconds since 1970, as text."""
    return f"$string({NOW} + {seconds})"


def seconds_from_now(seconds: int) -> str:
    """A DynamoDB number: seconds since 1970."""
    return jsonata(text_from_now(seconds))


def quoted(text: str) -> str:
    """A JSONata string literal. JSONata knows JSON's escapes only, and those have none for an apostrophe but ``\\u0027``."""
    return "'" + json.dumps(text, ensure_ascii=False)[1:-1].replace("'", "\\u0027") + "'"


def dynamodb(action: str, comment: str, arguments: Mapping[str, object], after: str, catch: list[State]) -> State:
    """``action`` is putItem, updateItem, deleteItem or getItem; ``after`` the state that follows a success."""
    return {
        "Type": "Task",
        "Comment": comment,
        "Resource": f"arn:aws:states:::dynamodb:{action}",
        "Arguments": dict(arguments),
        "Retry": DYNAMODB_RETRY,
        "Catch": catch,
        "Next": after,
    }


def on(errors: str, after: str, **assign: str) -> State:
    catcher: State = {"ErrorEquals": [errors], "Next": after}
    return catcher | ({"Assign": assign} if assign else {})


def cause_of_error() -> str:
    """The cause an error names; AWS leaves it out for a timeout, and JSONata fails on what is not there."""
    return "($exists($states.errorOutput.Cause) ? $string($states.errorOutput.Cause) : '')"


def went_wrong(error: str, what: str) -> dict[str, str]:
    """The variables that the ending after a failure tells of: our own name of the error, a sentence, no task's description."""
    said = "$exists($states.errorOutput.Error) ? $states.errorOutput.Error & ' ' : ''"
    return {
        "outcome": error,
        "reason": jsonata(f"$substring({quoted(what + ': ')} & ({said}) & {cause_of_error()}, 0, 1000)"),
        "said": "",
    }


def succeed(comment: str) -> State:
    return {"Type": "Succeed", "Comment": comment}


def choice(choices: list[tuple[str, str]], default: str) -> dict[str, object]:
    return {
        "Type": "Choice",
        "Choices": [{"Condition": condition, "Next": state} for condition, state in choices],
        "Default": default,
    }


def call(
    action: str, arguments: dict[str, object], then: str, assign: dict[str, object], else_: str, **more: str
) -> dict[str, object]:
    """A call whose refusal is no reason to say nothing: then the message has less in it."""
    onward = {"Output": "{% $states.input %}"}
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:{action}",
        **more,
        "Arguments": arguments,
        "Assign": assign,
        **onward,
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 2}],
        "Catch": [
            {"ErrorEquals": [name], **onward, "Next": else_} for name in ("States.DataLimitExceeded", "States.ALL")
        ],
        "Next": then,
    }
