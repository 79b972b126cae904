"""All that one run of plan or register would change: jobs, what is gone, and the files of a release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.findings.suggestions import did_you_mean
from migrate.aws import account, disarmed, prune
from migrate.aws.inputs import Wanted
from migrate.aws.plan import JobPlan, Options, plan_jobs
from migrate.aws.prune import Search
from migrate.aws.roles_read import Standing
from migrate.aws.session import Aws
from migrate.aws.steps import Step
from migrate.terminal.console import manner
from migrate.terminal.language import _, ngettext

if TYPE_CHECKING:
    from rich.console import Console

    from converters.artefact.crowding import Known
    from converters.artefact.proof import Proof
    from converters.findings.codes import Finding
    from migrate.errors import LeftOut
    from migrate.workspace.release import Edit


@dataclass(slots=True)
class Changes:
    """Seen on AWS now; nothing is written yet. ``pruning`` says whether what is gone is to be written too."""

    plans: list[JobPlan]
    gone: Search = field(default_factory=Search)
    edits: list[Edit] = field(default_factory=list)
    unread: list[LeftOut] = field(default_factory=list)
    pruning: bool = False
    frame: list[Step] = field(default_factory=list)
    """The shared part; only --create looks at it, so that who only updates needs no rights on it."""
    rights: list[Finding] = field(default_factory=list)
    """What the roles lack, as they stand; those that this run writes are asked after it."""
    plain: Finding | None = None
    """What the jobs do without that a rule or schedule starts itself, said once for all of them."""
    ceilings: list[Finding] = field(default_factory=list)
    """What the environment's schedules come to above its ceilings."""
    accepted: frozenset[str] = frozenset()
    known: Mapping[str, Known] = field(default_factory=dict)
    """What was measured of the jobs' runs."""
    _proofs: dict[str, Proof] | None = None

    @property
    def pruned(self) -> list[Step]:
        """The steps for jobs that are gone, where they are asked for."""
        return [step for gone in self.gone.jobs for step in gone.steps] if self.pruning else []

    @property
    def steps(self) -> int:
        """How many writes there would be on AWS."""
        return sum(len(plan.to_write) for plan in self.plans) + len(self.frame_writes) + len(self.pruned)

    @property
    def frame_writes(self) -> list[Step]:
        return [step for step in self.frame if step.write]

    @property
    def files(self) -> int:
        """How many files a release would change."""
        return sum(bool(edit.changes) for edit in self.edits)

    @property
    def left_out(self) -> bool:
        """Whether a job is not there without --create, or refused, or its ecs.yml cannot be used."""
        return bool(self.unread) or any(plan.status in {"missing", "refused"} for plan in self.plans)

    @property
    def above(self) -> list[Finding]:
        """The ceilings that nobody has accepted to be passed: nothing is written then."""
        return [one for one in self.ceilings if one.code not in self.accepted]

    def proofs(self) -> dict[str, Proof]:
        """Job name -> its ecs.yml as it stands against the line that it came from, over the ten years from today. Counted at
        the first question."""
        if self._proofs is None:
            self._proofs = self._counted()
        return self._proofs

    def as_json(self, environment: str, aws: Aws) -> dict[str, Any]:
        """The whole of it for programs, as ``plan --format json`` prints it."""
        from migrate.aws import show as lines

        value = lines.as_json(
            self.plans, environment, str(aws.account), aws.region, self.gone, self.frame, self.proofs()
        )
        value["leftOut"] = [one.as_json() for one in self.unread]
        value["rights"] = [one.as_json() for one in self.rights]
        value["plain"] = self.plain.as_json() if self.plain is not None else None
        value["ceilings"] = [
            {"code": one.code, "message": one.message, "accepted": one.code in self.accepted} for one in self.ceilings
        ]
        value["changes"] = bool(self.steps or self.files)
        value["files"] = [
            {
                "path": str(edit.path),
                "changes": [{"container": box, "old": old, "new": new} for box, old, new in edit.changes],
            }
            for edit in self.edits
        ]
        return value

    def _counted(self) -> dict[str, Proof]:
        from datetime import UTC, datetime

        from converters.artefact.proof import Prover
        from migrate.machine.clock import window

        prover = Prover(window(None, None, datetime.now(UTC)))
        found = {plan.name: prover.of(plan.spec) for plan in self.plans}
        locked = [plan.spec for plan in self.plans if plan.spec.lock is not None and plan.status != "refused"]
        if locked:
            from converters.artefact.crowding import crowded

            for name, one in crowded(locked, prover.window, self.known).items():
                found[name] = replace(found[name], said=(*found[name].said, f"{one.message} ({one.code})"))
        return found


def see(aws: Aws, out: Path, wanted: Wanted, options: Options, *, whole: bool, pruning: bool) -> Changes:
    """Reads AWS. ``whole``: the specs are all of the workspace, so what AWS has beyond them is gone."""
    from migrate.aws.frame import plan_frame

    given, aws = aws, account.snapshot(aws, options.owner, [spec for _, spec in wanted.specs])
    frame: list[Step] = []
    if options.create or options.rehearse:
        frame = plan_frame(aws, options.owner, [spec for _, spec in wanted.specs])
        given.coming = aws.coming = frozenset(
            step.name for step in frame if step.kind in {"cluster", "lock table", "queue"} and step.action == "add"
        )
    plans = plan_jobs(aws, wanted.specs, options)
    gone = Search()
    if whole:
        # A job whose ecs.yml cannot be used is not gone.
        unread = {one.job for one in wanted.specs.left_out}
        known = {spec.name for _, spec in wanted.specs} | unread | prune.known_jobs(out)
        gone = prune.find_gone(aws, options.owner, known, deep=pruning)
        gone.notes += unknown_jobs(aws.environment.jobs, known)
    writing = [step.name for step in frame if step.kind == "role" and step.write]
    rights = may_they(aws, plans, written=False, coming=writing)
    plain = plain_of(aws, plans, options.owner)
    runs = _measured(out) if any(spec.lock is not None for _, spec in wanted.specs) else {}
    return Changes(
        plans,
        gone,
        wanted.edits,
        wanted.specs.left_out,
        pruning,
        frame,
        rights,
        plain,
        accepted=options.accept,
        known=runs,
    )


def _measured(out: Path) -> dict[str, Known]:
    """What the last scan knew of the jobs' runs; nothing where there was none, or its report cannot be read."""
    from migrate.document.from_json import read_document
    from migrate.document.measured import measured
    from migrate.errors import UserError

    try:
        return measured(read_document(out))
    except UserError:
        return {}


def plain_of(aws: Aws, plans: list[JobPlan], owner: str) -> Finding | None:
    """The finding about all plain targets among these jobs, with a month's price of workflows for them."""
    from datetime import UTC, datetime

    from converters.frame.cost import starts_per_month
    from converters.frame.plain_targets import plain_targets
    from converters.frame.prices import PriceError, price_list
    from converters.workflows.machine import may_choose
    from migrate.aws.wishes import followers_of
    from migrate.errors import UserError
    from migrate.machine.clock import window

    specs = [plan.spec for plan in plans if plan.status != "refused"]
    after = followers_of(aws.place(owner), specs)
    plain = [spec for spec in specs if may_choose(spec, after.get(spec.name, ()))]
    if not plain:
        return None
    try:
        prices = price_list(aws.region, aws.environment.prices)
    except PriceError as error:
        raise UserError(f"cron2fargate.yml: {error}") from None
    years = window(None, None, datetime.now(UTC))
    return plain_targets([starts_per_month(spec.expressions, years) for spec in plain], prices)


def unknown_jobs(named: Iterable[str], known: Collection[str]) -> list[str]:
    """A sentence for each name below ``jobs`` in the settings that no job bears: its role or network is nobody's."""
    return [
        f"jobs of cron2fargate.yml names {name}, and no job is called so{did_you_mean(name, known)}"
        for name in named
        if name not in known
    ]


def may_they(aws: Aws, plans: list[JobPlan], *, written: bool, coming: Sequence[str] = ()) -> list[Finding]:
    """What the roles of these jobs lack; ``written``: of what the plans have written meanwhile."""
    asked = [
        (plan.name, duty)
        for plan in plans
        if plan.runs and plan.status in {"changes", "unchanged"}
        for duty in plan.runs.duties(aws, written=written)
    ]
    return disarmed.look(Standing(aws), asked, coming)


def show(out: Console, changes: Changes, *, details: bool) -> None:
    """The whole diff as a person reads it, but its last line."""
    from migrate.aws import show as lines
    from migrate.aws import show_jobs

    lines.show_left_out(out, changes.unread)
    lines.show_edits(out, changes.edits)
    lines.show_frame(out, changes.frame, details=details)
    if changes.gone.jobs or changes.gone.notes:
        lines.show_gone(out, changes.gone, prune=changes.pruning)
    if changes.plain is not None and not manner.quiet:
        lines.line(out, f"{changes.plain.message} ({changes.plain.code})", "dim")
        out.print()
    show_jobs.show_plans(out, changes.plans, details=details, proofs=changes.proofs())
    show_rights(out, changes.rights)
    for one in changes.ceilings:
        taken = one.code in changes.accepted
        lines.line(out, f"{'!' if taken else 'x'} {one.message} ({one.code})", "yellow" if taken else "red")
    lines.count_left_out(out, changes.unread)


def summary(changes: Changes) -> str:
    """One line: what is to be done to the jobs, to what they share and to what is gone; how many jobs are left out."""
    from migrate.aws import show as lines

    steps = [*changes.frame, *changes.pruned]
    number = lines.counts(changes.plans) + Counter(step.action for step in steps)
    jobs: Counter[str] = Counter(plan.status for plan in changes.plans)
    refused, missing = jobs["refused"] + len(changes.unread), jobs["missing"]
    # The same three numbers in the same places, whatever they are: a script reads them, and an eye finds them.
    parts = [_(text).format(n=number[action]) for action, text in lines.WORDS.items() if action in lines.ALWAYS]
    parts.append(_("{n} refused").format(n=refused))
    if not (refused or missing or set(number) - {"same"}):
        parts = [_("no changes")]
    parts += [
        _(text).format(n=number[action])
        for action, text in lines.WORDS.items()
        if action not in lines.ALWAYS and number[action]
    ]
    if missing:
        words = ngettext("{n} job not there; needs --create", "{n} jobs not there; needs --create", missing)
        parts.append(words.format(n=missing))
    return ", ".join(parts)


def show_rights(out: Console, found: Sequence[Finding]) -> None:
    """What roles may not do, and what of it is not known."""
    from migrate.aws import show as lines

    for one in found:
        wrong = one.severity == "error"
        lines.line(out, f"{'x' if wrong else '!'} {one.message} ({one.code})", "red" if wrong else "yellow")
