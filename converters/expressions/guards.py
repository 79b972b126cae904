"""A guard as a part of the target: a few lines of shell before the command, which look at the scheduled minute.

The rule passes the slot (``$.time`` of its event; Scheduler's scheduled time) in an environment variable, so that a late start
is judged by the minute it was meant for, not by the clock. The lines use POSIX arithmetic only: neither ``date`` nor a
time zone database has to be in the image. Where two expressions overlap (day of month OR day of week), the starts of the
weekday expression stand back on dates that the other one has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

SLOT = "CRON2FARGATE_SLOT"
"""The scheduled minute in UTC, as ``2026-03-08T07:00:00Z``; without it (a start by hand) the command runs."""
DATES = "CRON2FARGATE_DATES"
"""``dow`` where an expression of weekdays started the task, else ``dom``."""

_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_NUMBERS = re.compile(r"\*|[0-9]{1,2}(,[0-9]{1,2})*")
_NAMES = re.compile(rf"\*|({'|'.join(_DAYS)})(,({'|'.join(_DAYS)}))*")

# Day numbers are Julian; both ways are the textbook formulas for the Gregorian calendar.
_SCRIPT = """\
if [ -n "${SLOT:-}" ]; then
t=${SLOT#*T} d=${SLOT%%T*} y=${SLOT%%-*}
m=${d#*-} h=${t%%:*} i=${t#*:}
D=${m#*-} m=${m%%-*} i=${i%%:*}
D=${D#0} m=${m#0} h=${h#0} i=${i#0}
a=$(((14 - m) / 12)) y=$((y + 4800 - (14 - m) / 12))
m=$((m + 12 * a - 3))
j=$((D + (153 * m + 2) / 5 + 365 * y + y / 4 - y / 100 + y / 400 - 32045))
j=$((j + (h * 60 + i + 1440 + OFFSET) / 1440 - 1))
w=$(((j + 1) % 7)) a=$((j + 32044))
b=$(((4 * a + 3) / 146097)) c=$((a - 146097 * ((4 * a + 3) / 146097) / 4))
d=$(((4 * c + 3) / 1461)) e=$((c - 1461 * ((4 * c + 3) / 1461) / 4))
m=$(((5 * e + 2) / 153)) D=$((e - (153 * ((5 * e + 2) / 153) + 2) / 5 + 1))
m=$((m + 3 - 12 * (m / 10)))
x= z=
case ,MONTHS, in *,$m,*|,\\*,) ;; *) x=no ;; esac
case ,DOMS, in *,$D,*|,\\*,) ;; *) z=m ;; esac
case ,DOWS, in *,$w,*|,\\*,) ;; *) z=${z}w ;; esac
case $z:RULE:${DATES:-dom} in :and:*|:or:dom|w:or:dom|m:or:dow) ;; *) x=no ;; esac
if [ -n "$x" ]; then echo "cron2fargate: $SLOT is no date of this schedule; nothing to do"; exit 0; fi
fi
exec "$@"
"""


class GuardError(ValueError):
    """A guard that cannot be carried out: one sentence."""


def guard_script(guard: Mapping[str, Any]) -> str:
    """The shell lines of a guard (the mapping of ``schedule.guard``). Raises `GuardError` for anything but its own shape."""
    offset, rule = guard.get("offset"), guard.get("rule")
    months, doms, dows = (guard.get(key) for key in ("months", "daysOfMonth", "daysOfWeek"))
    numbers = all(isinstance(text, str) and _NUMBERS.fullmatch(text) for text in (months, doms))
    names = isinstance(dows, str) and _NAMES.fullmatch(dows)
    if not isinstance(offset, int) or abs(offset) > 1440 or rule not in ("and", "or") or not numbers or not names:
        raise GuardError(
            "schedule.guard must hold offset (minutes), daysOfMonth, months and daysOfWeek (* or a list such as 1,15 or "
            "MON,FRI) and rule (and, or)"
        )
    weekdays = dows if dows == "*" else ",".join(str(_DAYS.index(name)) for name in str(dows).split(","))
    words = {
        "SLOT": SLOT,
        "DATES": DATES,
        "OFFSET": f"({offset})",
        "MONTHS": months,
        "DOMS": doms,
        "DOWS": weekdays,
        "RULE": rule,
    }
    return re.sub(r"\b(SLOT|DATES|OFFSET|MONTHS|DOMS|DOWS|RULE)\b", lambda match: str(words[match[0]]), _SCRIPT)


def guarded(guard: Mapping[str, Any], words: Sequence[str]) -> list[str]:
    """A command (or entry point) that starts ``words`` on the guard's dates and ends at once, with success, on others."""
    return ["/bin/sh", "-c", guard_script(guard), "sh", *words]


def dates_of(expression: str) -> str:
    """Which day field an expression of a guarded job goes by: ``dow`` or ``dom``."""
    fields = expression.removeprefix("cron(").split()
    return "dom" if len(fields) > 4 and fields[4] == "?" else "dow"
