"""An ecs.yml held against the line that it came from: the runs that its schedule makes as it stands, against cron's.

A scan proves its own proposal; whoever edits an ecs.yml later leaves that proof behind. This one reads the file again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converters.artefact.origin import Origin, OriginError
from converters.artefact.registered import Registered
from converters.commands.work import Work, lock_wish
from converters.expressions.eventbridge import ExpressionError
from converters.expressions.guards import GuardError
from converters.expressions.judgement import Place
from converters.expressions.left_tests import is_judged, said_of_late_reading
from converters.expressions.parity import Parity, compare
from converters.schedules.daemon import Window

if TYPE_CHECKING:
    from converters.specs.model import Spec

# A guard of a zone holds to the end of the window it was made for; a proof that is shorter than a year sees no clock change.
SHORTEST = 366 * 1440
"""Minutes for which an ecs.yml is held against its line at least."""


@dataclass(frozen=True, slots=True)
class Proof:
    """``parity`` is None where nothing can be counted, and ``why`` says so; ``said`` are what counts of starts do not show.
    ``is_ours``: whether a line is known that it came from."""

    window: Window
    parity: Parity | None = None
    why: str = ""
    said: tuple[str, ...] = ()
    is_ours: bool = True

    @property
    def exact(self) -> bool:
        return self.parity is not None and self.parity.exact

    @property
    def starts_nothing(self) -> bool:
        """Whether not one run of cron's is left."""
        parity = self.parity
        return parity is not None and 0 < parity.before == parity.lost


@dataclass(slots=True)
class Prover:
    """Proofs over one window; jobs of one zone and daemon share what is known of these."""

    window: Window
    _places: dict[tuple[str, str | None, str, Window], Place] = field(default_factory=dict)

    def of(self, spec: Spec) -> Proof:
        """The proof of one spec as it stands."""
        if spec.legacy is None:
            return Proof(
                self.window, why="it has no legacy block, so no line is known that it came from", is_ours=False
            )
        window = self.window
        try:
            origin = Origin.read(spec.legacy)
            registered = _registered(spec, origin)
            guard = registered.schedule.guard
            if guard is not None and guard.until is not None and guard.until >= window.first + SHORTEST:
                window = Window(window.first, min(window.until, guard.until))
            place = self._place(origin, window)
            work, schedule = origin.at(place)
            _refuse_other_starts(spec)
            test = registered.test
            if not registered.is_known or not (schedule.test is None or is_judged(schedule.test, place.regimes_of)):
                raise OriginError("a test of the date in its text is not one whose answer is known beforehand")
            after = [one._replace(times=one.times * registered.tasks) for one in registered.runs(window)]
            parity = compare(place.before(schedule), after, window)
        except (OriginError, GuardError, ExpressionError) as error:
            return Proof(window, why=str(error))
        late = [] if test is None else list(said_of_late_reading(test, after, window, registered.regimes_in(window)))
        return Proof(window, parity, said=(*_beside_times(spec, work), *(one.message for one in late)))

    def _place(self, origin: Origin, window: Window) -> Place:
        key = origin.zone, origin.host, origin.dialect, window
        if key not in self._places:
            self._places[key] = origin.place(window)
        return self._places[key]


def _registered(spec: Spec, origin: Origin) -> Registered:
    return Registered.of(spec, origin.of_world())


def _refuse_other_starts(spec: Spec) -> None:
    """A service runs on, a job with `after` waits for others: neither is started by its times."""
    if spec.service:
        raise OriginError("cron started it at its times, and ecs.yml keeps it running as a service")
    if spec.after:
        raise OriginError(f"cron started it at its times, and ecs.yml lets it run after {', '.join(spec.after)}")


def _beside_times(spec: Spec, work: Work | None) -> list[str]:
    """What the line had and the spec has not, where no count of starts shows it."""
    said = []
    lock = work.lock if work is not None else None
    if lock is not None and spec.lock is None and not _takes_itself(spec):
        said.append(f"its line took a lock (`{lock.name}`) and ecs.yml takes none: runs may overlap")
    elif lock is not None and spec.lock is not None:
        wish = lock_wish(lock)
        if spec.lock.shared and not wish.get("shared"):
            said.append("its line took its lock alone, and ecs.yml shares it: runs may overlap")
        # To wait longer is what C217 offers; who waits for less loses runs.
        if _seconds(spec.lock.wait) < _seconds(wish.get("wait", 0)):
            said.append(
                f"its line waited for its lock ({wish['wait']} s), and ecs.yml waits less ({spec.lock.wait} s): more runs "
                "are skipped"
            )
    window = work.window if work is not None else 0
    if spec.schedule.flexible_window and spec.schedule.flexible_window > window:
        said.append(f"Scheduler may start it up to {spec.schedule.flexible_window} minutes late (flexibleWindow)")
    return said


def _seconds(wait: object) -> float:
    return float(wait) if isinstance(wait, int) else float("inf")


_LOCKERS = ("flock", "setlock", "lockrun", "lockfile", "chpst", "shlock")


def _takes_itself(spec: Spec) -> bool:
    """Whether the text of a container still takes a lock."""
    return any(one in word for box in spec.containers for word in box.command or () for one in _LOCKERS)
