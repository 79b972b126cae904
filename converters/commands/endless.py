"""Loops that no round of their own ends: ``while true``, ``until false``, ``for ((;;))`` without ``break`` or ``exit``.

What is not sure is not said: whatever in a loop may leave it, be it in a branch that is hardly ever taken, makes it one that
ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from converters.commands.flow import Ask, Block, Function, Loop, Run, Step, read_flow
from converters.commands.shell.parse import Unparsable

_TRUE = frozenset({"true", ":"})
# test(1): one word that is not empty is true. `((1))` and `[[ 1 ]]` are bash's and ksh's.
_ONE_WORD = re.compile(
    r"(?:\[|test)\s+(?:[\w.]+|\"\w+\"|'\w+')(?:\s+\])?|\[\[\s+\w+\s+\]\]|\(\(\s*(?:[1-9]\d*|true)\s*\)\)"
)
_LEAVES = frozenset({"break", "exit", "return", "exec", "eval", ".", "source", "kill"})
_LONGEST = 40


def endless_loops(text: str) -> tuple[str, ...]:
    """The beginnings of the loops of a text that run until somebody ends them; none where the text cannot be read."""
    if "do" not in text:
        return ()
    try:
        return tuple(dict.fromkeys(map(_shown, _endless(read_flow(text)))))
    except Unparsable:
        return ()


def is_endless(loop: Loop) -> bool:
    """Whether a loop's condition is always the same, and nothing in it leaves it."""
    return loop.condition is not None and _always(loop.condition, 1 if loop.until else 0) and not _left(loop)


def _always(condition: Block, wanted: int) -> bool:
    """Whether a condition ends with this status at every round, whatever it asks."""
    if not condition.chains:
        return wanted == 0
    pipe = condition.chains[-1].pipes[-1]
    alone = len(condition.chains) == 1 and len(condition.chains[-1].pipes) == 1 and len(pipe.parts) == 1
    return alone and _status(pipe.parts[0]) == (1 - wanted if pipe.negated else wanted)


def _status(step: Step) -> int | None:
    """What a step always ends with; ``None`` where that is not known."""
    if isinstance(step, Run) and len(step.words) == 1:
        return 0 if step.name in _TRUE else 1 if step.name == "false" else None
    if isinstance(step, Run) and step.name == "sleep" and len(step.words) > 1:
        return 0  # `while sleep 5; do ..`: it ends well unless somebody ends it
    return 0 if isinstance(step, Run | Ask) and _ONE_WORD.fullmatch(step.source.strip()) else None


def _left(loop: Loop) -> bool:
    runs = loop.body.runs()
    return any(run.name in _LEAVES or (run.name == "set" and "-e" in run.words) for run in runs)


def _endless(block: Block) -> Iterator[Loop]:
    for chain in block.chains:
        # Work in the background may be ended by the rest of the text; a writer ends with the reader of its pipe.
        for pipe in chain.pipes if not chain.background else ():
            step = pipe.parts[-1]
            if isinstance(step, Loop) and is_endless(step):
                yield step
            if not isinstance(step, Function):
                for inner in step.blocks():
                    yield from _endless(inner)


def _shown(loop: Loop) -> str:
    first = " ".join(loop.source.split())
    return first if len(first) <= _LONGEST else f"{first[: _LONGEST - 2].rstrip()} …"
