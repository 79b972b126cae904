"""One call of cutover or rollback: what was asked, where it works, the hands to do it, and what it says at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from converters.findings.codes import Finding
from converters.history.safe_minute import Side
from migrate.aws import inputs, show
from migrate.aws.errors import aws_errors
from migrate.aws.patience import HURRIED
from migrate.aws.session import connect
from migrate.cutover import accepting, plan_text
from migrate.cutover.asking import Asker, refusal
from migrate.cutover.steps import Mover
from migrate.cutover.turns import Turns, take_turns
from migrate.cutover.units import Unit
from migrate.document.job import Job
from migrate.errors import UserError
from migrate.machine.files import Where, confined, read_if_there
from migrate.machine.now import Clock
from migrate.settings.loading import SETTINGS_FILE
from migrate.sites.scripts import Changes
from migrate.sites.site import Site, open_site
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
    follow: bool = False
    dry_run: bool = False
    yes: bool = False


@dataclass(slots=True)
class Session:
    """One call of cutover or rollback: where it works, what was asked, and the hands to do it."""

    wishes: Wishes
    site: Site
    place: inputs.Place
    mover: Mover
    console: Console
    asker: Asker
    settings: Where

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

    # -- what the switch asks --------------------------------------------------------------------------------------------

    def question(self, unit: Unit) -> None:
        """Asks of time, effect and place for the plan: what nobody accepted becomes a refusal of the unit."""
        for name in unit.jobs:
            why = self.asker.left_out(name)
            if why is not None:
                way = "take it in the review first" if name in unit.asked else "take it there, or keep them all"
                unit.refusals.append(
                    f"{name}: {why} in the review; {way}" if "decided" in why else f"{name}: {why}; {way}"
                )
        try:
            specs = [self.site.spec(name) for name in unit.jobs]
        except UserError as error:
            unit.refusals += [] if str(error) in unit.refusals else [str(error)]
            return
        self.asker.remember(self._files(unit))
        with aws_errors(self.mover.reader.where):
            unit.reasons = self.asker.of(unit.jobs, specs)
        open_ = self.asker.open(unit.reasons)
        unit.refusals += map(refusal, open_)
        # What was accepted is shown again wherever it counts: a word that nobody sees is forgotten.
        unit.findings += [
            Finding(one.code, f"{one.job}: {one.said} (accepted)") for one in unit.reasons if one not in open_
        ]

    def ask(self, unit: Unit) -> None:
        """The same in the minute of the switch, from what workspace and AWS say now; UserError where something is open or
        is another than when the plan was shown."""
        changed = self.asker.changed(self._files(unit))
        changed += [name for name in unit.jobs if self.asker.job(name) != self._planned(name)]
        if changed:
            raise UserError(
                f"{unit.name}: {', '.join(changed)} changed since the plan was shown; nothing was moved: run this again"
            )
        with aws_errors(self.mover.reader.where):
            reasons = self.asker.of(unit.jobs, [self.site.spec(name) for name in unit.jobs])
        open_ = self.asker.open(reasons, anew=False)
        if open_:
            raise UserError("\n".join(map(refusal, open_)))

    def warn(self, unit: Unit) -> None:
        """For what is half moved already: it runs nowhere, so that it is only told what stands against it."""
        try:
            with aws_errors(self.mover.reader.where):
                reasons = self.asker.of(unit.jobs, [self.site.spec(name) for name in unit.jobs])
        except UserError as error:
            self.say(f"  ! {error}", "yellow")
            return
        for one in self.asker.open(reasons, anew=False):
            self.say(f"  ! {one}", "yellow")

    def _planned(self, name: str) -> Job | None:
        return next((job for job in self.site.document.jobs if job.name == name), None)

    def _files(self, unit: Unit) -> list[tuple[str, bytes | None]]:
        places = [*(self.site.spec_path(name) for name in unit.jobs), self.settings]
        return [(str(place), read_if_there(place)) for place in places]

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
    place = inputs.open_place(out, settings, environment)
    words = accepting.words(wishes.accept)
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
    asker = Asker(out, place.settings.owner, reader, site.journal, words)
    path = settings or confined(out, SETTINGS_FILE)
    session = Session(wishes, site, place, mover, console, asker, path)
    mover.ask = session.ask
    return session


def show_plan(session: Session, unit: Unit, changes: Changes, source: str) -> None:
    now = session.site.clock.now()
    minute = None if unit.refusals else unit.minute(now, now + 2 * 86400, source)  # type: ignore[arg-type]
    plan_text.show_unit(session.console, unit, minute, session.zone(unit), now)
    for change in changes.tables:
        plan_text.show_change(session.console, change)
    for script in changes.scripts:
        plan_text.show_script(session.console, script, session.site.siblings(script.names[0]))


def report(session: Session, turns: Turns, refused: list[Unit], what: str) -> int:
    """The end of a call: what was done, what was left, and last of all the refused ones with their reasons."""
    refused = [*refused, *turns.refused]
    for unit, minute in turns.later:
        when = plan_text.local(minute, session.zone(unit))
        session.say(_("{jobs}: not now; its next safe minute is {when}").format(jobs=unit.name, when=when), "yellow")
    left = [*refused, *(unit for unit, _minute in turns.later)]
    session.say(plan_text.summary(turns.done, left, what), "bold")
    tell_refused(session, refused)
    return 1 if left else 0


def tell_refused(session: Session, refused: list[Unit]) -> None:
    """One line for each unit that stays: the reasons stand above, here are their codes."""
    for unit in refused:
        open_ = session.asker.open(unit.reasons)
        codes = ", ".join(dict.fromkeys(one.code for one in open_)) or unit.refusals[0]
        session.say(_("refused: {jobs}: {why}").format(jobs=unit.name, why=codes), "red")
