"""``cron2fargate scan``: read crontabs, convert and prove every job, write the workspace."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from converters.schedules.dialects import CRONS
from migrate.errors import UserError
from migrate.machine.clock import load_zone, tzdata_version, window
from migrate.machine.collector import patient_collector
from migrate.machine.files import confined, read_if_there

if TYPE_CHECKING:
    from converters.expressions.target import Choice
    from migrate.document.model import Document
    from migrate.scan.scanned import ScannedJob
    from migrate.scan.scanning import Scan, Settings
    from migrate.sources import Source, Sources
    from migrate.workspace.decisions import Decisions
    from migrate.workspace.specs import Changes


@click.command(name="scan")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--root",
    "roots",
    multiple=True,
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="Tree of another host with its tables, as for the other commands; may be repeated.",
)
@click.option(
    "--timezone",
    "timezone",
    metavar="ZONE",
    help="Zone the daemon runs in. Default: what the place shows, or this machine's.",
)
@click.option("--dialect", type=click.Choice(CRONS), help="The cron daemon. Default: debian, or what the place shows.")
@click.option(
    "--backend",
    type=click.Choice(["rule", "seasonal", "scheduler", "auto", "exact"]),
    help="rule: EventBridge rules in UTC (the default, unless review.yml says otherwise). seasonal: rules with months and "
    "years that follow the clock changes of the window. scheduler: EventBridge Scheduler in the zone. auto: rules in UTC where "
    "the clocks do not change, else Scheduler in the zone, where it differs less or needs far fewer expressions. exact: as "
    "auto, with one more schedule for the runs that a clock change would skip.",
)
@click.option("--image", metavar="REPO:TAG", help="Container image of the jobs.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("migration"), show_default=True, help="The workspace."
)
@click.option("--from", "first", metavar="DATE", help="Start of the window compared (00:00 UTC). Default: today.")
@click.option("--until", metavar="DATE", help="End of the window compared. Default: ten years on.")
@click.option("--system", "kind", flag_value="system", help="Lines carry a user column.")
@click.option("--user-crontab", "kind", flag_value="user", help="Lines carry no user column.")
@click.option(
    "--format",
    "output",
    type=click.Choice(["table", "summary", "json", "sarif", "github"]),
    default="table",
    show_default=True,
    help="json: the report, for programs. sarif: findings for code scanning. github: annotations of a workflow's run.",
)
@click.option("--details", is_flag=True, help="Show every finding and every expression.")
@click.option(
    "--cross-check",
    is_flag=True,
    help="Ask python-crontab and croniter too, and list every disagreement with the reason.",
)
@click.option(
    "--log",
    "logs",
    multiple=True,
    metavar="PATH",
    help="Cron's log of the host (a file, a directory with its rotated files, a journal's export): fills in how long runs "
    "took, and finds jobs that never ran. May be repeated.",
)
@click.option("--strict", is_flag=True, help="End with exit code 1 while decisions are open.")
def command(
    *,
    paths: tuple[str, ...],
    roots: tuple[str, ...],
    timezone: str | None,
    dialect: str | None,
    backend: str | None,
    image: str | None,
    out: Path,
    first: str | None,
    until: str | None,
    kind: str | None,
    output: str,
    details: bool,
    cross_check: bool,
    logs: tuple[str, ...],
    strict: bool,
) -> int:
    """Read crontabs, convert and prove every job, and write the workspace.

    PATH is a crontab, a directory such as /etc/cron.d, the copied tree of a server, the tar of 'cron2fargate collect' or a
    directory of them, or - for standard input. Without one, the usual places of this machine are read. A tar is opened into
    a directory beside it.

    \b
    Examples:
      cron2fargate scan /etc/crontab
      crontab -l | cron2fargate scan - --timezone Asia/Tokyo
      cron2fargate scan --log /var/log/syslog
      cron2fargate scan ./server1 --image registry.example.com/app:1.4
    """
    from migrate.scan.scanning import Settings
    from migrate.sources import read_sources
    from migrate.sources.opening import with_collections
    from migrate.sources.trees import machine_zone
    from migrate.terminal.console import console as open_console
    from migrate.terminal.console import count_left_out, show_left_out
    from migrate.workspace.spec_files import unusable_specs

    if image is not None:
        from converters.tables.images import image as taken_by_ecs

        try:
            taken_by_ecs(image)
        except ValueError as error:
            raise UserError(f"--image {image!r}: {error}") from None
    settings = Settings(
        zone_name=timezone or machine_zone(),
        zone_of=_zones(timezone),
        dialect=dialect,
        window=window(first, until, datetime.now(UTC)),
        choice=backend or "rule",  # type: ignore[arg-type]  # click has checked it
        image=image,
        tzdata=tzdata_version(),
    )
    paths = tuple(with_collections((*paths, *roots)))
    sources = read_sources(list(paths), kind=kind or "auto", stdin=sys.stdin.buffer, dialect=dialect or "debian")  # type: ignore[arg-type]
    with patient_collector():
        found, changes, without_image = _scan_and_write(sources, settings, out, cross_check, logs)
    # What was written just now is as it was proposed.
    written = {*changes.created, *changes.updated, *changes.unchanged}
    left_out = unusable_specs(out, [job.name for job in found.jobs if f"jobs/{job.name}/ecs.yml" not in written])
    if output == "json":
        from migrate.document.from_json import REPORT

        # The very bytes that were just written: a fleet's report takes a third of its scan to be made.
        with os.fdopen(confined(out, REPORT).open(os.O_RDONLY), "rb") as report:
            shutil.copyfileobj(report, sys.stdout.buffer, 1 << 18)
        sys.stdout.buffer.flush()
    elif output in ("sarif", "github"):
        from migrate.report.code_scanning import of_document, write

        write(of_document(found), output)
    if output in ("json", "sarif", "github"):
        for one in left_out:
            click.echo(f"{one.job} is left out: {one.why}", err=True)
    else:
        show_left_out(open_console(), left_out)
        _show(found, changes, without_image, details=details, summary=output == "summary")
        count_left_out(open_console(), left_out)
    return 1 if left_out or (strict and _is_open(out)) else 0


def _is_open(out: Path) -> bool:
    """Whether a decision is still to be made, an image among them."""
    from migrate.review.sitting import count_undecided

    return count_undecided(out) > 0


def _zones(named: str | None) -> _Zones:
    from migrate.sources.trees import machine_zone

    if named is not None:
        load_zone(named)
    return _Zones(named, machine_zone())


class _Zones:
    """The zone of a source: the one asked for, else the one its tree shows, else this machine's."""

    def __init__(self, named: str | None, here: str) -> None:
        self.named = named
        self.here = here
        self.known: dict[str, tzinfo] = {}

    def __call__(self, source: Source) -> tuple[str, tzinfo]:
        name = self.named or source.zone or self.here
        if name not in self.known:
            self.known[name] = load_zone(name)
        return name, self.known[name]


class _Progress:
    """A count on standard error, on a terminal only, once a scan takes more than a second."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.shown = False

    def __call__(self, jobs: int) -> None:
        if sys.stderr.isatty() and time.monotonic() - self.start > 1:
            click.echo(f"\r{jobs:,} jobs judged", nl=False, err=True)
            self.shown = True

    def end(self) -> None:
        if self.shown:
            click.echo(f"\r{'':40}\r", nl=False, err=True)


def _mended(what: str) -> None:
    click.echo(f"note: {what}", err=True)


def _scan_and_write(
    sources: Sources, settings: Settings, out: Path, cross_check: bool, logs: tuple[str, ...]
) -> tuple[Document, Changes, int]:
    """The document, what was written, and how many of the jobs that are made have no image."""
    from migrate.images.store import load as load_images
    from migrate.report.markdown import render_markdown
    from migrate.scan.contention import tell_contention
    from migrate.scan.documenting import document
    from migrate.scan.fleet import tell_fleet
    from migrate.scan.neighbours import tell_neighbours
    from migrate.scan.parameters import kept_in
    from migrate.scan.scanned import Images
    from migrate.scan.scanning import scan
    from migrate.settings.loading import default_settings_text, owner_name
    from migrate.trying.told import started_by_job, with_tries
    from migrate.workspace.decisions import Decisions
    from migrate.workspace.specs import known_names, write_workspace

    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: a file, not a directory; choose another place with --out")
    progress = _Progress()
    decisions = Decisions.load(out)
    settings = replace(settings, choice=_choice(settings, decisions))
    backends = {job: chosen for job in decisions if (one := decisions.get(job)) and (chosen := one.backend)}
    names = known_names(out) | decisions.names()
    images = Images(load_images(out), decisions.images(), started_by_job(out, names))
    owner = os.uname().nodename.split(".")[0] or "cron2fargate"
    kept = kept_in(out, decisions, owner_name(owner))
    result = scan(sources, settings, names, progress, backends, images, kept, _mended)
    progress.end()
    if logs:
        _read_logs(result, logs)
    else:
        _read_collected_logs(result)
    tell_contention(result)
    tell_neighbours(result)
    tell_fleet(result)
    found = document(result, spend=not cross_check)
    if cross_check:
        from migrate.cross_check import cross_check as ask

        found = replace(found, cross_check=ask(sources, result))
    found, specs = _specs(out, found, result, decisions)
    # A fleet's scan is hundreds of megabytes, and all of it that is still asked for stands in the document.
    del result
    found = with_tries(found, out)
    withheld = _withheld(found, decisions)
    changes = write_workspace(
        out,
        found,
        specs,
        default_settings_text(owner),
        scanned=sources.scanned,
        withheld=withheld,
        markdown=render_markdown(found),
    )
    made = {name: text for name, text in specs.items() if name not in withheld}
    return found, changes, _without_image(out, made, changes)


def _withheld(found: Document, decisions: Decisions) -> set[str]:
    """The jobs that stay on their host or end with it, as long as nobody decided to take them all the same."""
    return {
        job.name
        for job in found.jobs
        if job.fate in ("stay", "drop") and not ((one := decisions.of(job)) and one.decision == "take")
    }


def _choice(settings: Settings, decisions: Decisions) -> Choice:
    """What starts the jobs: as it was decided for all of them in review, else as it was asked for now."""
    decided = decisions.backend
    return settings.choice if decided in (None, "each") else decided  # type: ignore[return-value]  # the model has checked it


def _without_image(out: Path, specs: dict[str, str], changes: Changes) -> int:
    """How many of the jobs that are made have no image; in an edited ecs.yml what stands there counts."""
    from converters.specs.making import NO_IMAGE

    row = f"image: {NO_IMAGE}\n"
    edited = {
        kept.path: (read_if_there(confined(out, kept.path)) or b"").decode("utf-8", "replace")
        for kept in changes.kept_edited
    }
    return sum(row in edited.get(f"jobs/{name}/ecs.yml", text) for name, text in specs.items())


def _specs(out: Path, found: Document, result: Scan, decisions: Decisions) -> tuple[Document, dict[str, str]]:
    """The document with what is decided; job name -> ecs.yml as proposed, or as decided where anything ever was."""
    from migrate.review.bases import BASES_FILE

    if (
        not decisions
        and not decisions.every
        and not any(job.directives for job in result.jobs)
        and not confined(out, BASES_FILE).exists()
    ):
        from converters.specs.text import ecs_text

        return found, {name: ecs_text(spec) for name, spec in result.spent_specs()}
    from migrate.review.carrying import decide_specs
    from migrate.review.settled import mark_settled

    found = mark_settled(found, dict(result.each_spec()), decisions)
    return found, decide_specs(out, found, result.each_spec(), decisions)


def _read_logs(result: Scan, logs: tuple[str, ...]) -> None:
    """What cron's log tells of each job: the clock that wrote it is the host's."""
    hosts = {result.host(job) for job in result.jobs}
    if len(hosts) > 1:
        raise UserError(f"--log is the log of one host, and {len(hosts)} were given; scan them one at a time")
    _read_log_of(result.jobs, logs, result.settings.zone_name)


def _read_collected_logs(result: Scan) -> None:
    """What the collectors of hosts took of cron's logs, each for the jobs of its own host."""
    from migrate.machine.rooted import Tree
    from migrate.sources.collected import LOG

    by_root: dict[Path, list[ScannedJob]] = {}
    for job in result.jobs:
        if job.source.root is not None and job.source.server is not None and job.source.server.files.collection:
            by_root.setdefault(job.source.root, []).append(job)
    for root, jobs in by_root.items():
        # By the collection's own links, which lead nowhere else.
        log = Tree(root).place(LOG)
        if log.is_there() and stat.S_ISREG(log.lstat().st_mode):
            try:
                _read_log_of(jobs, (os.fspath(log.real().path),), result.settings.zone_name)
            except UserError as error:  # one host's log never stands in the others' way
                click.echo(f"note: {error}", err=True)


def _read_log_of(jobs: Sequence[ScannedJob], logs: tuple[str, ...], default: str) -> None:
    from migrate.logs.watched import history_of_scan

    zones = Counter(job.place.host_name for job in jobs)
    zone = zones.most_common(1)[0][0] if zones else default
    histories, findings = history_of_scan(logs, jobs, load_zone(zone), stdin=sys.stdin.buffer)
    for job in jobs:
        job.history = histories.get(job.id)
        job.findings += tuple(findings.get(job.id, ()))


def _show(found: Document, changes: Changes, without_image: int, *, details: bool, summary: bool) -> None:
    from migrate.report.terminal import show_changes, show_scan, show_summary
    from migrate.review.sitting import offer_review
    from migrate.terminal.console import console as open_console

    console = open_console()
    if summary:
        show_summary(console, found)
    else:
        show_scan(console, found, details=details)
    show_changes(console, changes, found, without_image=without_image)
    offer_review(changes.out)
