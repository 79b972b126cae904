"""``[ -f f ] && JOB``: where the test is false nothing was to do, and cron never told anybody. On AWS the status 1 would be a
failed run. So the text that is written says ``if [ -f f ]; then JOB; fi``: 0 where the test is false, else the job's status."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.syntax import Compound, Pipeline, Script, Statement
from converters.commands.shell.words import Simple

# Programs that only ask. What stays is as it was: a command that works and fails is a failure.
_ASKS = frozenset(
    {
        "[",
        "test",
        "expr",
        "pgrep",
        "pidof",
        "which",
        "hash",
        "type",
        "mountpoint",
        "cmp",
        "ping",
        "nc",
        "fping",
        "pg_isready",
    }
)
_SILENT = frozenset({"grep", "egrep", "fgrep", "zgrep", "rg", "diff"})
"""They ask where they print nothing: with -q, or into /dev/null."""
_ASKING_WORDS = frozenset(
    {("systemctl", "is-active"), ("systemctl", "is-enabled"), ("service", "status"), ("command", "-v"), ("kill", "-0")}
    | {("getent", word) for word in ("passwd", "group", "hosts")}
)
_READERS = frozenset(
    "cat date echo printf ps ls df mount uptime hostname find pgrep cut head tail awk sed tr sort wc grep".split()  # noqa: SIM905
)
"""They only read, in front of the asking end of a pipe."""


@lru_cache(maxsize=4096)
def skips_succeed(text: str) -> str:
    """The text, with the tests in front of its last command as ``if``; other texts as they are."""
    try:
        script = parse(text)
    except Unparsable:
        return text
    shown = text
    for start, end, piece in sorted(_changes(script), reverse=True):
        shown = shown[:start] + piece + shown[end:]
    return shown


def _changes(script: Script) -> Iterator[tuple[int, int, str]]:
    """What is put in place of which spans of the text."""
    if not script.statements:
        return
    for statement in script.statements[:-1]:
        yield from _leaving(script.text, statement)
    last = script.statements[-1]
    if last.terminator != "&":
        yield from _of_last(script.text, last)


def _leaving(text: str, statement: Statement) -> Iterator[tuple[int, int, str]]:
    """``[ -f f ] || exit; JOB``: a bare ``exit`` ends with the status of the test."""
    if len(statement.operators) != 1 or not _asks(statement.pipelines[0]):
        return
    leaves = statement.pipelines[1].simple
    if leaves is not None and leaves.values == ["exit"] and statement.operators == ["||"]:
        yield leaves.end, leaves.end, " 0"


def _of_last(text: str, statement: Statement) -> Iterator[tuple[int, int, str]]:
    pipelines, operators = statement.pipelines, statement.operators
    if "||" in operators:
        return  # what follows it answers for the test's status
    first = next((index for index, one in enumerate(pipelines) if _asks(one)), None)
    if first is None or first == len(pipelines) - 1:
        yield from _inside(pipelines[-1])
        return
    stop = first
    while stop < len(pipelines) - 1 and _asks(pipelines[stop]):
        stop += 1
    yield pipelines[first].start, pipelines[first].start, "if "
    joint = text[pipelines[stop - 1].end : pipelines[stop].start]
    # A comment or a line's end between them stays where it is; only the operator goes.
    yield pipelines[stop - 1].end, pipelines[stop].start, joint.replace("&&", "; then", 1).lstrip()
    yield from _tail(text, statement, stop)


def _tail(text: str, statement: Statement, stop: int) -> Iterator[tuple[int, int, str]]:
    """The job behind the tests: further tests may follow in it."""
    rest = Statement(
        statement.pipelines[stop:], statement.operators[stop:], statement.terminator, statement.terminator_at
    )
    yield from _of_last(text, rest)
    yield statement.end, statement.end, "; fi"


def _inside(pipeline: Pipeline) -> Iterator[tuple[int, int, str]]:
    """``( [ -f f ] && JOB )``, and the branch of an ``if``: their status is that of what stands in them."""
    only = pipeline.commands[0]
    if len(pipeline.commands) > 1 or pipeline.negated or not isinstance(only, Compound):
        return
    bodies = (
        only.bodies if only.kind in ("subshell", "group", "case") else only.bodies[1::2] if only.kind == "if" else []
    )
    for body in bodies:
        yield from _changes(body)


def _asks(pipeline: Pipeline) -> bool:
    """Whether it only asks a question, so that ``no`` is no failure."""
    # `! CHECK && ALERT`: whatever CHECK is, where it does well nothing was to do; where it fails, ALERT answers for it.
    if pipeline.negated:
        return True
    *before, last = pipeline.commands
    if any(not isinstance(one, Simple) or one.name not in _READERS for one in before):
        return False
    if isinstance(last, Compound):
        return last.test
    name = last.name
    if name in _ASKS:
        return True
    if name in _SILENT:
        quiet = any((value or "").startswith("-") and "q" in (value or "") for value in last.values[1:])
        return quiet or any(one.target.value == "/dev/null" and one.fd in (None, 1) for one in last.redirects)
    values = [value or "" for value in last.values]
    return any((name, value) in _ASKING_WORDS for value in values[1:3])
