"""How the tool speaks on a terminal: one console, a few signs and styles, quiet or not. Colour is never the only sign."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from migrate.terminal.language import N_, _

if TYPE_CHECKING:
    from rich.console import Console

    from migrate.errors import LeftOut

WIDE = 160
"""Columns where the output is no terminal: enough for a table; nothing is wrapped or cut there anyway."""


class Manner:
    """What the global options ask for. ``quiet``: only what needs attention; ``verbose``: also what is done."""

    def __init__(self) -> None:
        self.quiet = False
        self.verbose = False


manner = Manner()


class Sign(NamedTuple):
    """A word that stands before a line, and its colour where there are colours."""

    word: str
    style: str

    @property
    def shown(self) -> str:
        """The word in the chosen language."""
        return _(self.word)


OK = Sign(N_("OK"), "green")
WARN = Sign(N_("WARN"), "yellow")
NG = Sign(N_("NG"), "red")

HEAD = "bold"
ASIDE = "dim"
ADDED, CHANGED, DRIFTED, REMOVED = "green", "yellow", "magenta", "red"


def console(*, stderr: bool = False) -> Console:
    """The console to print on: no escapes at all with NO_COLOR, TERM=dumb or without a terminal; and without one no line
    is wrapped or cut, so that grep finds whole lines."""
    from rich.console import Console

    # None is no colour and no bold either: rich alone would still send bold with NO_COLOR.
    # no-color.org: the variable counts when it is set and not empty.
    colours = None if os.environ.get("NO_COLOR") else "auto"
    made = Console(stderr=stderr, highlight=False, emoji=False, markup=False, color_system=colours)  # type: ignore[arg-type]
    # 80 columns where it is no terminal: rich would cut long lines, and grep would not find them.
    if not made.is_terminal:
        made.soft_wrap = True
        made.width = max(made.width, WIDE)
    return made


def printable(text: str) -> str:
    """``text`` with control and invisible characters spelled out, since they could move the cursor or hide what follows;
    line breaks stay."""
    # isprintable() is one C call; the usual sentence goes no further.
    from migrate.terminal.visible import visible

    return text if text.isprintable() else "\n".join(visible(line) for line in text.split("\n"))


def say(out: Console, text: str, style: str = "", *, indent: int = 0, hang: int = 0) -> None:
    """Print a sentence or a line. On a terminal it is wrapped at the width, ``hang`` more columns in from the second line."""
    from rich.text import Text

    whole = Text(printable(text), style=style)
    # At least 20 columns: a very narrow terminal would otherwise get one letter a line.
    lines = [whole] if out.soft_wrap else whole.wrap(out, max(20, out.width - indent - hang))
    # A blank at the end would be underlined or copied.
    for number, line in enumerate(lines):
        line.rstrip()
        out.print(Text(" " * (indent + (hang if number else 0))) + line)


def note(out: Console, text: str, style: str = "", *, indent: int = 0) -> None:
    """What is good to know and needs no attention: not said with ``--quiet``."""
    if not manner.quiet:
        say(out, text, style, indent=indent)


def columns(text: str) -> int:
    """How many columns the text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def padded(text: str, width: int) -> str:
    """``text`` in exactly ``width`` columns, cut with … where it is longer; an East Asian character takes two columns."""
    from rich.cells import cell_len, set_cell_size

    # A wide character at the border may leave one column free: set_cell_size fills it.
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def item(out: Console, sign: Sign, text: str, *, indent: int = 2) -> None:
    """A line of a tree or list, its sign first: ``  OK    log group /cron2fargate/x``."""
    from rich.cells import cell_len
    from rich.text import Text

    # The column is as wide as its widest word in this language: signs line up in Japanese too.
    column = max(cell_len(one.shown) for one in (OK, WARN, NG))
    head = Text(" " * indent) + Text(sign.shown, style=sign.style) + Text(" " * (column - cell_len(sign.shown) + 2))
    room = max(20, out.width - head.cell_len)
    whole = Text(printable(text))
    for number, line in enumerate([whole] if out.soft_wrap else whole.wrap(out, room)):
        line.rstrip()
        out.print((head if number == 0 else Text(" " * head.cell_len)) + line)


def show_left_out(out: Console, left_out: Sequence[LeftOut]) -> None:
    """Before all else: the jobs that are left out, each with all that is wrong with its file."""
    for one in left_out:
        text = "x " + _("{job} is left out: {why}").format(job=one.job, why=one.why)
        out.print(printable(text), style="red", soft_wrap=True)
    if left_out:
        out.print()


def count_left_out(out: Console, left_out: Sequence[LeftOut]) -> None:
    """And at the end, when the reasons have scrolled away."""
    if left_out:
        jobs = ", ".join(one.job for one in left_out)
        text = "x " + _("left out: {jobs}; mend ecs.yml and run this again").format(jobs=jobs)
        out.print(printable(text), style="bold red", soft_wrap=True)
