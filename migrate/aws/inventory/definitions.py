"""What the work of targets is: task definitions, job definitions and workflows, each read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from converters.inventory.works import Work, completed, inside
from converters.secrets.search import mask
from migrate.aws.at_once import at_once

if TYPE_CHECKING:
    from migrate.aws.inventory.unread import Unread
    from migrate.aws.session import Aws


class Definitions:
    """Of one account."""

    def __init__(self, aws: Aws, unread: Unread) -> None:
        self._aws, self._unread = aws, unread
        self._read: dict[tuple[str, str], dict[str, Any]] = {}

    def of(self, works: Sequence[Sequence[Work]]) -> list[list[Work]]:
        """The same, completed; behind a workflow stands what its states start."""
        self._fetch([("workflow", one.arn) for many in works for one in many if one.kind == "workflow" and one.arn])
        whole = [[*many, *(found for one in many for found in self._inside(one))] for many in works]
        self._fetch([(one.kind, one.definition) for many in whole for one in many if one.definition])
        return [[_masked(completed(one, self._read.get((one.kind, one.definition)))) for one in many] for many in whole]

    def _inside(self, work: Work) -> list[Work]:
        found = self._read.get(("workflow", work.arn), {}) if work.kind == "workflow" else {}
        return inside(str(found.get("definition", "")))

    def _fetch(self, wanted: Sequence[tuple[str, str]]) -> None:
        new = [one for one in dict.fromkeys(wanted) if one not in self._read and "{%" not in one[1]]
        answers = at_once(self._aws, [partial(self._one, kind, name) for kind, name in new])
        self._read |= dict(zip(new, answers, strict=True))

    def _one(self, kind: str, name: str) -> dict[str, Any]:
        aws = self._aws
        if kind == "ecs":
            return self._unread.ask(
                "task definitions",
                lambda: aws.client("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"],
                {},
            )
        if kind == "batch":
            return self._unread.ask("job definitions", lambda: _job_definition(aws, name), {})
        return self._unread.ask(
            "workflows", lambda: aws.client("stepfunctions").describe_state_machine(stateMachineArn=name), {}
        )


def _masked(work: Work) -> Work:
    """A command may hold a secret; from here on nobody has it."""
    return replace(work, command=mask(work.command)) if work.command else work


def _job_definition(aws: Aws, name: str) -> dict[str, Any]:
    """One revision, or the newest that is active: SubmitJob takes a name with or without its revision."""
    batch, whole = aws.client("batch"), name.rpartition("/")[2]
    asked: dict[str, Any] = (
        {"jobDefinitions": [name]} if ":" in whole else {"jobDefinitionName": whole, "status": "ACTIVE"}
    )
    found = batch.describe_job_definitions(**asked)["jobDefinitions"]
    return dict(max(found, key=lambda one: one["revision"])) if found else {}
