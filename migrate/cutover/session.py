"""One call of cutover or rollback: what was asked, where it works, the hands to do it, and what it says at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from converters.history.safe_minute import Side
from migrate.aws import show
from migrate.aws.errors import aws_errors
from migrate.aws.inputs import Place, open_place
from migrate.aws.patience import HURRIED
from migrate.aws.session import connect
from migrate.cutover import plan_text
from migrate.cutover.clock import Clock
from migrate.cutover.site import Site, open_site
from migrate.cutover.steps import Mover
from migrate.cutover.tables import Change
from migrate.cutover.turns import Turns, take_turns
from migrate.cutover.units import Unit
from migrate.errors import UserError
from migrate.terminal.language import _

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of cutover and rollback."""

    jobs: tuple[str, ...] = ()
    everything: bool = False
    root: Path | None = None
    printing: bool = False
    receipt: str | None = None
    shadow: bool = False
    resume: bool = False
    wait: int = 60
    accept_loss: bool = False
    apart: bool = False
    accept: tuple[str, ...] = ()
    dry_run: bool = False
    yes: bool = False


@dataclass(slots=True)
class Session:
    """One call of cutover or rollback: where it works, what was asked, and the hands to do it."""

    wishes: Wishes
    site: Site
    place: Place
    mover: Mover
    console: Console

    def say(self, text: str, style: str = "") -> None:
        show.line(self.console, text, style)

    def zone(self, unit: Unit) -> str:
        return self.site.job(unit.jobs[0]).timezone

    def check_environment(self, names: Iterable[str]) -> None:
        """Jobs that were moved to another environment have nothing here that could be switched."""
        for name in names:
            there = self.site.journal.jobs[name].get("environment", self.place.environment_name)
            if there != self.place.environment_name:
                raise UserError(
                    f"{name}: it was moved to {there}, not to {self.place.environment_name}; give -e {there}"
                )

    @property
    def until(self) -> float:
        return self.site.clock.now() + self.wishes.wait * 60

    def in_turn(
        self,
        units: list[Unit],
        source: Side,
        at_once: Callable[[Unit], bool],
        switch: Callable[[Unit, float | None], None],
    ) -> Turns:
        """``switch`` for each unit in the safe minute in which it leaves ``source``, under a heading of its own."""

        def go(unit: Unit, deadline: float | None) -> None:
            self.say(f"{unit.name}:", "bold")
            switch(unit, deadline)

        return take_turns(
            units,
            source=source,
            clock=self.site.clock,
            until=self.until,
            at_once=at_once,
            running=lambda unit: self.mover.still_running(unit, source),
            go=go,
            tell=self.say,
        )


def open_session(
    wishes: Wishes, out: Path, settings: Path | None, environment: str | None, clock: Clock | None = None
) -> Session:
    """Report, journal, settings, and clients for AWS: one that reads, one that switches."""
    site = open_site(out, root=wishes.root, printing=wishes.printing, clock=clock)
    place = open_place(out, settings, environment)
    # Standard output is the script alone, so that it can be piped to ssh.
    # A script on standard output is for another machine: what is said to people goes beside it.
    console = show.console(stderr=wishes.printing)
    with aws_errors(place.environment.region):
        reader = connect(place.environment, read_only=True, patience=HURRIED)
        mover = Mover(
            site,
            place.settings.owner,
            place.environment_name,
            reader,
            reader.writer(),
            lambda text: show.line(console, text),
        )
    show.line(console, f"{place.environment_name}: {reader.where}")
    return Session(wishes, site, place, mover, console)


def show_plan(session: Session, unit: Unit, changes: list[Change], source: str) -> None:
    now = session.site.clock.now()
    minute = None if unit.refusals else unit.minute(now, now + 2 * 86400, source)  # type: ignore[arg-type]
    plan_text.show_unit(session.console, unit, minute, session.zone(unit), now)
    for change in changes:
        plan_text.show_change(session.console, change)


def report(session: Session, turns: Turns, refused: list[Unit], what: str) -> int:
    for unit, minute in turns.later:
        when = plan_text.local(minute, session.zone(unit))
        session.say(_("{jobs}: not now; its next safe minute is {when}").format(jobs=unit.name, when=when), "yellow")
    left = [*refused, *(unit for unit, _minute in turns.later)]
    session.say(plan_text.summary(turns.done, left, what), "bold")
    return 1 if left else 0
