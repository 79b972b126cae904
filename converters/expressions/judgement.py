"""What becomes of one schedule: target, parity, and what must be said of it.

A `Place` is where the old daemon lives: zone, dialect and the window that is compared. It proves each candidate target
against the daemon's own runs; which candidate is taken depends on the backend asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta, timezone, tzinfo
from functools import cached_property
from typing import NamedTuple

from converters.expressions import left_tests
from converters.expressions.artefact import fired, let_through
from converters.expressions.catching_up import caught_up
from converters.expressions.conversion import Conversion, Inexpressible, convert
from converters.expressions.eventbridge import MAX_EXPRESSIONS, Rate
from converters.expressions.guards import dates_of
from converters.expressions.parity import Differing, Parity, Stretch, compare, cut_differences, stretches
from converters.expressions.said import notes, said_of_parity, said_of_special, said_of_target
from converters.expressions.seasons import seasonal, whole_years
from converters.expressions.target import NO_TARGET, Choice, Target, is_heavy
from converters.expressions.turned_zones import said_of_turned_zone
from converters.findings.codes import Finding
from converters.schedules.daemon import Habit, Starts, Timeline, Window, without
from converters.schedules.date_tests import UTC_NAMES
from converters.schedules.dialects import Dialect
from converters.schedules.schedule import Schedule, Special
from converters.schedules.zones import MINUTES_A_DAY, Regime, iso, regimes, year_of

# Two years show every clock change of a zone twice.
TWO_YEARS = 731
"""Days for which the dates of differences are named."""

FORESEEN = 3653
"""Days beyond the window in which a guard looks for the zone's next clock changes."""


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


def _of_rate(schedule: Special) -> Target:
    """A rate for what systemd starts so long after its last start; its phase is another, so nothing is proven of it."""
    minutes, rest = divmod(schedule.seconds, 60)
    if schedule.kind != "since" or rest or not minutes:
        return NO_TARGET
    return Target("rule", "UTC", (Rate(minutes, "minute"),))


class _Weighed(NamedTuple):
    """A way, the runs it makes, and how they compare with the daemon's."""

    target: Target
    ran: list[Starts]
    differing: Differing
    parity: Parity


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
            return Judgement(_of_rate(schedule), None, (said_of_special(schedule),))
        # Notes and origin take no part in when it runs, but in what is said.
        key = (schedule.key, schedule.random, schedule.notes, schedule.guarded)
        known = self._judged.get(key)
        if known is None:
            known = self._judged[key] = self._judge(schedule)
        return known

    def forget(self) -> None:
        """Let the judgements go that nobody else holds; each would be made anew."""
        self._judged.clear()

    def before(self, schedule: Schedule) -> list[Starts]:
        """The runs the daemon makes in the window: its starts at which a test in the command lets the job run."""
        found = self._started(schedule)
        return self._passed(schedule, self._astray(schedule, found) if schedule.astray else found)

    def _astray(self, schedule: Schedule, found: list[Starts]) -> list[Starts]:
        """These starts, with what the guards of the schedule got wrong near clock changes."""
        gone = [(at, at + 1) for at, ran in schedule.astray if not ran]
        more = [at for at, ran in schedule.astray if ran and self.window.first <= at < self.window.until]
        days_and_minutes = [divmod(at - self.window.base * MINUTES_A_DAY, MINUTES_A_DAY) for at in more]
        return without(found, gone, self.window) + [Starts(1 << day, 1 << at, 1) for day, at in days_and_minutes]

    def _started(self, schedule: Schedule) -> list[Starts]:
        if schedule.also:
            return [start for part in schedule.parts for start in self._started(part)]
        days, minutes = self.window.relative(schedule.days()), schedule.minutes_of_day
        # A timer follows the zone that its expression names, and nothing else.
        if self.host is not None and not self.dialect.calendar:
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
        return left_tests.passed(schedule.test, found, self.window, self.regimes_of)

    def regimes_of(self, zone: str | None) -> Sequence[Regime] | None:
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

    @cached_property
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
        plain = schedule.dates is None and not schedule.also
        return plain or next(self._candidates(schedule, self.choice), None) is not None

    def _judge(self, schedule: Schedule) -> Judgement:
        if schedule.astray:
            return self._held_against(schedule, self.judge(schedule.going_astray(())))
        findings = list(notes(schedule))
        if schedule.never:
            findings.append(Finding("C203", f"`{schedule.text}` matches no date that exists, so it has never run"))
            return Judgement(NO_TARGET, Parity(), tuple(findings))
        before = self.before(schedule)
        if schedule.calendar is not None and not schedule.days() >> self.window.first // MINUTES_A_DAY:
            findings.append(Finding("C203", f"`{schedule.text}` names no date that is still to come"))
            return Judgement(NO_TARGET, Parity(), tuple(findings))
        if schedule.calendar is not None and not self.can_say(schedule):
            # No guard of ours counts days from a month's end, and there is no test in a command that could stay there.
            findings.append(Finding("C222", f"no few expressions say the dates of `{schedule.text}`"))
            return Judgement(NO_TARGET, None, tuple(findings))
        chosen = self._choose(schedule, before)
        target, parity = chosen.target, chosen.parity
        findings += said_of_turned_zone(schedule, self._zones[0], self.timeline)
        findings += said_of_target(target)
        findings += self._said_of_test(schedule, target, parity) or said_of_parity(parity, self.zone_name, target)
        if schedule.test is not None:
            after = self.after(target)
            findings += left_tests.said_of_late_reading(schedule.test, after, self.window, self.regimes_of)
        if parity.exact and target.ends is None:
            return Judgement(target, parity, tuple(findings))
        near = tuple(stretches(chosen.differing, self.window, self.window.first // 1440 + TWO_YEARS))
        # A report names dates; beyond two years nobody reads them.
        return Judgement(target, parity, tuple(findings), self._beside(schedule, before, chosen), near)

    def _held_against(self, schedule: Schedule, meant: Judgement) -> Judgement:
        """What is made of the dates that guards mean, compared with the runs that cron really made (C308 tells of both)."""
        before = self.before(schedule)
        weighed = self._weigh(schedule, before, meant.target)
        near = tuple(stretches(weighed.differing, self.window, self.window.first // 1440 + TWO_YEARS))
        options = self._beside(schedule, before, weighed)
        return replace(meant, parity=weighed.parity, options=options, stretches=near)

    def _beside(
        self, schedule: Schedule, before: Sequence[Starts], chosen: _Weighed
    ) -> tuple[tuple[Target, Parity], ...]:
        """The chosen way and the other plain one, where the clocks change. Seasonal rules cost more to find than all the
        rest, so whoever asks for them gets them (`options`); beside a test of the date only a scan can."""
        if not self.changes_clocks():
            return ()
        offset = self.offsets[0]
        ways = [self._rule(schedule, offset), self._in_zone(schedule)]
        if schedule.test is not None or schedule.guarded:
            ways += self._seasonal(schedule)
        found = []
        for way in ways:
            if way == chosen.target:
                found.append((way, chosen.parity))
            elif way is not None:
                found.append((way, self._weigh(schedule, before, way, show=0).parity))
        return tuple(found)

    def _said_of_test(self, schedule: Schedule, target: Target, parity: Parity) -> list[Finding]:
        """Where a start is moved, a test in the command may see another date: what that costs; nothing where it does not."""
        if schedule.test is None or parity.exact:
            return []
        text, zone = schedule.test.texts[0], self.zone_name
        if not left_tests.is_judged(schedule.test, self.regimes_of):
            moved = list(said_of_parity(parity, zone, target))
            return [
                *moved,
                Finding("C306", f"`{text}` stays in the command, and {parity.damage:,} starts are not at cron's time"),
            ]
        plain = schedule.testing(None)
        alone = compare(self.before(plain), self.ran(plain, target), self.window, show=0)
        if alone.exact or (parity.lost, parity.extra) == (alone.lost, alone.extra) == (0, 0):
            return []
        told = f"{parity.lost:,} of {parity.before:,} runs are lost and {parity.extra:,} run on other dates"
        moves = [one for one in said_of_parity(parity, zone, target) if one.code == "C301"]
        return [
            *moves,
            Finding("C305", f"{told}: `{text}` reads the date of a start that is not at cron's time in {zone}"),
        ]

    def options(self, schedule: Schedule) -> list[tuple[Target, Parity]]:
        """Every way side by side, with its parity: rules at each offset, seasonal rules, Scheduler."""
        before = self.before(schedule)
        plain = sorted(self._candidates(schedule, "auto"), key=lambda way: way.backend)
        ways = [*plain, *self._seasonal(schedule)]
        return [(way, self._weigh(schedule, before, way, show=0).parity) for way in ways]

    def seasons(self, schedule: Schedule) -> list[tuple[Target, Parity]]:
        """Seasonal rules with their parity, where clocks change and few enough rules say it."""
        before = self.before(schedule)
        return [(way, self._weigh(schedule, before, way, show=0).parity) for way in self._seasonal(schedule)]

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

    def _weigh(self, schedule: Schedule, before: Sequence[Starts], target: Target, show: int = 5) -> _Weighed:
        ran = self.ran(schedule, target)
        differing = cut_differences(before, ran)
        return _Weighed(target, ran, differing, compare(before, ran, self.window, show, differing))

    def _choose(self, schedule: Schedule, before: Sequence[Starts]) -> _Weighed:
        """The first exact way, else the one that differs least; ties go to the one that comes first."""
        best: _Weighed | None = None
        for target in self._candidates(schedule, self.choice):
            weighed = self._weigh(schedule, before, target)
            if best is None or weighed.parity.damage < best.parity.damage or self._much_simpler(weighed, best):
                best = weighed
            if weighed.parity.exact and not self._looks_on(weighed.target):
                break
        if best is None:
            raise ValueError("a schedule always has a candidate")
        if self.choice == "exact":
            more = caught_up(best.target, before, best.ran, self.timeline)
            weighed = self._weigh(schedule, before, more) if more is not None else best
            best = weighed if weighed.parity.damage < best.parity.damage else best
        return best

    def _looks_on(self, target: Target) -> bool:
        """Whether exact rules are so many that Scheduler in the zone may be the better way."""
        return self.choice in ("auto", "exact") and target.backend == "rule" and is_heavy(target)

    def _much_simpler(self, weighed: _Weighed, best: _Weighed) -> bool:
        """Whether a later way in the zone is as exact as rules that are many, with far fewer expressions."""
        way = weighed.target
        lighter = 2 * len(way.expressions) <= len(best.target.expressions) or best.target.guard is not None
        return (
            weighed.parity.exact
            and self._looks_on(best.target)
            and way.backend == "scheduler"
            and lighter
            and not is_heavy(way)
        )

    def _candidates(self, schedule: Schedule, choice: Choice) -> Iterator[Target]:
        """Rules at the longest offset, and at the others where any way is welcome; Scheduler in the zone itself comes first
        where clocks change, and last where rules in UTC never move."""
        if choice == "seasonal":
            yield from self._seasonal(schedule)
        anyway = choice in ("auto", "exact")
        in_zone = self._in_zone(schedule) if choice == "scheduler" or anyway else None
        if in_zone is not None and self.changes_clocks():
            yield in_zone
        seen: set[Target] = set()
        for offset in [] if choice == "scheduler" else self.offsets if anyway else self.offsets[:1]:
            rule = self._rule(schedule, offset)
            if rule is not None and rule not in seen:
                seen.add(rule)
                yield rule
        if in_zone is not None and not self.changes_clocks():
            yield in_zone

    def _rule(self, schedule: Schedule, offset: int) -> Target | None:
        conversion = self._converted(schedule, offset)
        return Target("rule", "UTC", conversion.expressions, conversion.guard) if conversion is not None else None

    def _in_zone(self, schedule: Schedule) -> Target | None:
        """Scheduler in the zone itself: its expressions live there, so a guard must know when that zone changes."""
        conversion = self._converted(schedule, 0)
        if conversion is None:
            return None
        guard = conversion.guard.in_zone(*self._foreseen()) if conversion.guard else None
        return Target("scheduler", self.zone_name, conversion.expressions, guard)

    def _foreseen(self) -> tuple[Sequence[Regime], int]:
        """The zone's regimes and until when they are known. A window without a clock change does not make a zone without:
        a guard that claims one offset for ever would be wrong from the next change on, so that one is looked for."""
        if self.changes_clocks():
            return self.timeline.regimes, self.window.until
        until = self.window.until + FORESEEN * MINUTES_A_DAY
        return regimes(self._zones[0], self.window.first, until), until

    def _converted(self, schedule: Schedule, offset: int) -> Conversion | None:
        try:
            found = [convert(part, offset, self.first_year) for part in schedule.parts]
        except Inexpressible:
            return None
        if len(found) == 1:
            return found[0]
        # A guard is for all starts of a job, and would stop those of the other parts.
        if any(one.guard is not None for one in found):
            return None
        expressions = tuple(dict.fromkeys(each for one in found for each in one.expressions))
        return Conversion(expressions) if len(expressions) <= MAX_EXPRESSIONS else None

    def _seasonal(self, schedule: Schedule) -> Iterator[Target]:
        """Rules that follow the clock changes, where there are any and few enough rules say it."""
        if not self.changes_clocks():
            return
        whole = self._whole_years()
        conversion = seasonal(whole.before(schedule.testing(None).going_astray(())), whole.window, self.window.first)
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
