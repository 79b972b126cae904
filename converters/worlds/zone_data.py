"""Zones that a text names itself (``TZ=Asia/Tokyo date``, ``export TZ=..``): without zone data in the image they are UTC, and
no program says so (tzset(3): a zone that cannot be read is UTC)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from converters.schedules.date_tests import UTC_NAMES
from converters.worlds.answer import Answer, Worlds
from converters.worlds.need import Need

ZONE_DATA = "zone data"
# Of POSIX.1's forms only names need a file: `JST-9` is a rule of its own.
_NAMED = re.compile(
    r"(?:^|[\s;&|({`'\"])TZ=(?:[\"']?):?([A-Za-z][A-Za-z_]*(?:/[A-Za-z][\w+-]*)+|Japan|Israel|[CEM]ET|W?EET)\b"
)


def zones_named(text: str, origin: str = "text") -> Iterator[Need]:
    """A need for each zone of the database that a text sets TZ to."""
    for found in dict.fromkeys(_NAMED.finditer(text)):
        if found[1] not in UTC_NAMES:
            yield Need(ZONE_DATA, found[1], "reads", *found.span(1), "TZ", origin)


def of_zone(need: Need, worlds: Worlds) -> Answer:
    """Whether the image knows the zone."""
    image = worlds.image
    if image is not None and image.zone_data is False:
        message = f"{image.name} has no zone data: `TZ={need.subject}` means UTC there, and no program says so. Install tzdata."
        return Answer(need, "unmet", "image", "decide", "C487", message)
    if image is not None and image.zone_data:
        return Answer(need, "met", "image")
    if worlds.promise.holds(ZONE_DATA):
        return Answer(need, "met", "user")
    return Answer(need._replace(subject=ZONE_DATA), "unknown", "not looked", image=True)
