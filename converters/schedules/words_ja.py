"""A schedule in plain Japanese words, made from the same sets as the English ones."""

from __future__ import annotations

from collections.abc import Iterable

from converters.schedules import days
from converters.schedules.calendars import Calendar
from converters.schedules.days import FIRST_YEAR
from converters.schedules.fields import members
from converters.schedules.schedule import Schedule, Special
from converters.schedules.words import step_of

_DAYS = "日月火水木金土"


def in_words(schedule: Schedule | Special) -> str:
    """One phrase: in which months, on which dates, when."""
    if isinstance(schedule, Special):
        if schedule.kind == "reboot":
            return "マシンの起動時に一度"
        if schedule.kind == "seconds":
            return f"1 分間に {schedule.seconds} 回" if schedule.seconds <= 60 else "1 分間に 60 回を超える"
        return f"前回の{'開始' if schedule.kind == 'since' else '終了'}から {schedule.seconds} 秒後"
    if schedule.never:
        return "実行なし: 当てはまる日付がない"
    if schedule.also:
        return "、および".join(in_words(one) for one in schedule.parts)
    months = "" if schedule.months == days.ALL_MONTHS else f"{_list(members(schedule.months))} 月"
    dates = _dates(schedule, "" if months else "毎月 ")
    # 毎日 is said only where nothing else tells which days, and the times are not of every hour.
    daily = "毎日" if not dates and not months and schedule.hours.bit_count() < 24 else dates
    more = _of_calendar(schedule.calendar) if schedule.calendar is not None else ()
    return "、".join(part for part in (months, *more, daily, _times(schedule)) if part)


def _of_calendar(calendar: Calendar) -> Iterable[str]:
    if calendar.years is not None:
        years = [FIRST_YEAR + year for year in members(calendar.years)]
        yield f"{_list(years)} 年" if len(years) <= 4 else f"{years[0]} 年から {years[-1]} 年までのうち {len(years)} 年"
    if calendar.from_end:
        yield f"月末から数えて {_list(members(calendar.days))} 日目"


def _times(schedule: Schedule) -> str:
    minutes, hours = list(members(schedule.minutes)), list(members(schedule.hours))
    if len(minutes) == 60:
        return "毎分" if len(hours) == 24 else f"{_hours(hours)}の毎分"
    step = step_of(minutes, 60)
    often = f"{step} 分ごと" if step else f"毎時 {_list(minutes)} 分"
    if step and minutes[0]:
        often += f" ({minutes[0]} 分から)"
    if len(hours) == 24:
        return often
    if len(minutes) * len(hours) <= 6:
        return "・".join(f"{h:02}:{m:02}" for h in hours for m in minutes)
    return f"{_hours(hours)}の{' ' * bool(step)}{often}"


def _hours(hours: list[int]) -> str:
    if len(hours) > 2 and hours[-1] - hours[0] == len(hours) - 1:
        return f"{hours[0]} 時台から {hours[-1]} 時台まで"
    return f"{_list(hours)} 時台"


def _dates(schedule: Schedule, monthly: str) -> str:
    of_month, of_week = schedule.days_of_month & days.ALL_DOM, schedule.days_of_week & days.ALL_DOW
    dom = f"{monthly}{_list(members(of_month))} 日"
    dow = f"{'・'.join(_DAYS[day] for day in members(of_week))}曜日"
    every_dom, every_dow = of_month == days.ALL_DOM, of_week == days.ALL_DOW
    if schedule.either:
        if every_dom or every_dow:
            return ""
        if not of_month or not of_week:
            return dow if of_week else dom
        return f"{dom}、および日付によらず{dow}"
    if every_dom and every_dow:
        return ""
    if every_dow:
        return dom
    return f"毎週{dow}" if every_dom else f"{dom}のうち{dow}"


def _list(numbers: Iterable[int]) -> str:
    return "・".join(map(str, numbers))
