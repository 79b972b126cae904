"""Where the daemons of a scan live: one `Place` for each zone and dialect met, so that equal schedules are judged once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import NamedTuple

from converters.expressions.judgement import Place
from converters.expressions.target import Choice
from converters.schedules.daemon import Window
from converters.schedules.dialects import DIALECTS, Dialect
from converters.schedules.schedule import Schedule
from converters.tables.crontab import Entry
from migrate.machine.clock import own_zone
from migrate.sources import Source


class PlaceName(NamedTuple):
    """What tells a place from the others of a scan: the host's zone, the daemon, an entry's ``CRON_TZ``, the backend."""

    host_name: str
    dialect: str
    own: str | None
    choice: Choice


class Places:
    """The places of a scan by their names; ``zone_of`` gives the zone (name and rules) of one source."""

    def __init__(self, zone_of: Callable[[Source], tuple[str, tzinfo]], window: Window) -> None:
        self._zone_of, self._window = zone_of, window
        self._known: dict[PlaceName, Place] = {}
        self._names: dict[int, tuple[PlaceName, tzinfo]] = {}

    def of(self, source: Source, dialect: Dialect, entry: Entry, choice: Choice) -> Place:
        """Where an entry is run, and what may start it."""
        host_name, host = self._zone_of(source)
        # Cronie's CRON_TZ moves the schedule only: the command keeps the zone of the daemon (crontab(5), "CRON_TZ").
        own = entry.environment.get("CRON_TZ") if "CRON_TZ" in dialect.schedule_variables else None
        if isinstance(entry.schedule, Schedule) and entry.schedule.zone is not None:
            own = entry.schedule.zone
        return self.named(PlaceName(host_name, dialect.name, own, choice), host)

    def named(self, name: PlaceName, host: tzinfo) -> Place:
        """The place of a name; ``host`` are the rules of its host's zone."""
        if name not in self._known:
            zone_name, zone, beside = name.host_name, host, None
            if name.own is not None:
                # Both are kept: the daemon's clock still says when its minutes come, in the other zone they are
                # matched.
                (zone_name, zone), beside = own_zone(name.own), host
            dialect = DIALECTS[name.dialect]
            place = Place(zone, zone_name, self._window, dialect, name.choice, beside, name.host_name)
            self._known[name] = place
            self._names[id(place)] = name, host
        return self._known[name]

    def name(self, place: Place) -> tuple[PlaceName, tzinfo]:
        """What `named` gives this place for."""
        return self._names[id(place)]
