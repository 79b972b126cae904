"""Shell text -> what runs, and the idioms around it.

`understand` takes a crontab's command (after ``%`` handling, see ``crontab.split_percent``) apart from the outside in: what an
idiom wishes for becomes data, what is left becomes the container's command. What is not understood stays as it was, byte for
byte; `Understanding.original` puts all of it together again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from converters.commands.containers.wish import Container
from converters.commands.dialects.saying import refused_by_bash, sayings
from converters.commands.hidden import hidden_findings, hidden_in
from converters.commands.idioms import (
    background,
    containers,
    dependencies,
    engine_care,
    guards,
    heartbeats,
    locks,
    outputs,
    preparations,
    priorities,
    shells,
)
from converters.commands.idioms.environment_files import files_substituted
from converters.commands.idioms.frameworks import SCHEDULERS, framework
from converters.commands.idioms.own_locks import note_own_locks
from converters.commands.idioms.peeling import BUILTINS, Kept, Layer, Peeling, find_site, sole_command
from converters.commands.idioms.percent import percent_findings
from converters.commands.idioms.registry import FRONT, LOST, SERVICES, WRAPPERS
from converters.commands.idioms.scripts import Script, read_script
from converters.commands.idioms.twins import Twins, group_twins
from converters.commands.idioms.wishes import SOURCED, Delay, Dependency, Lock, Output, TimeLimit, Wrapper
from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.words import Simple, Unreadable, unfinished
from converters.commands.waiting import waits_for_all
from converters.findings.codes import Finding
from converters.schedules.date_guards import DateGuard
from converters.schedules.date_output import DEBIAN, World
from converters.schedules.date_tests import DateTest

NOTHING: Mapping[str, str] = MappingProxyType({})
# Each step takes at least one character away, so this only ends what nobody wrote by hand.
_MAX_STEPS = 200


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a command does.

    ``remaining``  the shell text that is left to run; ``argv`` are its words when it needs no shell, else ``None``;
                   ``interpreter`` is what reads it then (``("/bin/sh", "-c")``, ``("bash", "-e", "-c")``)
    ``working_directory``, ``environment``, ``user``  taken from ``cd``, ``export``/``env``/``A=b``, ``sudo``/``su``
    ``lock``, ``timeout``, ``delay``, ``guards``      what wrappers and tests in front of the job wish for
    ``test``       a test of the date that stays in ``remaining``
    ``outputs``    where its output went; those ``taken`` go to the container's log now
    ``heartbeat``  addresses of monitors that it tells (still in ``remaining``)
    ``framework``  such as ``rake`` or ``artisan schedule:run``
    ``searched``   programs of ``remaining`` that are found by PATH: bare words
    ``reads``      variables of cron's environment that the remaining text reads; ``TZ`` when it reads the clock
    ``wrappers``   what was taken over, in order, with its text; ``quoted`` what was left of each outer text
    ``container``  the container that the line starts or works in: then all the rest is of that, and no argv is its image's
    ``verdict``    ``portable``, ``needs work`` or ``keep on a host``, with its ``reasons``
    """

    remaining: str
    argv: tuple[str, ...] | None
    interpreter: tuple[str, ...]
    working_directory: str | None
    environment: Mapping[str, str]
    user: str | None
    lock: Lock | None
    timeout: TimeLimit | None
    outputs: tuple[Output, ...]
    delay: Delay | None
    guards: tuple[DateGuard, ...]
    test: DateTest | None
    heartbeat: tuple[str, ...]
    framework: str | None
    reads: tuple[str, ...]
    searched: tuple[str, ...]
    wrappers: tuple[Wrapper, ...]
    quoted: tuple[str, ...]
    findings: tuple[Finding, ...]
    dependencies: tuple[Dependency, ...]
    verdict: str
    reasons: tuple[str, ...]
    container: Container | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """The container's command."""
        return self.argv if self.argv is not None else (*self.interpreter, self.remaining)

    @property
    def original(self) -> str:
        """The command as it was: the wrappers' text around what remains."""
        text = self.remaining
        for depth in range(len(self.quoted), -1, -1):
            inner = text if depth == len(self.quoted) else self.quoted[depth]
            pieces = [piece for wrapper in self.wrappers if wrapper.depth == depth for piece in wrapper.pieces]
            text = _assembled(inner, sorted(pieces))
        return text


def _assembled(text: str, pieces: list[tuple[int, str]]) -> str:
    shown: list[str] = []
    length = used = 0
    for at, piece in pieces:
        missing = at - length
        shown += [text[used : used + missing], piece]
        used += missing
        length = at + len(piece)
    return "".join(shown) + text[used:]


def understand(
    command: str,
    *,
    environment: Mapping[str, str] = NOTHING,
    shell: str = "/bin/sh",
    keep: Iterable[str] = (),
    stdin: str | None = None,
    world: World = DEBIAN,
    texts: Mapping[str, str] = NOTHING,
) -> Understanding:
    """Understand one command line. Pure; never raises.

    ``environment`` holds the variables that are known (the crontab's, and ``HOME`` where it is known), ``shell`` is the
    crontab's ``SHELL``, ``stdin`` the data after a ``%``, ``world`` whose ``date`` and ``/bin/sh`` it meets. ``keep`` names
    kinds of wrappers that stay in the text (``lock``, ``timeout``, ``delay``, ``date guard``, ``output``, ``user``,
    ``environment``, ``directory``, ``shell``, ``runtime``, ``background``): for what a target cannot express. ``texts`` are
    files that say more of a container: compose files, by path.
    """
    interpreter = (shells.JAILS.get(shell.rpartition("/")[2], shell), "-c")
    try:
        peeling = Peeling(
            {"SHELL": shell, **environment},
            [Layer(command, parse(command), interpreter)],
            frozenset(keep),
            stdin is not None,
            start=environment.get("HOME"),
            world=world,
            texts=texts,
        )
        _peel(peeling)
        return _understood(peeling)
    except Unparsable as error:
        return _opaque(command, interpreter, error, world)
    except Unreadable as error:  # a word of a date test that the parser took, such as one with a quote left open
        # tree-sitter recovers from errors, so a word may look whole in its tree and not be.
        return _opaque(command, interpreter, Unparsable(f"a quote or bracket is left open at {error}"), world)
    except (
        RecursionError
    ):  # what the parser still read may be too deep for what is asked of it: 5,000 times ``!`` in ``[``
        return _opaque(command, interpreter, Unparsable("it is nested too deep"), world)


def _opaque(command: str, interpreter: tuple[str, ...], error: Unparsable, world: World) -> Understanding:
    """A text that cannot be read stays as it is."""
    message = f"The command cannot be read with certainty: {error}. It stays as it is."
    if unfinished(command):
        message = "A quote or a substitution is not closed: the shell refuses the command, so it has never run."
    elif pattern := refused_by_bash(command, interpreter[0]):
        message = f"`{pattern}` is refused where extglob is off, as it is in `bash -c`: the command has never run."
    finding = Finding("C459", message)
    dialect = tuple(Finding("C450", said) for said in sayings(command, interpreter[0], world.sh))
    files = tuple(Dependency(SOURCED, file.path, file.reader) for file in files_substituted(command))
    read = tuple(dependencies.told_of(file) for file in files)
    hidden = tuple(hidden_findings(hidden_in(command)))
    return Understanding(
        remaining=command,
        argv=None,
        interpreter=interpreter,
        working_directory=None,
        environment=NOTHING,
        user=None,
        lock=None,
        timeout=None,
        outputs=(),
        delay=None,
        guards=(),
        test=None,
        heartbeat=(),
        framework=framework(command),
        reads=(),
        searched=(),
        wrappers=(),
        quoted=(),
        findings=(finding, *dialect, *read, *hidden),
        dependencies=files,
        verdict="needs work",
        reasons=(finding.message,),
    )


def _peel(peeling: Peeling) -> None:
    """Take idioms, from the outside in, until none applies."""
    for _ in range(_MAX_STEPS):
        if peeling.whole or not peeling.script.statements or not any(step(peeling) for step in _STEPS):
            return


def _drop_comment(peeling: Peeling) -> bool:
    """A comment behind the command."""
    if not peeling.script.comments:
        return False
    start, end = peeling.script.comments.pop()
    # The comment goes, and the blanks before it: they belong to nothing else.
    peeling.take("comment", (peeling.before(start), end))
    return True


def _front(peeling: Peeling) -> bool:
    """``cd``, ``export``, ``sleep`` and kin in front of all the rest."""
    simple = peeling.script.statements[0].pipelines[0].simple
    if simple is None or not simple.words:
        return False
    kind, idiom = FRONT.get(simple.name or "", ("", None))
    if idiom is None or kind in peeling.keep:
        return False
    try:
        return idiom(peeling, simple)
    except Kept:
        # The idiom knows its tool, but not this use of it: the text stays.
        return False


def _outputs(peeling: Peeling) -> bool:
    """Redirections to logs, and the last stage of the job's pipe."""
    site = find_site(peeling, heartbeats.is_heartbeat)
    return outputs.take_redirects(peeling, site) or (site is not None and outputs.take_filter(peeling, site))


def _at_site(peeling: Peeling) -> bool:
    """The wrapper around the job itself."""
    site = find_site(peeling, heartbeats.is_heartbeat)
    # In a pipe the wrapper covers one stage only, and its meaning would grow.
    if site is None or not isinstance(simple := site.command, Simple) or len(site.pipeline.commands) != 1:
        return False
    if simple.assignments and "environment" not in peeling.keep and preparations.prefix(peeling, site, simple):
        return True
    kind, idiom = WRAPPERS.get(simple.name or "", ("", None))
    if idiom is None or kind in peeling.keep:
        return False
    try:
        idiom(peeling, site, simple)
    except Kept as reason:
        if kind not in ("shell", "runtime") and simple.name not in LOST:
            peeling.find("C412", f"`{simple.name}` stays in the command: {reason}.")
        return False
    return True


# From the outside in: what holds the whole text first, the wrapper next to the job last.
_STEPS = (
    _drop_comment,
    background.wait_for_redirected,
    background.wait_for_job,
    shells.open_block,
    locks.locked_subshell,
    locks.locked_descriptor,
    _front,
    guards.take_guard,
    _outputs,
    engine_care.drop_engine_care,
    priorities.drop_priorities,
    _at_site,
    containers.enter_container,
)


def _understood(peeling: Peeling) -> Understanding:
    """Look at what is left, and put everything together."""
    remaining = peeling.layer.remaining()
    argv = None if _reads_file_first(peeling) else _argv(peeling)
    name = framework(remaining)
    _note_left(peeling, remaining, name)
    # A container has the files and the variables of its image: none of cron's.
    reads: tuple[str, ...] = ()
    if peeling.container is None:
        dependencies.find_dependencies(peeling, remaining)
        reads = dependencies.find_reads(peeling, remaining) if argv is None else _argv_reads(peeling, remaining)
    # A CRLF table: cron passes the \r on, and `cmd\r` is not found (127) or an odd last argument.
    if remaining.endswith("\r"):
        peeling.find("C458", "The line ends with a carriage return (DOS line endings): it is part of the last word.")
    verdict, reasons = dependencies.verdict(peeling)
    return Understanding(
        remaining=remaining,
        argv=argv,
        interpreter=peeling.layer.interpreter,
        working_directory=peeling.working_directory,
        environment=MappingProxyType(dict(peeling.environment)),
        user=peeling.user,
        lock=peeling.lock,
        timeout=peeling.timeout,
        outputs=tuple(peeling.outputs),
        delay=peeling.delay,
        guards=tuple(peeling.guards),
        test=peeling.test,
        heartbeat=tuple(peeling.heartbeats),
        framework=name,
        reads=reads,
        searched=tuple(_searched(peeling)) if peeling.container is None else (),
        wrappers=tuple(peeling.wrappers),
        quoted=tuple(layer.written or "" for layer in peeling.layers[:-1]),
        findings=tuple(peeling.findings),
        dependencies=tuple(peeling.dependencies),
        verdict=verdict,
        reasons=reasons,
        container=peeling.container,
    )


def _note_left(peeling: Peeling, remaining: str, name: str | None) -> None:
    """What is to be told of the text that is left; ``name`` is that of its framework."""
    _note_kept(peeling)
    dependencies.find_dialect(peeling, remaining)
    cron = peeling.known_at_first.get("SHELL", "")
    if cron.rpartition("/")[2] in shells.JAILS:
        peeling.find(
            "C424",
            f"`SHELL={cron}` is a shell of this host, which no image has: `{shells.JAILS[cron.rpartition('/')[2]]}` takes its "
            "place in the container.",
        )
    guards.note_left_guards(peeling)
    background.note_cut_address(peeling)
    background.note_hidden_status(peeling)
    _note_hidden(peeling, remaining)
    heartbeats.note_heartbeats(peeling)
    _note_outputs(peeling)
    if name in SCHEDULERS:
        peeling.find(
            "C466", f"`{name}` keeps a schedule of its own and starts other work: the crontab does not say what."
        )


def _note_hidden(peeling: Peeling, remaining: str) -> None:
    """Failures that do not reach the end of the text as it is written into ecs.yml."""
    shell = peeling.layer.interpreter
    found = hidden_in(waits_for_all(remaining), strict="-e" in shell, whole="pipefail" in shell)
    told = any(one.code == "C414" for one in peeling.findings)
    if found.cause not in remaining:  # it is of the text that waits, which nobody here has written
        found = found._replace(cause="")
    for finding in hidden_findings(found, known=told):
        peeling.find(finding.code, finding.message)


def _argv_reads(peeling: Peeling, remaining: str) -> tuple[str, ...]:
    """Without a shell only the clock matters."""
    # Without a shell nothing expands a variable; date still reads TZ.
    return tuple(name for name in dependencies.find_reads(peeling, remaining) if name == "TZ")


def _reads_file_first(peeling: Peeling) -> bool:
    """Whether bash reads the file of BASH_ENV before the text: it may set what the job needs, so the shell stays. As ``sh``
    it reads none (bash(1), INVOCATION)."""
    first = peeling.variables().get("BASH_ENV")
    if not first or peeling.layer.interpreter[0].rpartition("/")[2] != "bash":
        return False
    peeling.need(SOURCED, first, "shell")
    return True


def _searched(peeling: Peeling) -> Iterator[str]:
    """The bare words that PATH must find, each once."""
    words = (simple.words[0].value for simple in peeling.script.simple_commands() if simple.words)
    yield from (word for word in dict.fromkeys(words) if word and "/" not in word and word not in BUILTINS)


def _argv(peeling: Peeling) -> tuple[str, ...] | None:
    """The words of the command, when no shell is needed to run it."""
    if peeling.container is not None and not peeling.script.statements:
        return ()
    simple = sole_command(peeling.script)
    if not isinstance(simple, Simple) or simple.assignments or simple.redirects or not simple.words:
        return None
    values = simple.values
    if any(value is None for value in values) or not values[0]:
        return None
    # `cd`, `export` and kin are no programs, or do nothing as such (POSIX 2.14 and 1.7).
    if not simple.program_only and (values[0] in BUILTINS or "=" in values[0]):
        return None
    return tuple(value for value in values if value is not None)


def _note_kept(peeling: Peeling) -> None:
    """Wrappers that are still in the text and do not do there what they did on the host."""
    for simple in peeling.script.simple_commands():
        name = simple.name or ""
        if shells.is_login(simple) and peeling.container is None:
            peeling.find(
                "C451",
                f"`{name}` stays in the command as a login or interactive shell: it reads /etc/profile and its kin, which set "
                "PATH anew; in a container these are the image's, and what the host's set is missing.",
            )
        if name in LOST:
            peeling.find(
                "C411", f"`{name}` stays in the command, and {LOST[name]}. State the lock by hand if it is meant."
            )
        elif name in SERVICES:
            peeling.find("C463", f"`{name}` keeps a program running for ever: that is a service, not a scheduled task.")
    note_own_locks(peeling)


def _note_outputs(peeling: Peeling) -> None:
    for output in peeling.outputs:
        # What is written to the kernel or a device is gone nowhere: it is an effect on this host, told as such.
        if not output.taken and output.target.startswith(("/proc/", "/sys/", "/dev/")):
            continue
        if not output.taken:
            peeling.find(
                "C421", f"It writes its output to `{output.target}`: a container's files are gone when the task ends."
            )
        elif output.kind in ("file", "append", "tee", "writer"):
            peeling.find("C420", f"Its output went to `{output.target}`; it goes to CloudWatch Logs now.")
        elif output.kind == "discard":
            peeling.find("C422", "Its output was thrown away; it goes to CloudWatch Logs now.")
    if peeling.delay is not None:
        words = "up to " if peeling.delay.kind == "random" else ""
        peeling.find(
            "C430", f"It waited {words}{peeling.delay.seconds:g} seconds before it began; now it begins at once."
        )


def twins(jobs: Sequence[tuple[str, str | None, str]]) -> tuple[Twins, ...]:
    """Lines that differ only by a pause in front: one job, more often than cron can say. ``jobs`` are ``(schedule, user,
    command)``; the answer names them by index."""

    def read(command: str) -> tuple[Delay | None, tuple[Wrapper, ...]]:
        if "sleep" not in command:
            return None, ()
        understanding = understand(command)
        return understanding.delay, understanding.wrappers

    return group_twins(jobs, read)


__all__ = [
    "DateGuard",
    "Delay",
    "Dependency",
    "Lock",
    "Output",
    "Script",
    "TimeLimit",
    "Twins",
    "Understanding",
    "Wrapper",
    "percent_findings",
    "read_script",
    "twins",
    "understand",
]
