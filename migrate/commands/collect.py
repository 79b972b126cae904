"""``cron2fargate collect``: what a host tells of its cron jobs, as one tar; by a shell script that anybody can read first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from migrate.errors import UserError

SCRIPT = Path(__file__).parent.parent / "collect" / "collect.sh"


@click.command(name="collect")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--script", is_flag=True, help="Print the collector, to be read and run on any host: sh collect.sh -o FILE."
)
@click.option("--ansible", is_flag=True, help="Print a playbook that runs collect.sh on each host and fetches its tar.")
@click.option("--ssm", is_flag=True, help="Print a document for Systems Manager's Run Command; the tars go to S3.")
@click.option("--days", type=click.IntRange(0, 366), default=7, show_default=True, help="Days of cron's log to take.")
@click.option(
    "--root", type=click.Path(path_type=Path), metavar="DIR", help="The disk of another host, mounted at DIR."
)
def command(*, file: Path | None, script: bool, ansible: bool, ssm: bool, days: int, root: Path | None) -> int:
    """Collect what a host tells of its cron jobs into one tar, which scan reads.

    It reads, starts no job, asks nothing of the network, and leaves nothing but the tar. Values of variables and options
    whose names say that they are secret are replaced before anything is written. Without a FILE it is named after the host.
    --script prints the collector for hosts without Python; dash, bash, BusyBox and FreeBSD's sh run it.

    \\b
    Examples:
      cron2fargate collect
      cron2fargate collect --script > collect.sh
      cron2fargate collect --script | ssh web1 sudo sh > collections/web1.tar
      cron2fargate collect --ansible > collect.yml
      cron2fargate scan collections
    """
    if script + ansible + ssm > 1 or (file is not None and script + ansible + ssm):
        raise UserError("collect prints one thing, or writes one FILE; see 'cron2fargate collect --help'")
    if script:
        click.echo(SCRIPT.read_text(encoding="utf-8"), nl=False)
        return 0
    if ansible:
        from migrate.collect.ways import playbook

        click.echo(playbook(days), nl=False)
        return 0
    if ssm:
        from migrate.collect.ways import document

        click.echo(document(SCRIPT.read_text(encoding="utf-8"), days), nl=False)
        return 0
    return _run(file or Path(f"{os.uname().nodename.partition('.')[0] or 'host'}.tar"), days, root)


def _run(file: Path, days: int, root: Path | None) -> int:
    """Run the collector on this machine."""
    if file.is_dir():
        raise UserError(f"{file}: a directory; name the tar")
    words = ["sh", os.fspath(SCRIPT), "-o", os.fspath(file), "-d", str(days)]
    if root is not None:
        if not root.is_dir():
            raise UserError(f"{root}: no directory; name where the other host's disk is mounted")
        words += ["-r", os.fspath(root)]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, check=False)  # noqa: S603 - our own script, no shell
    except OSError as error:
        raise UserError(f"sh cannot be started ({error.strerror}); run the script that --script prints") from error
    sys.stdout.flush()
    if done.returncode != 0:
        raise UserError(f"{file}: the collector ended with {done.returncode}; what it said stands above")
    return 0
