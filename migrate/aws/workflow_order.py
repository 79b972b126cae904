"""Which job runs after which: what the specs of one run say, and what AWS does already for those that are not part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converters.workflows.followers import Follower, first_jobs, order_problems
from converters.workflows.rounds import never_together
from migrate.aws import state_machines
from migrate.aws.state_machines import LiveMachine

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from migrate.aws.session import Aws


@dataclass(slots=True)
class WorkflowOrder:
    """``problems`` holds a sentence for each job whose ``after`` cannot be carried out; ``left_out`` the jobs that are
    neither on AWS nor will be after this run, so that nothing may start them yet."""

    specs: dict[str, Spec]
    problems: dict[str, str]
    left_out: set[str]

    def has_followers(self, job: str) -> bool:
        return any(job in spec.after for spec in self.specs.values())

    def followers(self, aws: Aws, job: str, live: LiveMachine | None) -> list[Follower]:
        """The jobs that the workflow of a job is to start: by the specs, and those it starts on AWS already whose specs
        are no part of this run."""
        named = [spec for spec in self.specs.values() if job in spec.after and spec.name not in self.left_out]
        found = [Follower(spec.name, state_machines.arn_of(aws, spec.name), tuple(spec.after)) for spec in named]
        others = [other for other in live.followers if other.name not in self.specs] if live else []
        return found + [other for other in others if state_machines.find(aws, other.name)]

    def height(self, job: str) -> int:
        """0 for a job that starts none; else one more than the highest of those it starts. Circles are refused before."""
        above = [name for name, spec in self.specs.items() if job in spec.after and name not in self.problems]
        return 1 + max(map(self.height, above)) if above else 0


def read_order(aws: Aws, specs: list[Spec]) -> WorkflowOrder:
    """The order of these specs. AWS is asked only about jobs that ``after`` names and that are not among them."""
    known = {spec.name: spec for spec in specs}
    after = {spec.name: spec.after for spec in specs if spec.after}
    outside = {lead for leads in after.values() for lead in leads} - set(known)
    problems = order_problems({**{name: [] for name in known}, **after}, outside)
    for job, leads in after.items():
        for lead in leads:
            sentence = _outside(aws, job, lead) if lead in outside else _never_ends(job, known[lead])
            if sentence:
                problems.setdefault(job, sentence)
    if not problems:
        problems = {job: sentence for job in after if (sentence := _apart(job, after, known))}
    return WorkflowOrder(known, problems, set(problems))


def _outside(aws: Aws, job: str, lead: str) -> str | None:
    live = state_machines.find(aws, lead)
    if live and job in {follower.name for follower in live.followers}:
        return None
    if live is None:
        return (
            f"{job} runs after {lead}, and there is no such job here; correct after, or name the ecs.yml of {lead} too"
        )
    return f"{job} runs after {lead}, whose workflow does not start it yet; name the ecs.yml of {lead} too"


def _never_ends(job: str, lead: Spec) -> str | None:
    return f"{job} runs after {lead.name}, which is a service and never ends; correct after" if lead.service else None


def _apart(job: str, after: dict[str, list[str]], known: dict[str, Spec]) -> str | None:
    """Jobs that are waited for together must begin in the same minute, now and then at least."""
    if len(after[job]) < 2:
        return None
    begun_by = [sorted(first_jobs(lead, after)) for lead in after[job]]
    schedules = [
        [(known[name].expressions, known[name].schedule.timezone) for name in names if name in known]
        for names in begun_by
    ]
    if not all(schedules) or not never_together(schedules):
        return None
    return (
        f"{job} runs after {' and '.join(after[job])}, which never begin in the same minute, so it would never start; "
        f"let one of them run after the other, and {job} after the last"
    )
