"""What an account starts already and no workspace owns, in the shapes of the AWS CLI: read as ``discover`` reads, then what the
inventory has no need of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from converters.inventory.makers import OURS
from converters.inventory.starts import starts_a_task
from migrate.aws import services
from migrate.aws.at_once import at_once
from migrate.aws.inventory.reading import starters
from migrate.aws.inventory.unread import Unread
from migrate.beginning.typed import Typed, checked

if TYPE_CHECKING:
    from converters.inventory.model import Starter
    from migrate.aws.session import Aws

_BY_AWS = "AWS"


@dataclass(slots=True)
class Discovered:
    """``others`` are labels of what starts something that is no task of ECS, ``owned`` of what a workspace has, ``makers`` of
    what is taken: label -> who made it, where that is known."""

    typed: Typed = field(default_factory=Typed)
    others: list[str] = field(default_factory=list)
    owned: list[str] = field(default_factory=list)
    makers: dict[str, str] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    region: str = ""


def discovered(aws: Aws) -> Discovered:
    """Rules, schedules and services with tasks of ECS; what may not be read is told, and the rest is taken."""
    unread, result = Unread(), Discovered(region=aws.region)
    wanted: list[Starter] = []
    for one in starters(aws, None, unread):
        if one.maker.by == OURS:
            result.owned.append(one.label)
        elif one.maker.by == _BY_AWS or not any(work.kind == "ecs" for work in one.works):
            result.others.append(one.label)
        else:
            wanted.append(one)
    raw = at_once(aws, [partial(_raw, aws, unread, one) for one in wanted])
    for one, (fields, targets) in zip(wanted, raw, strict=True):
        _keep(result, one, fields, targets)
    _definitions(aws, unread, result.typed)
    result.others.sort()
    result.unread = unread.missing
    return result


_NONE: list[dict[str, Any]] = []
_Raw = tuple[dict[str, Any], list[dict[str, Any]]]


def _raw(aws: Aws, unread: Unread, one: Starter) -> _Raw:
    """The fields of a rule with its targets, of a schedule or of a service; empty where they may not be read."""
    nothing: dict[str, Any] = {}
    if one.kind == "rule":
        events = aws.client("events")
        pages = events.get_paginator("list_targets_by_rule").paginate(Rule=one.name)
        targets = unread.ask("targets of rules", lambda: [got for page in pages for got in page["Targets"]], _NONE)
        # ListRules tells all of a rule but its tags, and `discover` may call it.
        found = events.get_paginator("list_rules").paginate(NamePrefix=one.name)
        rules = unread.ask("rules", lambda: [got for page in found for got in page["Rules"]], _NONE)
        return next((dict(rule) for rule in rules if rule["Name"] == one.name), nothing), targets
    if one.kind == "schedule":
        scheduler = aws.client("scheduler")
        read = partial(scheduler.get_schedule, Name=one.name, GroupName=one.place)
        return unread.ask("what schedules say", lambda: dict(read()), nothing), []
    live = unread.ask("what services say", lambda: services.find(aws, one.place, one.name), None)
    return (dict(live.fields) if live else nothing), []


def _keep(result: Discovered, one: Starter, fields: dict[str, Any], targets: Sequence[dict[str, Any]]) -> None:
    typed = result.typed
    if not fields:
        return  # it is told as not read, or it is gone meanwhile
    if one.kind == "rule":
        if not any(starts_a_task(target) for target in targets):
            result.others.append(one.label)
            return
        typed.rules[one.name] = checked(one.label, "rule", fields)
        typed.targets[one.name] = checked(one.label, "targets", {"Rule": one.name, "Targets": list(targets)})["Targets"]
    elif one.kind == "schedule":
        if not starts_a_task(fields.get("Target") or {}):
            result.others.append(one.label)
            return
        typed.schedules.append(checked(one.label, "schedule", fields))
    else:
        typed.services.append(checked(one.label, "service", fields))
    if one.maker.by and one.maker.by != "unknown":
        result.makers[one.label] = str(one.maker)


def _definitions(aws: Aws, unread: Unread, typed: Typed) -> None:
    """Each task definition that something starts, by the name that is used for it."""
    named = list(dict.fromkeys(start.family for start in typed.starts() if hasattr(start, "family")))
    ecs = aws.client("ecs")

    def read(name: str) -> Mapping[str, Any]:
        return unread.ask(
            "task definitions", lambda: dict(ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]), {}
        )

    answers = at_once(aws, [partial(read, name) for name in named])
    for name, answer in zip(named, answers, strict=True):
        if answer:
            typed.definitions[name] = checked(name, "definition", dict(answer))
