"""``cron2fargate iam``: what whoever plans, registers or creates must be allowed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.aws.inputs import open_place, place_options

if TYPE_CHECKING:
    from converters.frame.frame import Place
    from converters.frame.operators import Scope
    from migrate.settings.model import Environment


@click.command(name="iam")
@place_options
@click.option(
    "--policy",
    "kind",
    type=click.Choice(["plan", "register", "create"]),
    help="One of the three; without it, all three by name.",
)
@click.option("--account", metavar="ID", default="*", help="The account's twelve digits; default: any.")
def command(*, environment: str | None, out: Path, settings: Path | None, kind: str | None, account: str) -> None:
    """Print IAM policies as JSON: plan (read only), register (update what exists), create.

    Each holds the one before it. They name the roles, topic, queue and table of the environment.

    \b
    Examples:
      cron2fargate iam -e sandbox --policy plan
      cron2fargate iam -e sandbox --policy create --account 123456789012 >create.json
    """
    from converters.frame.frame import Place
    from converters.frame.operators import KINDS, operator_policy
    from migrate.aws.session import READ_CALLS

    # `*` stands for any account in an ARN of a policy (IAM, "Resource element").
    if account != "*" and not (account.isdigit() and len(account) == 12):
        raise click.BadParameter("an account has twelve digits", param_hint="--account")
    opened = open_place(out, settings, environment, rehearse=True)
    env = opened.environment
    where = Place(opened.settings.owner, account, env.region)
    scope, secrets = scope_of(where, env), _secrets(where, env)
    policies = {name: operator_policy(name, scope, READ_CALLS, secrets) for name in KINDS}
    click.echo(json.dumps(policies[kind] if kind else policies, indent=2, ensure_ascii=False))


def scope_of(place: Place, env: Environment) -> Scope:
    """What the policies of an environment are about."""
    from converters.frame.operators import Scope

    names = [
        env.execution_role,
        env.task_role,
        env.events_role,
        env.scheduler_role or place.name("scheduler"),
        env.states_role or place.name("states"),
        place.name("notify"),
    ]
    queue = (env.dead_letter_queue or place.plain("dlq")).rpartition(":")[2]
    return Scope(
        place,
        [place.role(name) for name in names if name],
        env.log_group.replace("{job}", "*"),
        env.topic or place.plain("failures"),
        env.lock_table or place.name("locks"),
        queue,
        env.schedule_group or place.name("")[:-1],
    )


def _secrets(place: Place, env: Environment) -> list[str]:
    """ARNs of the secrets for Slack and Datadog; a name has six random characters after it in its ARN."""
    # Secrets Manager: the ARN ends in a hyphen and six random characters; `?` is one character in a policy.
    told = env.notifications
    names = [told.slack.webhook_secret] if told.slack else []
    names += [told.datadog.api_key_secret] if told.datadog and told.datadog.events else []
    return [n if n.startswith("arn:") else place.arn("secretsmanager", f"secret:{n}-??????") for n in names]
