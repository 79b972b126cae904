"""``cron2fargate explain``: what a finding's code means, or what a crontab line does and becomes."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from converters.commands.host_decisions import decide
from converters.commands.narrowing import narrowed
from converters.expressions.judgement import Place
from converters.expressions.parity import Parity
from converters.expressions.target import Target
from converters.findings.codes import CATALOGUE
from converters.findings.pages.page import page_address
from converters.schedules.daemon import Window, listed
from converters.schedules.dialects import DIALECTS, Dialect
from converters.schedules.schedule import Schedule, ScheduleError, parse_schedule
from converters.schedules.zones import regimes
from converters.tables.crontab import NO_VARIABLES, Entry, read
from migrate.errors import UserError
from migrate.machine.clock import load_zone, window
from migrate.terminal.console import ASIDE, HEAD, columns, console, padded, say
from migrate.terminal.language import (
    N_,
    _,
    finding_help,
    finding_text,
    finding_title,
    ngettext,
    schedule_words,
    weekday,
)

DAY = 1440
NEXT_RUNS = 5
TEN_YEARS = 3652 * DAY
# 29 February on a weekday may be 40 years off (2100 is no leap year); 60 are more than anybody plans.
FARTHEST = 60 * 366
_OF_DATES = frozenset({"C440", "C441", "C442", "C443", "C447", "C450"})
SEVERITIES = {"error": N_("error"), "warning": N_("warning"), "info": N_("info")}


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
      cron2fargate explain 'Mon..Fri *:0/15' --dialect systemd
    """
    # Codes are a letter and three digits, or what somebody typed for one; no crontab line is so short.
    if re.fullmatch(r"[A-Za-z]\d{1,5}", what.strip()):
        _explain_code(what.strip().upper())
        return
    from migrate.sources.trees import machine_zone

    name = zone_name or machine_zone()
    now = window(now_text, None, datetime.now(UTC)).first if now_text else int(datetime.now(UTC).timestamp()) // 60
    entry = _entry(what, dialect, system)
    # A calendar expression may name its own zone, and is read in that.
    own = entry.schedule.zone if isinstance(entry.schedule, Schedule) else None
    _explain_entry(entry, Moment(own or name, now, dialect))


def _explain_code(code: str) -> None:
    from difflib import get_close_matches

    known = CATALOGUE.get(code)
    if known is None:
        near = get_close_matches(code, CATALOGUE, 5, 0.7)
        hint = (
            f"near it are {', '.join(sorted(near))}"
            if near
            else "codes run from C101 on; scan names those of your jobs"
        )
        raise UserError(f"{code}: there is no such code; {hint}")
    out = console()
    say(out, f"{known.code} ({_(SEVERITIES[known.severity])}): {finding_title(code)}", HEAD)
    say(out, f"\n{finding_help(code)}")
    _lines_of(code)


def _lines_of(code: str) -> None:
    """A line that raises it and one that does not, where the lines alone tell them apart; then where the page is."""
    from converters.findings.pages import page_of
    from migrate.terminal.visible import visible

    page = page_of(code)
    if page is None:
        return
    click.echo()
    if page.bad != page.good:
        options = " ".join(page.options)
        with_it = _("A line that raises it, with {options}") if options else _("A line that raises it")
        for title, lines in ((with_it.format(options=options), page.bad), (_("A line that does not"), page.good)):
            click.echo(title)
            for line in lines.split("\n"):
                click.echo("  " + visible(line))
    click.echo(_("Its page, with when to ignore it: {address}").format(address=page_address(code)))


def _entry(text: str, dialect: str, system: bool) -> Entry:
    """The entry of one line; five fields alone get a stand-in for the command."""
    daemon = DIALECTS[dialect]
    if daemon.calendar:
        return _of_timer(text.strip(), daemon)
    words = text.split()
    # Five fields alone are asked about most; the reader wants a command behind them.
    bare = len(words) == (1 if text.lstrip().startswith("@") else 5) + system
    line = read(text.strip("\n") + (" true" if bare else "") + "\n", daemon, system=system).lines[0]
    if line.entry is not None:
        return line.entry
    if line.fault is not None:
        raise UserError(f"column {line.fault.column}: {line.fault.message}; {daemon.title} refuses this line")
    raise UserError(
        f"this is a line of kind '{line.kind}', which starts nothing; give a schedule and a command, or a code"
    )


def _of_timer(text: str, daemon: Dialect) -> Entry:
    """An expression of systemd as what stands behind ``OnCalendar=``; no command stands beside it."""
    try:
        schedule = parse_schedule(text.removeprefix("OnCalendar="), daemon)
    except ScheduleError as error:
        raise UserError(f"{error}; {daemon.title} refuse this expression") from None
    return Entry(schedule, None, "true", "true", None, NO_VARIABLES)


class Moment:
    """A zone and an instant: how to say times there, and what to look at next."""

    def __init__(self, zone_name: str, now: int, dialect: str) -> None:
        self.zone_name = zone_name
        self.zone = load_zone(zone_name)
        self.now = now
        self.dialect = DIALECTS[dialect]

    def local(self, minute: int) -> str:
        when = datetime.fromtimestamp(minute * 60, self.zone)
        return f"{weekday(when)} {when:%Y-%m-%d} {self.clock(minute)}"

    def clock(self, minute: int) -> str:
        return f"{datetime.fromtimestamp(minute * 60, self.zone):%H:%M %Z}"

    def place(self, first: int, until: int, choice: Any) -> Place:
        return Place(self.zone, self.zone_name, Window(first, until), self.dialect, choice)

    # Three years: some zones keep summer time for a year or two only, or announce it late.
    def changes(self, count: int) -> list[int]:
        """The next instants at which the zone's offset changes, within three years."""
        return [r.start for r in regimes(self.zone, self.now, self.now + 3 * 366 * DAY)[1:]][:count]


def _explain_entry(entry: Entry, moment: Moment) -> None:
    work, schedule = narrowed(
        entry,
        entry.user,
        moment.place(moment.now, moment.now + TEN_YEARS, "rule"),
        moment.dialect.world,
        decision=decide(entry.command, user=entry.user, variables=entry.environment, world=moment.dialect.world),
    )
    from migrate.document.shown import shown
    from migrate.terminal.visible import visible

    told = _("{words}, {zone} time ({daemon})")
    click.echo(schedule.text)
    click.echo("  " + told.format(words=schedule_words(schedule), zone=moment.zone_name, daemon=moment.dialect.title))
    for guard in work.guards:
        click.echo(
            "  " + _("only on: {days} (`{test}`)").format(days=guard.description, test=visible(shown(guard.text)))
        )
    if entry.raw_command != "true":
        click.echo("  " + _("starts: {command}").format(command=visible(shown(entry.command.strip()))))
        if entry.stdin is not None:
            click.echo("  " + _("with standard input: {text}").format(text=visible(repr(shown(entry.stdin)))))
    if isinstance(schedule, Schedule) and not schedule.never:
        _next_runs(schedule, moment)
        _targets(schedule, moment)
        for change in moment.changes(2):
            _clock_change(schedule, change, moment)
    judged = moment.place(moment.now, moment.now + TEN_YEARS, "rule").judge(schedule).findings
    findings = [*judged, *(one for one in work.findings if one.code in _OF_DATES)]
    out = console()
    if findings:
        say(out, "\n" + _("To know"))
    for finding in findings:
        say(out, finding_text(finding), indent=2, hang=5)
        say(out, finding_help(finding.code), ASIDE, indent=7)


def _next_runs(schedule: Schedule, moment: Moment) -> None:
    click.echo("\n" + _("Next runs"))
    runs: list[int] = []
    days = 2
    while len(runs) < NEXT_RUNS:
        place = moment.place(moment.now + 1, moment.now + days * DAY, "rule")
        starts = place.before(schedule)
        last = days == FARTHEST  # what comes so seldom is listed as far as anybody plans, and be it one run only
        if sum(s.days.bit_count() for s in starts) >= NEXT_RUNS or last:
            runs = listed([s._replace(days=_lowest(s.days, NEXT_RUNS)) for s in starts], place.window)[:NEXT_RUNS]
        if last:
            break
        days = min(days * 4, FARTHEST)
    for run in runs:
        utc = datetime.fromtimestamp(run * 60, UTC)
        click.echo(f"  {moment.local(run)}   {weekday(utc)} {utc:%Y-%m-%d %H:%MZ}")


def _lowest(bits: int, count: int) -> int:
    kept = 0
    while bits and count:
        low = bits & -bits
        kept |= low
        bits ^= low
        count -= 1
    return kept


def _targets(schedule: Schedule, moment: Moment) -> None:
    click.echo("\n" + _("On AWS, over the next ten years"))
    place = moment.place(moment.now, moment.now + TEN_YEARS, "auto")
    for target, parity in place.options(schedule):
        click.echo(f"  {_title(target)}: {_verdict(parity)}")
        for expression in target.expressions[:4]:
            click.echo(f"      {expression}")
        if len(target.expressions) > 4:
            click.echo("      " + _("and {n} more").format(n=len(target.expressions) - 4))


def _title(target: Target) -> str:
    title = _("rule in UTC")
    if target.backend == "scheduler":
        title = _("Scheduler in {zone}").format(zone=target.timezone)
    if target.guard:
        return _("{target} with a guard").format(target=title)
    return _("{target} by season, until {day}").format(target=title, day=target.ends) if target.ends else title


def _verdict(parity: Parity) -> str:
    before = ngettext("{n} run", "{n} runs", parity.before).format(n=f"{parity.before:,}")
    if parity.exact:
        return _("exact, {runs}").format(runs=before)
    counted = ((parity.moved, _("{n} moved")), (parity.lost, _("{n} lost")), (parity.extra, _("{n} extra")))
    differences = ", ".join(text.format(n=f"{n:,}") for n, text in counted if n)
    return _("{differences} of {runs}").format(differences=differences, runs=before)


def _clock_change(schedule: Schedule, change: int, moment: Moment) -> None:
    """The runs around one clock change: on the old daemon, by a UTC rule, by Scheduler."""
    first, until = change - 3 * 60, change + 3 * 60 + 1
    old, new = (datetime.fromtimestamp(minute * 60, moment.zone) for minute in (change - 1, change))
    until_then = old + timedelta(minutes=1)
    told = _("Clocks change on {day}: {old} becomes {new}")
    day = f"{weekday(new)} {new:%Y-%m-%d}"
    click.echo("\n" + told.format(day=day, old=f"{until_then:%H:%M} {old:%Z}", new=f"{new:%H:%M %Z}"))
    place = moment.place(first, until, "auto")
    rows = [("systemd" if moment.dialect.calendar else _("cron"), listed(place.before(schedule), place.window))]
    full = moment.place(moment.now, moment.now + TEN_YEARS, "auto")
    options = [target for target, _parity in full.options(schedule)]
    # Two ways may have one title: the second schedule of `exact` is told by its expression.
    alike = Counter(map(_title, options))
    for target in options:
        who = _title(target)
        if alike[who] > 1:
            who += f", {target.expressions[0]}"
        rows.append((who, listed(place.ran(schedule, target), place.window)))
    if not any(runs for _who, runs in rows):
        click.echo("  " + _("nothing within three hours of it"))
        return
    width = max(columns(who) for who, _runs in rows)
    for who, runs in rows:
        click.echo(f"  {padded(who, width)}  {_times(runs, moment)}")


def _times(runs: list[int], moment: Moment) -> str:
    counted = Counter(moment.clock(run) for run in runs)
    text = "  ".join(f"{time} x{n}" if n > 1 else time for time, n in counted.items())
    return text[:400] or _("nothing within three hours of it")
