"""A schedule in plain words, made from its sets, so that the words say what the daemon does."""

from __future__ import annotations

from converters.schedules import days
from converters.schedules.calendars import Calendar
from converters.schedules.days import FIRST_YEAR
from converters.schedules.fields import members
from converters.schedules.schedule import Schedule, Special

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def in_words(schedule: Schedule | Special) -> str:
    """One sentence without a final stop: when, on which dates, in which months."""
    if isinstance(schedule, Special):
        if schedule.kind == "reboot":
            return "once, when the machine boots"
        if schedule.kind == "seconds":
            return f"{schedule.seconds} times a minute" if schedule.seconds <= 60 else "more than 60 times a minute"
        return f"{schedule.seconds} seconds after the last run {'began' if schedule.kind == 'since' else 'ended'}"
    if schedule.never:
        return "never: no date matches"
    if schedule.also:
        return "; and ".join(in_words(one) for one in schedule.parts)
    parts = [_times(schedule), _dates(schedule)]
    if schedule.months != days.ALL_MONTHS:
        parts.append("in " + _and([_MONTHS[m - 1] for m in members(schedule.months)]))
    if schedule.calendar is not None:
        parts += _of_calendar(schedule.calendar)
    return ", ".join(part for part in parts if part)


def _of_calendar(calendar: Calendar) -> list[str]:
    """What a calendar expression of systemd says and five fields cannot."""
    found = []
    if calendar.from_end:
        found.append(f"on day {_and([str(day) for day in members(calendar.days)])} counted back from the month's end")
    if calendar.years is not None:
        years = [str(FIRST_YEAR + year) for year in members(calendar.years)]
        found.append(
            f"in {_and(years)}" if len(years) <= 4 else f"in {len(years)} of the years from {years[0]} to {years[-1]}"
        )
    return found


def _times(schedule: Schedule) -> str:
    minutes, hours = list(members(schedule.minutes)), list(members(schedule.hours))
    if len(minutes) == 60:
        return "every minute" if len(hours) == 24 else f"every minute of {_hours(hours)}"
    if len(hours) == 24:
        if minutes == [0]:
            return "every hour, on the hour"
        step = step_of(minutes, 60)
        if step:
            return f"every {step} minutes" if minutes[0] == 0 else f"every {step} minutes from minute {minutes[0]}"
        return f"every hour at {_and([f':{m:02}' for m in minutes])}"
    if len(minutes) * len(hours) <= 6:
        return "at " + _and([f"{h:02}:{m:02}" for h in hours for m in minutes])
    step = step_of(minutes, 60)
    often = f"every {step} minutes" if step and minutes[0] == 0 else f"at {_and([f':{m:02}' for m in minutes])}"
    return f"{often} of {_hours(hours)}"


def _hours(hours: list[int]) -> str:
    if len(hours) > 2 and hours[-1] - hours[0] == len(hours) - 1:
        return f"the hours {hours[0]:02} to {hours[-1]:02}"
    return f"hour{'s' if len(hours) > 1 else ''} {_and([f'{h:02}' for h in hours])}"


def _dates(schedule: Schedule) -> str:
    all_dom = schedule.days_of_month & days.ALL_DOM == days.ALL_DOM
    all_dow = schedule.days_of_week & days.ALL_DOW == days.ALL_DOW
    dom = f"on day {_and([str(d) for d in members(schedule.days_of_month & days.ALL_DOM)])} of the month"
    dow = f"on {_and([_DAYS[d] for d in members(schedule.days_of_week & days.ALL_DOW)])}"
    if schedule.either:
        if all_dom or all_dow:
            return ""
        if not schedule.days_of_month & days.ALL_DOM or not schedule.days_of_week:
            return dow if schedule.days_of_week else dom
        return f"{dom}, and also {dow} whatever the date"
    if all_dom and all_dow:
        return ""
    if all_dow:
        return dom
    return dow if all_dom else f"{dom} but only if that is a {_or([_DAYS[d] for d in members(schedule.days_of_week)])}"


def step_of(values: list[int], size: int) -> int:
    """The step of values that fill the field evenly, around its end too; 0 if they do not."""
    if len(values) < 2:
        return 0
    step = values[1] - values[0]
    even = values == list(range(values[0], size, step)) and size % step == 0
    return step if even else 0


def _and(words: list[str]) -> str:
    if not words:
        return "none"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
