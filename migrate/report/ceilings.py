"""The ceilings of an environment, against what the schedules of all its jobs come to: starts in a minute and in an hour of the
year ahead, and what a month costs by the report's model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from converters.findings.codes import OF_CEILINGS, Finding
from migrate.checks.model import Context, Line, Section, ok, problem
from migrate.terminal.language import N_, _, few, ngettext

if TYPE_CHECKING:
    from pathlib import Path

    from converters.frame.peaks import Peak
    from converters.frame.place import Place
    from converters.specs.model import Spec
    from migrate.aws.session import Aws
    from migrate.document.model import Document
    from migrate.settings.model import Environment

MINUTE, HOUR, PRICE = OF_CEILINGS
TITLE = N_("ceilings of the environment")
YEAR = 366
"""Days ahead: every month and weekday, and the clocks both ways."""


@dataclass(frozen=True, slots=True)
class Whole:
    """An environment with all jobs that are known of it: those of a run, and the others of the workspace ``out``."""

    place: Place
    env: Environment
    specs: Sequence[Spec]
    out: Path
    today: date

    def all(self) -> list[Spec]:
        """Those of the run as they are in it."""
        from migrate.aws.wishes import as_started
        from migrate.errors import UserError
        from migrate.workspace.spec_files import load_specs

        try:
            others = [spec for _path, spec in load_specs(self.out, may_be_empty=True)]
        except UserError:
            others = []  # no workspace: the files were named
        named = {spec.name for spec in self.specs}
        every = [*self.specs, *(spec for spec in others if spec.name not in named)]
        return [as_started(self.env, spec) for spec in every]


def section(context: Context, out: Path) -> Section:
    """What `check` says of them; without lines where the environment has none."""
    place = context.aws.place(context.owner)
    return Section(TITLE, tuple(lines(Whole(place, context.env, context.specs, out, context.today))))


def passed(aws: Aws, owner: str, specs: Sequence[Spec], out: Path) -> list[Finding]:
    """The ceilings that the environment's jobs come above, for plan and register."""
    whole = Whole(aws.place(owner), aws.environment, specs, out, datetime.now(UTC).date())
    return [Finding(one.code, one.text) for one in lines(whole) if one.code]


def lines(whole: Whole) -> Iterator[Line]:
    """A line for each ceiling: an error where the schedules come to more."""
    ceilings = whole.env.ceilings
    if not ceilings.any:
        return
    specs = whole.all()
    if ceilings.of_starts:
        yield from _starts(whole, specs)
    if ceilings.price_per_month is not None:
        yield _price(whole, specs, ceilings.price_per_month)


def _starts(whole: Whole, specs: Sequence[Spec]) -> Iterator[Line]:
    from converters.frame.peaks import peaks
    from converters.schedules.daemon import Window
    from migrate.aws.wishes import followers_of

    first = datetime.combine(whole.today, datetime.min.time(), UTC)
    window = Window(int(first.timestamp()) // 60, int((first + timedelta(days=YEAR)).timestamp()) // 60)
    found = peaks(specs, window, followers_of(whole.place, specs))
    ceilings = whole.env.ceilings
    if ceilings.starts_per_minute is not None:
        yield _busiest(
            found.minute,
            ceilings.starts_per_minute,
            MINUTE,
            _("{starts} starts in one minute, {when} ({jobs}); {most} are the most here (ceilings.startsPerMinute)"),
            _("{starts} starts in the busiest minute, {when}; {most} are the most here"),
        )
    if ceilings.starts_per_hour is not None:
        yield _busiest(
            found.hour,
            ceilings.starts_per_hour,
            HOUR,
            _("{starts} starts in one hour, from {when} ({jobs}); {most} are the most here (ceilings.startsPerHour)"),
            _("{starts} starts in the busiest hour, from {when}; {most} are the most here"),
        )
    if found.uncounted:
        text = ngettext(
            "{n} job has no times that are known before and is not counted: {jobs}",
            "{n} jobs have no times that are known before and are not counted: {jobs}",
            len(found.uncounted),
        )
        yield ok(text, n=len(found.uncounted), jobs=few(found.uncounted))


def _busiest(peak: Peak, most: int, code: str, above: str, within: str) -> Line:
    """``above`` and ``within`` are the sentences of a ceiling that is passed, and of one that is not."""
    values = {"starts": f"{peak.starts:,}", "when": _when(peak), "jobs": few(peak.jobs), "most": f"{most:,}"}
    return problem(code, above, **values) if peak.starts > most else ok(within, **values)


def _when(peak: Peak) -> str:
    return f"{datetime.fromtimestamp(peak.at * 60, UTC):%Y-%m-%d %H:%M} UTC"


def _price(whole: Whole, specs: Sequence[Spec], most: float) -> Line:
    cost = month(whole, specs)
    values = {"cost": f"{cost:,.2f}", "most": f"{most:,.2f}"}
    if cost > most:
        text = _(
            "the jobs cost {cost} USD in a month by the report's model; {most} are the most here (ceilings.pricePerMonth)"
        )
        return problem(PRICE, text, **values)
    return ok(_("the jobs cost {cost} USD in a month by the report's model; {most} are the most here"), **values)


def month(whole: Whole, specs: Sequence[Spec]) -> float:
    """USD of these jobs in a month, as the report counts them: with what the last scan measured, where there was one."""
    from migrate.report.costing import costs, where

    texts = {spec.name: _text(spec) for spec in specs}
    return costs(_document(whole, texts), texts, where(whole.env.name, whole.env)).fleet.total


def _text(spec: Spec) -> str:
    """The spec as the report reads an ecs.yml: JSON is YAML."""
    return json.dumps(spec.model_dump(mode="json", by_alias=True, exclude_unset=True))


def _document(whole: Whole, texts: Mapping[str, str]) -> Document:
    """The document of the last scan with these jobs and no others; those it does not know are there by their specs alone."""
    from migrate.document.from_json import read_document
    from migrate.document.job import Job, SourceLine
    from migrate.document.model import ComparedWindow, Document
    from migrate.errors import UserError

    try:
        found = read_document(whole.out)
    except UserError:
        found = Document()
    known = [replace(job, decided=None) for job in found.jobs if job.name in texts]
    names = {job.name for job in known}
    others = [
        Job(name=name, source=SourceLine(path="", line=0), schedule="") for name in sorted(texts) if name not in names
    ]
    window = found.window
    if not window.first or not window.until:
        window = ComparedWindow(
            first=f"{whole.today:%Y-%m-%dT00:00:00Z}", until=f"{whole.today + timedelta(days=3650):%Y-%m-%dT00:00:00Z}"
        )
    return replace(found, jobs=(*known, *others), window=window)
