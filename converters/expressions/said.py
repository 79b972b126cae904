"""What must be said of a schedule and of what it becomes, as findings."""

from __future__ import annotations

from collections.abc import Iterator

from converters.expressions.eventbridge import ALL_HOUR_FIELD, ALL_YEARS, Cron, Rate
from converters.expressions.guards import minute_text
from converters.expressions.parity import Parity
from converters.expressions.target import Target
from converters.findings.codes import Finding
from converters.schedules.calendar_text import SECOND
from converters.schedules.calendars import Calendar
from converters.schedules.days import FIRST_YEAR
from converters.schedules.schedule import Schedule, Special


def said_of_special(schedule: Special) -> Finding:
    if schedule.kind == "reboot":
        return Finding(
            "C201",
            f"`{schedule.text}` starts when the machine boots; no clock starts it, so no schedule can: ecs.yml has a service",
        )
    if schedule.kind == "seconds":
        many = f"{schedule.seconds} times" if schedule.seconds <= 60 else "more than 60 times"
        return Finding(
            "C220", f"`{schedule.text}` elapses {many} a minute; EventBridge starts nothing more than once a minute"
        )
    if schedule.kind == "since":
        return Finding(
            "C221",
            f"`{schedule.text}` starts {_span(schedule.seconds)} after the last start, counted from the host's boot; a rate is "
            "counted from the minute it is enabled",
        )
    return Finding(
        "C202",
        f"`{schedule.text}` starts {schedule.seconds} s after the last run ended; EventBridge counts no such time",
    )


def _span(seconds: int) -> str:
    return f"{seconds // 60:,} min" if seconds % 60 == 0 else f"{seconds:,} s"


def notes(schedule: Schedule) -> Iterator[Finding]:
    for note in schedule.notes:
        yield Finding("C205", f"`{schedule.text}`: {note}")
    if schedule.random:
        yield Finding(
            "C204",
            f"`{schedule.text}`: the daemon draws the time of `~` anew at each load; the first one is taken here",
        )
    if schedule.calendar is not None:
        for calendar in dict.fromkeys(one.calendar for one in schedule.parts if one.calendar is not None):
            yield from _of_seconds(calendar.text, calendar)
        # Weekday and date must both match, always: nobody takes it for something else.
        return
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


def _of_seconds(text: str, calendar: Calendar) -> Iterator[Finding]:
    within = calendar.seconds[0] / SECOND
    if within:
        yield Finding("C219", f"`{text}` elapses {within:g} s into its minute; on AWS the minute itself starts it")


def said_of_target(target: Target) -> Iterator[Finding]:
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
    plain = len(target.expressions) - target.catching
    if target.guard is None and plain > 1 and target.ends is None:
        yield Finding("C210", f"it takes {plain} expressions to say this schedule; none starts a run twice")
    if target.catching:
        last = [one.years for one in target.expressions[plain:] if isinstance(one, Cron) and one.years != ALL_YEARS]
        end = f", until the end of {max(last).bit_length() + FIRST_YEAR - 1}" if last else ""
        yield Finding(
            "C218", f"{target.catching} of its schedules start what a clock change in {target.timezone} skips{end}"
        )
    # The user guide says of a repeated time "runs only once"; whether this holds for every hour's run is not said.
    if target.backend == "scheduler" and any(
        isinstance(one, Rate) or one.hours == ALL_HOUR_FIELD for one in target.expressions
    ):
        yield Finding(
            "C304", "AWS does not document whether Scheduler repeats hourly runs in the hour that comes twice in autumn"
        )


def said_of_parity(parity: Parity, zone: str, target: Target) -> Iterator[Finding]:
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
