"""A job of the document: where it stands, when it runs, what starts it on AWS, and what was understood of its command.

Each class is one object of the JSON contract, its fields in the order of its keys; ``to_json.py`` and ``from_json.py`` follow
the classes, so to add a fact to a job is to add a field here. Defaults stand for what older documents and the records of a
cutover do not have. Times are ``…Z`` in UTC; texts of crontabs are masked before they get here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from migrate.document.shape import OMIT, TIME, Key

Status = Literal["ready", "review", "blocked"]
Severity = Literal["error", "warning", "info"]
Decided = Literal["take", "skip", "keep"]
Fate = Literal["move", "decide", "stay", "drop"]
Proof = Literal["proven", "accepted", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFinding:
    """A finding with the words it had when it was found."""

    code: str
    severity: Severity = "info"
    message: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredNeed:
    """What the command needs (``kind``, ``subject``, ``role``), what is known of it in the container (``answer``), and what
    that rests on (``evidence``); ``note`` is the sentence that says so. ``image`` is set where reading the image would tell,
    ``number`` is the ``uid:gid`` of a user."""

    kind: str
    subject: str
    role: str = ""
    answer: str = "unknown"
    evidence: str = ""
    note: str = ""
    image: Annotated[bool | None, OMIT] = None
    number: Annotated[str | None, OMIT] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """What is proven of a job, apart: that it starts when it should, and that it then works."""

    time: Proof = "open"
    effect: Proof = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """Where a job stands: its table, the number of its line, and the digest of the line's bytes."""

    path: str
    line: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedLine:
    """Who writes the line (a key of ``owners.OWNERS``, and its title), what they call it, what it does to a line that was
    taken out, and what has to be changed there so that the line stays away."""

    by: str
    title: str = ""
    name: str = ""
    does: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateGuard:
    """The dates on which a start counts, checked at run time; ``*`` or plain lists, as ecs.yml has them."""

    offset: int = 0
    days_of_month: Annotated[str, Key("daysOfMonth")] = "*"
    months: str = "*"
    days_of_week: Annotated[str, Key("daysOfWeek")] = "*"
    rule: str = "and"
    once: bool = False
    changes: Annotated[tuple[str, ...] | None, OMIT] = None
    until: Annotated[str | None, OMIT] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTarget:
    """What starts the job on AWS; without expressions, nothing does."""

    backend: str = "rule"
    timezone: str = "UTC"
    expressions: tuple[str, ...] = ()
    guard: DateGuard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A start as it was and as it is; None on a side that has none."""

    was: Annotated[str | None, TIME] = None
    is_: Annotated[str | None, Key("is"), TIME] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How many runs start so many minutes later (earlier: below 0)."""

    minutes: int
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRuns:
    """Runs in the window, before and after."""

    exact: bool = False
    before: int = 0
    after: int = 0
    lost: int = 0
    extra: int = 0
    moved: int = 0
    moves: tuple[Move, ...] = ()
    first_differences: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One of the ways side by side, and what it costs in runs; ``expressions`` are the first of ``count``."""

    backend: str
    timezone: str
    expressions: tuple[str, ...] = ()
    count: int = 0
    ends: str | None = None
    exact: bool = False
    lost: int = 0
    extra: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingDays:
    """Days in a row that differ alike; ``first`` are differences of the first of them, of ``runs`` a day."""

    first_day: Annotated[str, Key("from")]
    until: str
    days: int
    runs: int
    first: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """What a command needs: its kind and its name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandPart:
    """A piece of the line that was taken out of the command, and what it was."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file of variables that was read: the names in it, no value; ``secrets`` are those whose value is one, ``program`` says
    that it is shell code and no list."""

    path: str
    variables: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    program: Annotated[bool | None, OMIT] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRead:
    """What the command was understood to be. ``text`` is empty in documents that did not tell of it yet; ``container`` is the
    container or compose service that the line works in, where it does not tell of which image; ``files`` are the files of
    variables that could be read."""

    text: str = ""
    argv: tuple[str, ...] | None = None
    interpreter: tuple[str, ...] = ()
    working_directory: Annotated[str | None, Key("workingDirectory")] = None
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    framework: str | None = None
    verdict: str = ""
    reasons: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    heartbeat: tuple[str, ...] = ()
    script: tuple[Dependency, ...] | None = None
    parts: tuple[CommandPart, ...] = ()
    container: Annotated[str | None, OMIT] = None
    files: Annotated[tuple[ReadFile, ...] | None, OMIT] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSecret:
    """A variable that is filled from an SSM parameter. ``once`` is the one that all jobs with the same value would read, where
    an earlier scan gave this job another."""

    variable: str
    parameter: str
    once: Annotated[str | None, OMIT] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedLock:
    """``name`` is the lock's on AWS, ``file`` the path that is locked on the host, where it is one and is known. ``wait`` is
    ``forever`` or seconds; without it a run that finds the lock taken is skipped."""

    name: str = ""
    file: Annotated[str | None, OMIT] = None
    wait: Annotated[int | str | None, OMIT] = None
    shared: Annotated[bool | None, OMIT] = None
    policy: str = ""
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedLimit:
    """A time limit in seconds, and the pause before it is enforced."""

    seconds: float = 0
    kill_after: Annotated[float | None, Key("killAfter")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedDelay:
    """A pause in front of the work, in seconds."""

    kind: str
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedOutput:
    """Where output went, and whether that was taken out of the command."""

    kind: str
    target: str
    taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTest:
    """A test in front of the command that the schedule took over."""

    text: str
    kind: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the job wishes beside its time."""

    lock: WishedLock | None = None
    timeout: WishedLimit | None = None
    delay: WishedDelay | None = None
    output: tuple[WishedOutput, ...] = ()
    guards: tuple[DateTest, ...] = ()
    mailto: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Seconds of runs whose end is known."""

    p50: Annotated[float | None, OMIT] = None
    p95: Annotated[float | None, OMIT] = None
    max: Annotated[float | None, OMIT] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHistory:
    """What cron's log told of the job. ``memory`` (MiB), ``cpu`` (units) and ``duration`` (seconds) are the most that was
    measured, by whoever did: no log of cron has them."""

    log_from: Annotated[str | None, Key("from")] = None
    until: str | None = None
    starts: int = 0
    first: str | None = None
    last: str | None = None
    durations: Durations | None = None
    overlaps: int = 0
    skipped: int = 0
    missed: int = 0
    never: bool = False
    memory: Annotated[float | Durations | None, OMIT] = None
    cpu: Annotated[float | Durations | None, OMIT] = None
    duration: Annotated[float | Durations | None, OMIT] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRead:
    """The image that a job's needs were answered from, as it was read then; ``packed`` and ``unpacked`` in bytes, 0 where
    that is not known."""

    reference: str
    digest: str = ""
    packed: int = 0
    unpacked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedRun:
    """That the job was run in its image (`cron2fargate try`). ``status`` None: it never began; ``good``: its `success:` takes
    it; ``stale`` says why it no longer tells of the job."""

    at: str
    image: str = ""
    digest: str = ""
    status: int | None = None
    good: bool = False
    timed_out: Annotated[bool | None, OMIT, Key("timedOut")] = None
    memory_killed: Annotated[bool | None, OMIT, Key("memoryKilled")] = None
    stale: Annotated[str | None, OMIT] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnacronTimes:
    """When anacron starts a job on a machine that is always up: minutes after midnight, the first and the last that it may be.
    ``period`` is in days, or daily, weekly, monthly, yearly; ``identifier`` names its stamp in /var/spool/anacron."""

    identifier: str
    period: int | str
    earliest: int
    latest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job. ``host`` is the name of the host that it was found on, where several were read; ``script`` is the file of a
    run-parts directory that its line starts, ``script_sha256`` the digest of its bytes, ``anacron`` its times where
    anacron calls run-parts; ``directives`` are keys of review.yml that a comment above its line sets; ``decided`` is
    set where review settled all that its findings ask; ``runs_as`` names the job of another host that runs once for
    this one too; ``managed`` where somebody else writes the line; ``image`` where one was read for it."""

    id: str = ""
    name: str
    source: SourceLine
    host: Annotated[str | None, OMIT] = None
    script: Annotated[str | None, OMIT] = None
    script_sha256: Annotated[str | None, OMIT, Key("scriptSha256")] = None
    anacron: Annotated[AnacronTimes | None, OMIT] = None
    user: str | None = None
    schedule: str
    timezone: str = "UTC"
    dialect: str = "debian"
    line: str = ""
    status: Status = "ready"
    fate: Fate = "move"
    needs: tuple[AnsweredNeed, ...] = ()
    proof: Proofs = Proofs()
    target: ProposedTarget = ProposedTarget()
    parity: ComparedRuns = ComparedRuns()
    findings: tuple[ReportedFinding, ...] = ()
    options: tuple[Way, ...] = ()
    differences: tuple[DifferingDays, ...] = ()
    command: CommandRead = field(default_factory=CommandRead)
    secrets: Annotated[tuple[ReadSecret, ...] | None, OMIT] = None
    wishes: Wishes = Wishes()
    history: JobHistory | None = None
    directives: Mapping[str, object] = field(default_factory=dict)
    decided: Annotated[Decided | None, OMIT] = None
    runs_as: Annotated[str | None, OMIT, Key("runsAs")] = None
    managed: Annotated[OwnedLine | None, OMIT] = None
    image: Annotated[ImageRead | None, OMIT] = None
    tried: Annotated[TriedRun | None, OMIT] = None

    @property
    def where(self) -> str:
        """``PATH:LINE``."""
        return f"{self.source.path}:{self.source.line}"

    @property
    def framework(self) -> str | None:
        """The framework the command starts; read from the line where the document does not tell of the command."""
        if self.command.text or self.command.framework:
            return self.command.framework
        from converters.commands.idioms.frameworks import framework

        return framework(self.line)

    def codes(self, *severities: str) -> list[str]:
        """The codes of its findings, each once; of these severities, or of all."""
        return list(dict.fromkeys(f.code for f in self.findings if not severities or f.severity in severities))

    def findings_of(self, code: str) -> list[ReportedFinding]:
        """Its findings of one code."""
        return [finding for finding in self.findings if finding.code == code]
