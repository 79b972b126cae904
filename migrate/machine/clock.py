"""The machine's clock, zone and tz database: all that is read from the outside about time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError

from converters.schedules.daemon import Window
from converters.schedules.zones import in_database
from migrate.errors import UserError
from migrate.terminal.language import _

FIRST = datetime(1970, 1, 2, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)
YEARS = 10


def load_zone(name: str) -> ZoneInfo:
    """A zone of the installed tz database. Raises UserError with the nearest names where there is none of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        from zoneinfo import available_timezones

        near = get_close_matches(name, sorted(available_timezones()), n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; give an IANA name such as Asia/Tokyo"
        raise UserError(f"--timezone {name}: there is no such time zone{hint}") from None


def own_zone(name: str) -> tuple[str, tzinfo]:
    """The zone that CRON_TZ names; the C library takes an unknown one for UTC."""
    name = in_database(name)
    try:
        return name, ZoneInfo(name.lstrip(":"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC", UTC


def tzdata_version() -> str:
    """The release of the tz database in use, such as ``2025b``; a system copy that does not tell is named as such."""
    for directory in TZPATH:
        root = Path(directory)
        if not (root / "UTC").exists() and not (root / "Etc/UTC").exists():
            continue
        # tzdata.zi says its version in the first line; +VERSION is macOS's and BSD's.
        for name, pattern in (("tzdata.zi", r"# version (\S+)"), ("+VERSION", r"(\S+)")):
            try:
                with (root / name).open(encoding="ascii", errors="replace") as file:
                    match = re.match(pattern, file.readline())
            except OSError:
                continue
            if match:
                return match[1]
        return f"system copy in {directory}, release unknown"
    import tzdata

    # The package tzdata is what zoneinfo falls back to where the system has no database.
    return str(tzdata.IANA_VERSION)


def window(first: str | None, until: str | None, now: datetime) -> Window:
    """The UTC minutes to compare. A bare date means 00:00 UTC; the default is ten years from today."""
    # Midnight UTC, so that a scan of the same day compares the same window.
    start = (
        _instant("--from", first) if first else now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    )
    end = _instant("--until", until) if until else _years_on(start)
    if not FIRST <= start < LAST or not FIRST < end <= LAST:
        raise UserError("--from and --until must lie between 1970-01-02 and 2200-01-01, the years EventBridge knows")
    if end <= start:
        raise UserError(f"--until {end:%Y-%m-%dT%H:%MZ} is not after --from {start:%Y-%m-%dT%H:%MZ}; give a later date")
    return Window(int(start.timestamp()) // 60, -(-int(end.timestamp()) // 60))


def _years_on(start: datetime) -> datetime:
    try:
        return min(start.replace(year=start.year + YEARS), LAST)
    except ValueError:  # 29 February
        return min(start.replace(year=start.year + YEARS, day=28) + timedelta(days=1), LAST)


def _instant(option: str, text: str) -> datetime:
    try:
        if re.fullmatch(r"\d{4}", text):
            return datetime(int(text), 1, 1, tzinfo=UTC)
        if "T" not in text and " " not in text:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} {text}: not a date; write 2027-01-31, or 2027-01-31T03:00Z") from None
    # A date without a zone is UTC, as the expressions of rules are.
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def moment_in(option: str, text: str, zone: tzinfo) -> datetime:
    """An instant as a person writes it: ISO with an offset, or local time of ``zone``. UserError where it is none, and where
    the zone has it twice or never."""
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise UserError(
            _("{option} {text}: not a time; write 2027-01-31T03:00, or 2027-01-31T03:00+09:00").format(
                option=option, text=text
            )
        ) from None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    # PEP 495: a time of the hour that comes twice comes back the same from UTC; one that never comes does not.
    twice = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment
    why = _("this time comes twice there") if twice else _("there is no such time that day")
    raise UserError(
        _("{option} {text}: {why}, as the clock is changed; write it with an offset: {first} or {second}").format(
            option=option, text=text, why=why, first=_iso(first), second=_iso(second)
        )
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
