"""What becomes of one schedule: target, parity, and what must be said of it.

A `Place` is where the old daemon lives: zone, dialect and the window that is compared. It proves each candidate target
against the daemon's own runs; which candidate is taken depends on the backend asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from typing import Literal

from converters.expressions import left_tests
from converters.expressions.artefact import fired, let_through
from converters.expressions.conversion import Conversion, Inexpressible, convert
from converters.expressions.eventbridge import ALL_HOUR_FIELD, Cron, Rate
from converters.expressions.guards import Guard, dates_of, minute_text
from converters.expressions.parity import Parity, Stretch, compare, stretches
from converters.expressions.seasons import seasonal, whole_years
from converters.findings.codes import Finding
from converters.schedules.daemon import Habit, Starts, Timeline, Window, without
from converters.schedules.date_tests import UTC_NAMES
from converters.schedules.dialects import Dialect
from converters.schedules.schedule import Schedule, Special
from converters.schedules.zones import MINUTES_A_DAY, Regime, iso, regimes, year_of

Backend = Literal["rule", "scheduler"]
Choice = Literal["rule", "seasonal", "scheduler", "auto"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how the job will be started: expressions read in ``timezone``, and a guard where they start too often.

    ``ends`` is the last day of a year, after which seasonal rules start nothing more.
    """

    backend: Backend
    timezone: str
    expressions: tuple[Cron | Rate, ...]
    guard: Guard | None = None
    ends: str | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "backend": self.backend,
            "timezone": self.timezone,
            "expressions": [str(e) for e in self.expressions],
            "guard": self.guard.as_json() if self.guard else None,
        }


# Two years show every clock change of a zone twice.
TWO_YEARS = 731
"""Days for which the dates of differences are named."""

FORESEEN = 3653
"""Days beyond the window in which a guard looks for the zone's next clock changes."""

NO_TARGET = Target("rule", "UTC", ())


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one schedule. ``parity`` is ``None`` where no clock decides when it runs.

    ``options`` are the ways side by side in a zone with clock changes; ``stretches`` says on which dates of the next two
    years the chosen one differs.
    """

    target: Target
    parity: Parity | None
    findings: tuple[Finding, ...]
    options: tuple[tuple[Target, Parity], ...] = ()
    stretches: tuple[Stretch, ...] = ()


class Place:
    """A daemon of a dialect in a zone, compared over a window; judgements of equal schedules are shared.

    ``host`` is the host's own zone where ``zone`` is an entry's ``CRON_TZ`` (cronie).
    """

    def __init__(
        self,
        zone: tzinfo,
        zone_name: str,
        window: Window,
        dialect: Dialect,
        # A rule is the default: scheduled rules are free and their UTC never skips an hour.
        choice: Choice = "rule",
        host: tzinfo | None = None,
        host_name: str | None = None,
    ) -> None:
        self.host_name = host_name or zone_name
        self.host = Timeline(host, window) if host is not None else None
        self.zone_name = zone_name
        self.window = window
        self.dialect = dialect
        self.choice = choice
        self.first_year = year_of(window.first)
        self.timeline = Timeline(zone, window)
        self._zones = zone, host
        self._whole: Place | None = None
        self._frozen: dict[int, Timeline] = {}
        self._judged: dict[tuple[object, ...], Judgement] = {}

    def judge(self, schedule: Schedule | Special) -> Judgement:
        """Target, parity and findings for one schedule."""
        if isinstance(schedule, Special):
            return _judge_special(schedule)
        # Notes and origin take no part in when it runs, but in what is said.
        key = (schedule.key, schedule.random, schedule.notes, schedule.guarded)
        known = self._judged.get(key)
        if known is None:
            known = self._judged[key] = self._judge(schedule)
        return known

    def before(self, schedule: Schedule) -> list[Starts]:
        """The runs the daemon makes in the window: its starts at which a test in the command lets the job run."""
        return self._passed(schedule, self._started(schedule))

    def _started(self, schedule: Schedule) -> list[Starts]:
        days, minutes = self.window.relative(schedule.days()), schedule.minutes_of_day
        if self.host is not None:
            # cronie matches CRON_TZ by plain wall time, but starts fixed-time jobs only while the host's clock runs forward
            # localtime() of the zone on each pass, so the gap is lost and the repeat doubled (cronie cron.c
            # find_jobs).
            found = self.timeline.starts(days, minutes, "plain")
            if schedule.elapsed:
                return found
            return without(
                # While the host's own clock repeats an hour cronie is in its "negative" case, where only wild jobs
                # are run.
                found,
                [(at, at + old - new) for at, old, new in self.host.changes() if new < old],
                self.window,
            )
        return self.timeline.starts(days, minutes, self._habit(schedule))

    def _passed(self, schedule: Schedule, found: list[Starts]) -> list[Starts]:
        """Of these starts those at which a test of the date in the command, where it is understood, lets the job run."""
        return left_tests.passed(schedule.test, found, self.window, self._regimes_of)

    def _regimes_of(self, zone: str | None) -> Sequence[Regime] | None:
        """The zone in which a command sees the date: that of the host, also under CRON_TZ, and on AWS by TZ."""
        if zone is None or zone == self.host_name:
            # CRON_TZ moves the schedule only: the job's own zone is TZ, else the host's (crontab(5) of cronie).
            return (self.host or self.timeline).regimes
        return self._at(0).regimes if zone in UTC_NAMES else left_tests.regimes_of_name(zone, self.window)

    def ran(self, schedule: Schedule, target: Target) -> list[Starts]:
        """The runs that a target makes of a schedule's job, its test of the date included."""
        return self._passed(schedule, self.after(target))

    def _habit(self, schedule: Schedule) -> Habit:
        if self.dialect.clock == "vixie":
            return "elapsed" if schedule.elapsed else "fixed"
        return self.dialect.clock

    def changes_clocks(self) -> bool:
        """Whether the zone's offset changes within the window."""
        return len(self.timeline.regimes) > 1

    def offsets(self) -> list[int]:
        """The zone's offsets in the window, the one in force longest first."""
        lengths: dict[int, int] = {}
        regimes = self.timeline.regimes
        for index, regime in enumerate(regimes):
            end = regimes[index + 1].start if index + 1 < len(regimes) else self.window.until
            lengths[regime.offset] = lengths.get(regime.offset, 0) + end - regime.start
        return sorted(lengths, key=lambda offset: -lengths[offset])

    def can_say(self, schedule: Schedule) -> bool:
        """Whether the backend asked for has a way to start a guarded schedule on its dates alone."""
        return schedule.dates is None or next(self._candidates(schedule, self.choice), None) is not None

    def _judge(self, schedule: Schedule) -> Judgement:
        findings = list(_notes(schedule))
        if schedule.never:
            findings.append(Finding("C203", f"`{schedule.text}` matches no date that exists, so it has never run"))
            return Judgement(NO_TARGET, Parity(), tuple(findings))
        target, parity = self._choose(schedule)
        findings += _said_of_target(target)
        findings += self._said_of_test(schedule, target, parity) or _said_of_parity(parity, self.zone_name, target)
        if schedule.test is not None:
            after = self.after(target)
            findings += left_tests.said_of_late_reading(schedule.test, after, self.window, self._regimes_of)
        near: list[Stretch] = []
        if not parity.exact:
            soon = self.window.first // 1440 + TWO_YEARS
            near = stretches(self.before(schedule), self.ran(schedule, target), self.window, soon)
        # A report names dates; beyond two years nobody reads them.
        options = tuple(self.options(schedule)) if self.changes_clocks() else ()
        return Judgement(target, parity, tuple(findings), options, tuple(near))

    def _said_of_test(self, schedule: Schedule, target: Target, parity: Parity) -> list[Finding]:
        """Where a start is moved, a test in the command may see another date: what that costs; nothing where it does not."""
        if schedule.test is None or parity.exact:
            return []
        text, zone = schedule.test.texts[0], self.zone_name
        if not left_tests.is_judged(schedule.test, self._regimes_of):
            moved = list(_said_of_parity(parity, zone, target))
            return [
                *moved,
                Finding("C306", f"`{text}` stays in the command, and {parity.damage:,} starts are not at cron's time"),
            ]
        plain = schedule.testing(None)
        alone = compare(self.before(plain), self.ran(plain, target), self.window, show=0)
        if alone.exact or (parity.lost, parity.extra) == (alone.lost, alone.extra) == (0, 0):
            return []
        told = f"{parity.lost:,} of {parity.before:,} runs are lost and {parity.extra:,} run on other dates"
        moves = [one for one in _said_of_parity(parity, zone, target) if one.code == "C301"]
        return [
            *moves,
            Finding("C305", f"{told}: `{text}` reads the date of a start that is not at cron's time in {zone}"),
        ]

    def options(self, schedule: Schedule) -> list[tuple[Target, Parity]]:
        """Every way side by side, with its parity: rules at each offset, seasonal rules, Scheduler."""
        before = self.before(schedule)
        ways = [*self._candidates(schedule, "auto"), *self._seasonal(schedule)]
        return [(way, compare(before, self.ran(schedule, way), self.window, show=0)) for way in ways]

    def after(self, target: Target) -> list[Starts]:
        """The runs a target makes in the window, read from what is registered: its expressions, its zone, its guard."""
        # Rules know no zone: AWS evaluates them in UTC.
        line = self._at(0) if target.backend == "rule" else self.timeline
        found: list[Starts] = []
        for expression in target.expressions:
            made = fired(expression, line, self._at(0))
            if target.guard is not None:
                made = let_through(made, target.guard, dates_of(str(expression)), self.window)
            found += made
        return found

    def _choose(self, schedule: Schedule) -> tuple[Target, Parity]:
        before = self.before(schedule)
        best: tuple[Target, Parity] | None = None
        for target in self._candidates(schedule, self.choice):
            parity = compare(before, self.ran(schedule, target), self.window)
            # Ties go to the simpler way, which comes first.
            if best is None or parity.damage < best[1].damage:
                best = target, parity
            if parity.exact:
                break
        if best is None:
            raise ValueError("a schedule always has a candidate")
        return best

    def _candidates(self, schedule: Schedule, choice: Choice) -> Iterator[Target]:
        """Simplest first: the UTC rule at the longest offset, at the others, then Scheduler in the zone itself."""
        if choice == "seasonal":
            yield from self._seasonal(schedule)
        if choice != "scheduler":
            offsets = self.offsets() if choice == "auto" else self.offsets()[:1]
            seen = set()
            for offset in offsets:
                conversion = self._converted(schedule, offset)
                if conversion is not None and conversion not in seen:
                    seen.add(conversion)
                    yield Target("rule", "UTC", conversion.expressions, conversion.guard)
        if choice in ("scheduler", "auto"):
            conversion = self._converted(schedule, 0)
            if conversion is not None:
                # In Scheduler the expression lives in the zone, so its guard must know when that zone changes.
                guard = conversion.guard.in_zone(*self._foreseen()) if conversion.guard else None
                yield Target("scheduler", self.zone_name, conversion.expressions, guard)

    def _foreseen(self) -> tuple[Sequence[Regime], int]:
        """The zone's regimes and until when they are known. A window without a clock change does not make a zone without:
        a guard that claims one offset for ever would be wrong from the next change on, so that one is looked for."""
        if self.changes_clocks():
            return self.timeline.regimes, self.window.until
        until = self.window.until + FORESEEN * MINUTES_A_DAY
        return regimes(self._zones[0], self.window.first, until), until

    def _converted(self, schedule: Schedule, offset: int) -> Conversion | None:
        try:
            return convert(schedule, offset, self.first_year)
        except Inexpressible:
            return None

    def _seasonal(self, schedule: Schedule) -> Iterator[Target]:
        """Rules that follow the clock changes, where there are any and few enough rules say it."""
        if not self.changes_clocks():
            return
        whole = self._whole_years()
        conversion = seasonal(whole.before(schedule.testing(None)), whole.window, self.window.first)
        if conversion is not None:
            # Year lists end with a whole UTC year; beyond it such rules are silent.
            last_day = iso(whole.window.until - 1440)[:10]
            yield Target("rule", "UTC", conversion.expressions, None, last_day)

    def _whole_years(self) -> Place:
        """The same place over whole years, since rules with years end at a year."""
        if self._whole is None:
            zone, host = self._zones
            window = whole_years(self.window)
            self._whole = Place(zone, self.zone_name, window, self.dialect, self.choice, host, self.host_name)
        return self._whole

    def _at(self, offset: int) -> Timeline:
        line = self._frozen.get(offset)
        if line is None:
            line = self._frozen[offset] = Timeline(timezone(timedelta(minutes=offset)), self.window)
        return line


def _judge_special(schedule: Special) -> Judgement:
    if schedule.kind == "reboot":
        finding = Finding(
            "C201",
            "`@reboot` starts when the machine boots; no clock starts it, so no schedule can: ecs.yml has a service",
        )
    else:
        finding = Finding(
            "C202",
            f"`{schedule.text}` starts {schedule.seconds} s after the last run ended; EventBridge counts no such time",
        )
    return Judgement(NO_TARGET, None, (finding,))


def _notes(schedule: Schedule) -> Iterator[Finding]:
    for note in schedule.notes:
        yield Finding("C205", f"`{schedule.text}`: {note}")
    if schedule.random:
        yield Finding(
            "C204",
            f"`{schedule.text}`: the daemon draws the time of `~` anew at each load; the first one is taken here",
        )
    all_dom = schedule.days_of_month >> 1 == 0x7FFFFFFF
    all_dow = schedule.days_of_week == 0x7F
    if schedule.guarded:
        return
    if not all_dom and not all_dow and schedule.days_of_month and schedule.days_of_week:
        # The classic trap of crontab(5): both day fields restricted means OR.
        if schedule.either:
            yield Finding("C206", f"`{schedule.text}` runs when the day of month or the day of week matches")
        else:
            yield Finding(
                "C207",
                f"`{schedule.text}` runs only when day of month and day of week both match (a field starts with `*`)",
            )


def _said_of_target(target: Target) -> Iterator[Finding]:
    if target.ends is not None:
        many = len(target.expressions)
        yield Finding("C215", f"{many} rules follow the clock changes; after {target.ends} they start nothing")
    if target.guard is not None:
        once = ", and one start of each minute is enough" if target.guard.once else ""
        until = target.guard.until
        known = f"; it knows the clock changes of {target.timezone} until {minute_text(until)[:10]}" if until else ""
        yield Finding(
            "C209", f"no few expressions say these dates; a guard stops the starts on other dates{once}{known}"
        )
    elif len(target.expressions) > 1 and target.ends is None:
        yield Finding(
            "C210", f"it takes {len(target.expressions)} expressions to say this schedule; none starts a run twice"
        )
    # The user guide says of a repeated time "runs only once"; whether this holds for every hour's run is not said.
    if target.backend == "scheduler" and any(
        isinstance(e, Rate) or e.hours == ALL_HOUR_FIELD for e in target.expressions
    ):
        yield Finding(
            "C304", "AWS does not document whether Scheduler repeats hourly runs in the hour that comes twice in autumn"
        )


def _said_of_parity(parity: Parity, zone: str, target: Target) -> Iterator[Finding]:
    if parity.moved:
        ways = ", ".join(f"{_signed(minutes)} ({runs:,} runs)" for minutes, runs in sorted(parity.moves.items()))
        where = "while clocks in" if target.backend == "rule" else "at clock changes in"
        rest = f"{zone} show another offset" if target.backend == "rule" else zone
        yield Finding("C301", f"{parity.moved:,} of {parity.before:,} runs move {where} {rest}: {ways}")
    if parity.lost:
        yield Finding("C302", f"{parity.lost:,} of {parity.before:,} runs are lost at clock changes in {zone}")
    if parity.extra:
        yield Finding("C303", f"{parity.extra:,} runs are added at clock changes in {zone}")


def _signed(minutes: int) -> str:
    return f"{minutes / 60:+g} h" if minutes % 60 == 0 else f"{minutes:+d} min"
