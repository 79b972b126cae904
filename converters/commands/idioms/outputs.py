"""Where output goes: ``>> log 2>&1``, ``| logger``, ``| tee -a log``, ``chronic``. A container's output goes to its log, so
a redirection to a log is taken over; one that makes a data file is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from converters.commands.idioms.options import Grammar, read_options
from converters.commands.idioms.peeling import Kept, Peeling, Site
from converters.commands.idioms.preparations import follows
from converters.commands.idioms.wishes import Output
from converters.commands.shell.syntax import Command, Compound, Pipeline
from converters.commands.shell.words import Redirect, Simple

_LOG_NAME = re.compile(
    r"(?:^|[/._\-])(?:logs?|cronlogs?|stdout|stderr|output|errors?)(?:[/._\-]|$|\d)|log$|\.(?:out|err|trace)$", re.I
)
# Files that something else reads are a job's product.
_DATA_NAME = re.compile(
    r"\.(?:sql|gz|zip|csv|tsv|json|xml|html?|png|jpe?g|dump|bak|db|pid|lock|txt\.gz|tar|tgz|bz2|xz)$", re.I
)
_QUOTES = re.compile(r"[\"']")
# A terminal that somebody was logged in at: only a person read there.
_TERMINAL = re.compile(r"/dev/(?:pts/\d+|tty\d*|console)")
_SUBSTITUTION = re.compile(r"\$\(.*|`[^`]*`")
_DATED = re.compile(r"(?:\$\(|`)\s*(?:/bin/|/usr/bin/)?(?:date\b|\$\w+\s*\)|hostname\b)")
_WRITERS = frozenset({":", "true", "echo", "printf", "cat"})
_LOGGER = Grammar(
    flags="ise",
    valued="tpfnPu",
    long={"tag": "t", "priority": "p", "id": "i", "stderr": "s", "server": "n", "port": "P"},
)
_TEE = Grammar(flags="ai", long={"append": "a", "ignore-interrupts": "i"})
# cronolog(1), Apache's rotatelogs(8), daemontools' multilog, runit's svlogd(8), s6-log: they write logs and expire them.
_LOG_WRITERS = frozenset(
    {"cronolog", "rotatelogs", "rotatelogs2", "httplog", "multilog", "svlogd", "s6-log", "tinylog"}
)
_SYSTEMD_CAT = Grammar(valued="tpP", long={"identifier": "t", "priority": "p", "stderr-priority": "P"})
# moreutils chronic(1); -e changes the exit status, so it is not among the flags.
_CHRONIC = Grammar(flags="v")


def looks_like_log(target: str, *, append: bool, both: bool) -> bool:
    """A file that only people read: by its name, or because errors are mixed in. A file written anew each time counts by
    its own name, not by its directory's."""
    if _DATA_NAME.search(target):
        return False
    name = target if append else target.rpartition("/")[2]
    return both or bool(_LOG_NAME.search(name)) or (append and target.endswith(".txt"))


Which = Literal["stdout", "stderr", "both"]


class _Streams:
    """What a list of redirections does to both outputs, or `Kept` when it is more than sending them to one place."""

    def __init__(self, redirects: Sequence[Redirect], joins: bool) -> None:
        self.targets: dict[int, tuple[str, str] | None] = {1: None, 2: None}
        for redirect in redirects:
            self._add(redirect, joins)

    def _add(self, redirect: Redirect, joins: bool) -> None:
        operator, word = redirect.operator, redirect.target
        # `>&` takes a descriptor or a name; only the latter is a file.
        target = word.value or (_QUOTES.sub("", word.text) if operator != ">&" else "")
        if word.text.startswith(">("):
            raise Kept("another command reads it")
        if operator in ("&>", "&>>"):
            # dash reads `x &> f` as `x &` and `> f`: the job runs in the background with its output on stdout.
            if not joins:
                raise Kept("to dash `&>` means something else")
            self.targets = {1: (operator[1:], target), 2: (operator[1:], target)}
        elif operator in (">", ">>", ">|") and redirect.fd in (None, 1, 2):
            self.targets[redirect.fd or 1] = (operator.rstrip("|"), target)
        elif operator == ">&" and word.value in ("1", "2") and redirect.fd in (None, 1, 2):
            # `2>&1 >f` and `>f 2>&1` differ: a duplicate keeps where the other went at that time.
            self.targets[redirect.fd or 1] = self.targets[int(word.value)]
        elif (
            operator == ">&"
            and joins
            and redirect.fd is None
            and word.value
            and not word.value.isdecimal()
            and word.value != "-"
        ):
            self.targets = {1: (">", target), 2: (">", target)}
        else:
            raise Kept(f"`{operator}{word.text}` is not understood")

    def outputs(self) -> list[tuple[str, str, Which]]:
        """``(operator, target, streams)``, one per place."""
        out, err = self.targets[1], self.targets[2]
        if out is not None and err is not None and out[1] == err[1]:
            return [(out[0], out[1], "both")]
        places: list[tuple[str, str, Which]] = []
        if out is not None:
            places.append((*out, "stdout"))
        if err is not None:
            places.append((*err, "stderr"))
        return places


def take_redirects(peeling: Peeling, site: Site | None) -> bool:
    """Take the redirections of the job, and those to logs of every other command of the text that is not in a pipe."""
    changed = False
    for statement in peeling.script.statements:
        for pipeline in statement.pipelines:
            is_job = site is not None and site.pipeline is pipeline
            changed |= _take_from(peeling, pipeline, is_job=is_job)
    return changed


def _take_from(peeling: Peeling, pipeline: Pipeline, *, is_job: bool) -> bool:
    command = pipeline.commands[-1]
    redirects = [r for r in command.redirects if not _reads(r)]
    # `exec >log` moves the output of all that follows; a redirection without a command only makes the file.
    if not redirects or (isinstance(command, Simple) and (not command.words or command.values == ["exec"])):
        return False
    try:
        streams = _Streams(redirects, peeling.joins_outputs)
    except Kept:
        return False
    outputs = []
    for operator, target, which in streams.outputs():
        # /dev/null is no log: what was thrown away is kept from now on, where the job alone is meant.
        appends, discards = operator == ">>", target == "/dev/null"
        is_log = not discards and _is_log_target(peeling, command, target, append=appends, both=which == "both")
        if not is_log and not target.startswith("/dev/"):
            _note(peeling, Output("append" if appends else "file", target, which, taken=False))
        if not is_log and not (discards and is_job):
            return False
        outputs.append(Output("discard" if discards else "append" if appends else "file", target, which, taken=True))
    if "output" in peeling.keep:
        return False
    _remove(peeling, command, redirects)
    for output in outputs:
        _note(peeling, output)
    return True


def _note(peeling: Peeling, output: Output) -> None:
    if output not in peeling.outputs:
        peeling.outputs.append(output)


def _reads(redirect: Redirect) -> bool:
    return redirect.operator.startswith("<") and redirect.operator != "<>"


def _is_log_target(peeling: Peeling, command: Command, target: str, *, append: bool, both: bool) -> bool:
    """A log that no other part of the text reads."""
    # Written there by whoever knew containers: it goes to the log already.
    if target in ("/dev/stdout", "/dev/stderr", "/proc/1/fd/1", "/proc/1/fd/2") or _TERMINAL.fullmatch(target):
        return True
    if (
        # `: > log` empties a log for its readers: that is work.
        not looks_like_log(target, append=append, both=both)
        or (not append and _only_writes(command))
        or not _plain(target)
    ):
        return False
    # A log that the text itself reads (`grep ERROR log && mail`) is data.
    uses = peeling.layer.remaining().count(target)
    redirected = sum(
        1
        for other in peeling.script.commands()
        for redirect in other.redirects
        if (redirect.target.value or _QUOTES.sub("", redirect.target.text)) == target and not _reads(redirect)
    )
    return uses <= redirected or not target


def _only_writes(command: Command) -> bool:
    """``: > log`` and ``echo done > log``: writing the file is all the command does."""
    return isinstance(command, Simple) and command.name in _WRITERS


def _plain(target: str) -> bool:
    """A name that takes no work to know: at most variables and the date."""
    return all(_DATED.match(match[0]) for match in _SUBSTITUTION.finditer(target))


def _remove(peeling: Peeling, command: Command, redirects: list[Redirect]) -> None:
    """Take the redirections with the blanks before them (after them, when they stand in front of the command)."""
    spans: list[tuple[int, int]] = []
    for redirect in redirects:
        start, end = peeling.before(redirect.start), redirect.end
        # In front of the command the blanks behind the redirection go, else those before it.
        if redirect.start == command.start:
            start = redirect.start
            while end < len(peeling.text) and peeling.text[end] in " \t":
                end += 1
        if spans and spans[-1][1] >= start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    peeling.take("output", *spans)
    command.redirects = [redirect for redirect in command.redirects if redirect not in redirects]
    if isinstance(command, Simple):
        parts = [word.end for word in command.words] + [a.word.end for a in command.assignments]
        starts = [word.start for word in command.words] + [a.word.start for a in command.assignments]
        command.start = min(starts + [r.start for r in command.redirects])
        command.end = max(parts + [r.end for r in command.redirects])
    else:
        command.end = max([spans[0][0]] + [r.end for r in command.redirects])


def exec_redirect(peeling: Peeling, simple: Simple) -> bool:
    """``exec >> log 2>&1;`` in front of all the rest."""
    if simple.values != ["exec"] or not simple.redirects or not follows(peeling):
        return False
    outputs = _Streams(simple.redirects, peeling.joins_outputs).outputs()
    for operator, target, which in outputs:
        if target != "/dev/null" and not _is_log_target(
            peeling, simple, target, append=operator == ">>", both=which == "both"
        ):
            raise Kept("it makes a data file")
    peeling.drop_front("output")
    for operator, target, which in outputs:
        kind = "discard" if target == "/dev/null" else "append" if operator == ">>" else "file"
        _note(peeling, Output(kind, target, which, taken=True))
    return True


def take_filter(peeling: Peeling, site: Site) -> bool:
    """The last stage of the job's pipe: ``| logger``, ``| tee -a log``, ``| ts``. The pipe hid the job's exit status."""
    pipeline = site.pipeline
    if len(pipeline.commands) < 2 or "output" in peeling.keep:
        return False
    source, last = pipeline.commands[-2:]
    output = _filter(peeling, last) if isinstance(last, Simple) else None
    if output is None or (isinstance(source, Compound) and source.kind == "other"):
        return False
    start = peeling.before(_operator_start(peeling.text, source.end, last.start))
    # `cmd 2>&1 | logger`: errors join the pipe; without it they go to cron's mail, so both are the container's log.
    if source.redirects:
        merged = source.redirects[-1]
        if len(source.redirects) > 1 or merged.end != source.end or not _merges(merged):
            return False
        start = peeling.before(merged.start)
        source.redirects, source.end = [], start
    peeling.take("output", (start, last.end))
    del pipeline.commands[-1]
    pipeline.joins.pop()
    _note(peeling, output)
    if len(pipeline.commands) == 1:
        # POSIX 2.9.2: a pipe's status is its last command's.
        peeling.find("C415", f"The pipe into `{output.kind}` hid the exit status of the job; now a failure is seen.")
    return True


def _merges(redirect: Redirect) -> bool:
    """``2>&1``: errors go the way of the output."""
    return redirect.fd == 2 and redirect.operator == ">&" and redirect.target.value == "1"


def _operator_start(text: str, start: int, end: int) -> int:
    return text.index("|", start, end)


def _filter(peeling: Peeling, last: Simple) -> Output | None:
    """What a command at the end of a pipe does with its input, when a container's log does it too."""
    if last.assignments or last.redirects:
        return None
    try:
        if last.name == "ts":
            return Output("ts", "", "both", taken=True)
        if last.name in _LOG_WRITERS:
            return _writer(peeling, last)
        if last.name == "tee":
            return _tee(peeling, last)
        if last.name in ("logger", "systemd-cat"):
            options, at = read_options(last.words, _LOGGER if last.name == "logger" else _SYSTEMD_CAT)
            # `logger -n` sends to another host, `-f` reads a file.
            elsewhere = {"f", "n"} & set(options)
            return (
                None
                if elsewhere or at != len(last.words)
                else Output("logger", options.get("t", ""), "both", taken=True)
            )
    except Kept:
        pass
    return None


def _tee(peeling: Peeling, last: Simple) -> Output | None:
    """``tee [-a] FILE`` with one file, a log that nothing else in the text uses."""
    options, at = read_options(last.words, _TEE)
    if at != len(last.words) - 1:
        return None
    target = last.words[at].value or last.words[at].text
    # A second use of the file means that somebody reads it.
    if not looks_like_log(target, append="a" in options, both=False) or peeling.text.count(target) > 1:
        return None
    return Output("tee", target, "both", taken=True)


def _writer(peeling: Peeling, last: Simple) -> Output | None:
    """A program that keeps its input as a log and turns it over: ``cronolog T``, ``rotatelogs F 86400``, ``multilog t D``."""
    places = [word for word in last.words[1:] if "/" in (word.value or word.text) and not word.text.startswith("-")]
    # A second use of the place means that somebody reads it; several places may be filters of their own.
    if len(places) != 1 or peeling.text.count(places[0].text) > 1:
        return None
    return Output("writer", places[0].value or places[0].text, "both", taken=True)


def systemd_cat(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``systemd-cat [-t ID] [-p PRIORITY] CMD``."""
    options, at = read_options(simple.words, _SYSTEMD_CAT)
    peeling.unwrap("systemd-cat", simple, at)
    _note(peeling, Output("logger", options.get("t", ""), "both", taken=True))


def chronic(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``chronic CMD`` shows output only when CMD fails; with ``-e`` it also changes the exit status, and stays."""
    at = read_options(simple.words, _CHRONIC if simple.name == "chronic" else Grammar())[1]
    name = simple.name or ""
    peeling.unwrap(name, simple, at)
    peeling.find("C422", f"`{name}` showed its output where it failed only; here all of it goes to CloudWatch Logs.")
    _note(peeling, Output("on failure", "", "both", taken=True))
