"""Terraform: ``shared.tf``, one file for each job, and import blocks for what register has made already."""

from __future__ import annotations

from functools import partial

from migrate.export.hcl import Block, Raw, written
from migrate.export.terraform_job import add_job, secret_name
from migrate.export.terraform_parts import Files, identifier
from migrate.export.terraform_shared import add_shared
from migrate.export.units import Export

_IMPORTS = """\
What register has made comes under Terraform with these. Remove the file where nothing was made before,
and once terraform apply has run.
"""


def files(exported: Export, *, imports: bool = True) -> dict[str, str]:
    """Path below the target directory -> text."""
    found = Files(exported)
    add_shared(found)
    for unit in exported.units:
        add_job(found, unit)
    blocks = {"main.tf": _main(exported), **found.blocks, "variables.tf": _variables(exported) + found.variables}
    if imports:
        first, *rest = found.imports
        blocks["imports.tf"] = [Block(first.kind, first.labels, first.items, _IMPORTS), *rest]
    return {name: written(inner, partial(_variable, file=name)) for name, inner in blocks.items()}


def _variable(mark: str, file: str) -> str:
    if mark == "account":
        return "var.account_id"
    unit = file.removesuffix(".tf").removeprefix("job-")
    if mark == "task definition":
        return f"aws_ecs_task_definition.{identifier(unit)}.arn"
    # Variables of one module share a namespace, so the job's name stands in front.
    return f"var.{secret_name(unit, mark)}"


def _main(exported: Export) -> list[Block]:
    needs = Block("required_providers", (), [("aws", {"source": "hashicorp/aws", "version": ">= 5.50"})])
    return [
        Block("terraform", (), [("required_version", ">= 1.6"), needs]),
        Block(
            "provider",
            ("aws",),
            # A plan against another account fails before it changes anything.
            [("region", exported.frame.place.region), ("allowed_account_ids", [Raw("var.account_id")])],
            f"Environment {exported.environment} of cron2fargate.",
        ),
    ]


def _variables(exported: Export) -> list[Block]:
    return [
        Block("variable", ("account_id",), [("description", "The AWS account."), ("type", Raw("string"))]),
        Block(
            "variable",
            ("enabled_jobs",),
            [
                ("description", "Jobs that are made switched on, and have an alarm for a missed run."),
                ("type", Raw("set(string)")),
                ("default", []),
            ],
        ),
    ]
