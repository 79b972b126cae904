"""Rules, schedules and services of an account, whoever made them, as starters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from converters.inventory.makers import OURS, Maker, maker
from converters.inventory.model import Starter
from converters.inventory.times import by_expression
from converters.inventory.works import Work, of_target
from migrate.aws import services
from migrate.aws.at_once import at_once
from migrate.aws.inventory.definitions import Definitions
from migrate.aws.inventory.unread import Unread
from migrate.aws.ownership import described
from migrate.aws.services import LiveService
from migrate.aws.shared import tags_of

if TYPE_CHECKING:
    from migrate.aws.session import Aws

_Fields = Mapping[str, Any]
_NONE: list[Any] = []
_NO_TAGS: Mapping[str, str] = {}


def starters(aws: Aws, owner: str | None, unread: Unread) -> list[Starter]:
    """All of them; ``owner`` is the workspace's, whose jobs are told by our own tags."""
    definitions = Definitions(aws, unread)
    found = [*_rules(aws, unread), *_schedules(aws, unread), *_services(aws, unread)]
    works = definitions.of([works for _starter, works in found])
    return [_named(one, known, owner) for (one, _works), known in zip(found, works, strict=True)]


def _named(starter: Starter, works: Sequence[Work], owner: str | None) -> Starter:
    ours = starter.maker.by == OURS and starter.maker.name == owner
    return replace(starter, works=tuple(works), job=starter.maker.job if ours else "")


_Read = list[tuple[Starter, list[Work]]]


def _rules(aws: Aws, unread: Unread) -> _Read:
    """Of the default bus: AWS takes a schedule on no other (EventBridge user guide, "Creating a rule that runs on a
    schedule": "You can create scheduled rules using only the default event bus")."""
    pages = aws.client("events").get_paginator("list_rules").paginate(PaginationConfig={"PageSize": 100})
    listed = unread.ask("rules", lambda: [rule for page in pages for rule in page["Rules"]], _NONE)
    rules = [rule for rule in listed if rule.get("ScheduleExpression")]
    tags = _tags_by_page(aws, unread) if rules else {}
    return at_once(aws, [partial(_rule, aws, unread, rule, tags) for rule in rules])


def _rule(aws: Aws, unread: Unread, rule: _Fields, tags: Mapping[str, _Fields]) -> tuple[Starter, list[Work]]:
    events, name, arn = aws.client("events"), str(rule["Name"]), str(rule["Arn"])
    pages = events.get_paginator("list_targets_by_rule").paginate(Rule=name)
    targets = unread.ask("targets of rules", lambda: [one for page in pages for one in page["Targets"]], _NONE)
    own = tags.get(arn)
    if own is None:
        own = unread.ask(
            "tags of rules", lambda: tags_of(events.list_tags_for_resource(ResourceARN=arn).get("Tags", ())), _NO_TAGS
        )
    expression = str(rule["ScheduleExpression"])
    starter = Starter(
        kind="rule",
        name=name,
        place=str(rule.get("EventBusName", "default")),
        arn=arn,
        live=str(rule.get("State", "")).startswith("ENABLED"),
        expression=expression,
        maker=maker(own, str(rule.get("ManagedBy", ""))),
        times=by_expression(expression, None),
    )
    return starter, [of_target(one) for one in targets]


def _tags_by_page(aws: Aws, unread: Unread) -> dict[str, dict[str, str]]:
    """ARN -> tags of every rule that bears any: those of nobody are asked for one by one."""
    pages = aws.client("resourcegroupstaggingapi").get_paginator("get_resources")
    read = pages.paginate(ResourceTypeFilters=["events:rule"], ResourcesPerPage=100)
    return unread.ask(
        "tags by page",
        lambda: {one["ResourceARN"]: tags_of(one["Tags"]) for page in read for one in page["ResourceTagMappingList"]},
        {},
    )


def _schedules(aws: Aws, unread: Unread) -> _Read:
    """Of all groups: a list of them gives neither expression nor target, so each is asked for."""
    pages = aws.client("scheduler").get_paginator("list_schedules").paginate(MaxResults=100)
    listed = unread.ask("schedules", lambda: [one for page in pages for one in page["Schedules"]], _NONE)
    groups = sorted({str(one["GroupName"]) for one in listed} - {"default"})
    # A schedule carries no tags; its group does, and the default one cannot.
    tags = dict(zip(groups, at_once(aws, [partial(_group, aws, unread, group) for group in groups]), strict=True))
    found = at_once(aws, [partial(_schedule, aws, unread, one, tags) for one in listed])
    return [one for one in found if one]


def _group(aws: Aws, unread: Unread, name: str) -> dict[str, str]:
    arn = aws.arn("scheduler", f"schedule-group/{name}")
    return unread.ask(
        "tags of schedule groups",
        lambda: tags_of(aws.client("scheduler").list_tags_for_resource(ResourceArn=arn).get("Tags", ())),
        {},
    )


def _schedule(
    aws: Aws, unread: Unread, item: _Fields, tags: Mapping[str, _Fields]
) -> tuple[Starter, list[Work]] | None:
    name, group = str(item["Name"]), str(item["GroupName"])
    scheduler = aws.client("scheduler")
    # What the list tells is shown where the rest may not be read.
    fields: _Fields = unread.ask(
        "what schedules say", lambda: dict(scheduler.get_schedule(Name=name, GroupName=group)), dict(item)
    )
    expression, zone = str(fields.get("ScheduleExpression", "")), str(fields.get("ScheduleExpressionTimezone", "UTC"))
    marks = described(str(fields.get("Description", "")))
    by = (
        Maker(OURS, marks.owner, marks.job or "", marks.environment or "")
        if marks.owner
        else maker(tags.get(group, {}))
    )
    starter = Starter(
        kind="schedule",
        name=name,
        place=group,
        arn=str(fields.get("Arn", "")),
        live=fields.get("State", "ENABLED") == "ENABLED",
        expression=expression,
        timezone=zone,
        maker=by,
        times=by_expression(expression, _zone(zone)) if _zone(zone) or zone == "UTC" else lambda _window: None,
    )
    return starter, [of_target(fields.get("Target") or {})]


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):  # one that this machine's tz database does not have: its times are not known
        return None


def _services(aws: Aws, unread: Unread) -> _Read:
    clusters = unread.ask("clusters", lambda: services.every_cluster(aws), list[str]())
    found = at_once(aws, [partial(_of_cluster, aws, unread, cluster) for cluster in clusters])
    return [(_service(live), [_work(live)]) for lives in found for live in lives]


def _of_cluster(aws: Aws, unread: Unread, cluster: str) -> list[LiveService]:
    names = unread.ask("services", lambda: services.names(aws, cluster), list[str]())
    return (
        unread.ask("what services say", lambda: services.find_all(aws, cluster, names), list[LiveService]())
        if names
        else []
    )


def _service(live: LiveService) -> Starter:
    return Starter(
        kind="service",
        name=live.name,
        place=live.cluster.rpartition("/")[2],
        arn=str(live.fields.get("serviceArn", "")),
        live=live.desired > 0,
        maker=maker(live.tags),
    )


def _work(live: LiveService) -> Work:
    return Work(kind="ecs", arn=live.cluster, definition=live.task_definition)


def names_taken(aws: Aws, found: Sequence[Starter], unread: Unread) -> dict[tuple[str, str], Maker | None]:
    """(kind, name) -> its maker: of what was read already, and None for families and workflows, whose tags each cost a call."""
    there: dict[tuple[str, str], Maker | None] = {}
    for one in found:
        there[one.kind, one.name if one.kind == "rule" else f"{one.place}/{one.name}"] = one.maker
    ecs, states = aws.client("ecs"), aws.client("stepfunctions")
    families = ecs.get_paginator("list_task_definition_families").paginate(status="ACTIVE")
    machines = states.get_paginator("list_state_machines").paginate()
    for name in unread.ask("task families", lambda: [one for page in families for one in page["families"]], _NONE):
        there["task family", name] = None
    for machine in unread.ask("workflows", lambda: [one for page in machines for one in page["stateMachines"]], _NONE):
        there["workflow", str(machine["name"])] = None
    return there


def makers_of(
    aws: Aws, wanted: Sequence[tuple[str, str]], there: Mapping[tuple[str, str], Maker | None], unread: Unread
) -> dict[tuple[str, str], Maker]:
    """Of those names that a workspace wants, with the tags that were not read yet."""
    asked = [one for one in dict.fromkeys(wanted) if one in there]
    reads = [partial(_maker_of, aws, kind, name, there[kind, name], unread) for kind, name in asked]
    return dict(zip(asked, at_once(aws, reads), strict=True))


def _maker_of(aws: Aws, kind: str, name: str, known: Maker | None, unread: Unread) -> Maker:
    if known is not None:
        return known
    if kind == "task family":
        ecs = aws.client("ecs")
        return unread.ask(
            "tags of task definitions",
            lambda: maker(tags_of(ecs.describe_task_definition(taskDefinition=name, include=["TAGS"]).get("tags", ()))),
            Maker(),
        )
    arn, states = aws.arn("states", f"stateMachine:{name}"), aws.client("stepfunctions")
    return unread.ask(
        "tags of workflows",
        lambda: maker(tags_of(states.list_tags_for_resource(resourceArn=arn).get("tags", ()))),
        Maker(),
    )
