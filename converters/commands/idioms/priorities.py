"""Wrappers that change nothing a container knows: niceness, scheduling class, hang-ups, buffering.

They can go wherever they stand, in a pipeline or a list too.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from converters.commands.idioms.background import note_detached
from converters.commands.idioms.options import Grammar, read_options
from converters.commands.idioms.peeling import Kept, Peeling, check_unwrap
from converters.commands.shell.words import Simple

# nice(1): `-N` is an obsolete form of `-n N`.
_NICE = Grammar(flags="0123456789", valued="n", long={"adjustment": "n"})
_IONICE = Grammar(flags="t", valued="cn", long={"class": "c", "classdata": "n", "ignore": "t"})
_CHRT = Grammar(
    flags="bdfiorR", long={"batch": "b", "idle": "i", "other": "o", "fifo": "f", "rr": "r", "reset-on-fork": "R"}
)
# nohup: a task has no terminal that could hang up.
_NONE = Grammar()
_SETSID = Grammar(flags="cw", long={"ctty": "c", "wait": "w"})


def _nice(simple: Simple) -> int:
    """``nice [-n N | -N | --adjustment=N] CMD``; ``nice --5 CMD`` and ``nice -+5 CMD`` are old spellings."""
    value = simple.words[1].value if len(simple.words) > 1 else None
    # nice(1) of coreutils still reads `--5` and `-+5`.
    if value is not None and re.fullmatch(r"-[-+]\d+", value):
        return 2
    return read_options(simple.words, _NICE)[1]


def _chrt(simple: Simple) -> int:
    """``chrt [-b|-i|..] PRIORITY CMD``."""
    at = read_options(simple.words, _CHRT)[1]
    value = simple.words[at].value if at < len(simple.words) else None
    if value is None or not value.isdecimal():
        raise Kept("its priority is not a number")
    return at + 1


_READERS: dict[str, Callable[[Simple], int]] = {
    "nice": _nice,
    "ionice": lambda simple: read_options(simple.words, _IONICE)[1],
    "chrt": _chrt,
    "nohup": lambda simple: read_options(simple.words, _NONE)[1],
    # Process 1 leads its group, so setsid(1) would fork there and come back at once; under cron it did not.
    "setsid": lambda simple: read_options(simple.words, _SETSID)[1],
    "nocache": lambda simple: read_options(simple.words, _NONE)[1],
    # stdbuf(1) matters to a reader at the other end of a pipe; a container's log takes what comes.
    "stdbuf": lambda simple: read_options(simple.words, Grammar(valued="ioe"))[1],
}


def drop_priorities(peeling: Peeling) -> bool:
    """Take every such wrapper in the text, except one that is kept for a reason."""
    changed = False
    for simple in peeling.script.simple_commands():
        while (reader := _READERS.get(simple.name or "")) is not None:
            name = simple.name or ""
            try:
                count = reader(simple)
                check_unwrap(peeling, simple, count)
            except Kept:
                break
            peeling.unwrap(name, simple, count)
            if name == "setsid":
                note_detached(peeling, name)
            elif name == "stdbuf":
                peeling.find(
                    "C423",
                    "`stdbuf` made the output come line by line; without it what the program has not written yet is lost when "
                    "it is killed. Write it in ecs.yml again if the image has it.",
                )
            changed = True
    return changed
