"""review.yml as a model: what was decided about each job, read as strictly as ecs.yml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from converters.secrets.search import find_secrets, is_secret_variable
from converters.specs.model import EnvironmentFile, Image, JobName, SecretSource, Variable
from converters.specs.strict_yaml import Document, Problem, ProblemsError, read, translate
from converters.specs.wishes import MAX_SECONDS, MAX_WAIT, Notify, distinct
from converters.tables.file_names import alike, checked_out

NONE = "none"
SKIP_RUN = "skip"
FOREVER = "forever"
IN_IMAGE = "image"


def _lock(value: object) -> object:
    if value in (NONE, SKIP_RUN, FOREVER) or (_is_number(value) and 1 <= value <= MAX_WAIT):  # type: ignore[operator]
        return value
    raise ValueError(f"must be skip, forever, none, or the seconds to wait (1 to {MAX_WAIT})")


def _limit(value: object) -> object:
    if value == NONE or (_is_number(value) and 1 <= value <= MAX_SECONDS):  # type: ignore[operator]
        return value
    raise ValueError(f"must be seconds (1 to {MAX_SECONDS}), or none")


def _is_number(value: object) -> bool:
    # bool is a subclass of int, and `lock: yes` would be one second.
    return isinstance(value, int) and not isinstance(value, bool)


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"'{name}' is not a time zone; write it as in Asia/Tokyo") from None
    return name


def _no_secrets(variables: dict[str, str]) -> dict[str, str]:
    for name, value in variables.items():
        # review.yml goes into version control with the rest.
        if is_secret_variable(name, value) or find_secrets(value):
            raise ValueError(f"{name} looks like a secret; give the name of its parameter under secrets instead")
    return variables


def _line_hash(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError("must be the SHA-256 of the crontab's line, 64 digits; remove it to be asked again")
    return text


def _file(value: object) -> object:
    if value in (IN_IMAGE, NONE):
        return value
    try:
        return TypeAdapter(EnvironmentFile).validate_python(value)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ") + "; or image, or none") from None


FileAnswer = Annotated[str, PlainValidator(_file), WithJsonSchema({"type": "string"})]
Seconds = Annotated[int | str, PlainValidator(_limit), WithJsonSchema({"type": ["integer", "string"]})]
LockPolicy = Annotated[int | str, PlainValidator(_lock), WithJsonSchema({"type": ["integer", "string"]})]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


class Decision(_Part):
    """What was decided about one job; what is None is not decided, and then the proposal stands."""

    line: Annotated[str, AfterValidator(_line_hash)] | None = Field(
        default=None, description="SHA-256 of the crontab's line that was looked at; another line is asked again."
    )
    decision: Literal["take", "skip", "keep"] | None = Field(
        default=None, description="take it to AWS, skip it (it ends), or keep it on the host."
    )
    service: bool | None = Field(default=None, description="Take it as an ECS service that keeps running.")
    name: Annotated[JobName, AfterValidator(checked_out)] | None = Field(
        default=None, description="The job's name, where another than the proposed one."
    )
    image: Image | None = None
    # Fargate's largest task has 32 vCPU and 244 GB (ECS, "Task CPU and memory"); the pair is checked with the spec.
    cpu: int | None = Field(default=None, ge=1, le=32768, description="CPU units of the container; 1024 is one vCPU.")
    # Docker needs 6 MiB at least (ECS, container definition `memory`).
    memory: int | None = Field(default=None, ge=6, le=249856, description="MiB of the container.")
    # docs "EphemeralStorage": 21 to 200; 20 GiB are there without asking.
    ephemeral_storage: int | None = Field(default=None, ge=21, le=200, description="GiB of the task's own disk.")
    architecture: Literal["X86_64", "ARM64"] | None = None
    user: Annotated[str, Field(pattern=r"^[\w.-]{1,32}(:[\w.-]{1,32})?$")] | None = Field(
        default=None, description="Who runs it: image (the image's own user), a name, or uid:gid in quotes."
    )
    backend: Literal["rule", "seasonal", "scheduler", "auto", "exact"] | None = Field(
        default=None, description="What starts it; as scan --backend."
    )
    start: Literal["task", "workflow"] | None = Field(
        default=None, description="A plain target, or a workflow, where the job asks for nothing that needs one."
    )
    timezone: Annotated[str, AfterValidator(_zone)] | None = Field(
        default=None, description="Zone of its Scheduler schedule; default: the crontab's."
    )
    lock: LockPolicy | None = Field(
        default=None, description="A run that finds the lock taken: skip it, wait SECONDS, wait forever; none: no lock."
    )
    lock_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,200}$")] | None = Field(
        default=None, description="Jobs with one name exclude each other."
    )
    timeout: Seconds | None = Field(default=None, description="Seconds after which a run is ended, or none.")
    secrets: dict[Variable, SecretSource] | None = Field(
        default=None, description="NAME: parameter or ARN that the variable is read from."
    )
    environment: Annotated[dict[Variable, str], AfterValidator(_no_secrets)] | None = Field(
        default=None, description="Variables to set or to change."
    )
    aws_keys: Literal["role", "secrets"] | None = Field(
        default=None,
        description="Keys of an AWS user: left out, for the task role gives the rights, or kept as secrets.",
    )
    environment_files: dict[str, FileAnswer] | None = Field(
        default=None,
        description="File of variables that the command reads: its ARN in S3, image (it stays in the image), or none.",
    )
    notify: Notify | None = Field(default=None, description="Who is told of failures; without addresses, nobody.")
    owner: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Whom to ask about the job."
    )
    after: Annotated[list[JobName], distinct("job"), Field(max_length=10)] | None = Field(
        default=None, description="Jobs after which it runs, instead of a schedule of its own."
    )
    accepted: Annotated[list[str], distinct("code")] | None = Field(
        default=None, description="Codes of findings, and questions, that are settled as they are."
    )
    accepted_as: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]] | None = Field(
        default=None,
        description="CODE: digest of what its findings said when accepted; where they say otherwise, it is asked again.",
    )
    taken_as: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")] | None = Field(
        default=None,
        description="Digest of what spoke against moving it when it was taken; where other things do, it is asked again.",
    )
    fleet: Literal["once", "each", "apart"] | None = Field(
        default=None,
        description="The same job on several hosts: it runs once, on each of them, or they are different jobs.",
    )
    copy_of: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")] | None = Field(
        default=None, description="Id of the job of another host that runs once for this one too; with decision: skip."
    )
    note: Annotated[str, Field(max_length=2000)] | None = Field(default=None, description="For people; never read.")

    @model_validator(mode="after")
    def _copies_are_left_out(self) -> Decision:
        # Taken as well, it would run on AWS beside the job that runs for it.
        if self.copy_of is not None and (self.decision != "skip" or self.fleet != "once"):
            raise ValueError("copyOf stands with fleet: once and decision: skip, or not at all")
        return self

    def plain(self) -> dict[str, object]:
        """The mapping that review.yml holds: what is decided, and nothing else."""
        return self.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)

    def changed(self, changes: Mapping[str, object]) -> Decision:
        """This decision with some keys set anew (as in the file); a value of None takes the key away.

        Raises ValueError with one sentence for each mistake.
        """
        # None is the only way to take a key away, so no key can be decided to be null.
        kept = {key: value for key, value in {**self.plain(), **changes}.items() if value is not None}
        return decision_of(kept)


class ReviewFile(_Part):
    """The whole file."""

    version: Literal[1]
    backend: Literal["rule", "seasonal", "scheduler", "auto", "exact", "each"] | None = Field(
        default=None, description="What starts all jobs that have no backend of their own; each: asked job by job."
    )
    start: Literal["task", "workflow"] | None = Field(
        default=None, description="What starts all jobs that ask for no more than to start, and say nothing themselves."
    )
    jobs: dict[str, Decision] = {}

    @property
    def every(self) -> dict[str, str]:
        """What it decides for all jobs."""
        found = {"backend": self.backend, "start": self.start}
        return {key: value for key, value in found.items() if value is not None}


KEYS = [info.alias or name for name, info in Decision.model_fields.items()]
_NOTIFY_KEYS = [info.alias or name for name, info in Notify.model_fields.items()]


def decision_of(value: Mapping[str, object]) -> Decision:
    """The decision in a plain mapping; ValueError, one sentence a mistake, where it is not one."""
    try:
        return Decision.model_validate(dict(value))
    except ValidationError as error:
        raise ValueError("\n".join(str(problem) for problem in _problems(Document(), error, KEYS))) from None


def parse_review(text: str, path: str) -> tuple[ReviewFile, Document]:
    """The decisions, by their keys (job ids; in an answers file also names and patterns), and where they stand.

    Raises ProblemsError with every mistake of the file.
    """
    # As large as the largest fleet: a job takes some 20 values.
    # The usual limits of our YAML are those of one ecs.yml (against bombs of aliases); this file has all jobs. A value takes
    # a character at least, so only aliases make more of them: four million took the better part of a minute.
    document = read(text, most_text=50_000_000, most_nodes=10_000 + len(text))
    found: ReviewFile | None = None
    if document.value is not None or not document.problems:
        try:
            found = ReviewFile.model_validate(document.value)
        except ValidationError as error:
            document.problems += _problems(document, error, ["version", "backend", "start", "jobs"])
    if found is not None:
        document.problems += _named_alike(document, found)
    if document.problems or found is None:
        raise ProblemsError(path, document.problems)
    return found, document


def _named_alike(document: Document, found: ReviewFile) -> Iterator[Problem]:
    """Jobs of one name, or of names that are one directory on a system where case does not count."""
    first: dict[str, str] = {}
    for job, decision in found.jobs.items():
        if decision.name and first.setdefault(alike(decision.name), job) != job:
            yield document.problem(
                ("jobs", job, "name"), f"'{decision.name}' is the name of {first[alike(decision.name)]} too"
            )


def parse_block(text: str) -> dict[str, object]:
    """The keys of one decision, as they were edited as text; ValueError names line and mistake."""
    # Comments are dropped before reading, so an editor full of hints is an empty answer.
    stripped = "\n".join(row for row in text.splitlines() if row.strip() and not row.lstrip().startswith("#"))
    if not stripped.strip():
        return {}
    document = read(text)
    if not document.problems:
        try:
            return Decision.model_validate(document.value).plain()
        except ValidationError as error:
            document.problems += _problems(document, error, KEYS)
    raise ValueError("\n".join(f"line {problem.line}: {problem}" for problem in sorted(set(document.problems))))


def _problems(document: Document, error: ValidationError, top: list[str]) -> list[Problem]:
    return translate(document, error.errors(include_url=False), {"": top, "*": KEYS, "notify": _NOTIFY_KEYS})
