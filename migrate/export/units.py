"""What is to be exported: the shared part, and a unit for each job, built by the code that register uses."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from converters.findings.codes import Finding
from converters.frame.frame import Frame, frame
from converters.frame.missed_runs import Alarm, missed_alarm
from converters.frame.place import Place
from converters.frame.telling import told_of_all
from converters.secrets.search import find_secrets, is_secret_variable
from converters.specs.model import PLACEHOLDER_IMAGE
from converters.workflows.lock_runs import differing_runs
from migrate.aws import services, state_machines
from migrate.aws.ownership import Owner, Tags
from migrate.aws.rules import rule_name
from migrate.aws.session import Aws
from migrate.aws.targets import NEW_REVISION
from migrate.aws.task_definition import uses_log_group
from migrate.aws.validate import FEW_RULES, FEWER_RULES, MAX_RULES
from migrate.aws.wanted import Wanted, want
from migrate.aws.wishes import as_started, followers_of, wish
from migrate.errors import LeftOut, UserError
from migrate.export.marks import ACCOUNT, TASK_DEFINITION, has_mark, mark, walked

if TYPE_CHECKING:
    from pydantic import BaseModel

    from converters.specs.model import Spec
    from migrate.settings.model import Environment


@dataclass(frozen=True, slots=True)
class Start:
    """A rule or schedule: its name, its expression, its target in EventBridge's members."""

    name: str
    expression: str
    target: dict[str, Any]


@dataclass(slots=True)
class Unit:
    """One job, ``on_aws`` by another name where that holds the environment. ``secrets`` maps a variable to what it is for; its
    value is not in here."""

    name: str
    on_aws: str
    mark: Owner
    tags: Tags
    definition: dict[str, Any]
    log_group: str | None
    starts: list[Start] = field(default_factory=list)
    timezone: str | None = None
    window: int | None = None
    group: str = ""
    machine: str | None = None
    machine_role: str = ""
    service: int | None = None
    service_target: dict[str, Any] = field(default_factory=dict)
    service_passed: dict[str, Any] = field(default_factory=dict)
    alarm: Alarm | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Export:
    """Everything, with marks for what is not known; ``left_out``: jobs that AWS would refuse, or that run after one."""

    frame: Frame
    tags: Tags
    retention: int | None
    units: list[Unit]
    environment: str
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def warnings(self) -> list[Finding]:
        """What the shared part cannot do as it was asked, and what an account may not have room for."""
        rules = sum(len(unit.starts) for unit in self.units if unit.timezone is None)
        said = [Finding("C622", text) for text in told_of_all(self.frame.told_of_all)]
        most = FEW_RULES if self.frame.place.region in FEWER_RULES else MAX_RULES
        return said + (
            [Finding("C623", f"{rules} rules; an event bus takes {most} by default")] if rules > most else []
        )


def export(
    name: str, env: Environment, owner: str, specs: Sequence[Spec], refuse: Callable[[Unit], None] | None = None
) -> Export:
    """All resources of an environment. A spec that AWS would refuse is left out, with what runs after it; UserError where
    nothing is left. ``refuse`` raises UserError for a unit that the form of the export cannot say. No call is made."""
    _refuse_marks("cron2fargate.yml", env)
    # Without a session: any call would fail, so none can be made by mistake.
    aws = Aws(env, None, True, account=ACCOUNT)
    place = aws.place(owner)
    aws.partition = place.partition
    aws.dead_letters = env.dead_letter_queue or place.arn("sqs", place.plain("dlq"))
    specs = [as_started(env, spec) for spec in specs]
    left_out = _left_out(aws, place, specs, refuse)
    specs = [spec for spec in specs if spec.name not in {one.job for one in left_out}]
    if not specs:
        raise UserError("nothing can be exported:\n" + "\n".join(one.why for one in left_out))
    after = followers_of(place, specs)
    units = [_unit(aws, place, spec, after.get(spec.name, [])) for spec in specs]
    tags = aws.shared_tags(owner)
    shared = frame(wish(place, env, specs))
    _refuse_shared_roles(shared)
    if shared.problems:
        raise UserError("nothing can be exported:\n" + "\n".join(shared.problems))
    return Export(shared, tags, env.log_retention_days, units, name, left_out)


def _refuse_shared_roles(shared: Frame) -> None:
    """Code owns what it makes as a whole: two environments would take each other's statements out of one role."""
    names = [role.name for role in shared.roles if role.shared] if shared.place.keys else []
    if names:
        own = names[0].replace(f"cron2fargate-{shared.place.owner}-", shared.place.name(""), 1)
        raise UserError(
            f"the role {names[0]} serves every environment, and code of one would take it from the others; write {own} in "
            "cron2fargate.yml, and likewise the others, or a name that is not ours"
        )


def _left_out(aws: Aws, place: Place, specs: Sequence[Spec], refuse: Callable[[Unit], None] | None) -> list[LeftOut]:
    """The specs that cannot be exported, and those that would never start without them."""
    after = followers_of(place, specs)
    differing = differing_runs((spec.name, spec) for spec in specs)
    found: dict[str, LeftOut] = {}
    for spec in specs:
        try:
            _refuse_marks(spec.name, spec)
            if spec.name in differing:
                raise UserError(f"{spec.name}: {differing[spec.name]}")
            unit = _unit(aws, place, spec, after.get(spec.name, []))
            if refuse is not None:
                refuse(unit)
        except UserError as error:
            found[spec.name] = LeftOut(spec.name, str(error))
    number = -1
    # A job that starts after one that is left out would never start.
    while number != len(found):  # until no job is left that runs after one that is left out
        number = len(found)
        for spec in specs:
            lead = next((lead for lead in spec.after if lead in found), None)
            if lead and spec.name not in found:
                found[spec.name] = LeftOut(spec.name, f"{spec.name}: it runs after {lead}, which is left out")
    return list(found.values())


def _refuse_marks(what: str, model: BaseModel) -> None:
    if has_mark(model.model_dump_json()):
        raise UserError(f"{what}: the private-use characters U+E000 and U+E001 cannot be exported; remove them")


def _unit(aws: Aws, place: Place, spec: Spec, followers: list[Any]) -> Unit:
    env = aws.environment
    if any(PLACEHOLDER_IMAGE in box.image for box in spec.containers):
        raise UserError(f"{spec.name}: a container has no image yet (CHANGE_ME); choose one in its ecs.yml")
    cluster = env.cluster or spec.cluster
    if not cluster:
        raise UserError(f"{spec.name}: no cluster is named; set cluster in ecs.yml, or for all in cron2fargate.yml")
    if not cluster.startswith("arn:"):
        cluster = place.arn("ecs", f"cluster/{cluster}")
    role = (env.scheduler_role or place.name("scheduler")) if spec.schedule.timezone else env.events_role
    try:
        wanted = want(aws, spec, cluster, role, place.owner, followers)
    except UserError as error:
        raise UserError(f"{spec.name}: {error}") from None
    owner = aws.marks(place.owner, spec.name)
    unit = Unit(spec.name, owner.name, owner, owner.tags(), wanted.definition, None, timezone=spec.schedule.timezone)
    unit.definition = _without_secrets(wanted.definition, unit.secrets)
    if "{job}" in env.log_group and uses_log_group(wanted.definition, wanted.log_group.name):
        unit.log_group = wanted.log_group.name
    unit.window = spec.schedule.flexible_window
    unit.group = env.schedule_group or place.name("")[:-1]
    if spec.service:
        unit.service, unit.service_target = spec.service.desired_count, _pinned(wanted.target)
        unit.service_passed = spec.service.passed
        services.request(spec, wanted.target, None)  # refuses what AWS would not take
        return unit
    if wanted.machine:
        unit.machine = json.dumps(_pinned(wanted.machine), indent=2, ensure_ascii=False)
        unit.machine_role = aws.role_arn(state_machines.role_of(aws, place.owner))
    names = [rule_name(owner.name, number) for number in range(1, len(spec.expressions) + 1)]
    unit.starts = [
        Start(name, text, _pinned(wanted.target_of(text))) for name, text in zip(names, spec.expressions, strict=True)
    ]
    _add_alarm(unit, place, wanted, names)
    return unit


def _add_alarm(unit: Unit, place: Place, wanted: Wanted, names: list[str]) -> None:
    if not names:
        return
    found = missed_alarm(
        place.name(f"{unit.name}-missed"),
        unit.name,
        wanted.spec.expressions,
        names,
        machine=wanted.machine_arn if wanted.machine else None,
        scheduler=unit.timezone is not None,
    )
    if isinstance(found, Finding):
        unit.findings.append(found)
    else:
        unit.alarm = found


# Register writes a revision's ARN; code refers to the resource it makes.
def _pinned(value: dict[str, Any]) -> dict[str, Any]:
    """The revision that the same code registers."""
    result: dict[str, Any] = walked(value, lambda text: TASK_DEFINITION if text == NEW_REVISION else text)
    return result


def _without_secrets(definition: dict[str, Any], secrets: dict[str, str]) -> dict[str, Any]:
    """The definition with a mark for each secret in clear; ``secrets`` gets the name of each variable.

    Secrets belong into Secrets Manager or Parameter Store; until they are there, code in a repository must not have them.
    """
    boxes = [_box_without(box, secrets) for box in definition["containerDefinitions"]]
    return definition | {"containerDefinitions": boxes}


def _box_without(box: dict[str, Any], secrets: dict[str, str]) -> dict[str, Any]:
    result = dict(box)
    where = f"container {box['name']}"
    if "environment" in box:
        result["environment"] = [
            item | {"value": _value(item["name"], item["value"], f"{item['name']} of {where}", secrets)}
            for item in box["environment"]
        ]
    for key in ("command", "entryPoint"):
        if key in box:
            result[key] = _words(box[key], where, secrets)
    for key in ("logConfiguration", "firelensConfiguration"):
        options = box.get(key, {}).get("options")
        if options:
            found = {n: _value(n, v, f"log option {n} of {where}", secrets) for n, v in options.items()}
            result[key] = box[key] | {"options": found}
    return result


def _value(name: str, value: str, said: str, secrets: dict[str, str]) -> str:
    if value and (is_secret_variable(name, value) or find_secrets(value)):
        return _secret(name, said, secrets)
    return value


def _words(words: list[str], where: str, secrets: dict[str, str]) -> list[str]:
    """Read as one command, since an option and its secret may be two words."""
    # The words are joined by blanks, so that `-p` and its value are seen together.
    result, start = list(words), 0
    spans = find_secrets(" ".join(words))
    for index, word in enumerate(words):
        end = start + len(word)
        inside = [span for span in spans if start <= span.start and span.end <= end]
        for span in reversed(inside):
            name = _secret(span.name, f"{span.name} in the command of {where}", secrets)
            result[index] = result[index][: span.start - start] + name + result[index][span.end - start :]
        # A secret over two words: the whole word goes.
        if not inside and any(span.start < end and span.end > start for span in spans):
            result[index] = _secret("COMMAND", f"a word in the command of {where}", secrets)
        start = end + 1
    return result


def _secret(name: str, said: str, secrets: dict[str, str]) -> str:
    """One variable for one place; the same name twice gets a number."""
    base = "".join(part.capitalize() for part in "".join(c if c.isalnum() else " " for c in name).split()) or "Value"
    # Parameter names of CloudFormation: letters and digits, 255 at most.
    base = "".join(char for char in base if char.isascii())[:60] or "Value"
    key, number = f"Secret{base}", 2
    while key in secrets and secrets[key] != said:
        key, number = f"Secret{base}{number}", number + 1
    secrets[key] = said
    return mark(key)
