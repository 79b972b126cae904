"""Tests in front of a job: of the date (they become schedule) and of running processes (they become a lock)."""

from __future__ import annotations

import re

from converters.commands.idioms.clocks import reads_clock
from converters.commands.idioms.date_conditions import Reader, reader_of
from converters.commands.idioms.own_locks import asks_lock, keeps_apart
from converters.commands.idioms.peeling import Peeling, is_quiet, is_true, sole_command
from converters.commands.idioms.preparations import drop_statement, is_exit
from converters.commands.idioms.processes import note_asked_processes, process_test
from converters.commands.shell.syntax import Compound, Pipeline, Script, Statement
from converters.schedules.date_guards import DateGuard, NotADate, make_guard
from converters.schedules.date_output import Unknown
from converters.schedules.date_programs import Not, succeeds
from converters.schedules.date_tests import DateTest
from converters.schedules.shell_words import Command

# A word boundary: `update` and `mydate` are none.
_DATE = re.compile(r"\bdate\b")
# procps pgrep(1).


def take_guard(peeling: Peeling) -> bool:
    """Take the first test of the date or of processes that stands in front of all the rest."""
    if peeling.delay is not None:
        return False
    return _take_compound(peeling) or _take_leaving(peeling) or _take_chain(peeling)


# Where a guard may stand


def _take_chain(peeling: Peeling) -> bool:
    """``GUARD && REST`` and ``GUARD || JOB``, as the whole text; other preparing tests may stand before it."""
    statement = peeling.script.statements[0]
    if len(peeling.script.statements) != 1 or statement.terminator == "&" or not statement.operators:
        return False
    operators, pipelines = statement.operators, statement.pipelines
    # `GUARD && JOB || true`: the excuse covers guard and job alike.
    excused = len(operators) > 1 and operators[-1] == "||" and is_true(pipelines[-1])
    chain = operators[:-1] if excused else operators
    if chain == ["||"]:
        return _take_link(peeling, statement, 0, inverted=True)
    if "||" in chain:
        return False
    for index in range(len(chain)):
        if _take_link(peeling, statement, index, inverted=False):
            return True
        if not is_quiet(pipelines[index]):
            return False
    return False


def _take_link(peeling: Peeling, statement: Statement, index: int, *, inverted: bool) -> bool:
    pipelines = statement.pipelines
    if not _take_test(peeling, pipelines[index], inverted=inverted):
        return False
    peeling.take(peeling.taking, (pipelines[index].start, pipelines[index + 1].start))
    del pipelines[index], statement.operators[index]
    return True


def _take_leaving(peeling: Peeling) -> bool:
    """``GUARD || exit 0; REST`` and ``GUARD && exit; REST``."""
    statements = peeling.script.statements
    if len(statements) < 2 or statements[0].terminator == "&" or len(statements[0].operators) != 1:
        return False
    if not is_exit(statements[0]):
        return False
    if not _take_test(peeling, statements[0].pipelines[0], inverted=statements[0].operators[0] == "&&"):
        return False
    drop_statement(peeling, peeling.taking)
    return True


def _take_compound(peeling: Peeling) -> bool:
    """``if GUARD; then JOB; fi`` and ``case $(date +%d) in 0[1-7]) JOB;; esac``, as the whole text."""
    block = sole_command(peeling.script)
    if not isinstance(block, Compound) or block.redirects or block.kind not in ("if", "case"):
        return False
    body = _if_body(peeling, block) if block.kind == "if" else _case_body(peeling, block)
    if body is None:
        return False
    # What the block did before its body was a question; nothing else may be lost with it.
    _open_body(peeling, block, body)
    return True


def _if_body(peeling: Peeling, block: Compound) -> Script | None:
    tests, body = block.bodies[0].statements, block.bodies[1]
    if len(tests) != 1 or tests[0].operators or not _take_test(peeling, tests[0].pipelines[0], inverted=False):
        return None
    return body


def _case_body(peeling: Peeling, block: Compound) -> Script | None:
    """The one item of a ``case`` on the date that does anything; the others must be empty."""
    # Several working items are several jobs by date.
    working = [index for index, body in enumerate(block.bodies) if body.statements]
    if len(working) != 1 or block.subject is None:
        return None
    body = block.bodies[working[0]]
    text = peeling.text[block.start : body.start].strip()
    reader = reader_of(peeling)
    try:
        taken = _accept(peeling, reader, reader.chosen(block, working[0]), text)
    except NotADate:
        return None
    return body if taken else None


def _open_body(peeling: Peeling, block: Compound, body: Script) -> None:
    last = body.statements[-1]
    end = last.terminator_at + 1 if last.terminator == "&" else last.end
    peeling.take(peeling.taking, (block.start, body.statements[0].start), (end, block.end))
    if last.terminator != "&":
        last.terminator = ""
    peeling.script.statements = body.statements


# What a guard is


def _take_test(peeling: Peeling, pipeline: Pipeline, *, inverted: bool) -> bool:
    return _date_test(peeling, pipeline, inverted=inverted) or process_test(peeling, pipeline, inverted=inverted)


def _date_test(peeling: Peeling, pipeline: Pipeline, *, inverted: bool) -> bool:
    text = peeling.text[pipeline.start : pipeline.end]
    if not _DATE.search(text):
        return False
    reader = reader_of(peeling)
    condition = reader.pipeline(peeling.text, pipeline)
    if reader.jobs:
        return False
    try:
        return _accept(peeling, reader, Not(condition) if inverted else condition, text)
    except NotADate:
        return False


def _accept(peeling: Peeling, reader: Reader, condition: Command, text: str) -> bool:
    """Keep the guard's days, and say what is wrong with it."""
    if not reader.shells:
        return False
    # In dash such a test fails always, so the guard on paper and the one that ran differ.
    if reader.odd:
        return False  # bash's own, which dash does not take: `dialects` says so
    if reader.refused:
        said = _constant(condition, reader)
        peeling.find("C447", f"`{text}`: {reader.refused[0]}, so it prints nothing, and the test {said}.")
        return False
    guard = make_guard(text, condition, reader.shells)
    if "date guard" in peeling.keep:
        return False
    if not _has_days(peeling, guard):
        return False
    peeling.guards.append(guard)
    peeling.taking = "date guard"
    peeling.find("C440", f"`{text}` becomes part of the schedule: {guard.description}.")
    return True


def _has_days(peeling: Peeling, guard: DateGuard) -> bool:
    """Whether the job runs on any day; what is wrong with the test is said."""
    octal = f"`{guard.text}`: 08 and 09 are no octal numbers, so the shell's arithmetic fails with them and the job is"
    if not guard.days():
        if guard.broken:
            peeling.find("C443", f"{octal} skipped whenever it was meant to run: it has never run.")
        else:
            peeling.find("C442", f"`{guard.text}` is never true, so the job has never run.")
        return False
    if guard.broken:
        peeling.find("C443", f"{octal} skipped where it was meant to run.")
    return True


def _constant(condition: Command, reader: Reader) -> str:
    """What a test says whose date prints nothing."""
    try:
        said = {succeeds(condition, shell, _no_date) for shell in reader.shells}
    except Unknown:
        return "does not say what was meant"
    if said == {False}:
        return "is never true: the job has never run"
    return "is true on every day" if said == {True} else "does not say what was meant"


def _no_date(letter: str, shift: int, zone: str | None) -> int:
    raise Unknown("the date matters")


def note_left_guards(peeling: Peeling) -> None:
    """Tests that stay in the text: of the date (read in the container's zone) and of the host."""
    _note_date_test(peeling)
    note_asked_processes(peeling)
    for statement in peeling.script.statements:
        _note_statement(peeling, statement)


def _note_date_test(peeling: Peeling) -> None:
    """A test of the date in whatever form; it is known by what it does: on some dates the job does not run."""
    # A program that only touches the clock in what was taken over is free of it now.
    if not reads_clock(peeling.layer.remaining()):
        return
    reader = reader_of(peeling)
    program = reader.script(peeling.script)
    variables = tuple(sorted(peeling.variables().items()))
    delay = peeling.delay  # it stood in front of all that is left, so the test reads the clock after it
    pause, spread = (0.0, 0.0) if delay is None else (delay.seconds, 0) if delay.kind == "fixed" else (0, delay.seconds)
    test = DateTest(tuple(reader.conditions), program, reader.shells, variables, pause, spread)
    if not test.texts or test.kind == "always":
        return
    if test.kind == "never":
        if reader.jobs:
            peeling.test = test  # so that nobody counts the daemon's starts as runs of the job
            if not {"C442", "C443", "C447", "C450"} & {finding.code for finding in peeling.findings}:
                peeling.find("C442", f"`{test.texts[0]}` never lets the job run, so it has never run.")
        return
    peeling.test = test
    more = " What it says at another time than cron's is not known here." if test.kind == "unknown" else ""
    peeling.find(
        "C441",
        f"`{test.texts[0]}` stays in the command: it is a test of the date or time that no schedule states.{more}",
    )


_ASKS_STATUS = re.compile(r'(?:\[|test) +(?:! +)?"?\$(?:\?|\{?(\w+)\}?)"? +(?:-[engl][qte]|!?==?) +"?\d+"?(?: +\])?')


def _note_statement(peeling: Peeling, statement: Statement) -> None:
    for at, pipeline in enumerate(statement.pipelines[: len(statement.operators)]):
        simple = pipeline.simple
        if simple is None or simple.name not in ("[", "test", "command", "which", "hash"):
            continue
        text = peeling.text[pipeline.start : pipeline.end]
        if asks_lock([word.text.strip("\"'") for word in simple.words]) and keeps_apart(statement, at):
            continue  # a lock of its own, told as such
        if (asked := _ASKS_STATUS.fullmatch(text)) and (not asked[1] or f"{asked[1]}=$?" in peeling.text):
            continue  # how a command ended, wherever it ran
        if peeling.test is None or text not in peeling.test.texts:
            _asks_host(peeling, text)


def _asks_host(peeling: Peeling, text: str) -> None:
    peeling.find(
        "C462", f"`{text}` asks about the host. In the container the answer may be another one: decide what it is."
    )
