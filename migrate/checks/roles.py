"""Are the roles of the settings there, and do they trust the service that takes them on?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from converters.workflows.machine import needs_machine
from migrate.aws.errors import error_code
from migrate.aws.state_machines import role_of
from migrate.checks.model import Context, Line, each, ok, problem
from migrate.terminal.language import _

TASKS, EVENTS, SCHEDULER, STATES = (f"{name}.amazonaws.com" for name in ("ecs-tasks", "events", "scheduler", "states"))


@dataclass(frozen=True, slots=True)
class Needed:
    """A role of the settings: its key there, its name or ARN, and the service that must be trusted by it."""

    key: str
    role: str
    service: str


def needed(context: Context) -> list[Needed]:
    """The roles that these jobs need, of those the settings name."""
    env, specs = context.env, context.specs
    scheduled = [spec for spec in specs if spec.expressions]
    found: list[tuple[bool, str, str | None, str]] = [
        (True, "executionRole", env.execution_role, TASKS),
        (True, "taskRole", env.task_role, TASKS),
        (any(spec.schedule.timezone is None for spec in scheduled), "eventsRole", env.events_role, EVENTS),
        (any(spec.schedule.timezone for spec in scheduled), "schedulerRole", env.scheduler_role, SCHEDULER),
        (any(map(needs_machine, specs)), "statesRole", role_of(context.aws, context.owner), STATES),
    ]
    for spec in specs:
        own = env.jobs.get(spec.name)
        if own:
            found.append((True, f"jobs.{spec.name}.executionRole", own.execution_role, TASKS))
            found.append((True, f"jobs.{spec.name}.taskRole", own.task_role, TASKS))
    return [Needed(key, role, service) for wanted, key, role, service in found if wanted and role]


def check(context: Context) -> Iterator[Line]:
    """One line a role; and one for a role that the jobs need and the settings do not name."""
    env = context.env
    if any(spec.schedule.timezone for spec in context.specs if spec.expressions) and not env.scheduler_role:
        yield problem(
            "C606",
            _(
                "schedulerRole is not set, and jobs have schedule.timezone; write {role} in cron2fargate.yml, and register "
                "--create makes that role"
            ),
            role=context.aws.place(context.owner).name("scheduler"),
        )
    yield from each(needed(context), lambda item: f"{item.key} {item.role}", lambda item: _look(context, item))


def _look(context: Context, item: Needed) -> Iterator[Line]:
    from botocore.exceptions import ClientError

    arn = context.aws.role_arn(item.role)
    if ("role", arn.rpartition("/")[2]) in context.coming:
        yield ok(_("{key} {role} is made by this run"), key=item.key, role=item.role)
        return
    # PassRole across accounts is not possible for these services.
    if arn.split(":")[4] != context.aws.account:
        yield problem(
            "C606",
            _("{key} {role} belongs to another account; no service here can take it on"),
            key=item.key,
            role=item.role,
        )
        return
    try:
        role = context.aws.client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except ClientError as error:
        if error_code(error) != "NoSuchEntity":
            raise
        yield problem(
            "C606", _("{key}: there is no role {role}; make it, or register --create"), key=item.key, role=item.role
        )
        return
    # A role with a path has it in its ARN.
    if role["Arn"] != arn:
        yield problem(
            "C606",
            _("{key}: the ARN of role {role} is {arn}; write that"),
            key=item.key,
            role=item.role,
            arn=role["Arn"],
        )
    elif not trusts(role.get("AssumeRolePolicyDocument", {}), item.service):
        yield problem(
            "C607",
            _("{key} {role} does not trust {service}; mend its trust policy"),
            key=item.key,
            role=item.role,
            service=item.service,
        )
    else:
        yield ok(_("{key} {role} trusts {service}"), key=item.key, role=item.role, service=item.service)


def trusts(document: dict[str, Any], service: str) -> bool:
    """Whether a trust policy lets the service take on the role (conditions are not looked at)."""
    statements = document.get("Statement", [])
    # IAM takes one statement without a list, too.
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        services = _many(principal.get("Service")) if isinstance(principal, dict) else []
        actions = _many(statement.get("Action"))
        if (
            statement.get("Effect") == "Allow"
            and service in services
            and {"sts:AssumeRole", "sts:*", "*"} & set(actions)
        ):
            return True
    return False


def _many(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []
