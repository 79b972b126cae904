"""``cron2fargate report``: the migration report of a workspace, as HTML, Markdown and JSON."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import UserError
from migrate.terminal.language import _, ngettext

if TYPE_CHECKING:
    from converters.frame.cost import Assumptions
    from migrate.report.reading import Workspace

FORMATS = ("html", "md", "json")


@click.command(name="report")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("migration"), show_default=True, help="The workspace."
)
@click.option(
    "--format", "formats", type=click.Choice(FORMATS), multiple=True, help="Write only this; may be repeated."
)
@click.option("-e", "--environment", metavar="ENV", help="Whose region and prices. Default: the first of the settings.")
@click.option(
    "--open",
    "show",
    is_flag=False,
    flag_value="yes",
    type=click.Choice(["yes", "no"]),
    help="Open the page. Default: on a desktop's terminal.",
)
@click.option(
    "--run-seconds", type=click.FloatRange(0, 604_800), help="Length of a run where none is known. Default: 60."
)
@click.option("--image-mib", type=click.FloatRange(0, 100_000), help="MiB of an image as it is pulled. Default: 300.")
@click.option("--log-kib", type=click.FloatRange(0, 10_000_000), help="KiB that one run logs. Default: 10.")
def command(
    *,
    out: Path,
    formats: tuple[str, ...],
    environment: str | None,
    show: str | None,
    run_seconds: float | None,
    image_mib: float | None,
    log_kib: float | None,
) -> int:
    """Write the migration report of a workspace: report.html, report.md and report.json.

    It is made from report.json of the last scan, the ecs.yml files and the settings as they are now. The page needs no
    network and no other file, so it can be mailed or opened from disk. Exit code: 0, or 1 when an ecs.yml cannot be used.

    \b
    Examples:
      cron2fargate report
      cron2fargate report --lang ja --format html
      cron2fargate report --run-seconds 300 --image-mib 800
    """
    from migrate.report.reading import read_workspace
    from migrate.terminal.console import console as open_console
    from migrate.terminal.console import count_left_out, show_left_out

    workspace = read_workspace(out)
    console = open_console()
    show_left_out(console, workspace.left_out)
    assumptions = _assumptions(run_seconds, image_mib, log_kib)
    written = _write(workspace, formats or FORMATS, environment, assumptions)
    jobs = len(workspace.document.jobs)
    count = ngettext("{n} job", "{n} jobs", jobs).format(n=f"{jobs:,}")
    for path in written:
        click.echo(_("{path}: {count}").format(path=path, count=count))
    page = out / "report.html"
    # Opened only where somebody sits before it: over ssh a browser would start on the server, or in the terminal.
    if page in written and (show == "yes" or (show is None and _on_a_desktop())):
        click.launch(page.resolve().as_uri())
    count_left_out(console, workspace.left_out)
    return 1 if workspace.left_out else 0


def _assumptions(seconds: float | None, image: float | None, log: float | None) -> Assumptions:
    from converters.frame.cost import DEFAULTS, Assumptions

    return Assumptions(
        DEFAULTS.seconds if seconds is None else seconds,
        DEFAULTS.image_mib if image is None else image,
        DEFAULTS.pull_mib_per_second,
        DEFAULTS.log_kib if log is None else log,
    )


def _write(
    workspace: Workspace, formats: tuple[str, ...], environment: str | None, assumptions: Assumptions
) -> list[Path]:
    from migrate.document.to_json import pieces
    from migrate.machine.files import confined, write_atomic
    from migrate.report.costing import cost_told, costs, where
    from migrate.report.crowding import with_crowding
    from migrate.report.html import chosen_environment, render_html
    from migrate.report.markdown import render_markdown

    name, chosen = chosen_environment(workspace.settings, environment)
    known = with_crowding(workspace.document, workspace.specs)
    found = costs(known, workspace.specs, where(name, chosen), assumptions)
    document = replace(known, cost=cost_told(found))
    made: dict[str, str | bytes] = {}
    # All is made before anything is written, so that the three never tell of different things.
    if "html" in formats:
        made["report.html"] = render_html(
            document, workspace.specs, workspace.settings, environment=name, assumptions=assumptions
        )
    if "md" in formats:
        made["report.md"] = render_markdown(document)
    if "json" in formats:
        made["report.json"] = b"".join(pieces(document))
    for relative, content in made.items():
        path = confined(workspace.out, relative)
        if path.is_dir():
            raise UserError(f"{path}: a directory stands where the report is written; move it away")
        write_atomic(path, content)
    return [workspace.out / relative for relative in made]


def _on_a_desktop() -> bool:
    """Whether a browser would open before somebody: a terminal, a display, and not over ssh."""
    # sshd sets SSH_CONNECTION for each session (ssh(1), ENVIRONMENT).
    if not sys.stdout.isatty() or "SSH_CONNECTION" in os.environ:
        return False
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
