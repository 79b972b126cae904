"""``CMD &`` and ``CMD | filter``: a job that cron does not wait for, and one whose pipe hides how it ended."""

from __future__ import annotations

import re

from converters.commands.idioms.peeling import Peeling, is_true
from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.syntax import Compound, Pipeline, Statement
from converters.commands.shell.words import Simple
from converters.commands.waiting import leaves_some, waits_for_all


def wait_for_job(peeling: Peeling) -> bool:
    """Take the last ``&``: a container ends when its shell does. Only when nothing else was put into the background."""
    statements = peeling.script.statements
    # POSIX 2.9.3: a background command reads /dev/null, in front it would read cron's data.
    if statements[-1].terminator != "&" or peeling.has_stdin or "background" in peeling.keep:
        return False
    if any(statement.terminator == "&" for statement in statements[:-1]):
        return False
    last = statements[-1]
    peeling.take("background", (peeling.before(last.terminator_at), last.terminator_at + 1))
    last.terminator, last.terminator_at = "", -1
    peeling.find(
        "C416", "`&` put the job into the background; the container waits for it, so that it is not cut short."
    )
    detaches = {one.name for pipeline in last.pipelines for one in pipeline.commands if isinstance(one, Simple)} & {
        "nohup"
    }
    if detaches:
        note_detached(peeling, "nohup")
    return True


def wait_for_redirected(peeling: Peeling) -> bool:
    """``CMD &> FILE`` at the end, where dash reads it: that is ``CMD &`` and ``> FILE``. The file was left empty and the output
    went to cron, so nothing is lost with either."""
    last = peeling.script.statements[-1]
    if peeling.shells != ("dash",) or last.terminator == "&" or peeling.has_stdin or "background" in peeling.keep:
        return False
    command = last.pipelines[-1].commands[-1]
    at = next((n for n, one in enumerate(command.redirects) if one.operator in ("&>", "&>>")), None)
    if at is None or any(statement.terminator == "&" for statement in peeling.script.statements[:-1]):
        return False
    taken = command.redirects[at:]
    words = command.words if isinstance(command, Simple) else []
    if any(word.end > taken[0].start for word in words) or any(one.operator.startswith("<") for one in taken):
        return False
    start, end = peeling.before(taken[0].start), taken[-1].end
    text = peeling.text[taken[0].start : end]
    peeling.take("background", (start, end))
    del command.redirects[at:]
    command.end = start
    peeling.find(
        "C416",
        f"`{text}` is `&` to dash: it put the job into the background, with its output on cron's mail. The container waits for "
        "it, and its output goes to CloudWatch Logs.",
    )
    return True


def note_detached(peeling: Peeling, name: str) -> None:
    """What was to live on by itself: ``nohup`` with ``&``, ``setsid``."""
    peeling.find(
        "C495",
        f"`{name}` lets it live on by itself after cron's shell; here a task lasts as long as it does. If it comes to an end "
        "by itself, all is well; if it does not, it is a service.",
    )


_ADDRESS = re.compile(r"https?://\S*\?")
_GOES_ON = re.compile(r"[\w.%\[\]~+-]+=[^\s;|<>()]*")


def note_cut_address(peeling: Peeling) -> None:
    """``curl http://h/x?a=1&b=2``: to the shell `&` ends the command (POSIX 2.9.3), wherever the writer saw an address."""
    for statement in peeling.script.statements:
        simple = statement.pipelines[-1].commands[-1]
        if statement.terminator != "&" or not isinstance(simple, Simple) or not simple.words:
            continue
        word, rest = simple.words[-1], _GOES_ON.match(peeling.script.text, statement.terminator_at + 1)
        if word.end == statement.terminator_at and _ADDRESS.match(word.text) and rest is not None:
            peeling.find(
                "C409",
                f"`&` stands in an address that is not quoted and ends the command there: `{rest[0]}` was never sent, and the "
                "request runs in the background. Quote the address if all of it is meant.",
            )
            return


def note_hidden_status(peeling: Peeling) -> None:
    """What hides a failure, or ends too early, in the text that stays."""
    statements = peeling.script.statements
    if leaves_some(peeling.script):
        remaining = peeling.layer.remaining()
        if waits_for_all(remaining) != remaining:
            peeling.find(
                "C416", "A part runs in the background (`&`); `wait` at the end keeps the container until it is done."
            )
        else:
            peeling.find(
                "C417",
                "A part runs in the background (`&`): it is killed when the container's shell ends. Let it `wait`.",
            )
    for statement in statements:
        if statement.operators and statement.operators[-1] == "||" and is_true(statement.pipelines[-1]):
            continue
        if "pipefail" not in peeling.layer.interpreter and (
            any(map(_hides, statement.pipelines[:-1]))
            or any(
                _asks_by_pipe(pipeline) or _loops_over(pipeline, peeling.script.text)
                for pipeline in statement.pipelines
            )
        ):
            peeling.find(
                "C414",
                f"{_asker(statement)} looks at a pipe's last command alone: where one before it fails, what follows runs on "
                "half a result.",
            )
        elif (
            len(statement.pipelines[-1].commands) > 1
            and "pipefail" not in peeling.layer.interpreter
            # `hidden.py` follows what the text itself sets or asks for.
            and not _MINDS_PIPES.search(peeling.script.text)
        ):
            peeling.find("C414", "A pipe hides the exit status of all but its last command.")


_MINDS_PIPES = re.compile(r"\bset[ \t][^;&|\n]*\bpipefail\b|\bexit[ \t]+\"?\$\{?PIPESTATUS\b")
# Programs that a pipe is asked by: their own status is the question (`ps ax | grep -q x && y`).
_ASKED = frozenset({"grep", "egrep", "fgrep", "zgrep", "rg", "read", "test", "[", "cmp", "diff", "jq", "awk", "xargs"})


def _hides(pipeline: Pipeline) -> bool:
    """Whether what follows `&&` or `||` cannot see that an earlier part of a pipe failed."""
    last = pipeline.commands[-1]
    if len(pipeline.commands) == 1 and isinstance(last, Compound) and last.kind in ("subshell", "group"):
        # `( a | b ) && c`: a group ends as the last command in it (POSIX 2.9.4).
        return bool(last.bodies[0].statements) and _hides(last.bodies[0].statements[-1].pipelines[-1])
    return len(pipeline.commands) > 1 and not (isinstance(last, Simple) and last.name in _ASKED)


def _asks_by_pipe(pipeline: Pipeline) -> bool:
    """Whether it is an `if` whose condition is such a pipe: `if dump | gzip > f; then ..`."""
    return any(
        isinstance(one, Compound)
        and one.kind in ("if", "branches")
        and bool(one.bodies[0].statements)
        and _hides(one.bodies[0].statements[-1].pipelines[-1])
        for one in pipeline.commands
    )


_BODY = re.compile(r"(?:for|while|until)\b.*?\bdo\s(.*)\bdone\b", re.S)


def _loops_over(pipeline: Pipeline, text: str) -> bool:
    """Whether the body of a loop, which is kept as it is, looks at such a pipe: `for d in a; do x $d | gzip > f && y; done`."""
    for one in pipeline.commands:
        found = _BODY.match(text, one.start, one.end) if isinstance(one, Compound) and one.kind == "other" else None
        try:
            inner = parse(found[1]) if found is not None else None
        except Unparsable:
            continue
        if inner is not None and any(any(map(_hides, statement.pipelines[:-1])) for statement in inner.statements):
            return True
    return False


def _asker(statement: Statement) -> str:
    return "`if`" if any(map(_asks_by_pipe, statement.pipelines)) else "`&&` or `||`"
