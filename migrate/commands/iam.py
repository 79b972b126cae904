"""``cron2fargate iam``: what whoever plans, registers or creates must be allowed."""

from __future__ import annotations

import json
from pathlib import Path

import click

from migrate.aws.inputs import open_place, place_options


@click.command(name="iam")
@place_options
@click.option(
    "--policy",
    "kind",
    type=click.Choice(["discover", "plan", "check", "register", "create"]),
    help="One of the five; without it, all of them by name.",
)
@click.option("--account", metavar="ID", default="*", help="The account's twelve digits; default: any.")
def command(*, environment: str | None, out: Path, settings: Path | None, kind: str | None, account: str) -> None:
    """Print IAM policies as JSON: plan (reads), check (reads more), register (changes what exists), create; and discover.

    Each but discover, which only reads what starts in the account, holds the one before it. They name the roles, topic,
    queue and table of the environment, and let nobody change what does not bear the owner's tag. check is for check,
    status, logs, verify and report; register is for enable, disable, run, redrive, cutover, rollback and prune, too. A
    rehearsal is held to exactly what is printed.

    \b
    Examples:
      cron2fargate iam -e sandbox --policy plan
      cron2fargate iam -e sandbox --policy create --account 123456789012 >create.json
    """
    from converters.frame.place import Place
    from migrate.aws.printed import printed

    # `*` stands for any account in an ARN of a policy (IAM, "Resource element").
    if account != "*" and not (account.isdigit() and len(account) == 12):
        raise click.BadParameter("an account has twelve digits", param_hint="--account")
    opened = open_place(out, settings, environment, rehearse=True)
    env = opened.environment
    where = Place(opened.settings.owner, account, env.region, env.name, env.pattern, env.alone)
    policies = printed(where, env)
    click.echo(json.dumps(policies[kind] if kind else policies, indent=2, ensure_ascii=False))
