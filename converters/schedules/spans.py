"""systemd's time spans (`1h 30min`, `90`, `2 weeks`): text -> seconds, as parse_time reads them (systemd.time(7))."""

from __future__ import annotations

import re
from decimal import Decimal

_UNITS = {
    name: Decimal(seconds)
    for seconds, names in (
        ("0.000001", ("us", "usec", "µs", "μs")),
        ("0.001", ("ms", "msec")),
        ("1", ("s", "sec", "second", "seconds", "")),
        ("60", ("m", "min", "minute", "minutes")),
        ("3600", ("h", "hr", "hour", "hours")),
        ("86400", ("d", "day", "days")),
        ("604800", ("w", "week", "weeks")),
        # A month is a twelfth of a year of 365.25 days.
        ("2629800", ("M", "month", "months")),
        ("31557600", ("y", "year", "years")),
    )
    for name in names
}
_PART = re.compile(r"\s*([0-9]{1,18}(?:\.[0-9]{0,18})?)\s*([A-Za-zµμ]*)")


def parse_span(text: str) -> Decimal | None:
    """Seconds; None for what is no span, and for ``infinity``."""
    rest, total = text.strip(), Decimal(0)
    if not rest:
        return None
    while rest:
        found = _PART.match(rest)
        if found is None or found[2] not in _UNITS:
            return None
        total += Decimal(found[1]) * _UNITS[found[2]]
        rest = rest[found.end() :]
    return total
