"""The document: what one scan found, frozen and typed. The scan builds it once; review, report and cutover read it.

It becomes JSON in ``to_json.py`` and nowhere else, and is read back in ``from_json.py``; its jobs are in ``job.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from migrate.document.job import Job, Severity
from migrate.document.shape import OMIT, TIME, Key

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedWindow:
    """The time in which runs were compared; empty texts where that is not known."""

    first: Annotated[str, Key("from"), TIME] = ""
    until: Annotated[str, TIME] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCounts:
    """Every line of every input, by what it is."""

    total: int = 0
    job: int = 0
    environment: int = 0
    comment: int = 0
    blank: int = 0
    invalid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts of jobs as they were found; decisions do not change them."""

    jobs: int = 0
    ready: int = 0
    review: int = 0
    blocked: int = 0
    exact: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedProblem:
    """Something wrong with a line that became no job, or with a table (then ``line`` is 0)."""

    path: str = ""
    line: int = 0
    text: str = ""
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A file or a line that was not made into a job, and why."""

    path: str
    reason: str
    code: str = "C112"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """One table as it was read, so that a later change of the file can be seen."""

    path: str
    kind: str | None = None
    dialect: str | None = None
    user: str | None = None
    sha256: str | None = None
    dead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LockGroup:
    """Jobs that hold one lock."""

    name: str
    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinGroup:
    """Lines that differ only by a pause in front, and the seconds of each."""

    jobs: tuple[str, ...]
    offsets: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedOrder:
    """That a job may rather run after another."""

    job: str
    after: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetValue:
    """One of the ways in which a thing stands, without secrets, and the hosts on which it does."""

    value: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetDrift:
    """What is not the same on all hosts: ``schedule``, ``zone``, ``user``, ``arguments``, ``script`` (the beginning of its
    content's SHA-256) or ``environment NAME``; the most common way first."""

    what: str
    values: tuple[FleetValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetGroup:
    """The same job on several hosts; ``jobs`` and ``hosts`` go in pairs. ``name`` is what it is called where it runs once,
    ``runs`` whether that is known to be ``once`` or on ``each`` of them, ``active`` the hosts on which a test lets it run
    today, ``strays`` those whose line names another host. ``asked``: the review asks about it."""

    name: str
    kind: str = "same"
    jobs: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    drift: tuple[FleetDrift, ...] = ()
    by: Annotated[str | None, OMIT] = None
    runs: Literal["once", "each"] | None = None
    active: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Jobs that belong together."""

    locks: tuple[LockGroup, ...] = ()
    twins: tuple[TwinGroup, ...] = ()
    order: tuple[SuggestedOrder, ...] = ()
    fleet: tuple[FleetGroup, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageNeed:
    """What the image must hold and nobody has looked for, and how many jobs need it."""

    subject: str
    jobs: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """Where a library reads something else, who is right, and why; ``lines`` counts the lines it concerns."""

    path: str
    line: int
    library: str
    what: str
    right: str
    why: str
    rules: tuple[str, ...] = ()
    lines: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """What python-crontab and croniter were asked, and every disagreement."""

    tables: int
    schedules: int
    disagreements: tuple[SecondOpinion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedPrice:
    """One price and where it is from."""

    key: str
    value: float
    read: str | None = None
    source: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfJob:
    """What one job costs in a month, in dollars by what they are for."""

    name: str
    runs: float
    seconds: float
    known: str
    size: str
    total: float
    parts: Mapping[str, float] = field(default_factory=dict)
    service: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CostFinding:
    """Worth knowing of the cost of a job, or of all where ``job`` is None."""

    code: str
    severity: Severity = "info"
    message: str = ""
    help: str = ""
    job: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyCost:
    """Dollars a month, with every price and assumption it rests on."""

    currency: str
    per: str
    region: str
    environment: str | None
    total: float
    free: float
    parts: Mapping[str, float] = field(default_factory=dict)
    compute: Mapping[str, float] = field(default_factory=dict)
    assumptions: Mapping[str, float] = field(default_factory=dict)
    prices: tuple[UsedPrice, ...] = ()
    jobs: tuple[MonthOfJob, ...] = ()
    findings: tuple[CostFinding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """All of it. ``cross_check`` and ``cost`` are there where they were asked for."""

    version: int = VERSION
    timezone: str = ""
    tzdata: str = ""
    window: ComparedWindow = ComparedWindow()
    lines: LineCounts = LineCounts()
    summary: Summary = Summary()
    jobs: tuple[Job, ...] = ()
    problems: tuple[ReportedProblem, ...] = ()
    skipped: tuple[PassedOver, ...] = ()
    sources: tuple[TableRead, ...] = ()
    groups: Groups = Groups()
    image: tuple[ImageNeed, ...] = ()
    cross_check: Annotated[CrossCheck | None, OMIT] = None
    cost: Annotated[MonthlyCost | None, OMIT] = None
