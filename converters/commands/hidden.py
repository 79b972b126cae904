"""What hides a failure: ``X || echo failed``, ``X; exit 0``, ``if X; then ..; else echo; fi``, a trap, a pipe, a loop.

Under cron nobody looked at a status; on AWS alarms, retries and followers go by it. Each command that matters is made to fail
in thought (`ending`), and where the whole ends as it would have ended without, the failure is hidden: by a rule of the shell
and not by a form of writing, so that no form is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from converters.commands.ending import EITHER, GOOD, Shell, Statuses, path_to
from converters.commands.flow import Block, Branches, Chain, Function, Loop, Run, Step, read_flow
from converters.commands.idioms.heartbeats import tells_monitor
from converters.commands.shell.parse import Unparsable
from converters.findings.codes import Finding
from converters.findings.few import few

# They speak, wait or prepare, and end well wherever anything does: what stands behind them is never their failure.
PREPARING = frozenset(
    """
    : true echo printf logger mail mailx nail mutt sendmail wall date sleep usleep export local readonly declare typeset unset
    set shift shopt umask ulimit trap alias touch mkdir rm rmdir cat ls df du free uptime hostname whoami id uname chmod chown
    chgrp ln tput clear jobs times history renice basename dirname head tail sort uniq wc tee sync
    """.split()  # noqa: SIM905 - read as a text
)
# They only ask, look or choose: `no` is an answer, and no failure.
ASKING = frozenset(
    """
    [ [[ test false cd pushd popd pwd grep egrep fgrep zgrep pgrep pidof kill pkill killall read which command type hash
    getopts expr let diff cmp ps break continue return exit wait eval . source sed awk cut tr seq mountpoint mapfile stat
    readlink realpath
    """.split()  # noqa: SIM905
)
_REQUESTS = frozenset({"curl", "wget", "ping", "fping", "nc", "host", "dig", "nslookup", "getent", "pg_isready"})
_EXCUSES = frozenset({"true", ":"})
_NAMES = 3
# A text of thousands of commands is looked at in part: each of them is a run of the whole.
_MOST = 60


class Hidden(NamedTuple):
    """Commands whose failure does not reach the end. With ``always`` the end is 0 whatever else happens, by ``cause``; ``lost``
    leave it to what follows; ``piped`` stand in a pipe, ``rounds`` in a loop that goes on."""

    always: tuple[str, ...] = ()
    cause: str = ""
    lost: tuple[str, ...] = ()
    piped: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def hidden_in(text: str, *, strict: bool = False, whole: bool = False) -> Hidden:
    """What is hidden in a text; ``strict`` and ``whole`` say that its shell was started with ``-e``, with ``pipefail``."""
    if not any(mark in text for mark in (";", "|", "&", "!", "\n", "then")):
        return Hidden()
    try:
        block = read_flow(text)
    except Unparsable:
        return Hidden()
    runs = block.runs()
    if len(runs) < 2 and not any(mark in text for mark in ("!", "do", "if")):
        return Hidden()
    defined = {step.name for step in block.steps() if isinstance(step, Function)}
    exempt = set(map(id, _exempt(block)))
    able = [run for run in runs if run.words and run.inner is None and run.name not in defined]
    matters = [run for run in able if _matters(run)]
    # Where nothing works, what little there is counts: `rm x || true`.
    little = matters or [run for run in able if run.name in PREPARING and run.name not in _SPEAK]
    return _sorted(block, [run for run in little if id(run) not in exempt][:_MOST], strict=strict, whole=whole)


_SPEAK = frozenset(
    {":", "true", "echo", "printf", "logger", "mail", "mailx", "sendmail", "date", "sleep", "trap", "set"}
)


def _sorted(block: Block, targets: list[Run], *, strict: bool, whole: bool) -> Hidden:
    always, lost, rounds, pipes, cause = [], [], [], [], ""
    piped = set(map(id, _in_pipes(block)))
    looped = set(map(id, _in_loops(block)))
    excused = set(map(id, _excused(block)))
    for run in targets:
        path = path_to(block, run)
        shell = Shell(run, True, _usual, path, strict=strict, whole=whole)
        failed = shell.text(block)
        if not shell.reached:
            continue
        fair = Shell(run, False, _usual, path, strict=strict, whole=whole).text(block)
        seen = 1 in failed and failed != fair
        if seen and id(run) in looped:
            first = Shell(run, True, _usual, path, strict=strict, whole=whole, once=True).text(block)
            if first == fair:
                rounds.append(_shown(run))
        elif seen or not failed:
            pass
        elif id(run) in piped:
            pipes.append(_shown(run))
        elif failed == GOOD:
            always.append(_shown(run))
            cause = cause or (_said(shell.spoke) if shell.spoke is not None and shell.spoke is not run else "")
        elif id(run) not in excused and any(one is not run and _matters(one) for one in block.runs()):
            lost.append(_shown(run))
    return Hidden(*(tuple(dict.fromkeys(always)), cause), *(tuple(dict.fromkeys(one)) for one in (lost, pipes, rounds)))


def _matters(run: Run) -> bool:
    return bool(run.words) and run.name not in PREPARING | ASKING and not tells_monitor(run.name, run.source)


def _usual(run: Run) -> Statuses:
    if run.name in PREPARING or tells_monitor(run.name, run.source):
        return GOOD
    return EITHER


def _shown(run: Run) -> str:
    return f"`{_said(run)}`"


def _said(run: Run) -> str:
    return run.source if len(run.source) <= 30 else f"{run.words[0]} …"


# --- where a command stands ------------------------------------------------------------------------------------------


def _chains(block: Block) -> Iterator[tuple[Chain, bool]]:
    """Every chain, and whether another one follows it in its list."""
    for at, chain in enumerate(block.chains):
        yield chain, at < len(block.chains) - 1
    for step in block.steps():
        for inner in step.blocks():
            for at, chain in enumerate(inner.chains):
                yield chain, at < len(inner.chains) - 1


def _exempt(block: Block) -> Iterator[Run]:
    """Commands that are a question: of a loop, of an ``if`` that works where the answer is yes, or before ``|| exit``."""
    for step in block.steps():
        if isinstance(step, Loop) and step.condition is not None:
            yield from step.condition.runs()
        elif isinstance(step, Branches) and step.otherwise is None and any(map(_works, step.bodies)):
            for condition in step.conditions:
                yield from condition.runs()
    for chain, goes_on in _chains(block):
        for at, pipe in enumerate(chain.pipes):
            last = pipe.parts[-1]
            asked = at < len(chain.pipes) - 1
            if asked and goes_on and isinstance(last, Run) and last.name in _REQUESTS:
                yield last
            if asked and len(pipe.parts) > 1 and isinstance(last, Run) and last.name in ASKING:
                yield from (part for part in pipe.parts if isinstance(part, Run))


def _excused(block: Block) -> Iterator[Run]:
    """``X || true``: its failure is meant to count for nothing, wherever it stands."""
    for chain, _ in _chains(block):
        for at, operator in enumerate(chain.operators):
            after = chain.pipes[at + 1].parts[0]
            if operator == "||" and isinstance(after, Run) and after.name in _EXCUSES:
                yield from (run for pipe in chain.pipes[: at + 1] for part in pipe.parts for run in _runs(part))


def _in_pipes(block: Block) -> Iterator[Run]:
    for chain, _ in _chains(block):
        for pipe in chain.pipes:
            for part in pipe.parts[:-1]:
                yield from _runs(part)


def _in_loops(block: Block) -> Iterator[Run]:
    for step in block.steps():
        if isinstance(step, Loop):
            yield from step.body.runs()


def _runs(step: Step) -> Iterable[Run]:
    if isinstance(step, Run):
        return [step]
    return [run for inner in step.blocks() for run in inner.runs()]


def _works(block: Block) -> bool:
    return any(map(_matters, block.runs()))


# --- what is said ----------------------------------------------------------------------------------------------------


def hidden_findings(found: Hidden, *, script: str = "", known: bool = False) -> Iterator[Finding]:
    """What is said of it; ``script`` is the path of a script that was read, ``known`` says that pipes were told of before."""
    whose = f"`{script}`" if script else "the task"
    if found.always:
        by = f", by `{found.cause}`" if found.cause else ""
        yield Finding("C413", f"{_where(found.always)}, {whose} ends with 0 all the same{by}: no alarm can see it.")
    if found.piped and not known:
        of = f" in `{script}`" if script else ""
        yield Finding("C414", f"A pipe{of} hides the exit status of {few(found.piped, _NAMES)}.")
    if found.lost:
        yield Finding(
            "C433",
            f"{_where(found.lost)}, the rest of {whose if script else 'the text'} runs on, and how that ends is how the task "
            "ends.",
        )
    if found.rounds:
        of = f" of `{script}`" if script else ""
        yield Finding(
            "C433", f"In a loop{of} the last round's end alone counts: {few(found.rounds, _NAMES)} may fail before."
        )


def _where(names: tuple[str, ...]) -> str:
    return f"Where {few(names, _NAMES, last=' or ')} fails"
