"""Are the expressions accepted by AWS itself? Asked by making a rule or schedule that is DISABLED, and removing it.

This is the one check that writes; it is made on request only. One name is used for all of them, so that a run that is
killed leaves at most one disabled rule without a target, which the next one takes over and removes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from converters.frame.place import Place
from migrate.aws.errors import error_code
from migrate.aws.session import Aws
from migrate.checks.model import Context, Line, Section, ok, problem, unchecked
from migrate.terminal.language import _


def probe_name(place: Place) -> str:
    """The name of the rule and of the schedule that are made and removed."""
    return place.name("check")


def try_out(context: Context, writer: Aws) -> Section:
    """One line for each different expression."""
    found = [(text, None) for spec in context.specs if not spec.schedule.timezone for text in spec.expressions]
    zoned = [
        (text, spec.schedule.timezone) for spec in context.specs if spec.schedule.timezone for text in spec.expressions
    ]
    lines = [*_rules(context, writer, [text for text, _zone in dict.fromkeys(found)])]
    lines += _schedules(context, writer, [(text, str(zone)) for text, zone in dict.fromkeys(zoned)])
    return Section("expressions", tuple(lines))


def _rules(context: Context, writer: Aws, texts: list[str]) -> Iterator[Line]:
    if not texts:
        return
    name, events = probe_name(context.aws.place(context.owner)), writer.client("events")
    try:
        for text in texts:
            yield _tried(text, lambda text=text: events.put_rule(Name=name, ScheduleExpression=text, State="DISABLED"))
    finally:
        # A rule without targets can be deleted at once.
        _removed(lambda: events.delete_rule(Name=name))


def _schedules(context: Context, writer: Aws, texts: list[tuple[str, str]]) -> Iterator[Line]:
    if not texts or not context.env.scheduler_role:
        return
    name, scheduler = probe_name(context.aws.place(context.owner)), writer.client("scheduler")
    # Scheduler takes no read-only call as a target (docs "Using universal targets": get, list, describe and more), so one
    # that sends, to no queue: the schedule is DISABLED, and gone a moment later.
    target = {
        "Arn": f"arn:{writer.partition}:scheduler:::aws-sdk:sqs:sendMessage",
        "RoleArn": writer.role_arn(context.env.scheduler_role),
        "Input": json.dumps({"QueueUrl": "none", "MessageBody": "none"}),
    }
    for text, zone in texts:
        request: dict[str, Any] = {
            "Name": name,
            "ScheduleExpression": text,
            "ScheduleExpressionTimezone": zone,
            "State": "DISABLED",
            "Target": target,
            "FlexibleTimeWindow": {"Mode": "OFF"},
        }
        _removed(lambda: scheduler.delete_schedule(Name=name))
        try:
            yield _tried(f"{text} {zone}", lambda request=request: scheduler.create_schedule(**request))
        finally:
            _removed(lambda: scheduler.delete_schedule(Name=name))


def _tried(text: str, call: Any) -> Line:
    from botocore.exceptions import ClientError

    try:
        call()
    except ClientError as error:
        # Only this says that the text itself is refused; AccessDenied or throttling says nothing of it.
        if error_code(error) == "ValidationException":
            said = error.response["Error"].get("Message", "")
            return problem("C621", _("AWS refuses {text}: {said}"), text=text, said=said)
        return unchecked(text, error)
    return ok(_("AWS accepts {text}"), text=text)


def _removed(call: Any) -> None:
    from botocore.exceptions import ClientError

    try:
        call()
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
