"""``cron2fargate export``: the same resources as code."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.aws.inputs import load_specs, open_place, place_options
from migrate.terminal.language import _

# What is the user's to write beside an export: where the state lies, and what Terraform lays over a file.
_OWN = ("backend.tf", "override.tf")


@click.command(name="export")
@click.argument("form", metavar="FORMAT", type=click.Choice(["cloudformation", "terraform"]))
@place_options
@click.option("--to", type=click.Path(path_type=Path), metavar="DIR", help="Default: OUT/export/FORMAT/ENVIRONMENT.")
@click.option(
    "--layout",
    type=click.Choice(["one", "directories"]),
    default="one",
    help="terraform: all as one root, or shared/ and jobs/NAME/ as roots of their own.  [default: one]",
)
@click.option(
    "--no-import", "no_import", is_flag=True, help="terraform: no import blocks, where register has made nothing."
)
def command(
    *,
    form: str,
    environment: str | None,
    out: Path,
    settings: Path | None,
    to: Path | None,
    layout: str,
    no_import: bool,
) -> int:
    """Write what register makes as code: the shared part, and one unit for each job. FORMAT: cloudformation, terraform.

    Names are the same, so a team can go from one to the other. Nothing is asked of AWS. Secrets are never written:
    values that stand in clear in ecs.yml become parameters without a default. Exit code: 0, or 1 when a job is left out.

    \b
    Examples:
      cron2fargate export cloudformation -e sandbox
      cron2fargate export terraform -e sandbox --layout directories
      cron2fargate export terraform -e sandbox --to infra/cron --no-import
    """
    from migrate.aws import show
    from migrate.export import cloudformation, terraform
    from migrate.export.terraform_job import refuse_unsaid
    from migrate.export.units import export
    from migrate.machine.files import confined, make_directory, write_atomic

    specs = load_specs(out, ())
    place = open_place(out, settings, environment)
    refuse = cloudformation.refuse_dynamic if form == "cloudformation" else refuse_unsaid
    exported = export(
        place.environment_name, place.environment, place.settings.owner, [spec for _, spec in specs], refuse
    )
    left_out = [*specs.left_out, *exported.left_out]
    texts = (
        cloudformation.files(exported)
        if form == "cloudformation"
        else terraform.files(exported, imports=not no_import, layout=layout)
    )
    target = to or out / "export" / form / place.environment_name
    console = show.console()
    show.show_left_out(console, left_out)
    for name, text in texts.items():
        # Ours lies in the workspace, which came with whatever links; what --to names is somebody's own.
        path = confined(to, name) if to else confined(out, f"export/{form}/{place.environment_name}/{name}")
        make_directory(path.parent)
        written = write_atomic(path, text)
        show.line(console, f"  {'+' if written else '='} {path}")
    suffix = "*.yml" if form == "cloudformation" else "*.tf"
    for stale in sorted(set(target.rglob(suffix)) - {target / name for name in texts}):
        if ".terraform" in stale.parts or stale.name.endswith(_OWN):
            continue
        show.line(console, "  ! " + _("{path} is no part of this export").format(path=stale), "yellow")
    if place.environment.watch:
        text = _(
            "the watchman (watch: true) is no part of this export: 'cron2fargate register --create' makes and keeps it"
        )
        show.line(console, f"  ! {text}", "yellow")
    for finding in exported.warnings:
        show.line(console, f"  ! {finding.code} {finding.message}", "yellow")
    for unit in exported.units:
        for said in unit.secrets.values():
            words = _("{job}: {what} stands in clear in ecs.yml; the code asks for it when it is applied")
            show.line(console, "  ! " + words.format(job=unit.name, what=said), "yellow")
        for finding in unit.findings:
            show.line(console, f"  ! {finding.code} {finding.message}", "yellow")
    show.line(console, _("{n} files in {path}").format(n=len(texts), path=target), "bold")
    show.count_left_out(console, left_out)
    return 1 if left_out else 0
