"""``cron2fargate image``: read an image without running it, and say whether the jobs find in it what they need."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from migrate.errors import UserError
from migrate.terminal.language import _, ngettext


@click.command(name="image")
@click.argument("place", metavar="IMAGE", required=False)
@click.option("--draft", is_flag=True, help="Write a Dockerfile for each group of jobs that belong together.")
@click.option(
    "--host",
    "root",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="With --draft: the tree of the host that was scanned, for its release, packages and users.",
)
@click.option("--as", "name", metavar="REF", help="The name that ecs.yml gives the image. Default: as it was read.")
@click.option("--out", type=click.Path(path_type=Path), default="migration", show_default=True, help="The workspace.")
@click.option(
    "--architecture", type=click.Choice(["amd64", "arm64"]), help="Of an image for several: which one to read."
)
@click.option(
    "--engine-option",
    "options",
    multiple=True,
    metavar="OPTION",
    help="Given to podman or docker before its save, such as --storage-driver=vfs; may be repeated.",
)
@click.option("--format", "output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(
    *,
    place: str | None,
    draft: bool,
    root: Path | None,
    name: str | None,
    out: Path,
    architecture: str | None,
    options: tuple[str, ...],
    output: str,
) -> int:
    """Read an image, without running it, into images/NAME.json of the workspace; or draft one with --draft.

    IMAGE is oci:DIR, oci-archive:FILE, docker-archive:FILE (- for standard input), podman:REF or docker:REF (by their save),
    or the name of an image in ECR. The next scan answers from it what the jobs need. --draft writes images/NAME/Dockerfile
    for jobs of one directory, runtime and user; what could not be known stands in it as a comment. An edited one is kept.

    \b
    Examples:
      cron2fargate image 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/app:1.4
      docker save app:1.4 | cron2fargate image docker-archive:- --as registry.example.com/app:1.4
      cron2fargate image oci:build/layout --as registry.example.com/app:1.4
      cron2fargate image --draft --host ./server1
    """
    if draft == (place is not None):
        raise UserError("name one image, or give --draft (see 'cron2fargate image --help')")
    if place is None:
        return _draft(out, root)
    from converters.images.facts import as_mapping
    from migrate.images.sources import read
    from migrate.images.store import save

    image = read(place, name, architecture=architecture, options=options)
    relative, changed = save(out, image)
    if output == "json":
        json.dump(as_mapping(image), sys.stdout, indent=1)
        print()
        return 0
    from migrate.report.images import show_image
    from migrate.terminal.console import console, say

    screen = console()
    show_image(screen, image)
    written = _("{path} written") if changed else _("{path} unchanged")
    say(screen, written.format(path=out / relative))
    count = len(image.programs)
    words = ngettext("{n} program; the next scan answers from it", "{n} programs; the next scan answers from it", count)
    say(screen, words.format(n=f"{count:,}"))
    return 0


def _draft(out: Path, root: Path | None) -> int:
    from migrate.document.from_json import read_document
    from migrate.images.drafting import build_words, draft_images
    from migrate.terminal.console import console, say

    screen = console()
    for one in draft_images(out, read_document(out), root):
        count = len(one.group.jobs)
        words = ngettext("{path}: for {n} job", "{path}: for {n} jobs", count)
        say(screen, words.format(path=out / one.path, n=count))
        if one.kept:
            say(screen, _("the Dockerfile beside it was edited, so it stays"), indent=2)
        for question in one.draft.open:
            say(screen, _("open: {question}").format(question=question), indent=2, hang=2)
        say(screen, build_words(one, one.draft.contexts, out), "dim", indent=2, hang=2)
    return 0
