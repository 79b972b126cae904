"""The tree of a command line. Spans are offsets into ``Script.text``. The tree is not frozen: an idiom that takes
something over also takes it out of the tree, so that the next one sees what is left. Nodes are equal only to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from converters.commands.shell.words import Redirect, Simple, Word


@dataclass(eq=False, repr=False)
class Compound:
    """Anything with a body. ``kind`` is ``subshell``, ``group``, ``if``, ``branches``, ``case`` or ``other`` (loops, ``[[ ]]``,
    functions: kept as they are). ``bodies`` are the scripts inside: of a subshell or group its one body; of an ``if`` its
    condition and its branch; of ``branches`` conditions and branches in turn, and what follows ``else`` last; of a ``case``
    one per item, beside its ``patterns``. ``test`` says that it is ``[[ ]]`` or ``(( ))``, which only ask."""

    start: int
    end: int
    kind: str
    bodies: list[Script] = field(default_factory=list)
    subject: Word | None = None
    patterns: list[tuple[str, ...]] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)
    test: bool = False


Command = Simple | Compound


@dataclass(eq=False, repr=False)
class Pipeline:
    """Commands joined by ``|`` or ``|&`` (``joins``)."""

    commands: list[Command]
    joins: list[str]
    negated: bool
    start: int

    @property
    def end(self) -> int:
        return self.commands[-1].end

    @property
    def simple(self) -> Simple | None:
        """The one simple command this pipeline is, or ``None``."""
        only = self.commands[0]
        return only if len(self.commands) == 1 and not self.negated and isinstance(only, Simple) else None


@dataclass(eq=False, repr=False)
class Statement:
    """Pipelines joined by ``&&`` and ``||``, of equal precedence from the left. ``terminator`` is ``;``, ``&``, a newline
    or empty, and stands at ``terminator_at``."""

    pipelines: list[Pipeline]
    operators: list[str]
    terminator: str = ""
    terminator_at: int = -1

    @property
    def start(self) -> int:
        return self.pipelines[0].start

    @property
    def end(self) -> int:
        return self.pipelines[-1].end


@dataclass(eq=False, repr=False)
class Script:
    """Statements of ``text[start:end]``; ``comments`` are spans."""

    text: str
    start: int
    end: int
    statements: list[Statement]
    comments: list[tuple[int, int]] = field(default_factory=list)

    def commands(self) -> Iterator[Command]:
        """Every command, outer before inner, in the order of the text; not those in substitutions."""
        for statement in self.statements:
            for pipeline in statement.pipelines:
                for command in pipeline.commands:
                    yield command
                    if isinstance(command, Compound):
                        for body in command.bodies:
                            yield from body.commands()

    def simple_commands(self) -> Iterator[Simple]:
        for command in self.commands():
            if isinstance(command, Simple):
                yield command
