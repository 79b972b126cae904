"""What `cron2fargate image` prints: the facts of an image that decide whether a job starts in it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from converters.images.entrypoints import SENTENCES
from converters.images.facts import Image
from migrate.terminal.console import say
from migrate.terminal.language import _
from migrate.terminal.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

SHOWN_BROKEN = 10


def show_image(console: Console, image: Image) -> None:
    """One fact a line."""
    for label, text in _facts(image):
        say(console, f"{label}: {visible(text)}", hang=2)
    broken = sorted(image.broken.items())
    for path, why in broken[:SHOWN_BROKEN]:
        say(console, visible(f"{path}: {why}"), indent=2, hang=2)
    if len(broken) > SHOWN_BROKEN:
        say(console, _("and {n} more").format(n=len(broken) - SHOWN_BROKEN), indent=2)


def _facts(image: Image) -> Iterator[tuple[str, str]]:
    none, yes = _("none"), _("yes")
    yield _("image"), f"{image.name} {image.digest}"
    yield _("architecture"), " ".join(one for one in (image.architecture, image.os) if one)
    yield _("size"), f"{image.packed / 2**20:,.0f} MiB, {image.unpacked / 2**20:,.0f} MiB"
    entry = shlex.join(image.entrypoint) if image.entrypoint else none
    sentence = SENTENCES.get(image.entry)
    yield "ENTRYPOINT", entry + (f" ({sentence.format(name=image.entrypoint[0])})" if sentence else "")
    yield _("user"), image.user or "root"
    yield _("directory"), image.working_directory
    yield "sh", image.shells.get("sh", none)
    yield "bash", image.shells.get("bash", none)
    yield _("zone data"), yes if image.zone_data else none
    yield _("CA certificates"), yes if image.certificates else none
