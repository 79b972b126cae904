"""The state machine of a job that needs more than a task: built from the spec, compared member by member, written last.

Standard, never Express: only a Standard execution can wait for a task and live longer than five minutes (facts 5.5).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converters.expressions.guards import GuardError
from converters.workflows.followers import START_EXECUTION, Follower, waits_for
from converters.workflows.machine import RUN, Surroundings, as_text, state_machine
from converters.workflows.starts import SHADOW
from converters.workflows.times import StateMachineError
from migrate.aws import tag_index
from migrate.aws.errors import error_code
from migrate.aws.ownership import SPEC, Marks, Owner, Tags, missing_tags, only_unmarked
from migrate.aws.passed_starts import PASSED_TO_RUN_TASK
from migrate.aws.seen import Kind
from migrate.aws.session import Aws
from migrate.aws.shared import tags_of
from migrate.aws.steps import Action, Change, Made, Step, compare
from migrate.aws.targets import NEW_REVISION
from migrate.aws.task_definition import short
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.specs.model import Spec

KIND = "state machine"


@dataclass(frozen=True, slots=True)
class LiveMachine:
    """A state machine on AWS; ``definition`` is empty where it is not JSON."""

    name: str
    arn: str
    role: str
    kind: str
    definition: dict[str, Any]
    tags: Tags

    @property
    def task_definition(self) -> str | None:
        """The revision that it starts."""
        # A machine of somebody else may have no state of this name.
        found = _states(self.definition).get(RUN, {}).get("Arguments", {}).get("TaskDefinition")
        return str(found) if found else None

    @property
    def cluster(self) -> str | None:
        """Where it starts it, as the definition has it: a name or an ARN."""
        found = _states(self.definition).get(RUN, {}).get("Arguments", {}).get("Cluster")
        return str(found) if found else None

    @property
    def followers(self) -> list[Follower]:
        """The jobs whose workflows it starts when its own job has succeeded."""
        states = _states(self.definition)
        found = []
        for title, state in states.items():
            if state.get("Resource") == START_EXECUTION:
                # The state has the job's own name, where the machine's may hold the environment.
                name = title.removeprefix("Start ")
                machine = str(state["Arguments"]["StateMachineArn"])
                found.append(Follower(name, machine, waits_for(states, name) or (self.name,)))
        return found

    def is_marked(self, digest: str) -> bool:
        """Whether it was last written for this very spec, so that what differs now was changed on AWS."""
        return self.tags.get(SPEC) == digest


@dataclass(frozen=True, slots=True)
class WantedMachine:
    """What a spec asks for; ``revision`` is None where a new one will be registered."""

    name: str
    definition: dict[str, Any]
    role: str
    owner: Owner
    digest: str
    revision: str | None

    def tags(self) -> Tags:
        return {**self.owner.tags(), SPEC: self.digest}


def _states(definition: dict[str, Any]) -> dict[str, Any]:
    found = definition.get("States", {})
    return found if isinstance(found, dict) else {}


def arn_of(aws: Aws, job: str) -> str:
    return aws.arn("states", f"stateMachine:{aws.named(job)}")


def role_of(aws: Aws, owner: str) -> str:
    """The role that executions take on: that of the settings, else the one that the shared part makes."""
    return aws.environment.states_role or aws.place(owner).name("states")


def table_name(aws: Aws, owner: str) -> str:
    return aws.environment.lock_table or aws.place(owner).name("locks")


def find(aws: Aws, job: str) -> LiveMachine | None:
    """The machine of a job with its tags; None where there is none."""
    return find_named(aws, aws.named(job))


def find_named(aws: Aws, name: str) -> LiveMachine | None:
    """The same by the machine's own name. UserError while it is being deleted."""
    return aws.once(MACHINE, name, lambda: _read(aws, name))


MACHINE: Kind[LiveMachine | None] = Kind("state machine")
LISTED: Kind[frozenset[str]] = Kind("state machines")


def listed(aws: Aws) -> frozenset[str]:
    """The names of all; a list of Step Functions may lag behind what was made a moment ago."""
    return aws.once(LISTED, "", lambda: frozenset(_pages(aws)))


def _pages(aws: Aws) -> Iterator[str]:
    pages = aws.client("stepfunctions").get_paginator("list_state_machines").paginate(maxResults=1_000)
    yield from (machine["name"] for page in pages for machine in page["stateMachines"])


def _read(aws: Aws, name: str) -> LiveMachine | None:
    from botocore.exceptions import ClientError

    states, arn = aws.client("stepfunctions"), aws.arn("states", f"stateMachine:{name}")
    if aws.seen and not aws.seen.is_doubted(arn) and name not in listed(aws):
        return None
    try:
        answer = states.describe_state_machine(stateMachineArn=arn)
    except ClientError as error:
        if error_code(error) == "StateMachineDoesNotExist":
            return None
        raise
    # DeleteStateMachine returns at once and waits for running executions.
    if answer.get("status") == "DELETING":
        raise UserError(f"the state machine {name} is being deleted; wait until it is gone, then register again")
    tags = tag_index.tags(aws, arn, lambda: tags_of(states.list_tags_for_resource(resourceArn=arn)["tags"]))
    return LiveMachine(name, arn, answer["roleArn"], answer["type"], parsed(answer["definition"]), tags)


def parsed(text: str) -> dict[str, Any]:
    """A definition; empty where it is not JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def check_owner(live: LiveMachine, owner: Owner, *, adopt: bool) -> None:
    """Raises UserError for a machine that is not ours, unless it is to be adopted; an Express one cannot be changed."""
    owner.refuse("state machine", live.name, Marks.of(live.tags), adopt=adopt)
    # The type of a state machine cannot be changed.
    if live.kind != "STANDARD":
        raise UserError(
            f"the state machine {live.name} is of type {live.kind}, which cannot be changed; rename the job"
        )


def build(aws: Aws, spec: Spec, target: dict[str, Any], owner: str, followers: list[Follower]) -> dict[str, Any]:
    """The definition; ``target`` is what a rule of the job would start. The revision is still to be set.

    Who is told of a failure is up to the failure rule of the environment, which hears of every execution that fails; so
    the definition itself publishes nothing.
    """
    place = aws.place(owner)
    task, table = run_task_arguments(target), table_name(aws, owner)
    around = Surroundings(
        place.scope,
        task,
        table,
        followers=followers,
        keys=place.keys,
        noted=aws.environment.watch,
        ceilings=aws.environment.ceilings.of_starts,
    )
    try:
        definition = state_machine(spec, around)
        as_text(definition)
    except (StateMachineError, GuardError) as error:
        raise UserError(str(error)) from None
    return definition


def run_task_arguments(target: dict[str, Any]) -> dict[str, Any]:
    """The members of an ECS target as arguments of ``ecs:runTask``, of those that its documentation lists (facts 5.1)."""
    ecs = target["EcsParameters"]
    network = ecs["NetworkConfiguration"]["awsvpcConfiguration"]
    arguments: dict[str, Any] = {
        "Cluster": target["Arn"],
        "TaskDefinition": ecs["TaskDefinitionArn"],
        # Step Functions takes Pascal case, AwsvpcConfiguration too (docs "Manage Amazon ECS tasks").
        "NetworkConfiguration": {"AwsvpcConfiguration": dict(network)},
        "PropagateTags": ecs["PropagateTags"],
    }
    if "CapacityProviderStrategy" in ecs:
        arguments["CapacityProviderStrategy"] = _pascal(ecs["CapacityProviderStrategy"])
    for name in ("LaunchType", "PlatformVersion"):
        if name in ecs:
            arguments[name] = ecs[name]
    return arguments | {name: _pascal(ecs[name]) for name in PASSED_TO_RUN_TASK if name in ecs}


def _pascal(value: Any) -> Any:
    """Strategies and placements have members in lower camel case in EventBridge and Scheduler."""
    if not isinstance(value, list):
        return value
    return [{key[0].upper() + key[1:]: inner for key, inner in one.items()} for one in value]


def plan(live: LiveMachine | None, wanted: WantedMachine) -> Step:
    """One step; the tags come last, so that a run that was cut short is seen as unfinished."""
    definition = _with_revision(wanted.definition, wanted.revision or NEW_REVISION)
    old = {"roleArn": live.role, "definition": _comparable(live.definition)} if live else None
    changes = compare(old, {"roleArn": wanted.role, "definition": _comparable(definition)})
    missing = missing_tags(live.tags, wanted.tags()) if live else wanted.tags()
    if live and not changes and (not missing or only_unmarked(live.tags, missing)):
        return Step(KIND, wanted.name, "same", note=_gist(wanted.definition))
    if live and not changes:
        changes = [Change(f"tag {key}", live.tags.get(key), value) for key, value in missing.items()]
        return Step(KIND, wanted.name, "change", changes, lambda aws, made: _tag(aws, wanted, missing))
    action: Action = "add" if live is None else "drift" if live.tags.get(SPEC) == wanted.digest else "change"

    def write(aws: Aws, made: Made) -> None:
        text = as_text(_with_revision(wanted.definition, wanted.revision or made.task_definition))
        if live is None:
            _create(aws, wanted, text)
            return
        # UpdateStateMachine: running executions go on with the old definition.
        aws.client("stepfunctions").update_state_machine(stateMachineArn=live.arn, definition=text, roleArn=wanted.role)
        if missing:
            _tag(aws, wanted, missing)

    return Step(KIND, wanted.name, action, changes, write, _gist(wanted.definition))


def _with_revision(definition: dict[str, Any], revision: str) -> dict[str, Any]:
    result = copy.deepcopy(definition)
    # Both states start the same revision.
    for name in (RUN, SHADOW):
        arguments = result["States"][name].get("Arguments")
        if arguments:
            arguments["TaskDefinition"] = revision
    return result


def _comparable(definition: dict[str, Any]) -> dict[str, Any]:
    # Account and region of an ARN are the same for all: only the revision tells.
    result = copy.deepcopy(definition)
    for name in (RUN, SHADOW):
        arguments = _states(result).get(name, {}).get("Arguments", {})
        if "TaskDefinition" in arguments:
            arguments["TaskDefinition"] = short(str(arguments["TaskDefinition"]))
    return result


def _gist(definition: dict[str, Any]) -> str:
    """What the console shows above the picture, without the names."""
    return str(definition.get("Comment", "")).partition("cron2fargate. ")[2]


def _create(aws: Aws, wanted: WantedMachine, text: str) -> None:
    aws.client("stepfunctions").create_state_machine(
        name=wanted.name,
        definition=text,
        roleArn=wanted.role,
        type="STANDARD",
        tags=[{"key": key, "value": value} for key, value in wanted.tags().items()],
    )


def _tag(aws: Aws, wanted: WantedMachine, missing: Tags) -> None:
    tags = [{"key": key, "value": value} for key, value in missing.items()]
    arn = aws.arn("states", f"stateMachine:{wanted.name}")
    aws.client("stepfunctions").tag_resource(resourceArn=arn, tags=tags)


def plan_removal(live: LiveMachine) -> Step:
    """For a job that needs no workflow any more; what it runs now still ends."""

    def write(aws: Aws, made: Made) -> None:
        aws.client("stepfunctions").delete_state_machine(stateMachineArn=live.arn)

    return Step(KIND, live.name, "remove", [], write, "the job is a plain task now; a run that is under way still ends")
