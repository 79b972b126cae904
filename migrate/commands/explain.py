"""``cron2fargate explain``: what a finding's code means, or what a crontab line does and becomes."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from converters.crontab import Entry, read
from converters.daemon import Window, listed
from converters.dialects import DIALECTS
from converters.findings import CATALOGUE
from converters.judgement import Place, Target
from converters.parity import Parity
from converters.schedule import Schedule
from converters.words import in_words
from converters.zones import regimes
from migrate.clock import load_zone, machine_zone, window
from migrate.errors import UserError

DAY = 1440
NEXT_RUNS = 5


@click.command(name="explain")
@click.argument("what", metavar="CODE|LINE")
@click.option("--timezone", "zone_name", metavar="ZONE", help="Zone the daemon runs in. Default: this machine's.")
@click.option("--dialect", type=click.Choice(sorted(DIALECTS)), default="debian", show_default=True)
@click.option("--system", is_flag=True, help="The line carries a user column.")
@click.option("--now", "now_text", metavar="DATE", help="Explain as of this moment instead of now.")
def command(*, what: str, zone_name: str | None, dialect: str, system: bool, now_text: str | None) -> None:
    """Say what a finding's code means, or what a crontab line does and becomes.

    \b
    Examples:
      cron2fargate explain C301
      cron2fargate explain '30 2 * * 1 /opt/app/report' --timezone America/New_York
    """
    if re.fullmatch(r"[A-Za-z]\d{3}", what.strip()):
        _explain_code(what.strip().upper())
        return
    name = zone_name or machine_zone()
    now = window(now_text, None, datetime.now(UTC)).first if now_text else int(datetime.now(UTC).timestamp()) // 60
    entry = _entry(what, dialect, system)
    _explain_entry(entry, Moment(name, now, dialect))


def _explain_code(code: str) -> None:
    known = CATALOGUE.get(code)
    if known is None:
        raise UserError(f"{code}: there is no such code; the known ones are {', '.join(CATALOGUE)}")
    click.echo(f"{known.code} ({known.severity}): {known.title}\n\n{known.help}")


def _entry(text: str, dialect: str, system: bool) -> Entry:
    """The entry of one line; five fields alone get a stand-in for the command."""
    daemon = DIALECTS[dialect]
    words = text.split()
    bare = len(words) == (1 if text.lstrip().startswith("@") else 5) + system
    line = read(text.strip("\n") + (" true" if bare else "") + "\n", daemon, system=system).lines[0]
    if line.entry is not None:
        return line.entry
    if line.fault is not None:
        raise UserError(f"column {line.fault.column}: {line.fault.message}; {daemon.title} refuses this line")
    raise UserError(
        f"this is a line of kind '{line.kind}', which starts nothing; give a schedule and a command, or a code"
    )


class Moment:
    """A zone and an instant: how to say times there, and what to look at next."""

    def __init__(self, zone_name: str, now: int, dialect: str) -> None:
        self.zone_name = zone_name
        self.zone = load_zone(zone_name)
        self.now = now
        self.dialect = DIALECTS[dialect]

    def local(self, minute: int) -> str:
        when = datetime.fromtimestamp(minute * 60, self.zone)
        return f"{when:%a %Y-%m-%d %H:%M} {when:%Z}"

    def place(self, first: int, until: int, choice: Any) -> Place:
        return Place(self.zone, self.zone_name, Window(first, until), self.dialect, choice)

    def changes(self, count: int) -> list[int]:
        """The next instants at which the zone's offset changes, within three years."""
        return [r.start for r in regimes(self.zone, self.now, self.now + 3 * 366 * DAY)[1:]][:count]


def _explain_entry(entry: Entry, moment: Moment) -> None:
    schedule = entry.schedule
    click.echo(f"{schedule.text}\n  {in_words(schedule)}, {moment.zone_name} time ({moment.dialect.title})")
    if entry.raw_command != "true":
        from migrate.document import shown

        click.echo(f"  starts: {shown(entry.command)}")
        if entry.stdin is not None:
            click.echo(f"  with standard input: {shown(entry.stdin)!r}")
    if isinstance(schedule, Schedule) and not schedule.never:
        _next_runs(schedule, moment)
        _targets(schedule, moment)
        for change in moment.changes(2):
            _clock_change(schedule, change, moment)
    findings = moment.place(moment.now, moment.now + 3660 * DAY, "rule").judge(schedule).findings
    if findings:
        click.echo("\nTo know")
    for finding in findings:
        click.echo(f"  {finding.code} {finding.message}\n       {finding.help}")


def _next_runs(schedule: Schedule, moment: Moment) -> None:
    click.echo("\nNext runs")
    runs: list[int] = []
    days = 2
    while len(runs) < NEXT_RUNS and days < 60 * 366:
        place = moment.place(moment.now + 1, moment.now + days * DAY, "rule")
        starts = place.before(schedule)
        if sum(s.days.bit_count() for s in starts) >= NEXT_RUNS or days > 40 * 366:
            runs = listed([s._replace(days=_lowest(s.days, NEXT_RUNS)) for s in starts], place.window)[:NEXT_RUNS]
        days *= 4
    for run in runs:
        click.echo(f"  {moment.local(run)}   {datetime.fromtimestamp(run * 60, UTC):%a %Y-%m-%d %H:%MZ}")


def _lowest(bits: int, count: int) -> int:
    kept = 0
    while bits and count:
        low = bits & -bits
        kept |= low
        bits ^= low
        count -= 1
    return kept


def _targets(schedule: Schedule, moment: Moment) -> None:
    click.echo("\nOn AWS, over the next ten years")
    place = moment.place(moment.now, moment.now + 3652 * DAY, "auto")
    for target, parity in place.options(schedule):
        click.echo(f"  {_title(target)}: {_verdict(parity)}")
        for expression in target.expressions[:4]:
            click.echo(f"      {expression}")
        if len(target.expressions) > 4:
            click.echo(f"      and {len(target.expressions) - 4} more")


def _title(target: Target) -> str:
    guard = " with a guard" if target.guard else f" by season, until {target.ends}" if target.ends else ""
    return f"{'rule in UTC' if target.backend == 'rule' else f'Scheduler in {target.timezone}'}{guard}"


def _verdict(parity: Parity) -> str:
    if parity.exact:
        return f"exact, {parity.before:,} runs"
    parts = [
        f"{n:,} {word}" for n, word in ((parity.moved, "moved"), (parity.lost, "lost"), (parity.extra, "extra")) if n
    ]
    return f"{', '.join(parts)} of {parity.before:,} runs"


def _clock_change(schedule: Schedule, change: int, moment: Moment) -> None:
    """The runs around one clock change: on the old daemon, by a UTC rule, by Scheduler."""
    first, until = change - 3 * 60, change + 3 * 60 + 1
    old, new = (datetime.fromtimestamp(minute * 60, moment.zone) for minute in (change - 1, change))
    until_then = old + timedelta(minutes=1)
    click.echo(f"\nClocks change on {new:%a %Y-%m-%d}: {until_then:%H:%M} {old:%Z} becomes {new:%H:%M} {new:%Z}")
    place = moment.place(first, until, "auto")
    _row("cron", listed(place.before(schedule), place.window), moment)
    full = moment.place(moment.now, moment.now + 3652 * DAY, "auto")
    for target, _ in full.options(schedule):
        _row(_title(target), listed(place.after(schedule, target), place.window), moment)


def _row(who: str, runs: list[int], moment: Moment) -> None:
    shown = [moment.local(run)[15:] for run in runs]
    times = Counter(shown)
    text = "  ".join(f"{t} x{n}" if n > 1 else t for t, n in times.items())
    click.echo(f"  {who:<28} {text[:400] or 'nothing within three hours of it'}")
