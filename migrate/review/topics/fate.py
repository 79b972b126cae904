"""What becomes of a job: taken, skipped, kept on the host; and the findings that ask for a decision."""

from __future__ import annotations

from collections.abc import Sequence

from converters.findings.codes import CATALOGUE, OF_FLEET, OF_IMAGE
from migrate.document.job import Job
from migrate.review.book import Book, Changes
from migrate.review.questions import Option, Question, accepting_or_deciding, for_all, who
from migrate.review.topics.place import image_of, must_hold
from migrate.terminal.language import _, finding_help, finding_sentence, finding_title, ngettext
from migrate.workspace.fateful import DEAD, FATEFUL, NEVER_RAN, SERVICES, fateful

# Warnings that another topic asks about.
ASKED_ELSEWHERE = frozenset(
    {
        "C301",
        "C302",
        "C303",
        "C215",
        "C410",
        "C411",
        "C460",
        "C418",
        "C480",
        "C451",
        "C452",
        "C426",
        "C439",
        "C429",
        OF_FLEET,
    }
)
# Deleting where the data are not destroys the good copies: nobody decides that by pressing Enter.
_NEVER_BY_DEFAULT = frozenset({"C485"})
# What cannot be right in a container as it stands: a mail server, a service on localhost, keys, data on a disk that is empty,
# instance metadata, a program that the image does not hold, an image that no task can pull or start; work that ends with its
# shell, a share that nothing mounts, a directory or a network that only the container engine has.
_NOT_AS_IT_STANDS = (
    frozenset({"C417", "C428", "C435", "C471", "C472", "C473", "C477", "C486", "C487", "C490", "C492", "C496", "C499"})
    | frozenset({"C802", "C803", "C807"})
    | _NEVER_BY_DEFAULT
)
_BY_USER = frozenset({"C436"})


def settled_by_fate(job: Job) -> str | None:
    """What asks first whether the job is moved at all: its first error, a code of fate, or the verdict on its command."""
    return next(iter(fateful(job)), None)


def _skip() -> Option:
    return Option("skip", _("skip"), _("it is not moved, and ends with the server"))


def _keep() -> Option:
    return Option("keep", _("keep on the host"), _("it stays in its crontab; nothing is made on AWS"))


class Changed:
    """The line was changed since it was decided about."""

    # The line's digest is kept with each decision (decisions.yml); by the job's name alone nobody would see the
    # change.
    name = "changed"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        return job.source.path if book.decisions.is_stale(job) else None

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        def settle(value: str, _text: str) -> Changes:
            if value == "again":
                from migrate.workspace.decisions_model import KEYS

                # `name` stays: the spec's directory and what is registered have it already.
                return for_all(jobs, lambda job: {name: None for name in KEYS if name not in ("line", "name", "note")})
            if value == "same":
                return for_all(jobs, lambda job: {})
            return for_all(jobs, lambda job: {"decision": value})

        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: the line is not the one that was decided about. Do the decisions still hold?").format(
                who=who(jobs, book)
            ),
            _("A decision belongs to the line that was looked at. This line was changed in {path} since then.").format(
                path=key
            ),
            (
                Option("same", _("yes, keep them"), _("what was answered holds for the new line too")),
                Option("again", _("no, ask again"), _("what was answered for this job is forgotten, but its name")),
                _skip(),
                _keep(),
            ),
            "same",
            settle,
        )


class Fate:
    """Something speaks against moving it as it is."""

    name = "decision"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        # A job that is not moved needs no answer to what is wrong with moving it.
        decided = book.decision(job).decision
        return settled_by_fate(job) if decided is None or (decided == "take" and not book.taken(job)) else None

    # Proposals may be missing for one of several: then "take" would promise what cannot be made.
    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        options = [_skip(), _keep()]
        specs = [book.spec(job) for job in jobs]
        services = all(spec is not None and spec.get("service") for spec in specs)
        if all(spec is not None for spec in specs) and not services:
            options.insert(
                0, Option("take", _("take"), _("move it as proposed; it is made disabled, you switch it on"))
            )
        if key in SERVICES or services:
            options.insert(
                0, Option("service", _("run as a service"), _("an ECS service keeps it running, no schedule"))
            )
        # A dead file's jobs were wished for by somebody once, so they are offered; Enter never removes work that ran.
        default: str | None = "skip" if key in NEVER_RAN else "take" if key in DEAD else "keep"
        if key in _NEVER_BY_DEFAULT:
            default = None

        def settle(value: str, _text: str) -> Changes:
            decided = {"decision": "take", "service": True} if value == "service" else {"decision": value}
            return for_all(jobs, lambda job: decided)

        values = [option.value for option in options]
        return Question(
            self.name,
            key,
            tuple(jobs),
            ngettext("{who}: {title}. What becomes of it?", "{who}: {title}. What becomes of them?", len(jobs)).format(
                who=who(jobs, book), title=_title(key)
            ),
            _explained(key, jobs),
            tuple(options),
            # A default that is not among the answers would be refused by the terminal and by `--yes` alike.
            default if default is None or default in values else "keep",
            settle,
            _facts(key, jobs),
        )


class Findings:
    """Warnings that no other topic asks about: one question for each code."""

    name = "finding"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        return next(iter(self.keys(job, book)), None)

    def keys(self, job: Job, book: Book) -> list[str]:
        """Every code that is open: a job is asked with all that share one, whatever else is open for it."""
        return [
            # What stands behind the mark only groups: a group's files are one question for each user.
            f"{code}\0{job.user or ''}" if code in _BY_USER else code
            for code in job.codes("warning")
            if code not in ASKED_ELSEWHERE | FATEFUL and not book.accepted(job, code)
            # Without an image, that question comes first.
            if code != OF_IMAGE or image_of(job, book) is not None
        ]

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: {title} ({code}). Is that all right?").format(who=who(jobs, book), title=_title(key), code=key),
            _explained(key, jobs),
            (
                Option("accept", _("yes, take it as it is"), _("the finding is settled")),
                _skip(),
                _keep(),
            ),
            None if key in _NOT_AS_IT_STANDS else "accept",
            accepting_or_deciding(jobs, book, key),
            must_hold(jobs) if key == OF_IMAGE else _facts(key, jobs),
        )


def _title(code: str) -> str:
    return finding_title(code) if code in CATALOGUE else _("its work belongs to the host")


def _explained(code: str, jobs: Sequence[Job]) -> str:
    if code in CATALOGUE:
        return finding_help(code)
    reasons = [reason for job in jobs[:3] for reason in job.command.reasons]
    return " ".join(dict.fromkeys(reasons))


def _facts(code: str, jobs: Sequence[Job]) -> tuple[str, ...]:
    """What is said of these very jobs, each sentence once."""
    said = [finding_sentence(finding) for job in jobs for finding in job.findings_of(code)]
    if not said:
        # A verdict has reasons and no code.
        said = [reason for job in jobs for reason in job.command.reasons]
    distinct = list(dict.fromkeys(said))
    more = len(distinct) - 3
    return (*distinct[:3], *((_("and {n} more of this kind").format(n=more),) if more > 0 else ()))
