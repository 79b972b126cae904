"""Edges of the Terraform export: where a value names a thing, it becomes a reference to its resource, or a data source."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from migrate.export.hcl import Block, Json
from migrate.export.marks import ACCOUNT, mark
from migrate.export.units import Export

REFERENCE = "reference "


def identifier(name: str) -> str:
    """A name of Terraform's own, for two names never the same; those that begin with a digit get a word before."""
    # What begins as such a word would begin gets one more, or `9-a` and `job_9-a` were one address.
    text = f"job_{name}" if re.match(r"(job_)*[^A-Za-z_]", name) else name
    return text if re.fullmatch(r"[\w-]+", text, re.ASCII) else _spelled(text)


def _spelled(name: str) -> str:
    # `a.b` and `a+b` stay two: what no name may hold is spelled out, and so is the sign that says so.
    return "".join(c if c.isascii() and (c.isalnum() or c == "-") else f"_{ord(c):x}_" for c in name)


@dataclass(frozen=True, slots=True)
class Link:
    """A thing that others name: how its resource is addressed, and by which argument a data source finds it."""

    kind: str
    word: str
    attribute: str
    lookup: str
    name: str

    @property
    def address(self) -> str:
        return f"{self.kind}.{self.word}"


class Links:
    """Every thing of an export that others name: by ARN anywhere, by name where only a name can stand."""

    def __init__(self, exported: Export) -> None:
        frame, place = exported.frame, exported.frame.place
        self.arns: dict[str, Link] = {}
        self.names: dict[tuple[str, str], Link] = {}
        for name in frame.clusters:
            self.arns[place.arn("ecs", f"cluster/{name}")] = _arn(
                "aws_ecs_cluster", identifier(name), name, "cluster_name"
            )
        for role in frame.roles:
            self.arns[place.role(role.name)] = _arn("aws_iam_role", role_word(role.name), role.name)
        if frame.queue:
            self.arns[frame.queue_arn] = _arn("aws_sqs_queue", "dead_letters", frame.queue)
        self.arns[frame.topic_arn] = _arn("aws_sns_topic", "failures", frame.topic)
        self.arns[frame.notifier_arn] = _arn("aws_sfn_state_machine", "notify", frame.notifier)
        for unit in exported.units:
            if unit.machine:
                link = _arn("aws_sfn_state_machine", identifier(unit.name), unit.on_aws)
                self.arns[place.machine(unit.name)] = link
            if unit.log_group:
                self._name("awslogs-group", "aws_cloudwatch_log_group", identifier(unit.name), unit.log_group)
        if frame.log_group:
            self._name("awslogs-group", "aws_cloudwatch_log_group", "shared", frame.log_group)
        if frame.lock_table:
            self._name("TableName", "aws_dynamodb_table", "locks", frame.lock_table)
        if frame.schedule_group:
            # The provider has no data source for a group; where it is not made beside, its name stands as text.
            self.names["group_name", frame.schedule_group] = Link(
                "aws_scheduler_schedule_group", "jobs", "name", "", frame.schedule_group
            )
        # A name goes on with these signs: `…role/a` is not `…role/a-b`, nor `…cluster/a` the start of `…cluster/a/b`.
        longest = sorted(self.arns, key=len, reverse=True)
        self._any = re.compile(f"({'|'.join(map(re.escape, longest))})(?![\\w./+=@-])")
        self._role = re.compile(f"arn:[^:]+:iam::{ACCOUNT}:role/(?:.+/)?([^/]+)")

    def _name(self, key: str, kind: str, word: str, name: str) -> None:
        self.names[key, name] = Link(kind, word, "name", "name", name)

    def linked(self, value: Any, expression: Callable[[Link], str | None]) -> Any:
        """The value with a reference where it names a thing; ``expression`` gives it, or None to leave the text."""
        if isinstance(value, Json):
            return Json(self.linked(value.value, expression))
        if isinstance(value, Block):
            return Block(value.kind, value.labels, self.items(value.items, expression), value.comment)
        if isinstance(value, dict):
            return {key: self._member(key, inner, expression) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.linked(item, expression) for item in value]
        return self._text(value, expression) if isinstance(value, str) else value

    def items(self, items: Iterable[Any], expression: Callable[[Link], str | None]) -> list[Any]:
        """The items of a block, linked."""
        return [
            self.linked(item, expression)
            if isinstance(item, Block)
            else (item[0], self._member(item[0], item[1], expression))
            for item in items
        ]

    def _member(self, key: str, value: Any, expression: Callable[[Link], str | None]) -> Any:
        link = self.names.get((key, value)) if isinstance(value, str) else None
        found = expression(link) if link else None
        return mark(REFERENCE + found) if found else self.linked(value, expression)

    def _text(self, text: str, expression: Callable[[Link], str | None]) -> str:
        def one(match: re.Match[str]) -> str:
            found = expression(self.arns[match[1]])
            return mark(REFERENCE + found) if found else match[1]

        result = self._any.sub(one, text)
        others = self._role.fullmatch(result)
        if others is None:
            return result
        # Somebody else's role, named by its name alone: looked up, so that a plan fails where it is not there.
        found = expression(_arn("aws_iam_role", f"other_{identifier(others[1])}", others[1]))
        return mark(REFERENCE + found) if found else result


def _arn(kind: str, word: str, name: str, lookup: str = "name") -> Link:
    return Link(kind, word, "arn", lookup, name)


def role_word(name: str) -> str:
    """Of a role of ours; its last word tells it from the others."""
    return name.rpartition("-")[2]


def data_of(link: Link) -> Block:
    return Block("data", (link.kind, link.word), [(link.lookup, link.name)])
