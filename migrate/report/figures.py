"""The figures that stand first, whatever the format: how many jobs, how many proven, what needs attention, what is next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from converters.findings.codes import OF_IMAGE
from converters.secrets.parameters import store_text
from migrate.document.job import Job
from migrate.document.model import Document
from migrate.terminal.language import N_, _, finding_title, ngettext

FATES = {"move": N_("move"), "decide": N_("decide"), "stay": N_("stay"), "drop": N_("drop")}
SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Headline:
    """Counts of jobs. ``left_out``: those that review decided not to move; ``attention``: those that wait for somebody, by
    status or because their runs differ; ``for_image``: those of them that wait for a word about their image alone, and
    ``held`` what these alone need of it."""

    jobs: int
    exact: int
    differ: int
    uncompared: int
    ready: int
    review: int
    blocked: int
    left_out: int
    attention: int
    through: str
    for_image: int = 0
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """One code that asks for attention, and the jobs it stands at."""

    code: str
    severity: str
    title: str
    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do next, with the command that does it where there is one."""

    words: str
    command: str | None = None


def headline(document: Document) -> Headline:
    """The counts of a document."""
    jobs = document.jobs
    status = Counter(map(standing, jobs))
    verdicts = Counter(verdict(job) for job in jobs)
    return Headline(
        jobs=len(jobs),
        exact=verdicts["exact"],
        differ=verdicts["differ"],
        uncompared=verdicts["none"],
        ready=status["ready"],
        review=status["review"],
        blocked=status["blocked"],
        left_out=status["keep"] + status["skip"],
        attention=sum(map(waits, jobs)),
        through=through(document.window.until),
        for_image=sum(map(for_image, jobs)),
        held=held(filter(for_image, jobs)),
    )


def standing(job: Job) -> str:
    """``ready``, ``review`` or ``blocked``; ``keep`` or ``skip`` where it was decided that the job is not moved."""
    if job.decided in ("keep", "skip"):
        return job.decided
    # What was decided is settled, whatever the scan thinks of it.
    return "ready" if job.decided else job.status


def waits(job: Job) -> bool:
    """Whether the job waits for somebody."""
    return not job.decided and (standing(job) != "ready" or verdict(job) == "differ")


def for_image(job: Job) -> bool:
    """Whether nothing is open but what its image holds."""
    return not job.decided and job.status == "review" and job.codes("error", "warning") == [OF_IMAGE]


def held(jobs: Iterable[Job]) -> tuple[str, ...]:
    """What the image must hold for these jobs and nobody has looked for, most needed first."""
    # Sorted by name where counts are equal: two scans of one host say the same.
    counted = Counter(name for job in jobs for name in sorted({need.subject for need in job.needs if need.image}))
    return tuple(name for name, _count in counted.most_common())


def moves(job: Job) -> bool:
    """Whether something is to become of it on AWS: not where it is proposed to stay or to end, unless that was decided
    otherwise."""
    return job.decided == "take" or (job.decided is None and job.fate not in ("stay", "drop"))


def parameters_read(jobs: Iterable[Job]) -> dict[str, tuple[tuple[str, ...], int]]:
    """Each parameter that jobs which move read their secrets from, sorted: the variables it fills, and in how many jobs."""
    variables: dict[str, set[str]] = {}
    counted: Counter[str] = Counter()
    for job in jobs:
        # Whoever named a secret of Secrets Manager stores it there; SSM would refuse its ARN as a name.
        read = [one for one in job.secrets or () if ":secretsmanager:" not in one.parameter] if moves(job) else []
        for one in read:
            variables.setdefault(one.parameter, set()).add(one.variable)
        counted.update({one.parameter for one in read})
    return {name: (tuple(sorted(variables[name])), counted[name]) for name in sorted(counted)}


def verdict(job: Job) -> str:
    """``exact``, ``differ``, or ``none`` where nothing was compared."""
    parity = job.parity
    if parity.exact:
        return "exact"
    return "differ" if parity.lost or parity.extra or parity.moved else "none"


def through(until: str) -> str:
    """The last year that was compared whole, or the last day where the window ends within a year."""
    try:
        # The end is the first moment that was not compared.
        last = date.fromisoformat(until[:10]) - timedelta(days=1)
    except ValueError:
        return ""
    return str(last.year) if (last.month, last.day) == (12, 31) else last.isoformat()


def topics(document: Document) -> list[Topic]:
    """Errors first, then warnings; those of most jobs first."""
    found: dict[tuple[str, str], list[str]] = {}
    for job in document.jobs:
        for one in () if job.decided else job.findings:
            # What was decided needs no attention any more.
            if one.severity != "info":
                names = found.setdefault((one.code, one.severity), [])
                # The same code twice in a row at one job counts once.
                if job.name not in names[-1:]:
                    names.append(job.name)
    ordered = sorted(found.items(), key=lambda item: (SEVERITIES.index(item[0][1]), -len(item[1]), item[0][0]))
    return [Topic(code, severity, _title(code), tuple(names)) for (code, severity), names in ordered]


def _title(code: str) -> str:
    try:
        return finding_title(code)
    except KeyError:  # a report of a later version
        return code


def next_steps(
    document: Document, *, without_image: int, placeholders: Sequence[str], environment: str | None
) -> list[Step]:
    """What to do now, in the order in which it helps."""
    figures = headline(document)
    # The image and the settings may still be unnamed: then a name for the example has to do.
    where = environment or "sandbox"
    steps = []
    if document.problems:
        steps.append(Step(_("Mend or drop the lines that could not be read; they stand at the end of this page.")))
    if figures.blocked:
        words = ngettext(
            "Decide what becomes of {n} blocked job.", "Decide what becomes of {n} blocked jobs.", figures.blocked
        )
        steps.append(Step(words.format(n=figures.blocked), "cron2fargate review"))
    if figures.review:
        words = ngettext("Answer what is open for {n} job.", "Answer what is open for {n} jobs.", figures.review)
        steps.append(Step(words.format(n=figures.review), None if figures.blocked else "cron2fargate review"))
    if without_image:
        words = ngettext("Name the image of {n} job.", "Name the images of {n} jobs.", without_image)
        steps.append(Step(words.format(n=without_image), "cron2fargate scan … --image REPO:TAG"))
    parameters = parameters_read(document.jobs)
    if parameters:
        words = ngettext(
            "Store {n} value as a SecureString: it is asked for, and stands in no file.",
            "Store {n} values as SecureStrings: each is asked for, and stands in no file.",
            len(parameters),
        )
        steps.append(Step(words.format(n=len(parameters)), store_text(parameters)))
    if placeholders:
        words = ngettext(
            "Fill in {n} value of cron2fargate.yml.", "Fill in {n} values of cron2fargate.yml.", len(placeholders)
        )
        steps.append(Step(words.format(n=len(placeholders))))
    if figures.jobs:
        steps.append(
            Step(
                _("Try the registration with nothing leaving the machine."),
                f"cron2fargate register -e {where} --rehearse",
            )
        )
        steps.append(Step(_("See what would be made on AWS."), f"cron2fargate plan -e {where}"))
    return steps
