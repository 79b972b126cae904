"""``cron2fargate try``: a job's ecs.yml run as it stands in a container here, and what was seen of it."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import UserError
from migrate.terminal.language import _, ngettext

if TYPE_CHECKING:
    from types import FrameType

    from converters.specs.model import Spec
    from migrate.trying.engine import Engine
    from migrate.trying.judging import Asked, Outcome


@click.command(name="try")
@click.argument("job", required=False)
@click.option("--all", "every", is_flag=True, help="Try every job of the workspace.")
@click.option("--out", type=click.Path(path_type=Path), default="migration", show_default=True, help="The workspace.")
@click.option("--engine", metavar="PROGRAM", help="podman or docker. Default: podman where it is here, else docker.")
@click.option(
    "--engine-option",
    "options",
    multiple=True,
    metavar="OPTION",
    help="Given to the engine before each of its commands, such as --storage-driver=vfs; may be repeated.",
)
@click.option("--network", metavar="NAME", help="A network of the engine, such as bridge. Without it there is none.")
@click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="NAME=VALUE lines for the job's secrets; else placeholders stand for them.",
)
@click.option("--timeout", type=click.FloatRange(min=0.1), help="Seconds. Default: the job's limit, or an hour.")
@click.option("--trace/--no-trace", default=True, show_default=True, help="Have strace look at files and names.")
@click.option("--once", is_flag=True, help="Run it once only: neither exit 3 in its place nor the stop signal.")
@click.option("--format", "output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(
    *,
    job: str | None,
    every: bool,
    out: Path,
    engine: str | None,
    options: tuple[str, ...],
    network: str | None,
    env_file: Path | None,
    timeout: float | None,
    trace: bool,
    once: bool,
    output: str,
) -> int:
    """Run the ecs.yml of JOB as it stands in podman or docker, and keep what was seen as evidence.

    Same image, command, user, directory, environment, memory and CPU; no network, an empty disk, nothing of this machine.
    Then `exit 3` is run in the job's place, and a job of more than a second is stopped as ECS would. What was seen stands in
    tries/JOB.json, and the next scan and report tell of it. The image must be in the engine's store. Exit code: 0 when every
    job ended well, else 1; 2 where nothing can be tried.

    \b
    Examples:
      cron2fargate try backup-db
      cron2fargate try backup-db --env-file secrets.env --network bridge --once
      cron2fargate try --all --engine docker --timeout 60
    """
    from migrate.trying.container import checked_network
    from migrate.trying.engine import find_engine
    from migrate.trying.judging import Asked
    from migrate.trying.values import read_values

    specs = _chosen(out, job, every)
    asked = Asked(read_values(env_file) if env_file else {}, checked_network(network), timeout, trace, once)
    with _interruptible():
        outcomes, left_out = _try_each(find_engine(engine, options), specs, asked, out, one=job is not None)
    if output == "json":
        _as_json(outcomes, left_out)
    else:
        _show(outcomes, left_out, out, table=every)
    return 1 if left_out or any(not one.tried.good for one in outcomes) else 0


def _chosen(out: Path, job: str | None, every: bool) -> list[Spec]:
    """The job that is named, or all."""
    from migrate.workspace.spec_files import load_specs

    if every == (job is not None):
        raise UserError("name one job, or give --all (see 'cron2fargate try --help')")
    loaded = load_specs(out, may_be_empty=job is not None)
    if every:
        return [spec for _path, spec in loaded]
    found = [spec for _path, spec in loaded if spec.name == job]
    if not found:
        why = next((one.why for one in loaded.left_out if one.job == job), None)
        raise UserError(why or f"{out}: no ecs.yml is named {job}; look at jobs/, or run 'cron2fargate scan' first")
    return found


def _try_each(
    engine: Engine, specs: list[Spec], asked: Asked, out: Path, *, one: bool
) -> tuple[list[Outcome], dict[str, str]]:
    """What came of each, stored as soon as it is known; and those that cannot be tried, with the reason."""
    from migrate.trying.engine import EngineError
    from migrate.trying.judging import try_job
    from migrate.trying.store import save

    outcomes: list[Outcome] = []
    left_out: dict[str, str] = {}
    for spec in specs:
        try:
            outcome = try_job(engine, spec, asked)
        except EngineError as error:
            if one:
                raise UserError(f"{spec.name}: {error}") from None
            left_out[spec.name] = str(error)
            continue
        save(out, outcome.tried)
        outcomes.append(outcome)
    return outcomes, left_out


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM ends us as Ctrl-C does: with the container removed."""

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _as_json(outcomes: list[Outcome], left_out: dict[str, str]) -> None:
    from converters.images.tried import as_mapping

    jobs = [{**as_mapping(one.tried), "means": one.sentences, "notes": one.notes} for one in outcomes]
    reasons = [{"job": name, "reason": why} for name, why in left_out.items()]
    click.echo(json.dumps({"version": 1, "jobs": jobs, "leftOut": reasons}, indent=1))


def _show(outcomes: list[Outcome], left_out: dict[str, str], out: Path, *, table: bool) -> None:
    from migrate.report.tries import show_table, show_try
    from migrate.terminal.console import NG, console, item, say

    screen = console()
    if table:
        show_table(screen, [one.tried for one in outcomes])
    else:
        for one in outcomes:
            show_try(screen, one)
    for name, why in left_out.items():
        item(screen, NG, _("{job}: not tried: {why}").format(job=name, why=why), indent=0)
    good = sum(one.tried.good for one in outcomes)
    words = ngettext(
        "{n} job tried, {good} ended well; see {place}", "{n} jobs tried, {good} ended well; see {place}", len(outcomes)
    )
    say(screen, words.format(n=len(outcomes), good=good, place=out / "tries"))
