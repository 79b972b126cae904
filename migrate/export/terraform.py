"""Terraform: the shared part, each job, and import blocks for what register has made already; as one root, or as a root for
each, so that a team plans and applies one job alone."""

from __future__ import annotations

from collections.abc import Callable

from migrate.export.hcl import Block, Raw, written
from migrate.export.terraform_job import add_job, job_addresses, secret_name
from migrate.export.terraform_links import REFERENCE, Links, identifier
from migrate.export.terraform_parts import Files
from migrate.export.terraform_shared import add_shared, shared_addresses
from migrate.export.units import Export, Unit

ONE, DIRECTORIES = "one", "directories"
LAYOUTS = (ONE, DIRECTORIES)

_IMPORTS = """\
What register has made comes under Terraform with these. Remove the file where nothing was made before,
and once terraform apply has run.
"""


def files(exported: Export, *, imports: bool = True, layout: str = ONE) -> dict[str, str]:
    """Path below the target directory -> text."""
    links = Links(exported)
    if layout == ONE:
        out = Files(exported, links)
        out.here(*shared_addresses(exported), *(text for unit in exported.units for text in job_addresses(unit)))
        add_shared(out)
        for unit in exported.units:
            add_job(out, unit, f"job-{unit.name}.tf")
        return _root(out, "", imports)
    out = Files(exported, links)
    out.here(*shared_addresses(exported))
    add_shared(out)
    result = _root(out, "shared/", imports)
    for unit in exported.units:
        out = Files(exported, links)
        out.here(*job_addresses(unit))
        add_job(out, unit, f"job-{unit.name}.tf")
        result |= _root(out, f"jobs/{unit.name}/", imports)
    return result


def _root(out: Files, directory: str, imports: bool) -> dict[str, str]:
    blocks = {"main.tf": _main(out.exported), **out.blocks, "variables.tf": _variables(directory) + out.variables}
    if out.data:
        blocks["data.tf"] = out.data
    if imports and out.imports:
        first, *rest = out.imports
        blocks["imports.tf"] = [Block(first.kind, first.labels, first.items, _IMPORTS), *rest]
    if out.moved:
        blocks["moved.tf"] = out.moved
    units = {f"job-{unit.name}.tf": unit for unit in out.exported.units}
    return {f"{directory}{name}": written(inner, _expression(units.get(name))) for name, inner in blocks.items()}


def _expression(unit: Unit | None) -> Callable[[str], str]:
    """What stands for a mark in the file of a job, or in one of none."""

    def expression(mark: str) -> str:
        if mark.startswith(REFERENCE):
            return mark.removeprefix(REFERENCE)
        if mark == "account" or unit is None:
            return "var.account_id"
        if mark == "task definition":
            return f"aws_ecs_task_definition.{identifier(unit.name)}.arn"
        # Variables of one module share a namespace, so the job's name stands in front.
        return f"var.{secret_name(unit.name, mark)}"

    return expression


def _main(exported: Export) -> list[Block]:
    # The provider's next major version may rename what stands here: it is let in by hand, once a plan was read.
    needs = Block("required_providers", (), [("aws", {"source": "hashicorp/aws", "version": ">= 5.50, < 6.0"})])
    return [
        Block("terraform", (), [("required_version", ">= 1.6, < 2.0"), needs]),
        Block(
            "provider",
            ("aws",),
            # A plan against another account fails before it changes anything.
            [("region", exported.frame.place.region), ("allowed_account_ids", [Raw("var.account_id")])],
            f"Environment {exported.environment} of cron2fargate.",
        ),
    ]


def _variables(directory: str) -> list[Block]:
    account = Block("variable", ("account_id",), [("description", "The AWS account."), ("type", Raw("string"))])
    if directory.startswith("jobs/"):
        return [account]
    made = "Clusters that are not there yet and are made; every other is read, and left as it is."
    items: list[tuple[str, object] | Block] = [("description", made), ("type", Raw("set(string)")), ("default", [])]
    return [account, Block("variable", ("new_clusters",), items)]
