"""EventBridge's ``cron()``, ``rate()`` and ``at()``: parse, print, evaluate.

Grammar: docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html and
docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html. Six fields ``minutes hours day-of-month month
day-of-week year``; weekdays are 1-7 or SUN-SAT with 1 = SUN; exactly one of the two day fields is ``?``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import pairwise
from typing import Literal

from converters.schedules import days
from converters.schedules.fields import DAY_NAMES, MONTH_NAMES, members, span
from converters.schedules.minutes import ALL_MINUTES, minutes_of_day

# Both API models end there; a longer text is refused before it is read.
MAX_LENGTH = 256  # of a ScheduleExpression, in the API models of events and scheduler
MAX_EXPRESSIONS = 40
"""Of one job, ours: what a scan proposes, ecs.yml takes. An event bus has room for 300 rules of all jobs (facts 2)."""
ALL_YEARS = (1 << (days.LAST_YEAR - days.FIRST_YEAR + 1)) - 1
ALL_HOUR_FIELD = (1 << 24) - 1


class ExpressionError(ValueError):
    """One sentence: what AWS would refuse and why."""


RuleKind = Literal["dom", "last", "weekday", "dow", "last dow", "nth"]


@dataclass(frozen=True, slots=True)
class DayRule:
    """What the two day fields say.

    ``dom``: the days of month in ``bits``; ``last``: the month's last day; ``weekday``: the weekday nearest to day ``day``;
    ``dow``: the weekdays in ``bits`` (bit 0 = Sunday); ``last dow``: the last weekday ``day`` of the month;
    ``nth``: the ``nth`` weekday ``day`` of the month.
    """

    kind: RuleKind
    bits: int = 0
    day: int = 0
    nth: int = 0

    def days(self) -> int:
        """Every date of 1970 to 2199 that the rule selects, in all months."""
        return _rule_days(self)

    def fields(self) -> tuple[str, str]:
        """The day-of-month and day-of-week fields."""
        match self.kind:
            case "dom":
                return _print_set(self.bits, 1, 31, steps=True), "?"
            case "last":
                return "L", "?"
            case "weekday":
                return f"{self.day}W", "?"
            case "dow":
                # `*` in day-of-week with `?` in day-of-month is every day, as `*` the other way round is.
                return "?", _print_weekdays(self.bits)
            case "last dow":
                # AWS counts weekdays from 1 = SUN, so Friday (5 in cron) is `6L`, as in AWS's example.
                return "?", f"{self.day + 1}L"
            case "nth":
                return "?", f"{DAY_NAMES[self.day].upper()}#{self.nth}"


@dataclass(frozen=True, slots=True)
class Cron:
    """A ``cron()`` expression as sets: bit *v* is the value *v*; bit 0 of ``years`` is 1970."""

    minutes: int
    hours: int
    rule: DayRule
    months: int = days.ALL_MONTHS
    years: int = ALL_YEARS

    @property
    def minutes_of_day(self) -> int:
        return minutes_of_day(self.minutes, self.hours)

    def days(self) -> int:
        """Every date on which it fires."""
        return _cron_days(self.rule, self.months, self.years)

    def __str__(self) -> str:
        return _text(self)


@lru_cache(maxsize=65536)
def _text(cron: Cron) -> str:
    dom, dow = cron.rule.fields()
    fields = (
        _print_set(cron.minutes, 0, 59, steps=True),
        _print_set(cron.hours, 0, 23, steps=True),
        dom,
        _print_set(cron.months, 1, 12, steps=True),
        dow,
        _print_years(cron.years),
    )
    return f"cron({' '.join(fields)})"


_MINUTES_OF = {"minute": 1, "hour": 60, "day": 1440}


@dataclass(frozen=True, slots=True)
class Rate:
    """``rate(value unit)``: its phase is the moment of creation, so only a rate of one minute has known starts."""

    value: int
    unit: str

    @property
    def minutes(self) -> int:
        """From one start to the next."""
        return self.value * _MINUTES_OF[self.unit]

    def __str__(self) -> str:
        # eb-cron-expressions: "If the value is equal to 1, then the unit must be singular" and plural above.
        return f"rate({self.value} {self.unit}{'' if self.value == 1 else 's'})"


@dataclass(frozen=True, slots=True)
class At:
    """``at(yyyy-mm-ddThh:mm:ss)``, Scheduler only: one start, in the schedule's zone."""

    when: datetime

    def __str__(self) -> str:
        return f"at({self.when:%Y-%m-%dT%H:%M:%S})"


Expression = Cron | Rate | At
EVERY_MINUTE = Rate(1, "minute")


@lru_cache(maxsize=1024)
def _cron_days(rule: DayRule, months: int, years: int) -> int:
    found = rule.days() & days.months(months)
    return found if years == ALL_YEARS else found & days.years(years)


@lru_cache(maxsize=1024)
def _rule_days(rule: DayRule) -> int:
    match rule.kind:
        case "dom":
            return days.days_of_month(rule.bits)
        case "last":
            return days.last_of_month()
        case "weekday":
            return _nearest_weekday(rule.day)
        case "dow":
            return days.days_of_week(rule.bits)
        case "last dow":
            return days.day_of_week(rule.day) & _last_week()
        case "nth":
            return days.day_of_week(rule.day) & days.days_of_month(span(7 * rule.nth - 6, 7 * rule.nth))


@cache
def _last_week() -> int:
    found = 0
    for back in range(7):
        found |= days.last_of_month() >> back
    # the first days of 1970 would need a month end that lies before the calendar; the last week of 2199 is whole
    return found


@cache
def _nearest_weekday(day: int) -> int:
    """``nW``: the weekday nearest to the ``n``-th, never in another month; a month without an ``n``-th has none."""
    # AWS documents `3W` as the weekday closest to the 3rd; that it stays in its month is Quartz's rule, and the safe
    # one.
    date = days.day_of_month(day)
    saturday, sunday = date & days.day_of_week(6), date & days.day_of_week(0)
    weekday = date & ~saturday & ~sunday
    # The 1st on a Saturday: Friday would be last month, so Monday the 3rd.
    forward = saturday << 2 if day == 1 else saturday >> 1
    at_end = sunday & days.last_of_month()
    return (weekday | forward | (sunday & ~at_end) << 1 | at_end >> 2) & days.ALL_DAYS


def starts(expression: Cron | Rate) -> tuple[int, int]:
    """Days and minutes of the day on which it fires, as bits, in the expression's own zone.

    Raises `ExpressionError` for a rate above one minute: its phase is unknown before it is created.
    """
    if isinstance(expression, Cron):
        return expression.days(), expression.minutes_of_day
    # A rate of one minute has no phase to lose: it starts every minute.
    if (expression.value, expression.unit) == (1, "minute"):
        return days.ALL_DAYS, ALL_MINUTES
    raise ExpressionError(f"{expression} starts counting when it is created, so its runs cannot be known before")


# --- printing: only what AWS documents, lists and ranges never mixed -------------------------------------------------


@lru_cache(maxsize=8192)
def _print_set(bits: int, low: int, high: int, *, steps: bool) -> str:
    values = list(members(bits))
    if not values:
        raise ExpressionError("an empty set cannot be printed")
    # A whole field is `*`; AWS forbids it in both day fields at once.
    if len(values) == high - low + 1:
        return "*"
    if len(values) == 1:
        return str(values[0])
    gaps = {b - a for a, b in pairwise(values)}
    if gaps == {1} and len(values) > 2:
        # `a-b/n` is recorded for Scheduler only, so it is never printed: lists, plain ranges and `a/n`.
        return f"{values[0]}-{values[-1]}"
    if steps and len(gaps) == 1 and len(values) > 2:
        step = gaps.pop()
        if values[-1] + step > high:
            # `a/n` runs to the field's end, so the next value must lie beyond it.
            return f"{values[0]}/{step}"
    return ",".join(map(str, values))


def _print_weekdays(bits: int) -> str:
    names = [name.upper() for name in DAY_NAMES]
    values = list(members(bits))
    if len(values) == 7:
        return "*"
    # A range over the week's end (FRI-MON) is not documented: it becomes a list.
    if len(values) > 2 and values[-1] - values[0] == len(values) - 1:
        return f"{names[values[0]]}-{names[values[-1]]}"
    return ",".join(names[v] for v in values)


def _print_years(bits: int) -> str:
    if bits == ALL_YEARS:
        return "*"
    return _print_set(bits << days.FIRST_YEAR, days.FIRST_YEAR, days.LAST_YEAR, steps=True)


# --- parsing: what AWS documents, strictly ---------------------------------------------------------------------------

_CALL = re.compile(r"(cron|rate|at)\((.*)\)", re.DOTALL)
# PutRule refuses `rate( 10 minutes )`, `rate(10 MINUTES)` and `rate(0 minutes)` (LocalStack's recorded tests of AWS).
_RATE = re.compile(r"([1-9][0-9]*) (minute|hour|day)(s?)")
# CreateSchedule refuses a zone suffix: `at(2021-12-31T23:59:59Z)` (the same tests).
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")


@lru_cache(maxsize=8192)
def parse(text: str) -> Expression:
    """Read an expression. Raises `ExpressionError` for anything outside the documented grammar."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"a schedule expression has at most {MAX_LENGTH} characters, this one has {len(text)}")
    call = _CALL.fullmatch(text)
    if call is None:
        raise ExpressionError(f"`{text}` is none of cron(...), rate(...), at(...)")
    if call[1] == "rate":
        return _parse_rate(call[2])
    if call[1] == "at":
        return _parse_at(call[2])
    return _parse_cron(call[2])


def _parse_rate(text: str) -> Rate:
    match = _RATE.fullmatch(text)
    if match is None:
        raise ExpressionError(f"rate({text}) is not `rate(value minute|minutes|hour|hours|day|days)`")
    if (match[1] == "1") == bool(match[3]):
        wanted = match[2] if match[1] == "1" else match[2] + "s"
        raise ExpressionError(f"rate({text}): AWS wants `rate({match[1]} {wanted})`")
    return Rate(int(match[1]), match[2])


def _parse_at(text: str) -> At:
    if not _AT.fullmatch(text):
        raise ExpressionError(f"at({text}) is not `at(yyyy-mm-ddThh:mm:ss)`, without a zone")
    try:
        return At(datetime.fromisoformat(text))
    except ValueError as error:
        raise ExpressionError(f"at({text}): {error}") from None


def _parse_cron(text: str) -> Cron:
    words = text.split()
    # The Scheduler guide calls the year optional, its API reference says six fields: six are asked for.
    if len(words) != 6:
        raise ExpressionError(
            f"cron({text}) has {len(words)} fields; AWS wants six: minutes hours day month weekday year"
        )
    minutes, hours, dom, month, dow, year = words
    return Cron(
        _parse_set(minutes, "minutes", 0, 59),
        _parse_set(hours, "hours", 0, 23),
        _parse_days(dom, dow),
        _parse_set(month, "month", 1, 12, MONTH_NAMES),
        _parse_set(year, "year", days.FIRST_YEAR, days.LAST_YEAR) >> days.FIRST_YEAR,
    )


def _parse_days(dom: str, dow: str) -> DayRule:
    # "You can't use * in both the Day-of-month and Day-of-week fields. If you use it in one, you must use ? in the
    # other."
    if (dom == "?") == (dow == "?"):
        raise ExpressionError(f"exactly one of day-of-month `{dom}` and day-of-week `{dow}` must be `?`")
    if dow == "?":
        return _parse_dom(dom)
    return _parse_dow(dow)


def _parse_dom(text: str) -> DayRule:
    if text == "L":
        return DayRule("last")
    nearest = re.fullmatch(r"([0-9]{1,2})W", text)
    if nearest:
        day = int(nearest[1])
        if not 1 <= day <= 31:
            raise ExpressionError(f"`{text}` names no day of month")
        return DayRule("weekday", day=day)
    return DayRule("dom", _parse_set(text, "day-of-month", 1, 31))


def _parse_dow(text: str) -> DayRule:
    # Documented as the last day of the week, which is 7 = SAT.
    if text == "L":
        return DayRule("dow", 1 << 6)
    special = re.fullmatch(r"([1-7]|[A-Z]{3})(L|#([1-5]))", text)
    if special:
        day = _value(special[1], "day-of-week", 1, 7, DAY_NAMES) - 1
        return DayRule("nth", day=day, nth=int(special[3])) if special[3] else DayRule("last dow", day=day)
    # "If you use a '#' character, you can define only one expression in the day-of-week field": `3#1,6#3` is refused.
    if "#" in text or "L" in text:
        raise ExpressionError(f"`{text}`: a `#` or `L` stands alone in the day-of-week field, as in `MON#2` or `6L`")
    return DayRule("dow", _parse_set(text, "day-of-week", 1, 7, DAY_NAMES) >> 1)


def _parse_set(text: str, name: str, low: int, high: int, names: tuple[str, ...] = ()) -> int:
    bits = 0
    for element in text.split(","):
        base, slash, step_text = element.partition("/")
        step = 1
        if slash:
            if not step_text.isascii() or not step_text.isdigit() or int(step_text) == 0:
                raise ExpressionError(f"`{element}` in {name}: the step must be a number above 0")
            step = int(step_text)
        first_text, dash, last_text = base.partition("-")
        if base == "*":
            first, last = low, high
        else:
            first = _value(first_text, name, low, high, names)
            last = _value(last_text, name, low, high, names) if dash else high if slash else first
        if first <= last:
            bits |= span(first, last, step)
        else:  # `20-2`, which AWS documents as running over the end of the field
            for index, value in enumerate([*range(first, high + 1), *range(low, last + 1)]):
                if index % step == 0:
                    bits |= 1 << value
    return bits


def _value(text: str, name: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 4 and low <= int(text) <= high:
        return int(text)
    # Upper case only: whether AWS takes lower-case names is not documented.
    if text.isupper() and text.lower() in names:
        return names.index(text.lower()) + low
    known = f" or {names[0].upper()}-{names[-1].upper()}" if names else ""
    raise ExpressionError(f"`{text}` is no value of {name} ({low}-{high}{known})")
