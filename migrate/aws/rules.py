"""EventBridge rules: one for each expression of a job, made DISABLED, never switched by ``register``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from converters.findings.few import counted
from migrate.aws import tag_index, targets
from migrate.aws.errors import error_code
from migrate.aws.ownership import SPEC, Marks, Owner, Tags, missing_tags, only_unmarked
from migrate.aws.seen import BY_STEM, Kind, by_stem
from migrate.aws.session import Aws
from migrate.aws.shared import tags_of
from migrate.aws.steps import Action, Change, Made, Step
from migrate.errors import UserError

# Members of DescribeRule's answer that PutRule would erase if they were not sent again.
_KEPT = ("ScheduleExpression", "EventPattern", "State", "Description", "RoleArn")


@dataclass(slots=True)
class LiveRule:
    """A rule on AWS with its tags and all its targets."""

    name: str
    arn: str
    fields: dict[str, Any]
    tags: Tags
    targets: list[dict[str, Any]] = field(default_factory=list)

    @property
    # ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS is on as well.
    def enabled(self) -> bool:
        return str(self.fields.get("State", "")).startswith("ENABLED")

    @property
    def expression(self) -> str:
        return str(self.fields.get("ScheduleExpression", ""))

    def target_of(self, owner: Owner, *, adopt: bool = False) -> dict[str, Any] | None:
        """Our target: by its id, else by the family it starts; when adopting, the only ECS target there is."""
        # A target that somebody renamed is still known by the family it starts.
        for target in self.targets:
            if target["Id"] == owner.job:
                return target
        tasks = [target for target in self.targets if targets.family_of(target)]
        same_family = [target for target in tasks if targets.family_of(target) == owner.name]
        found = same_family or (tasks if adopt and len(tasks) == 1 else [])
        return found[0] if found else None


def find(aws: Aws, name: str) -> LiveRule | None:
    """The rule with its tags and targets; None where there is none."""
    return aws.once(RULE, name, lambda: _read(aws, name))


RULE: Kind[LiveRule | None] = Kind("rule")
_LISTED: Kind[Mapping[str, dict[str, Any]]] = Kind("rules")


def listed(aws: Aws) -> Mapping[str, dict[str, Any]]:
    """Every rule of the account by name, as ListRules tells of it: all but tags and targets."""
    return aws.once(_LISTED, "", lambda: {rule["Name"]: rule for rule in _pages(aws)})


def _pages(aws: Aws, prefix: str = "") -> Iterator[dict[str, Any]]:
    token = {"NamePrefix": prefix} if prefix else {}
    while True:
        page = aws.client("events").list_rules(Limit=100, **token)
        yield from page["Rules"]
        if not page.get("NextToken"):
            return
        token["NextToken"] = page["NextToken"]


def _read(aws: Aws, name: str) -> LiveRule | None:
    from botocore.exceptions import ClientError

    events = aws.client("events")
    try:
        # ListRules tells all of a rule that DescribeRule does, for a hundred of them in one call.
        answer = listed(aws).get(name) if aws.seen else events.describe_rule(Name=name)
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            return None
        raise
    if answer is None:
        return None
    # DescribeRule has no tags.
    arn = answer["Arn"]
    tags = tag_index.tags(aws, arn, lambda: tags_of(events.list_tags_for_resource(ResourceARN=arn)["Tags"]))
    fields = {key: answer[key] for key in (*_KEPT, "ManagedBy") if answer.get(key)}
    rule = LiveRule(name, arn, fields, tags)
    token: dict[str, str] = {}
    while True:
        page = events.list_targets_by_rule(Rule=name, **token)
        rule.targets += page["Targets"]
        if not page.get("NextToken"):
            return rule
        token = {"NextToken": page["NextToken"]}


def find_all(aws: Aws, owner: Owner) -> list[LiveRule]:
    """Every rule of a job of ours, in the order NAME, NAME-2, NAME-3 …"""
    found = [find(aws, name) for name in candidates(aws, owner)]
    ours = [rule for rule in found if rule and owner.owns(rule.tags)]
    return sorted(ours, key=lambda rule: 1 if rule.name == owner.name else int(rule.name.rpartition("-")[2]))


def candidates(aws: Aws, owner: Owner) -> list[str]:
    """The names of those that are there and may be the job's by their names."""
    # A prefix search finds the names of other jobs, too: NAME-2 and NAME-backup begin alike.
    pattern = re.compile(re.escape(owner.name) + r"(-(\d+))?|" + re.escape(rule_name(owner.name, 10)[:-3]) + r"-(\d+)")
    stems = dict.fromkeys([owner.name, rule_name(owner.name, 10)[:-3]])
    if aws.seen:
        known = aws.once(BY_STEM, "rules", lambda: by_stem(listed(aws)))
        names = [name for stem in stems for name in known.get(stem, ())]
    else:
        names = [rule["Name"] for stem in stems for rule in _pages(aws, stem)]
    return [name for name in dict.fromkeys(names) if pattern.fullmatch(name)]


def rule_name(name: str, number: int) -> str:
    """For a job's ``name`` on AWS: NAME, NAME-2, NAME-3 …; one too long for a number loses its end, for all numbers alike."""
    # EventBridge: 64 characters.
    return name if number == 1 else f"{name[:61]}-{number}"


def assign_names(first: str, live: Mapping[str, str], expressions: Sequence[str]) -> dict[str, str]:
    """Rule name -> expression; ``first`` is the job's name on AWS. ``live`` maps the names of our rules to their expressions:
    what still is wanted keeps its rule, what is new takes over a rule that is not wanted any more, then the next free number.
    """
    result: dict[str, str] = {}
    for expression in expressions:
        name = next((name for name, text in live.items() if text == expression and name not in result), None)
        # A rule that stays keeps its switch, its metrics and its alarms.
        if name:
            result[name] = expression
    free = iter([name for name in live if name not in result])
    numbers = (rule_name(first, number) for number in count(1))
    for expression in expressions:
        if expression not in result.values():
            name = next(free, None) or next(name for name in numbers if name not in result and name not in live)
            result[name] = expression
    return result


@dataclass(frozen=True, slots=True)
class WantedRule:
    """One expression of a job and what it starts."""

    name: str
    expression: str
    target: dict[str, Any]
    owner: Owner
    digest: str
    revision: str | None
    written: Sequence[Mapping[str, int]] = ()
    """Retry policies that are ours to change."""

    def tags(self) -> Tags:
        return {**self.owner.tags(), SPEC: self.digest}


def check_owner(live: LiveRule, owner: Owner, *, adopt: bool) -> None:
    """Raises UserError for a rule that is not ours, unless it is to be adopted; AWS's own rules never are."""
    # Rules of AWS services cannot be changed without force, and are not ours.
    if live.fields.get("ManagedBy"):
        raise UserError(f"the rule {live.name} is managed by {live.fields['ManagedBy']}; rename the job")
    owner.refuse("rule", live.name, Marks.of(live.tags), adopt=adopt)


def plan(live: LiveRule | None, wanted: WantedRule, *, adopt: bool) -> list[Step]:
    """A rule and its target. A new rule comes before its target; for one that exists the tags come last, so that
    a run that was cut short is seen as unfinished."""
    old_target = live.target_of(wanted.owner, adopt=adopt) if live else None
    merged = targets.merge(old_target, wanted.target, wanted.revision or targets.NEW_REVISION, wanted.written)
    merged["Id"] = old_target["Id"] if old_target else _free_id(live, wanted.owner.job)
    action: Action = "drift" if live and live.tags.get(SPEC) == wanted.digest else "change"
    target = _target_step(live, old_target, merged, wanted, action)
    if live is None:
        # DISABLED: nothing starts before somebody has looked at it.
        changes = [Change("ScheduleExpression", None, wanted.expression), Change("State", None, "DISABLED")]
        return [
            Step("rule", wanted.name, "add", changes, lambda aws, made: _create(aws, wanted), "made DISABLED"),
            target,
        ]
    return [target, _rule_step(live, wanted, action)]


def _free_id(live: LiveRule | None, job: str) -> str:
    taken = {target["Id"] for target in live.targets} if live else set()
    return job if job not in taken else f"{job[:50]}-cron2fargate"


def _target_step(
    live: LiveRule | None, old: dict[str, Any] | None, merged: dict[str, Any], wanted: WantedRule, action: Action
) -> Step:
    changes = targets.difference(old, merged)
    name = wanted.name if merged["Id"] == wanted.name else f"{wanted.name} / {merged['Id']}"
    if not changes:
        return Step("target", name, "same", note=_others(live, merged))
    note = _others(live, merged)
    if old is None:
        action, note = "add", "; ".join(filter(None, [targets.gist(merged), note]))

    def write(aws: Aws, made: Made) -> None:
        if "EcsParameters" in merged:
            merged["EcsParameters"]["TaskDefinitionArn"] = wanted.revision or made.task_definition
        _put_target(aws, wanted.name, merged)

    return Step("target", name, action, changes, write, note)


def _others(live: LiveRule | None, merged: dict[str, Any]) -> str:
    others = sum(1 for target in live.targets if target["Id"] != merged["Id"]) if live else 0
    return counted(others, "other target of the rule stays", "other targets of the rule stay") if others else ""


def _rule_step(live: LiveRule, wanted: WantedRule, action: Action) -> Step:
    changes = []
    if live.expression != wanted.expression:
        changes.append(Change("ScheduleExpression", live.expression or None, wanted.expression))
    missing = missing_tags(live.tags, wanted.tags())
    # The mark alone is no change to show: it follows from the others.
    if set(missing) - {SPEC} or (missing and not changes):
        changes += [Change(f"tag {key}", live.tags.get(key), value) for key, value in missing.items()]
    state = str(live.fields.get("State", ""))
    if live.expression == wanted.expression and (not missing or only_unmarked(live.tags, missing)):
        return Step("rule", wanted.name, "same", note=state)

    def write(aws: Aws, made: Made) -> None:
        if live.expression != wanted.expression:
            _change_expression(aws, wanted)
        if missing:
            tags = [{"Key": key, "Value": value} for key, value in missing.items()]
            # PutRule ignores Tags on a rule that exists (its API reference), so they are a call of their own.
            aws.client("events").tag_resource(ResourceARN=live.arn, Tags=tags)

    return Step("rule", wanted.name, action, changes, write, f"stays {state}")


def _create(aws: Aws, wanted: WantedRule) -> None:
    """UserError for a rule that came into being since the plan: PutRule would replace it, whosever it is."""
    if _read(aws, wanted.name) is not None:
        raise UserError(f"a rule {wanted.name} was made meanwhile; register again, and it is seen")
    aws.client("events").put_rule(
        Name=wanted.name,
        ScheduleExpression=wanted.expression,
        State="DISABLED",
        Description=f"Job {wanted.owner.job} of {wanted.owner.owner}, made by cron2fargate",
        Tags=[{"Key": key, "Value": value} for key, value in wanted.tags().items()],
    )


def _change_expression(aws: Aws, wanted: WantedRule) -> None:
    """PutRule replaces the rule, so it is read again right before: somebody may have switched it meanwhile."""
    answer = aws.client("events").describe_rule(Name=wanted.name)
    # What is left out of PutRule is reset: a rule without State comes back ENABLED.
    kept = {key: answer[key] for key in _KEPT if answer.get(key)}
    aws.client("events").put_rule(**{"Name": wanted.name, **kept, "ScheduleExpression": wanted.expression})


def _put_target(aws: Aws, rule: str, target: dict[str, Any]) -> None:
    answer = aws.client("events").put_targets(Rule=rule, Targets=[target])
    _check_entries(answer, f"the target of rule {rule} was not taken")


def _check_entries(answer: dict[str, Any], what: str) -> None:
    """PutTargets and RemoveTargets answer 200 even when they did nothing."""
    if answer.get("FailedEntryCount"):
        failed = answer.get("FailedEntries", [{}])[0]
        raise UserError(f"{what}: {failed.get('ErrorCode', '?')} {failed.get('ErrorMessage', '')}".rstrip())


def plan_removal(live: LiveRule, owner: Owner) -> Step:
    """For a rule of ours whose expression is gone from ecs.yml; targets of others keep it alive."""
    own = [
        target["Id"] for target in live.targets if targets.family_of(target) == owner.name or target["Id"] == owner.job
    ]
    others = len(live.targets) - len(own)

    # DeleteRule refuses a rule that has targets.
    def write(aws: Aws, made: Made) -> None:
        events = aws.client("events")
        if live.enabled and not others:
            # A run that ends between the next two calls must not leave a rule that is on and starts nothing.
            events.disable_rule(Name=live.name)
        if own:
            _check_entries(
                events.remove_targets(Rule=live.name, Ids=own), f"the target of rule {live.name} was not removed"
            )
        if not others:
            events.delete_rule(Name=live.name)

    note = (
        counted(others, "target of others keeps the rule", "targets of others keep the rule")
        if others
        else "its expression is gone from ecs.yml"
    )
    return Step("rule", live.name, "remove", [Change("ScheduleExpression", live.expression, None)], write, note)


def switch(aws: Aws, live: LiveRule, *, on: bool) -> None:
    """EnableRule or DisableRule: the one call that changes nothing else."""
    # EnableRule and DisableRule keep everything else, where PutRule replaces.
    events = aws.client("events")
    (events.enable_rule if on else events.disable_rule)(Name=live.name)


def is_marked(live: LiveRule, digest: str) -> bool:
    """Whether the rule was last written for this very spec, so that what differs now was changed on AWS."""
    return live.tags.get(SPEC) == digest
