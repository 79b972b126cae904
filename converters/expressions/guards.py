"""A guard: a test on the scheduled minute that the expressions leave to the target, as ecs.yml has it and as shell lines.

The rule passes the slot (``$.time`` of its event; Scheduler's scheduled time) in an environment variable, so that a late start
is judged by the minute it was meant for, not by the clock. Both are instants in UTC (``2022-03-22T18:59:43Z``, facts 3), also
where a schedule has a zone: so a guard of such a schedule carries the zone's offset and its changes. The lines use POSIX
arithmetic only: neither ``date`` nor a time zone database has to be in the image. Where two expressions overlap (day of
month OR day of week), the starts of the weekday expression stand back on dates that the other one has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from converters.schedules import days
from converters.schedules.fields import DAY_NAMES, members
from converters.schedules.zones import MINUTES_A_DAY, Regime, iso, regimes

SLOT = "CRON2FARGATE_SLOT"
"""The scheduled minute in UTC, as ``2026-03-08T07:00:00Z``; without it (a start by hand) the command runs."""
DATES = "CRON2FARGATE_DATES"
"""``dow`` where an expression of weekdays started the task, else ``dom``."""

_DAYS = tuple(name.upper() for name in DAY_NAMES)
_LIST = re.compile(r"[A-Z0-9]{1,3}(,[A-Z0-9]{1,3})*")
_CHANGE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})Z (-?[0-9]{1,4})")


class GuardError(ValueError):
    """A guard that cannot be carried out: one sentence."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The run goes ahead only where the slot, read at UTC + ``offset`` minutes, is a date the day fields allow.

    ``changes`` are the clock changes of a zone: from the UTC minute (since 1970) on, the other offset holds; they are known
    before the UTC minute ``until`` only (None: the offset is fixed). ``once``: the expressions overlap on some dates, so
    of several starts of one slot only the first may run; without it one expression fires on all the dates of either field.
    """

    offset: int
    days_of_month: int
    months: int
    days_of_week: int
    either: bool
    once: bool
    changes: tuple[tuple[int, int], ...] = ()
    until: int | None = None

    @staticmethod
    def read(guard: Mapping[str, object]) -> Guard:
        """The mapping of ``schedule.guard``. Raises `GuardError` for anything but its own shape."""
        offset, rule, once = guard.get("offset"), guard.get("rule"), guard.get("once", False)
        doms = _bits(guard.get("daysOfMonth"), [str(n) for n in range(32)], days.ALL_DOM)
        months = _bits(guard.get("months"), [str(n) for n in range(13)], days.ALL_MONTHS)
        dows = _bits(guard.get("daysOfWeek"), list(_DAYS), days.ALL_DOW)
        changes = _changes(guard.get("changes", []))
        until = guard.get("until")
        known = _changes([f"{until} 0"]) if until is not None else ()
        if (
            not isinstance(offset, int)
            # A zone is at most 14 hours from UTC; a day is generous and keeps the arithmetic of the script in range.
            or abs(offset) > 1440
            or rule not in ("and", "or")
            or not isinstance(once, bool)
            or None in (doms, months, dows, changes, known)
            or set(guard) - _KEYS
        ):
            raise GuardError(_SHAPE)
        at = known[0][0] if known else None
        return Guard(offset, doms or 0, months or 0, dows or 0, rule == "or", once, changes or (), at)

    def in_zone(self, regimes: Sequence[Regime], until: int) -> Guard:
        """The same dates in a zone with these regimes, which are known before the UTC minute ``until``."""
        if len(regimes) < 2:
            return replace(self, offset=regimes[0].offset)
        changes = tuple((regime.start, regime.offset) for regime in regimes[1:])
        return replace(self, offset=regimes[0].offset, changes=changes, until=until)

    def as_json(self) -> dict[str, object]:
        """Fields are ``*`` or plain lists (``1,3,5``, ``MON,FRI``), so that any language can read them."""
        # Plain lists: a reader of ecs.yml in another language needs no parser of cron.
        found: dict[str, object] = {
            "offset": self.offset,
            "daysOfMonth": _listed(self.days_of_month, days.ALL_DOM, [str(n) for n in range(32)]),
            "months": _listed(self.months, days.ALL_MONTHS, [str(n) for n in range(13)]),
            "daysOfWeek": _listed(self.days_of_week, days.ALL_DOW, list(_DAYS)),
            "rule": "or" if self.either else "and",
            "once": self.once,
        }
        if self.changes:
            found["changes"] = [f"{minute_text(at)} {offset}" for at, offset in self.changes]
        if self.until is not None:
            found["until"] = minute_text(self.until)
        return found

    def offset_at(self, minute: int) -> int:
        """The offset in force at a UTC minute since 1970."""
        return next((offset for at, offset in reversed(self.changes) if minute >= at), self.offset)

    def regimes(self, first: int) -> tuple[Regime, ...]:
        """Its zone from a UTC minute on."""
        later = [Regime(at, offset) for at, offset in self.changes if at > first]
        return (Regime(first, self.offset_at(first)), *later)

    def dates(self, by: str) -> int:
        """The local dates (bits, see ``days.py``) on which a start of an expression by ``dom`` or ``dow`` goes ahead."""
        month, dom, dow = (
            days.months(self.months),
            days.days_of_month(self.days_of_month),
            days.days_of_week(self.days_of_week),
        )
        if not self.either:
            return month & dom & dow
        if not self.once:
            return month & (dom | dow)
        return month & (dow & ~dom if by == "dow" else dom)


def in_zone(guard: Mapping[str, object], timezone: str) -> dict[str, object]:
    """The guard of a schedule in another zone, for the span it was made for. Raises `GuardError`."""
    known = Guard.read(guard)
    first, until = _span(known)
    return known.in_zone(regimes(ZoneInfo(timezone), first, until), until).as_json()


def fits(guard: Guard, timezone: str | None) -> bool:
    """Whether a guard knows the clock changes of a schedule's zone; a rule has none, and its guard an offset of its own."""
    if timezone is None:
        return not guard.changes
    first, until = _span(guard)
    return guard.regimes(first) == regimes(ZoneInfo(timezone), first, until)


_FIRST, _UNTIL = (day * MINUTES_A_DAY for day in (days.day_number(date(2026, 1, 1)), days.day_number(date(2036, 1, 1))))


def _span(guard: Guard) -> tuple[int, int]:
    """From when to when a guard's offsets are compared: one without changes claims that there are none."""
    return (guard.changes[0][0] - 1 if guard.changes else _FIRST), guard.until or _UNTIL


_KEYS = {"offset", "daysOfMonth", "months", "daysOfWeek", "rule", "once", "changes", "until"}
_SHAPE = (
    "schedule.guard must hold offset (minutes), daysOfMonth, months and daysOfWeek (* or a list such as 1,15 or "
    "MON,FRI) and rule (and, or); where the clocks change also changes (a list of 2027-03-14T07:00Z -240, in order) and until"
)


def minute_text(minute: int) -> str:
    """A UTC minute as ``2027-03-14T07:00Z``."""
    return f"{iso(minute)[:16]}Z"


def _listed(bits: int, everything: int, names: list[str]) -> str:
    return "*" if bits == everything else ",".join(names[value] for value in members(bits))


def _bits(text: object, names: list[str], everything: int) -> int | None:
    if text == "*":
        return everything
    if not isinstance(text, str) or not _LIST.fullmatch(text):
        return None
    # `08` of a hand-written list is 8.
    words = [word.lstrip("0") if word.isdigit() else word for word in text.split(",")]
    if any(word not in names or not everything >> names.index(word) & 1 for word in words):
        return None
    return sum(1 << names.index(word) for word in set(words))


def _changes(texts: object) -> tuple[tuple[int, int], ...] | None:
    if not isinstance(texts, list):
        return None
    found = []
    for text in texts:
        match = _CHANGE.fullmatch(text) if isinstance(text, str) else None
        if match is None or abs(int(match[2])) > 1440:
            return None
        try:
            at = datetime.fromisoformat(f"{match[1]}:00+00:00")
        except ValueError:
            return None
        found.append((int(at.timestamp()) // 60, int(match[2])))
    return tuple(found) if found == sorted(found) else None


# Day numbers are Julian; both ways are the textbook formulas for the Gregorian calendar.
# Leading zeros are cut first: $((08)) is an octal error in every POSIX shell. Without a slot somebody started the
# task by hand, and the command runs.
_SCRIPT = """\
if [ -n "${SLOT:-}" ]; then
t=${SLOT#*T} d=${SLOT%%T*} y=${SLOT%%-*}
m=${d#*-} h=${t%%:*} i=${t#*:}
D=${m#*-} m=${m%%-*} i=${i%%:*}
D=${D#0} m=${m#0} h=${h#0} i=${i#0}
a=$(((14 - m) / 12)) y=$((y + 4800 - (14 - m) / 12))
m=$((m + 12 * a - 3))
j=$((D + (153 * m + 2) / 5 + 365 * y + y / 4 - y / 100 + y / 400 - 32045))
ZONEj=$((j + (h * 60 + i + 1440 + OFFSET) / 1440 - 1))
w=$(((j + 1) % 7)) a=$((j + 32044))
b=$(((4 * a + 3) / 146097)) c=$((a - 146097 * ((4 * a + 3) / 146097) / 4))
d=$(((4 * c + 3) / 1461)) e=$((c - 1461 * ((4 * c + 3) / 1461) / 4))
m=$(((5 * e + 2) / 153)) D=$((e - (153 * ((5 * e + 2) / 153) + 2) / 5 + 1))
m=$((m + 3 - 12 * (m / 10)))
x= z=
case ,MONTHS, in *,$m,*|,\\*,) ;; *) x=no ;; esac
case ,DOMS, in *,$D,*|,\\*,) ;; *) z=m ;; esac
case ,DOWS, in *,$w,*|,\\*,) ;; *) z=${z}w ;; esac
case $z:RULE:${DATES:-dom} in :and:*|:or:dom|w:or:dom|m:or:dow|:any:*|m:any:*|w:any:*) ;; *) x=no ;; esac
if [ -n "$x" ]; then echo "cron2fargate: $SLOT is no date of this schedule; nothing to do"; exit 0; fi
fi
exec "$@"
"""


# The offset in force: 1970-01-01 is Julian day 2440588, and minutes since then fit into the 32 bits of a small shell's sums.
_ZONE = """\
n=$(((j - 2440588) * 1440 + h * 60 + i)) o=OFFSET
for c in CHANGES; do if [ "$n" -ge "${c%:*}" ]; then o=${c#*:}; fi; done
if [ "$n" -ge UNTIL ]; then echo "cron2fargate: the clock changes of this guard end at DAY; scan again" >&2; fi
"""


def guard_script(guard: Mapping[str, object]) -> str:
    """The shell lines of a guard (the mapping of ``schedule.guard``). Raises `GuardError` for anything but its own shape."""
    known = Guard.read(guard)
    words = {
        "SLOT": SLOT,
        "DATES": DATES,
        "ZONE": _zone_script(known),
        "OFFSET": "o" if known.changes else f"({known.offset})",
        "MONTHS": _listed(known.months, days.ALL_MONTHS, [str(n) for n in range(13)]),
        "DOMS": _listed(known.days_of_month, days.ALL_DOM, [str(n) for n in range(32)]),
        "DOWS": _listed(known.days_of_week, days.ALL_DOW, [str(n) for n in range(7)]),
        "RULE": ("or" if known.once else "any") if known.either else "and",
    }
    # One pass over the text: a word that was put in cannot be replaced again.
    return re.sub(r"\b(SLOT|DATES|OFFSET|MONTHS|DOMS|DOWS|RULE)\b|ZONE", lambda match: words[match[0]], _SCRIPT)


def _zone_script(guard: Guard) -> str:
    if not guard.changes:
        return ""
    changes = " ".join(f"{at}:{offset}" for at, offset in guard.changes)
    text = _ZONE.replace("CHANGES", changes).replace("OFFSET", str(guard.offset))
    until = guard.until
    if until is None:
        return "".join(text.splitlines(keepends=True)[:2])
    return text.replace("UNTIL", str(until)).replace("DAY", minute_text(until))


def guarded(guard: Mapping[str, object], words: Sequence[str]) -> list[str]:
    """A command (or entry point) that starts ``words`` on the guard's dates and ends at once, with success, on others."""
    # The words follow as "$@", so no character of them is read by a shell.
    return ["/bin/sh", "-c", guard_script(guard), "sh", *words]


def dates_of(expression: str) -> str:
    """Which day field an expression of a guarded job goes by: ``dow`` or ``dom``."""
    fields = expression.removeprefix("cron(").split()
    return "dom" if len(fields) > 4 and fields[4] == "?" else "dow"
