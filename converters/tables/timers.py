"""systemd's timers: a .timer and its .service -> when it starts what, as one entry, and what of it is said.

Text in, an entry out; ``calendars.py`` reads the times themselves, ``services.py`` the service (systemd.timer(5)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from converters.findings.codes import Finding
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import ScheduleError, parse_schedule
from converters.schedules.spans import parse_span
from converters.tables.crontab import Entry, Fault, Kind, Line
from converters.tables.services import Service, service_of
from converters.tables.units import Setting, Unit, is_true

SYSTEMD = DIALECTS["systemd"]
ONCE = ("OnActiveSec", "OnBootSec", "OnStartupSec")
"""Times that come once in each run of the host, or of the timer."""
AGAIN = ("OnUnitActiveSec", "OnUnitInactiveSec")
_WHEN = ("OnCalendar", *ONCE, *AGAIN)
_MINUTE = Decimal(60)


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that systemd starts: its unit, the service that it starts (None where its files are not there), and what is
    known of the host that their specifiers ask for."""

    unit: Unit
    service: Unit | None
    host: str | None = None
    homes: Mapping[str, str] = field(default_factory=dict)


def times_of(unit: Unit) -> tuple[Setting, ...]:
    """The times that stand; an empty assignment clears all before it, those of the other keys too (config_parse_timer)."""
    found: list[Setting] = []
    for one in unit.all():
        if one.section == "Timer" and one.key in _WHEN:
            found = [*found, one] if one.value else []
    return tuple(found)


def starts(unit: Unit) -> str:
    """The unit that a timer starts: the service of its own name, where it names no other."""
    return unit.value("Timer", "Unit") or f"{unit.name.removesuffix('.timer')}.service"


def schedule_text(times: tuple[Setting, ...]) -> str:
    """The times as one text: the expressions of the calendar, ``;`` between them, else the spans of the other kinds."""
    calendars = [one.value for one in times if one.key == "OnCalendar"]
    if calendars:
        return "; ".join(dict.fromkeys(calendars))
    # Of several spans of one kind the shortest comes first, and each start counts anew.
    spans: dict[str, Setting] = {}
    for one in times:
        if one.key not in spans or _seconds(one) < _seconds(spans[one.key]):
            spans[one.key] = one
    return " ".join(f"{one.key}={''.join(one.value.split())}" for one in spans.values())


def _seconds(one: Setting) -> Decimal:
    return parse_span(one.value) or Decimal(0)


@dataclass(frozen=True, slots=True)
class Read:
    """What a timer is as a line of a table: the lines of its own file, one of which is the job, and what is said of it."""

    lines: tuple[Line, ...]
    findings: tuple[Finding, ...] = ()
    service: Service | None = None


def read(timer: Timer, text: str, is_secret: Callable[[str, str], bool] = lambda _name, _value: False) -> Read:
    """A timer as a table of one entry; ``text`` is that of its own file, whose lines are counted. Never raises: what
    systemd refuses is an ``invalid`` line that says why. The value of a variable that ``is_secret`` stands in no text."""
    rows = text.split("\n")
    if rows[-1] == "":
        rows.pop()
    path = timer.unit.texts[0].path
    times, refused = _understood(times_of(timer.unit))
    at = next((one.line for one in times if one.path == path), None) or _section(rows)
    lines = [Line(number, _kind(row), row) for number, row in enumerate(rows, 1)]
    if not lines:
        return Read(())
    for one, why in refused.items():
        if one.path == path:
            lines[one.line - 1] = Line(one.line, "invalid", rows[one.line - 1], fault=Fault(1, why))
    if refused and not times:
        return Read(tuple(lines))
    at = min(at, len(lines))
    service = None
    if timer.service is not None:
        service = service_of(timer.service, timer.host, timer.homes, is_secret)
    try:
        entry = _entry(times, service)
    except ScheduleError as error:
        lines[at - 1] = Line(at, "invalid", rows[at - 1], fault=Fault(1, str(error)))
        return Read(tuple(lines))
    lines[at - 1] = Line(at, "job", rows[at - 1], entry=entry)
    elsewhere = (Finding("C101", f"{one.where}: {why}") for one, why in refused.items() if one.path != path)
    findings = (*elsewhere, *_said(timer.unit, times), *(service.findings if service is not None else ()))
    return Read(tuple(lines), findings, service)


def _understood(times: tuple[Setting, ...]) -> tuple[tuple[Setting, ...], dict[Setting, str]]:
    """The times that systemd reads, and why it passes over the others: the rest of a timer holds without them."""
    refused: dict[Setting, str] = {}
    for one in times:
        try:
            parse_schedule(schedule_text((one,)), SYSTEMD)
        except ScheduleError as error:
            refused[one] = str(error)
    return tuple(one for one in times if one not in refused), refused


def _kind(row: str) -> Kind:
    body = row.strip()
    return "blank" if not body else "comment" if body[0] in "#;" else "environment"


def _section(rows: list[str]) -> int:
    return next((number for number, row in enumerate(rows, 1) if row.strip() == "[Timer]"), 1)


def _entry(times: tuple[Setting, ...], service: Service | None) -> Entry:
    if service is None:
        raise ScheduleError("the files of the service that it starts are not there, so nobody can say what it runs")
    if service.fault:
        raise ScheduleError(service.fault)
    if not times:
        raise ScheduleError("it has no time, so systemd refuses it")
    schedule = parse_schedule(schedule_text(times), SYSTEMD)
    return Entry(schedule, service.user, service.command, service.command, None, service.variables)


def _said(unit: Unit, times: tuple[Setting, ...]) -> Iterator[Finding]:
    """What of a timer no schedule of AWS has."""
    yield from _of_other_times(times)
    has_calendar = any(one.key == "OnCalendar" for one in times)
    persistent = unit.last("Timer", "Persistent")
    if persistent is not None and is_true(persistent.value) and has_calendar:
        yield Finding(
            "C231",
            f"Persistent= ({persistent.where}): a start that the host slept through is made up for when it is up again; AWS is "
            "never down so, and makes up for nothing that was paused",
        )
    yield from _of_delay(unit)


def _of_other_times(times: tuple[Setting, ...]) -> Iterator[Finding]:
    calendars = [one for one in times if one.key == "OnCalendar"]
    spans = [one for one in times if one.key != "OnCalendar"]
    again = [one for one in spans if one.key in AGAIN]
    # Beside times of the clock nothing else is carried; beside a span that comes again, the first start is its own.
    lost = spans if calendars else [one for one in spans if one.key in ONCE] if again else []
    for one in lost:
        yield Finding("C230", f"{one.key}={one.value} ({one.where}) starts it too, and no schedule of AWS does")
    for key in {one.key for one in again} if not calendars else ():
        if len([one for one in again if one.key == key]) > 1:
            yield Finding("C230", f"{key}= stands several times; the shortest is taken, as each start counts anew")


def _of_delay(unit: Unit) -> Iterator[Finding]:
    delay, accuracy = unit.last("Timer", "RandomizedDelaySec"), unit.last("Timer", "AccuracySec")
    if delay is not None and (parse_span(delay.value) or 0) > 0:
        fixed = unit.last("Timer", "FixedRandomDelay")
        drawn = "drawn once for this host" if fixed is not None and is_true(fixed.value) else "drawn anew each time"
        yield Finding(
            "C232", f"RandomizedDelaySec={delay.value} ({delay.where}): it starts up to so much later, {drawn}"
        )
    if accuracy is not None and (parse_span(accuracy.value) or Decimal(0)) > _MINUTE:
        yield Finding("C232", f"AccuracySec={accuracy.value} ({accuracy.where}): it may start so much later")


def makes_its_user(timer: Timer) -> bool:
    """Whether systemd makes up the user of the service for each run (``DynamicUser=``), so that no passwd file has it."""
    return timer.service is not None and is_true(timer.service.value("Service", "DynamicUser"))


def spread(unit: Unit) -> float:
    """Seconds by which a start is put off at random."""
    return float(parse_span(unit.value("Timer", "RandomizedDelaySec")) or 0)
