"""``cron2fargate schema``: print the JSON Schema of ecs.yml or cron2fargate.yml."""

from __future__ import annotations

import click

from migrate.settings.loading import SchemaKind, schema_text


@click.command(name="schema")
@click.argument("kind", type=click.Choice(["ecs", "settings"]), default="ecs")
def command(kind: SchemaKind) -> None:
    """Print the JSON Schema of ecs.yml (KIND ecs, the default) or cron2fargate.yml (KIND settings).

    Each file that scan writes points to a copy in .cron2fargate/, so that editors complete and check it.

    \b
    Examples:
      cron2fargate schema ecs > ecs.schema.json
      cron2fargate schema settings
    """
    click.echo(schema_text(kind), nl=False)
