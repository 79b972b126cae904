"""Rules of the shared part, with their targets: the failure rule, those that tell Slack and Datadog, the watchman's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from converters.frame.telling import MAX_PATTERN
from migrate.aws import rules
from migrate.aws.ownership import Tags, missing_tags
from migrate.aws.session import Aws
from migrate.aws.settling import settled
from migrate.aws.shared import differences, document, foreign, listed, ours
from migrate.aws.steps import Change, Step
from migrate.errors import UserError

KIND = "failure rule"


def live_pattern(aws: Aws, name: str) -> dict[str, Any]:
    """The pattern on AWS; empty where there is none."""
    live = rules.find(aws, name)
    return dict(document(live.fields.get("EventPattern")) or {}) if live else {}


def plan(
    aws: Aws,
    name: str,
    description: str,
    pattern: dict[str, Any] | str,
    target: Callable[[Aws], dict[str, Any] | None],
    tags: Tags,
) -> Step:
    """A rule of ours with one target. ``target`` is asked again when the step is written, as it may hold the ARN of
    what an earlier step makes; None means that this is not there yet. A ``pattern`` that is text is a schedule's expression."""
    text = pattern if isinstance(pattern, str) else json.dumps(pattern, separators=(",", ":"), ensure_ascii=False)
    when = "ScheduleExpression" if isinstance(pattern, str) else "EventPattern"
    # docs "Amazon EventBridge quotas": 2,048 characters.
    if len(text) > MAX_PATTERN:
        raise UserError(
            f"the event pattern of {name} would have {len(text):,} characters and {MAX_PATTERN:,} are allowed; "
            "set notify.output for fewer jobs, or name fewer clusters"
        )
    live = rules.find(aws, name)
    # Rules of before have no environment; with one, the other environments leave them alone.
    missing = missing_tags(live.tags, tags) if live else {}

    def write(aws: Aws, made: object) -> None:
        known = {"Tags": listed(tags)} if live is None else {}
        if missing:
            # PutRule ignores Tags on a rule that exists.
            aws.client("events").tag_resource(ResourceARN=live.arn if live else "", Tags=listed(missing))
        # A rule that somebody switched off stays off.
        state = live.fields.get("State", "ENABLED") if live else "ENABLED"
        aws.client("events").put_rule(**{when: text}, Name=name, State=state, Description=description, **known)
        wanted = target(aws)
        if wanted:
            # A role made seconds ago may not be assumed yet.
            answer = settled(aws.client("events").put_targets, Rule=name, Targets=[wanted])
            # PutTargets answers 200 with FailedEntryCount.
            if answer.get("FailedEntryCount"):
                raise UserError(f"the target of rule {name} was not taken: {answer['FailedEntries'][0]}")

    if live is None:
        return Step(KIND, name, "add", [], write, "ENABLED")
    if not ours(live.tags, tags):
        return foreign(KIND, name, live.tags)
    wanted = target(aws)
    there = live.fields.get(when)
    before = {
        when: there if isinstance(pattern, str) else document(there),
        "Description": live.fields.get("Description"),
    }
    changes = differences(before, {when: pattern, "Description": description})
    if wanted:
        old = next((item for item in live.targets if item["Id"] == wanted["Id"]), {})
        changes += differences(old, wanted)
    else:
        changes.append(Change("target", None, "(made by this run)"))
    changes += [Change(f"tag {key}", live.tags.get(key), value) for key, value in missing.items()]
    note = str(live.fields.get("State", ""))
    return Step(KIND, name, "change", changes, write, note) if changes else Step(KIND, name, "same", note=note)
