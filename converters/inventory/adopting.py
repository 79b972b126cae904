"""Task definitions and what starts them -> jobs: the mapping of each ecs.yml, what of it belongs in the settings, and a
sentence for whatever was left out or changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from converters.inventory.drafts import Draft, draft
from converters.inventory.starts import NotTaken, Start
from converters.specs.untyped import Fields, fields, listed, rows
from converters.tables.file_names import alike, is_device

_LONGEST = 64
_MOST_TASKS = 10


@dataclass(slots=True)
class Adopted:
    """One job. ``draft`` is its task definition, ``schedule`` what ecs.yml says of its starts; the rest is for the settings."""

    name: str
    start: Start
    expressions: list[str]
    draft: Draft
    execution_role: str = ""
    task_role: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        return [*self.start.notes, *self.draft.notes]

    def spec(self, region: str) -> dict[str, object]:
        """The mapping of its ecs.yml, in the key order of the file."""
        start, result = self.start, {"type": "FARGATE"}
        cluster = cluster_name(start.cluster, region)
        made: dict[str, object] = {**result, **({"cluster": cluster} if cluster else {}), "name": self.name}
        made["containers"] = self.draft.containers
        if self.expressions:
            made["schedule"] = self._schedule()
        if start.provider:
            made["capacityProvider"] = start.provider
        more = dict(self.draft.more)
        if "architecture" in more:
            made["architecture"] = more.pop("architecture")
        if not self.expressions:
            made["service"] = {"desiredCount": min(start.count, _MOST_TASKS) if start.kind == "service" else 0}
        made |= more
        passed = self.draft.pass_on()
        return made | ({"taskDefinition": passed} if passed else {})

    def _schedule(self) -> dict[str, object]:
        start = self.start
        made: dict[str, object] = {
            "scheduleExpression": self.expressions[0] if len(self.expressions) == 1 else self.expressions
        }
        if start.timezone:
            made["timezone"] = start.timezone
        if start.window:
            made["flexibleWindow"] = start.window
        return made | {"taskCount": start.count}


def adopt(
    definitions: Mapping[str, Fields], starts: Iterable[Start | NotTaken]
) -> tuple[list[Adopted], list[NotTaken]]:
    """``definitions`` by every name that a target may use: ARN, ``family:revision``, ``family``. Those that nothing starts
    become jobs without a schedule."""
    left: list[NotTaken] = []
    jobs: list[Adopted] = []
    used: set[str] = set()
    taken: dict[str, str] = {}
    for start, expressions in _joined(starts, left):
        definition = found(definitions, start.family)
        if definition is None:
            why = f"no file has its task definition {short(start.family)}; add what describe-task-definition says of it"
            left.append(NotTaken(start.label, why))
            continue
        used.add(str(definition.get("family")))
        jobs.append(_job(start, expressions, definition, taken))
    for definition in {id(one): one for one in definitions.values()}.values():
        family = str(definition.get("family"))
        if family not in used:
            start = Start(kind="nothing", name=family, family=family)
            jobs.append(_job(start, [], definition, taken))
    return jobs, left


def found(definitions: Mapping[str, Fields], named: str) -> Fields | None:
    """A task definition by what a target calls it."""
    return next((definitions[one] for one in (named, short(named), family_of(named)) if one in definitions), None)


def short(named: str) -> str:
    """``family:revision`` of an ARN."""
    return named.rpartition("/")[2]


def family_of(named: str) -> str:
    return short(named).partition(":")[0]


def _joined(starts: Iterable[Start | NotTaken], left: list[NotTaken]) -> list[tuple[Start, list[str]]]:
    """Rules NAME, NAME-2 .. that start one family NAME in the same way are one job with several expressions, as register makes
    them."""
    joined: dict[object, tuple[Start, list[str]]] = {}
    for one in starts:
        if isinstance(one, NotTaken):
            left.append(one)
            continue
        base = re.sub(r"-\d+$", "", one.name)
        key: object = len(joined)
        if one.kind in ("rule", "schedule") and family_of(one.family) in (base, one.name):
            same = replace(one, name="", expression="", notes=(), retry={})
            key = (family_of(one.family), repr(same))
        if key in joined:
            joined[key][1].append(one.expression)
        else:
            joined[key] = (one, [one.expression] if one.expression else [])
    return list(joined.values())


def _job(start: Start, expressions: list[str], definition: Fields, taken: dict[str, str]) -> Adopted:
    name, notes = _name(start, taken)
    made = draft(_overridden(definition, start, notes))
    family = str(definition.get("family", ""))
    if start.kind != "nothing" and family != name:
        notes.append(f"its task definition gets the job's name, {name}; {family} stays as it is")
    if start.kind == "nothing":
        notes.append(
            "no file says when it starts: write schedule in the place of service, or give the JSON of its rule"
        )
    if start.kind == "service" and start.count > _MOST_TASKS:
        notes.append(f"{start.label}: {start.count} tasks are more than ecs.yml takes; it gets {_MOST_TASKS}")
    made.notes = notes + made.notes
    tags = {str(one.get("key")): str(one.get("value", "")) for one in rows(definition.get("tags"))}
    tags = {
        key: value
        for key, value in {**tags, **start.tags}.items()
        if not key.lower().startswith("aws:") and not key.startswith("cron2fargate:")
    }
    return Adopted(
        name,
        start,
        expressions,
        made,
        execution_role=str(definition.get("executionRoleArn") or ""),
        task_role=str(definition.get("taskRoleArn") or ""),
        tags=tags,
        regions=tuple(_regions(definition, start)),
        sources=tuple(
            one for one in (start.label if start.kind != "nothing" else "", f"task definition {family}") if one
        ),
    )


def _name(start: Start, taken: dict[str, str]) -> tuple[str, list[str]]:
    """The start's own name where a job may bear it and no other job does."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", start.name).strip("-_")[:_LONGEST] or "job"
    if is_device(name):
        name = f"{name}-job"[:_LONGEST]
    base, number = name, 2
    while alike(name) in taken:
        name = f"{base[: _LONGEST - 4]}-{number}"
        number += 1
    taken[alike(name)] = start.label
    # A rule of another name is none that register would update.
    if name != start.name and start.kind != "nothing":
        return name, [f"{start.label} becomes the job {name}; switch {start.name} off once the job is on"]
    return name, []


def _overridden(definition: Fields, start: Start, notes: list[str]) -> dict[str, object]:
    """The definition with what the target's input puts in its place."""
    boxes = [dict(one) for one in rows(definition.get("containerDefinitions"))]
    names = {str(one.get("name")): one for one in boxes}
    for name, given in start.told.items():
        if name not in names:
            notes.append(f"{start.label}: its input tells container {name}, which is not there; that is left out")
            continue
        box = names[name]
        if isinstance(given.get("command"), list):
            box["command"] = [str(word) for word in listed(given["command"])]
        variables = [one for one in rows(given.get("environment")) if one.get("name")]
        if variables:
            own = {str(one["name"]): str(one.get("value", "")) for one in [*rows(box.get("environment")), *variables]}
            box["environment"] = [{"name": key, "value": value} for key, value in own.items()]
    if start.told:
        # What others set in a target stays when it is adopted, and an override wins over the task definition.
        notes.append(
            f"{start.label}: what its input puts in the place of the task definition's stands in ecs.yml; where --adopt takes "
            "the target over, its input stays and wins until somebody takes it out"
        )
    return {**definition, "containerDefinitions": boxes}


_ARN = re.compile(r"arn:aws[\w-]*:[\w-]+:([a-z]{2,4}(?:-[a-z]+)+-\d):")


def _regions(definition: Fields, start: Start) -> Sequence[str]:
    """Where it runs, by what names a region."""
    named = [*_ARN.findall(start.cluster), *_ARN.findall(start.family)]
    for box in rows(definition.get("containerDefinitions")):
        logs = fields(fields(box.get("logConfiguration")).get("options"))
        named += [str(logs["awslogs-region"])] if logs.get("awslogs-region") else []
    return [one for one in named if re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-\d", one)]


def cluster_name(cluster: str, region: str) -> str:
    """Its name alone where that says enough: in the settings' own region."""
    return cluster.rpartition("/")[2] if not cluster.startswith("arn:") or f":ecs:{region}:" in cluster else cluster
