"""``cron2fargate register``: apply the specs to AWS, after saying what will be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.aws.inputs import (
    Place,
    Wanted,
    accepted_ceilings,
    change_options,
    confirm,
    load_wanted,
    open_place,
    place_options,
    spec_options,
)
from migrate.errors import UserError
from migrate.machine.files import Where, confined
from migrate.terminal.language import _, few, ngettext
from migrate.terminal.waiting import called, waiting

if TYPE_CHECKING:
    from rich.console import Console

    from migrate.aws.changes import Changes
    from migrate.aws.plan import Options
    from migrate.aws.saved_plan import SavedPlan
    from migrate.aws.session import Aws
    from migrate.aws.steps import Step


FEW = 5
"""Up to so many jobs a rehearsal reads back one by one; of more, the second run's count says it."""


@click.command(name="register")
@place_options
@spec_options
@change_options
@click.option("--check/--no-check", "checks", default=True, show_default=True, help="Look for what AWS lacks first.")
@click.option(
    "--plan",
    "kept",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write what 'plan --save FILE' showed, and nothing else; refused where something has changed since.",
)
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(
    *,
    environment: str | None,
    out: Path,
    settings: Path | None,
    spec_paths: tuple[Path, ...],
    create: bool,
    adopt: bool,
    rehearse: bool,
    details: bool,
    clear_secrets: int,
    images: tuple[str, ...],
    prune: bool,
    accept: tuple[str, ...],
    checks: bool,
    kept: Path | None,
    yes: bool,
) -> int:
    """Apply the specs to AWS: log groups, task definitions, rules (made DISABLED), targets.

    It says first what it will write, and asks. Rules are never switched on or off by it, and what others set on them
    is kept. Exit code: 0, or 1 when a job was left out (not there without --create, or refused) or a ceiling is passed.

    \b
    Examples:
      cron2fargate register -e sandbox --rehearse --create
      cron2fargate register -e sandbox --create
      cron2fargate register -e production --image app=registry.example.com/app:1.5 --yes
      cron2fargate register --plan plan.json --yes
    """
    from migrate.aws import show
    from migrate.aws.errors import aws_errors
    from migrate.aws.plan import Options

    paths: Sequence[Where] = spec_paths
    kept_plan = None
    if kept is not None:
        given = {"-t": spec_paths, "--create": create, "--image": images, "--prune": prune, "--rehearse": rehearse}
        saved = _open_saved(kept, environment, given, adopt=adopt, clear_secrets=clear_secrets > 1)
        kept_plan = kept, saved
        create, prune, images = saved.asked.create, saved.asked.prune, tuple(saved.asked.images)
        paths, environment = [confined(out, f"jobs/{job}/ecs.yml") for job in saved.asked.jobs or ()], saved.environment
    with waiting(_("reading the workspace")):
        wanted = load_wanted(out, paths, images, prune=prune)
        place = open_place(out, settings, environment, rehearse=rehearse)
    options = Options(
        place.settings.owner, create or rehearse, adopt, rehearse, clear_secrets > 1, accepted_ceilings(accept)
    )
    console = show.console()
    with aws_errors(place.environment.region):
        if rehearse:
            return _rehearse(console, place, out, wanted, options, details=details)
        register = _Register(console, place, out, wanted, options, kept_plan)
        return register.run(whole=not (paths or images), prune=prune, details=details, checks=checks, yes=yes)


def _open_saved(
    file: Path, environment: str | None, given: Mapping[str, object], *, adopt: bool, clear_secrets: bool
) -> SavedPlan:
    """The kept plan; UserError where the command line says something else than it does."""
    from migrate.aws import saved_plan

    if twice := [option for option, value in given.items() if value]:
        raise UserError(f"{file} says what is written; leave {' and '.join(twice)} away")
    saved = saved_plan.read(file)
    if environment not in (None, saved.environment):
        raise UserError(f"{file}: this plan is one of another environment than {environment}; leave -e away")
    # What loosens a guard is never taken from a file: who applies it says it, too.
    for option, planned, said in (
        ("--adopt", saved.asked.adopt, adopt),
        ("--secrets-in-clear --secrets-in-clear", saved.asked.secrets_in_clear, clear_secrets),
    ):
        if planned != said:
            how = f"was made with {option}; say it here too" if planned else f"was made without {option}; leave it away"
            raise UserError(f"{file}: this plan {how}")
    return saved


class _Register:
    """One run against a real account: see, say, check, ask, write."""

    def __init__(
        self,
        console: Console,
        place: Place,
        out: Path,
        wanted: Wanted,
        options: Options,
        kept: tuple[Path, SavedPlan] | None = None,
    ) -> None:
        self.console, self.place, self.out, self.wanted, self.options = console, place, out, wanted, options
        self.kept = kept

    def run(self, *, whole: bool, prune: bool, details: bool, checks: bool, yes: bool) -> int:
        from migrate.aws import changes, show
        from migrate.aws.session import connect

        # Two connections: what is seen is seen by one that cannot write.
        reader = connect(self.place.environment, read_only=True)
        show.line(self.console, f"{self.place.environment_name}: {reader.where}")
        self.console.print()
        self._hold_account(reader)
        seen = _see(reader, self.out, self.wanted, self.options, whole=whole, pruning=prune)
        self._hold(reader, seen)
        changes.show(self.console, seen, details=details)
        show.line(self.console, changes.summary(seen), "bold")
        if (seen.steps or seen.files) and seen.above:
            show.line(self.console, _refused(seen), "bold red")
            return 1
        if seen.steps or seen.files:
            if checks:
                self._check(reader, seen)
            self._tell_open(seen)
            confirm(self._question(reader, seen), yes=yes)
            self._write(reader.writer(), seen)
            disarmed = _ask_rights(self.console, reader, seen, self.options.owner)
            show.count_left_out(self.console, seen.unread)
            return 1 if seen.left_out or disarmed else 0
        return 1 if seen.left_out else 0

    def _hold_account(self, aws: Aws) -> None:
        if self.kept is not None:
            from migrate.aws import saved_plan

            saved_plan.hold_account(*self.kept, str(aws.account), aws.region)

    def _hold(self, aws: Aws, seen: Changes) -> None:
        """Refuses a kept plan that is not the one made now."""
        if self.kept is not None:
            from migrate.aws import saved_plan

            made = saved_plan.Made(self.place, self.wanted, seen)
            saved_plan.hold(*self.kept, made, seen.as_json(self.place.environment_name, aws)["jobs"])

    def _question(self, aws: Aws, seen: Changes) -> str:
        where = f"{self.place.environment_name} ({aws.where})"
        if not seen.files:
            return _("Write these {n} changes to {where}?").format(n=seen.steps, where=where)
        text = ngettext(
            "Change {files} file, and write these {n} changes to {where}?",
            "Change {files} files, and write these {n} changes to {where}?",
            seen.files,
        )
        return text.format(files=seen.files, n=seen.steps, where=where)

    def _check(self, aws: Aws, seen: Changes) -> None:
        """The quick part of ``check``, for the jobs that are to be written; what is wrong is shown, then people decide."""
        from migrate.checks import Context, quick, show_wrong

        specs = [plan.spec for plan in seen.plans if plan.to_write]
        if specs:
            coming = frozenset((step.kind, step.name) for step in seen.frame if step.action == "add")
            show_wrong(self.console, quick(Context(aws, self.options.owner, specs, coming=coming)))

    def _tell_open(self, seen: Changes) -> None:
        """Jobs of which something is not decided: they are made all the same, and nothing starts them."""
        from migrate.aws import show
        from migrate.cutover.asking import open_decisions

        found = open_decisions(self.out, [plan.name for plan in seen.plans if plan.to_write])
        for code, names in found.items():
            said = _("made DISABLED, for something is open ({code}): {jobs}").format(code=code, jobs=few(names, 5))
            show.line(self.console, f"  ! {said}", "yellow")
        if found:
            show.line(self.console, _("cutover and enable ask for it; 'cron2fargate review' answers it"))

    def _write(self, aws: Aws, seen: Changes) -> None:
        from migrate.aws import show
        from migrate.workspace import release

        # Files first: a run that ends here is finished by any later register.
        if changed := release.write(seen.edits):
            text = ngettext("{n} file changed", "{n} files changed", changed).format(n=changed)
            show.line(self.console, text, "bold")
        _apply(self.console, aws, seen)


def _refused(seen: Changes) -> str:
    codes = list(dict.fromkeys(one.code for one in seen.above))
    text = _("nothing was written, for a ceiling would be passed; change it in cron2fargate.yml, or say {how}")
    return text.format(how=" ".join(f"--accept {code}" for code in codes))


def _see(aws: Aws, out: Path, wanted: Wanted, options: Options, *, whole: bool, pruning: bool) -> Changes:
    from migrate.aws.changes import see

    with waiting(_("asking AWS")) as line:
        aws.told = called
        found = see(aws, out, wanted, options, whole=whole, pruning=pruning)
        if aws.environment.ceilings.any:
            from migrate.report.ceilings import passed

            found.ceilings = passed(aws, options.owner, [spec for _path, spec in wanted.specs], out)
        line.at(_("holding each job against its line"))
        found.proofs()
    return found


def _apply(console: Console, aws: Aws, seen: Changes, *, each: bool = True) -> None:
    """``each``: a line for each write, as a record of what was done to an account."""
    from migrate.aws import prune, show
    from migrate.aws.apply import apply_plans, apply_steps
    from migrate.aws.under_way import UnderWay, took

    if each:
        console.print()
    with (
        show.progress(console, seen.steps) as advance,
        UnderWay(lambda text: show.line(console, f"  {text}", "dim")) as way,
    ):

        def done(step: Step) -> None:
            seconds = way.end(step)
            if each:
                word = _("removed") if step.action == "remove" else _("wrote")
                show.line(console, f"  {word} {step.kind} {step.name}{took(seconds)}", show.SIGNS[step.action][1])
            advance()

        shared = apply_steps(aws, _("shared part"), seen.frame, done, way.begin)
        # A new role or right is not seen by all services at once (IAM is eventually consistent), so the first use is
        # tried again.
        fresh = any(step.kind in ("role", "cluster") for step in seen.frame_writes)
        written = apply_plans(aws, seen.plans, lambda _plan, step: done(step), fresh_roles=fresh, begin=way.begin)
        if seen.pruning:
            written += prune.apply(aws, seen.gone.jobs, done)
    if shared:
        text = ngettext(
            "{n} change written to what all jobs share", "{n} changes written to what all jobs share", shared
        )
        show.line(console, text.format(n=shared), "bold")
    text = ngettext("{n} change written", "{n} changes written", written).format(n=written)
    show.line(console, text + took(way.clock() - way.began), "bold")


def _ask_rights(console: Console, aws: Aws, seen: Changes, owner: str) -> bool:
    """Whether something that was written cannot start, as the roles stand now. What is not known is said, too."""
    from migrate.aws import changes, disarmed
    from migrate.aws.roles_read import Standing

    found = changes.may_they(aws, seen.plans, written=True)
    if seen.frame:
        found += disarmed.look(Standing(aws), disarmed.of_shared(aws, owner))
    changes.show_rights(console, found)
    return any(one.severity == "error" for one in found)


def _rehearse(console: Console, place: Place, out: Path, wanted: Wanted, options: Options, *, details: bool) -> int:
    from migrate.aws import changes, show
    from migrate.aws.printed import guard
    from migrate.aws.rehearsal import CAVEAT, rehearsal
    from migrate.aws.session import connect
    from migrate.terminal.console import manner

    with ExitStack() as stage:
        with waiting(_("starting an AWS inside this process")):
            env = stage.enter_context(rehearsal(place.environment, [spec for _path, spec in wanted.specs]))
        reader = connect(env, read_only=True, offline=True)
        writer = reader.writer()
        # Whoever plans has the policy that iam prints for it, and whoever writes has the one for creating.
        guard(writer, options.owner, "create", guard(reader, options.owner, "plan"))
        show.line(console, f"{place.environment_name}: {_('rehearsal, first run')}")
        console.print()
        seen = _see(reader, out, wanted, options, whole=False, pruning=False)
        changes.show(console, seen, details=details)
        show.line(console, changes.summary(seen), "bold")
        if seen.above:
            show.line(console, _refused(seen), "bold red")
            return 1
        # What a rehearsal writes stands in the plan above, and the second run proves it: not line by line once more.
        _apply(console, writer, seen, each=manner.verbose)
        # The second run must find nothing to do: that is the proof that what was written is what is read back.
        second = _see(reader, out, wanted, options, whole=False, pruning=False)
        again = second.plans
        show.line(console, _("second run: {summary}").format(summary=changes.summary(second)), "bold")
        if manner.verbose or (len(again) <= FEW and not manner.quiet):
            _read_back(console, reader, options, [plan.name for plan in again])
    console.print()
    show.line(console, _(CAVEAT))
    show.count_left_out(console, seen.unread)
    return 1 if seen.unread or second.frame_writes or any(plan.status != "unchanged" for plan in again) else 0


def _read_back(console: Console, reader: Aws, options: Options, jobs: list[str]) -> None:
    """What the embedded AWS holds afterwards, a line each."""
    from migrate.aws import frames, show

    console.print()
    show.line(console, _("Read back:"), "bold")
    for job in jobs:
        for frame in frames.find(reader, options.owner, job):
            show.line(console, f"  {frame}")
