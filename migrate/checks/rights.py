"""May the roles do at run time what the jobs need: start the task, pass its roles, read its secrets?

IAM is asked (SimulatePrincipalPolicy) for each role of the settings. A start that EventBridge may not make fails in silence
there, and a secret that the execution role may not read stops the task before its image is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from converters.workflows.machine import needs_machine
from migrate.aws import state_machines
from migrate.aws.errors import error_code
from migrate.checks import images
from migrate.checks.model import Context, Line, each, ok, problem
from migrate.checks.roles import TASKS, needed
from migrate.checks.secrets import sources
from migrate.terminal.language import _


@dataclass(slots=True)
class Wish:
    """What one role is asked: actions on ARNs, under the values that its policies may ask for."""

    key: str
    role: str
    actions: tuple[str, ...]
    arns: list[str]
    context: Mapping[str, str] = field(default_factory=dict)


def check(context: Context) -> Iterator[Line]:
    """One line for each thing that a role has to do for these jobs."""
    there = {item.key: item.role for item in needed(context)}
    coming = {name for kind, name in context.coming if kind == "role"}
    wishes = [wish for wish in _wishes(context, there) if wish.role.rpartition("/")[2] not in coming]
    yield from each(wishes, lambda wish: f"{wish.key} {wish.role}", lambda wish: _look(context, wish))


def _wishes(context: Context, roles: Mapping[str, str]) -> Iterator[Wish]:
    for spec in context.specs:
        machine = needs_machine(spec)
        starter = "schedulerRole" if spec.schedule.timezone else "eventsRole"
        if machine and spec.expressions and starter in roles:
            yield Wish(
                starter,
                roles[starter],
                ("states:StartExecution",),
                [state_machines.arn_of(context.aws, spec.name)],
            )
        runner = "statesRole" if machine else starter
        if runner in roles and (machine or spec.expressions):
            yield from _runs(context, runner, roles[runner], spec.name, context.env.cluster or spec.cluster)
    if "executionRole" in roles:
        yield from _pulls(context, roles["executionRole"])


def _runs(context: Context, key: str, role: str, job: str, cluster: str | None) -> Iterator[Wish]:
    # RunTask resolves the revision before it asks IAM: what counts is FAMILY:NUMBER.
    task = context.aws.arn("ecs", f"task-definition/{context.aws.named(job)}:1")
    where = context.aws.arn("ecs", f"cluster/{(cluster or 'default').rpartition('/')[2]}")
    yield Wish(key, role, ("ecs:RunTask",), [task], {"ecs:cluster": where})
    env = context.env.of_job(job)
    passed = [context.aws.role_arn(one) for one in (env.execution_role, env.task_role) if one]
    if passed:
        yield Wish(key, role, ("iam:PassRole",), passed, {"iam:PassedToService": TASKS})


def _pulls(context: Context, role: str) -> Iterator[Wish]:
    """What ECS does in the name of the execution role before the container runs."""
    found = sources(context)
    secrets = [":".join(one.split(":")[:7]) for one in found if ":secretsmanager:" in one]
    parameters = [_parameter(context, one) for one in found if ":secretsmanager:" not in one]
    if secrets:
        yield Wish("executionRole", role, ("secretsmanager:GetSecretValue",), secrets)
    if parameters:
        yield Wish("executionRole", role, ("ssm:GetParameters",), parameters)
    repositories = [parts["repository"] for image in context.images if (parts := images.of_account(context, image))]
    if repositories:
        arns = [context.aws.arn("ecr", f"repository/{name}") for name in dict.fromkeys(repositories)]
        yield Wish("executionRole", role, ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"), arns)


def _parameter(context: Context, source: str) -> str:
    return source if source.startswith("arn:") else context.aws.arn("ssm", f"parameter/{source.lstrip('/')}")


def _look(context: Context, wish: Wish) -> Iterator[Line]:
    entries = [
        {"ContextKeyName": name, "ContextKeyType": "string", "ContextKeyValues": [value]}
        for name, value in wish.context.items()
    ]
    from botocore.exceptions import ClientError

    try:
        answer = context.aws.client("iam").simulate_principal_policy(
            PolicySourceArn=context.aws.role_arn(wish.role),
            ActionNames=list(wish.actions),
            ResourceArns=wish.arns,
            **({"ContextEntries": entries} if entries else {}),
        )
    except ClientError as error:
        if error_code(error) != "NoSuchEntity":  # the check of the roles says that
            raise
        return
    lacking = list(dict.fromkeys(_denied(answer["EvaluationResults"], wish)))
    if not lacking:
        yield ok(_("{key} {role} may {what}"), key=wish.key, role=wish.role, what=", ".join(wish.actions))
    for action, arn in lacking:
        yield problem(
            "C624", _("{key} {role} lacks {action} on {arn}"), key=wish.key, role=wish.role, action=action, arn=arn
        )


def _denied(results: list[dict[str, Any]], wish: Wish) -> Iterator[tuple[str, str]]:
    for result in results:
        # With several ARNs IAM answers for each of them apart; with one, the answer is the result's own.
        apart = result.get("ResourceSpecificResults") or []
        for one in apart:
            if one.get("EvalResourceDecision") != "allowed":
                yield result["EvalActionName"], one.get("EvalResourceName", "")
        if not apart and result.get("EvalDecision") != "allowed":
            yield result["EvalActionName"], result.get("EvalResourceName") or ", ".join(wish.arns)
