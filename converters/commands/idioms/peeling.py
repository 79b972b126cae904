"""The command while it is taken apart: what is left, what was taken, and the place where an idiom may work.

An idiom takes text out of the tree and says with `Peeling.take` what it took. It raises `Kept` when it knows the tool but
not this use of it; then the text stays as it was and the reason becomes a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from converters.commands.containers.wish import Container
from converters.commands.dialects.saying import shells_of
from converters.commands.idioms.environment_lines import Reader
from converters.commands.idioms.wishes import Delay, Dependency, Lock, Output, TimeLimit, Wrapper
from converters.commands.shell.syntax import Command, Pipeline, Script, Statement
from converters.commands.shell.words import BLANKS, Simple, Word
from converters.findings.codes import Finding
from converters.schedules.date_guards import DateGuard
from converters.schedules.date_output import DEBIAN, Shell, World
from converters.schedules.date_tests import DateTest

Span = tuple[int, int]

# Names that a shell does not look up as programs, dash's and bash's.
BUILTINS = frozenset(
    word
    for line in (
        ". : [ alias bg bind break builtin caller case cd command compgen complete continue coproc declare dirs disown do",
        "done echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help history if in",
        "jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return select set shift shopt",
        "source suspend test then time times trap true type typeset ulimit umask unalias unset until wait while [[ ]] { } !",
    )
    for word in line.split()
)
# Commands that only prepare or ask: they write no output and start no job.
_QUIET = frozenset({".", ":", "[", "cd", "export", "hash", "readonly", "set", "shopt", "source", "test", "true"}) | {
    "ulimit",
    "umask",
    "unset",
}


class Kept(Exception):  # noqa: N818 - it is an outcome, not an error
    """The idiom is not taken over; the text stays. The message says why."""


@dataclass(eq=False, repr=False)
class Layer:
    """One shell text: the command line itself, or what stood in the quotes of ``sh -c``."""

    text: str
    script: Script
    interpreter: tuple[str, ...]
    written: str | None = None
    spans: list[Span] = field(default_factory=list)

    def remaining(self) -> str:
        """The text without what was taken."""
        shown, at = [], 0
        for start, end in sorted(self.spans):
            shown.append(self.text[at:start])
            at = end
        shown.append(self.text[at:])
        return "".join(shown)


@dataclass(eq=False, repr=False)
class Site:
    """Where the job itself stands: the one command that is not preparation, guard, ping or excuse.

    ``leading``  preparing commands stay in front of it (``. /etc/env &&``)
    ``tail``     what follows it: ``true`` (``|| true``) or ``heartbeat`` (``&& curl ..``), or nothing
    """

    command: Command
    pipeline: Pipeline
    statement: Statement
    leading: bool
    tail: str

    @property
    def alone(self) -> bool:
        return not self.leading and not self.tail

    def only(self, *tails: str) -> None:
        """Raise `Kept` unless the job stands alone, or only such a tail follows."""
        if self.leading or (self.tail and self.tail not in tails):
            raise Kept("other commands stand beside it")


@dataclass(eq=False, repr=False)
class Peeling:
    """All that is known so far of one command. ``known`` are cron's variables, ``start`` is the directory it begins in.
    ``whole`` says that the text is the words of one program, in which no shell reads anything; ``texts`` are the compose
    files that were read, by path."""

    known: Mapping[str, str]
    layers: list[Layer]
    keep: frozenset[str]
    has_stdin: bool
    working_directory: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    lock: Lock | None = None
    timeout: TimeLimit | None = None
    outputs: list[Output] = field(default_factory=list)
    delay: Delay | None = None
    guards: list[DateGuard] = field(default_factory=list)
    heartbeats: list[str] = field(default_factory=list)
    wrappers: list[Wrapper] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    dependencies: list[Dependency] = field(default_factory=list)
    start: str | None = None
    taking: str = ""
    world: World = DEBIAN
    test: DateTest | None = None
    container: Container | None = None
    whole: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    known_at_first: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known_at_first = self.known  # another user's shell does not get them

    @property
    def layer(self) -> Layer:
        return self.layers[-1]

    @property
    def script(self) -> Script:
        return self.layers[-1].script

    @property
    def text(self) -> str:
        return self.layers[-1].text

    @property
    def bash(self) -> bool:
        """Whether bash reads the text. Elsewhere it may be dash."""
        return "bash" in self.layers[-1].interpreter[0]

    @property
    def shells(self) -> tuple[Shell, ...]:
        """The shells that may read the text; none where it is another than those that `World` knows."""
        return shells_of(self.layers[-1].interpreter[0], self.world.sh)

    @property
    def joins_outputs(self) -> bool:
        """Whether ``&>`` sends both outputs to a file: in bash and BusyBox's ash; where it may be dash too, it is meant."""
        return self.bash or bool(set(self.shells) - {"dash"})

    @property
    def depth(self) -> int:
        return len(self.layers) - 1

    def variables(self) -> dict[str, str]:
        """The variables whose values are known here."""
        return {**self.known, **self.environment}

    def take(self, kind: str, *spans: Span) -> None:
        """Record that ``spans`` of the current layer are taken over. The caller takes them out of the tree."""
        layer = self.layer
        fresh = [part for span in spans for part in _without(span, layer.spans)]
        layer.spans.extend(fresh)
        pieces = tuple((start, layer.text[start:end]) for start, end in fresh)
        # Pieces remember where they stood, so that the original can be put together again byte for byte.
        self.wrappers.append(Wrapper(kind, self.depth, pieces))

    def find(self, code: str, message: str) -> None:
        finding = Finding(code, message)
        if finding not in self.findings:
            self.findings.append(finding)

    def need(self, kind: str, name: str, how: Reader | None = None) -> None:
        # What is read in two ways is one file all the same.
        if not any((one.kind, one.name) == (kind, name) for one in self.dependencies):
            self.dependencies.append(Dependency(kind, name, how))

    # What idioms do to the tree

    def unwrap(self, kind: str, simple: Simple, count: int) -> None:
        """Take the first ``count`` words of a command that executes the rest of its words."""
        check_unwrap(self, simple, count)
        self.take(kind, (simple.words[0].start, simple.words[count].start))
        del simple.words[:count]
        # flock, nice and their like use execvp: a builtin or a function of that name is not found by it.
        simple.program_only = True
        if not simple.assignments and not any(r.start < simple.words[0].start for r in simple.redirects):
            simple.start = simple.words[0].start

    def drop_front(self, kind: str) -> None:
        """Take the first pipeline of the script with the operator or terminator after it."""
        statement = self.script.statements[0]
        start = statement.pipelines[0].start
        if len(statement.pipelines) > 1:
            self.take(kind, (start, statement.pipelines[1].start))
            del statement.pipelines[0]
            del statement.operators[0]
        else:
            self.take(kind, (start, self.script.statements[1].start))
            del self.script.statements[0]

    def before(self, at: int) -> int:
        """``at`` moved to the left over blanks."""
        text = self.text
        while at > 0 and text[at - 1] in BLANKS:
            at -= 1
        return at


def _without(span: Span, taken: list[Span]) -> list[Span]:
    """The parts of a span that are not taken yet."""
    parts, (at, stop) = [], span
    for start, end in sorted(taken):
        if end > at and start < stop:
            if start > at:
                parts.append((at, start))
            at = max(at, end)
    if at < stop:
        parts.append((at, stop))
    return parts


def check_unwrap(peeling: Peeling, simple: Simple, count: int) -> None:
    """Raise `Kept` unless the words after ``count`` are a program that the shell would run the same way."""
    if count >= len(simple.words):
        raise Kept("no command follows it")
    first, program = simple.words[0], simple.words[count]
    # `nice >log cmd`: the redirection belongs to both, and would move.
    if any(first.start < redirect.start < program.start for redirect in simple.redirects):
        raise Kept("a redirection stands among its options")
    rest = simple.words[count:]
    if program.text.startswith("-"):
        # Getopt would have taken it: an option that the grammar does not know.
        raise Kept(f"`{program.text}` is not understood")
    plain = all(word.value is not None for word in rest) and not simple.redirects and not simple.assignments
    if plain and sole_command(peeling.script) is simple:
        return  # it can run without a shell, so builtins and reserved words play no part
    value = program.value
    if value is None:
        # A glob or a substitution in the program's place may become several words.
        if not program.text.startswith(("$", '"$', "~")):
            raise Kept("the shell must expand what it runs")
    elif value in BUILTINS or "=" in value or not value:
        raise Kept(f"`{value}` would mean something else to a shell")


def literal(word: Word, peeling: Peeling, what: str) -> str:
    """The word's value, with known variables; raises `Kept` when only the shell knows it."""
    value = word.resolve(peeling.variables())
    if value is None:
        raise Kept(f"{what} `{word.text}` is known only when it runs")
    return value


def is_quiet(pipeline: Pipeline) -> bool:
    """It prepares or asks, and neither writes nor starts anything."""
    simple = pipeline.simple
    if simple is None:
        return False
    if simple.values[:1] in (["command"], ["type"], ["which"]):
        # `command -v` and `-V` only ask; `command X` runs X.
        return len(simple.words) > 1 and (simple.values[0] != "command" or simple.values[1] in ("-v", "-V"))
    return not simple.words or simple.values[0] in _QUIET


def is_true(pipeline: Pipeline) -> bool:
    """``true`` or ``:`` (or ``exit 0``): the excuse after ``||``."""
    simple = pipeline.simple
    return (
        simple is not None and not simple.redirects and simple.values in (["true"], [":"], ["exit", "0"], ["/bin/true"])
        # `|| true` is how crontabs keep a failure from ending the list.
    )


def find_site(peeling: Peeling, is_heartbeat: Callable[[Pipeline], bool]) -> Site | None:
    """The job's place, or ``None`` where several commands do the work."""
    statements = peeling.script.statements
    if not statements:
        return None
    for statement in statements[:-1]:
        # What runs in the background, or only if something fails, is not the one job.
        if statement.terminator == "&" or "||" in statement.operators or not all(map(is_quiet, statement.pipelines)):
            return None
    last = statements[-1]
    pipelines, operators, tail = list(last.pipelines), list(last.operators), ""
    if operators and operators[-1] == "||" and is_true(pipelines[-1]):
        tail = "true"
        pipelines.pop()
        operators.pop()
    while operators and operators[-1] == "&&" and is_heartbeat(pipelines[-1]):
        tail = tail or "heartbeat"
        pipelines.pop()
        operators.pop()
    if "||" in operators or last.terminator == "&" or not all(map(is_quiet, pipelines[:-1])):
        return None
    job = pipelines[-1]
    # `! job` turns its status: cron never saw it, a task's status is seen.
    if job.negated:
        return None
    return Site(job.commands[0], job, last, leading=len(statements) > 1 or len(pipelines) > 1, tail=tail)


def sole_command(script: Script) -> Command | None:
    """The one command the script is, or ``None``."""
    if len(script.statements) != 1:
        return None
    statement = script.statements[0]
    if len(statement.pipelines) != 1 or statement.terminator == "&":
        return None
    pipeline = statement.pipelines[0]
    return pipeline.commands[0] if len(pipeline.commands) == 1 and not pipeline.negated else None
