"""What is known at one place of an entry script: arguments, variables, the last status, what became of the job so far.

A script is followed with values that stand for many: `Field` is a text that is known, a word of the job's command, all of them
from one on, or something that nobody can foretell. Where a test is open, there are two states from there on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from converters.images.entry_syntax import Node

Kind = Literal[
    "",
    "passes",
    "eats",
    "ignores",
    "splits",
    "swallows",
    "changes",
    "drops",
    "adds",
    "again",
    "endless",
    "stays",
    "ends",
    "root",
    "services",
    "bare",
    "leaves",
    "breaks",
    "unread",
]


class Field(NamedTuple):
    """One word as a program gets it.

    ``lit``     a text that is known: ``value``
    ``job``     the word ``number`` of the job's command; ``rest``: all of them from there on, which may be none but for 0
    ``head``    the first sign of the command's first word
    ``base``    the last part of the command's first word, behind its last slash
    ``found``   the path that `command -v "$1"` prints
    ``split``   words of the command, split anew; ``joined``: all of them in one text; ``quoted``: the same, quoted for a shell
    ``piece``   something made of words of the command
    ``text``    one word that nobody can foretell; ``some``: any number of them. ``value`` is the variable that it comes from
    ``part``    a text that begins with ``value``, which is something
    ``code``    an exit status: `job` is the job's own, which is not 0; `bad` is another one that is not 0
    ``count``   how many arguments there are; ``pid``: the job in the background; ``self``: the script; ``uid``: of its user
    ``mixed``   something with or without words of the command
    """

    kind: str
    value: str = ""
    number: int = 0


REST = Field("rest", "", 0)
TEXT = Field("text")
SOME = Field("some")
OF_JOB = frozenset({"job", "rest", "split", "joined", "quoted", "piece", "mixed", "head", "found", "base"})
Fields = tuple[Field, ...]


def lit(value: str) -> Field:
    return Field("lit", value)


def touches(fields: Iterable[Field]) -> bool:
    """Whether words of the command are in it."""
    return any(field.kind in OF_JOB for field in fields)


def is_whole(fields: Fields, length: int = 0) -> bool:
    """Whether these are the words of the command, each as it was, and nothing else. ``length``: how many it has; 0: any."""
    last = fields[-1] if fields else None
    if last is not None and last == Field("rest", "", len(fields) - 1):
        fields = fields[:-1]
    elif not length or len(fields) != length:
        return False
    return all(field == Field("job", "", at) for at, field in enumerate(fields))


class State(NamedTuple):
    """``status``: digits, `bad` (not 0), `job` (the job's own, not 0) or `?`. ``job``: empty before it started, then `ok` or
    `failed`; with `back-` before it while it is in the background. ``signal``: `exit`, `return`, `break` or `continue`, on the
    way out. ``final``: what is settled already. ``fed``: another program got the command as its arguments. ``harmed``: the
    shell of the image ended at a word of another. ``others``: something else is in the background, since `before` the job or
    `after` it. ``sourced``: a file that nobody read was read in. ``length``: how many words the command has on this way."""

    params: Fields = (REST,)
    zero: Field = Field("self")
    variables: tuple[tuple[str, Fields], ...] = ()
    functions: tuple[tuple[str, Node], ...] = ()
    status: str = "0"
    job: str = ""
    final: Kind = ""
    signal: str = ""
    fed: bool = False
    errexit: bool = False
    pipefail: bool = False
    trap: str = ""
    harmed: bool = False
    root: bool = False
    others: str = ""
    sourced: bool = False
    length: int = 0
    doubt: bool = False
    levels: int = 0
    assumed: frozenset[tuple[str, bool]] = frozenset()

    def read(self, name: str) -> Fields | None:
        return next((value for one, value in self.variables if one == name), None)

    def write(self, name: str, value: Fields | None) -> State:
        kept = [pair for pair in self.variables if pair[0] != name]
        if value is not None:
            kept.append((name, value))
        assumed = frozenset(pair for pair in self.assumed if name not in pair[0].split())
        return self._replace(variables=tuple(sorted(kept)), assumed=assumed)

    def ended(self, status: str) -> State:
        return self._replace(status=status, signal="exit")

    def settled(self, kind: Kind) -> State:
        return self._replace(final=kind, signal="exit", status="?")

    def without_words(self) -> State:
        """The same where no word of the command is left."""
        if len(self.params) == 1 and self.params[0].kind == "rest":
            return self._replace(params=(), length=self.params[0].number)
        return self

    def known(self, key: str) -> bool | None:
        return True if (key, True) in self.assumed else False if (key, False) in self.assumed else None

    def fork(self, key: str) -> list[tuple[bool, State]]:
        """Both ways of a test that nobody can foretell; one, where it was come to before. An empty key is never kept."""
        if not key:
            return [(True, self), (False, self)]
        known = self.known(key)
        ways = (True, False) if known is None else (known,)
        return [(way, self._replace(assumed=self.assumed | {(key, way)})) for way in ways]


def truth(status: str) -> bool | None:
    return None if status == "?" else status == "0"


def decided(state: State) -> list[tuple[bool, State]]:
    """Whether the last status is 0; both where that is open."""
    known = truth(state.status)
    if known is not None:
        return [(known, state)]
    return [(True, state._replace(status="0")), (False, state._replace(status="bad"))]


MOST = 48


def merged(states: Iterable[State]) -> set[State]:
    """The same states; where they are too many, those that differ only in variables and in what was assumed become one."""
    found = set(states)
    if len(found) <= MOST:
        return found
    groups: dict[State, list[State]] = {}
    for one in found:
        groups.setdefault(one._replace(variables=(), assumed=frozenset()), []).append(one)
    return {_joined(key, group) for key, group in groups.items()}


def _joined(key: State, group: list[State]) -> State:
    names = {name for one in group for name, _ in one.variables}
    variables = []
    for name in sorted(names):
        values = {one.read(name) for one in group}
        first = next(iter(values))
        if len(values) == 1 and first is not None:
            variables.append((name, first))
        elif any(touches(value) for value in values if value):
            variables.append((name, (Field("mixed"),)))
        else:
            variables.append((name, (Field("text", name),)))
    assumed = frozenset.intersection(*(one.assumed for one in group))
    return key._replace(variables=tuple(variables), assumed=assumed)
