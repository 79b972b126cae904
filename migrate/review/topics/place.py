"""Where a job runs: its image, its size and its disk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from converters.findings.codes import OF_IMAGE
from converters.images.weight import SHARED_DISK, TOO_LARGE, disk_needed, disk_taken
from converters.specs.untyped import first, whole
from migrate.document.job import Job
from migrate.report.figures import held
from migrate.review.book import NO_IMAGE, Book, Changes
from migrate.review.questions import Option, Question, for_all, who
from migrate.review.usage import DEFAULT_SIZE, family, suggested_size
from migrate.terminal.language import _

_IN = "container "
"""Before the name of a container in the key of its image's question: no family of frameworks is called so."""


def container_of(job: Job, book: Book) -> Mapping[str, object]:
    return first((book.spec(job) or {}).get("containers"))


def image_of(job: Job, book: Book) -> str | None:
    """The image chosen for the job so far, wherever that was done."""
    # What somebody wrote into ecs.yml counts before what was proposed, and a decision before both.
    image = book.decision(job).image or container_of(job, book).get("image")
    return str(image) if image and image != NO_IMAGE else None


def _holding(job: Job, book: Book) -> Mapping[str, object]:
    return book.accepting(job, OF_IMAGE) if job.findings_of(OF_IMAGE) and not book.accepted(job, OF_IMAGE) else {}


class Image:
    """The image, asked once for all jobs of a framework, and once for each container that jobs work in."""

    name = "image"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        service = book.decision(job).service
        if (book.spec(job) is None and not service) or image_of(job, book) is not None:
            return None
        # A container has one image, whatever its jobs are.
        if job.command.container:
            return f"{_IN}{job.command.container}"
        # Jobs of one framework start from one image: with 300 jobs of one application, one answer is enough.
        return family(job) or ""

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        # First what is usual for the family, then for all; of a container, only what was said of it.
        own = jobs[0].command.container
        others = [job for job in book.jobs if job.command.container == own]
        known = _usual(image_of(job, book) for job in others if own or family(job) == family(jobs[0])) or _usual(
            image_of(job, book) for job in others
        )

        def settle(_value: str, text: str) -> Changes:
            image = text.strip()
            if not image:
                raise ValueError(_("an image is needed, such as registry.example.com/app:1.4"))
            # Who names the image was shown what it must hold: one word for both, kept as such.
            return for_all(jobs, lambda job: {"image": image, **_holding(job, book)})

        if own:
            title = _("{who}: which image has the container {name}?").format(who=who(jobs, book), name=own)
        elif len(jobs) == 1:
            title = _("{who}: which image?").format(who=book.name(jobs[0]))
        elif key:
            title = _("Image for all {n} {family} jobs?").format(n=len(jobs), family=key)
        else:
            title = _("Image for the {n} other jobs?").format(n=len(jobs))
        return Question(
            self.name,
            key,
            tuple(jobs),
            title,
            _(
                "The container image that holds the job's program, as repository/name:tag. A tag that is never moved "
                "(a version, a commit) runs the same program every time. Jobs of one framework mostly share an image; answer "
                "them one by one where they do not."
            ),
            (Option("image", _("image"), text=known or ""),),
            "image" if known else None,
            settle,
            must_hold(jobs),
        )


def must_hold(jobs: Sequence[Job]) -> tuple[str, ...]:
    """What the image must hold for these jobs together, in a sentence; nothing where nobody asks."""
    subjects = held(jobs)
    if not subjects:
        return ()
    names = ", ".join(f"`{name}`" for name in subjects[:14])
    more = len(subjects) - 14
    rest = " " + _("and {n} more").format(n=more) if more > 0 else ""
    return (_("It must hold {names}; nobody has looked into it.").format(names=names + rest),)


def _usual(images: Iterable[str | None]) -> str | None:
    counted = Counter(image for image in images if image)
    return counted.most_common(1)[0][0] if counted else None


class Size:
    """CPU and memory, where something speaks for another size than the proposed one."""

    name = "size"
    required = False

    def key(self, job: Job, book: Book) -> str | None:
        decision, container = book.decision(job), container_of(job, book)
        if decision.cpu or decision.memory or not container or book.accepted(job, self.name):
            return None
        now = (container.get("cpu"), container.get("memory"))
        cpu, memory, _why = suggested_size(job)
        # Only where the proposal is untouched: whoever changed the size has decided it.
        return f"{cpu} {memory}" if now == DEFAULT_SIZE != (cpu, memory) else None

    # The key is the size, so all jobs of one question have the same.
    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        reason = suggested_size(jobs[0])[2]

        def settle(value: str, text: str) -> Changes:
            cpu, memory = size_of(text if value == "other" else value)
            return for_all(jobs, lambda job: {"cpu": cpu, "memory": memory})

        small = f"{DEFAULT_SIZE[0]} {DEFAULT_SIZE[1]}"
        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: how much CPU and memory?").format(who=who(jobs, book)),
            _(
                "CPU units (1024 are one vCPU) and MiB of the container. A run that needs more memory than it has is killed. "
                "The task gets the cheapest Fargate size that holds its containers."
            ),
            (
                Option(key, _named(key), reason),
                Option(small, _named(small), _("the smallest task")),
                Option("other", _("another size"), _("CPU units and MiB"), text=key),
            ),
            key,
            settle,
        )


def _named(size: str) -> str:
    from converters.specs.fargate import run_price, smallest_size

    cpu, memory = size_of(size)
    price = run_price(smallest_size(cpu, memory), 3600)
    return _("{cpu} CPU units, {memory} MiB (about ${price} an hour)").format(
        cpu=cpu, memory=memory, price=f"{price:.3f}"
    )


def size_of(text: str) -> tuple[int, int]:
    """``512 1024`` as (CPU units, MiB); ValueError for what no Fargate task holds."""
    from converters.specs.fargate import SizeError, smallest_size

    match = re.fullmatch(r"\s*(\d{1,6})[\s,/]+(\d{1,7})\s*", text)
    if match is None:
        raise ValueError(_("write CPU units and MiB, such as 512 1024"))
    cpu, memory = int(match[1]), int(match[2])
    # ECS task definition, `memory`: Docker needs at least 6 MiB; `cpu` is a share, and 0 is none.
    if cpu < 1 or memory < 6:
        raise ValueError(_("a container has at least 1 CPU unit and 6 MiB"))
    try:
        smallest_size(cpu, memory)
    except SizeError as error:
        raise ValueError(str(error)) from None
    return cpu, memory


# They make files as large as what they are given: dumps, archives, copies, films.
_FILLS = frozenset(
    word
    for line in (
        "mysqldump mariadb-dump pg_dump pg_dumpall pg_basebackup mongodump xtrabackup mariabackup sqlite3 tar zip 7z unzip",
        "gunzip rsync rclone restic borg aws gsutil s3cmd wget curl ffmpeg split sort",
    )
    for word in line.split()
)


class Disk:
    """The task's own disk, where a job fills files with much data before it ends."""

    name = "disk"
    required = False

    def key(self, job: Job, book: Book) -> str | None:
        spec = book.spec(job)
        if not spec or spec.get("ephemeralStorage") or book.accepted(job, self.name):
            return None
        made = any(need.kind == "file" and need.role in ("writes", "makes", "sends") for need in job.needs)
        filling = {need.subject.rpartition("/")[2] for need in job.needs if need.kind == "program"} & _FILLS
        return "" if made and filling else None

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        def settle(value: str, text: str) -> Changes:
            if value == "usual":
                return for_all(jobs, lambda job: book.accepting(job, self.name))
            return for_all(jobs, lambda job: {"ephemeralStorage": disk_of(text if value == "other" else value)})

        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: how much disk, in GiB?").format(who=who(jobs, book)),
            _(
                "It writes dumps, archives or copies to the task's own disk. Every task has 20 GiB, from which its image takes "
                "its share; up to 200 can be asked for. What is beyond 20 costs a little for as long as the task runs."
            ),
            (
                Option("usual", _("the usual {n} GiB").format(n=SHARED_DISK)),
                *(Option(size, f"{size} GiB") for size in ("50", "100", "200")),
                Option("other", _("another size"), _("GiB, 21 to 200"), text="50"),
            ),
            "usual",
            settle,
        )


class Room:
    """The image leaves little of the task's disk, or more than there is."""

    name = "room"
    required = True

    def key(self, job: Job, book: Book) -> str | None:
        if job.image is None or not job.findings_of(TOO_LARGE) or book.accepted(job, TOO_LARGE):
            return None
        taken = disk_taken(job.image.packed, job.image.unpacked)
        spec = book.spec(job)
        # Somebody has asked for more already, in the review or in the file, and it holds the image.
        if spec is None or whole(spec.get("ephemeralStorage")) > taken:
            return None
        return f"{taken:.1f}"

    def question(self, key: str, jobs: Sequence[Job], book: Book) -> Question:
        taken = float(key)
        needed = disk_needed(taken)

        def settle(value: str, text: str) -> Changes:
            if value in ("skip", "keep"):
                return for_all(jobs, lambda job: {"decision": value})
            if value == "usual":
                return for_all(jobs, lambda job: book.accepting(job, TOO_LARGE))
            return for_all(jobs, lambda job: {"ephemeralStorage": disk_of(text if value == "other" else value)})

        options = []
        if needed is not None:
            options.append(Option(str(needed), f"{needed} GiB", _("as much is left to the job as a task usually has")))
            options.append(Option("other", _("another size"), _("GiB, 21 to 200"), text=str(needed)))
        if taken < SHARED_DISK:
            options.append(Option("usual", _("the usual {n} GiB").format(n=SHARED_DISK)))
        options += [Option("skip", _("skip")), Option("keep", _("keep on the host"))]
        return Question(
            self.name,
            key,
            tuple(jobs),
            _("{who}: its image takes {taken} GiB of the task's disk. How much disk, in GiB?").format(
                who=who(jobs, book), taken=key
            ),
            _(
                "Every task has {n} GiB, in which the image lies packed and unpacked beside what the job writes; up to 200 can "
                "be asked for. What is beyond {n} costs a little for as long as the task runs."
            ).format(n=SHARED_DISK),
            tuple(options),
            options[0].value,
            settle,
        )


def disk_of(text: str) -> int:
    """GiB of a task's disk; ValueError for what ECS does not take."""
    # docs "EphemeralStorage": 21 to 200; 20 itself is not a valid value.
    if not re.fullmatch(r"\s*\d{1,3}\s*", text) or not SHARED_DISK < int(text) <= 200:
        raise ValueError(_("a disk has 21 to 200 GiB"))
    return int(text)
