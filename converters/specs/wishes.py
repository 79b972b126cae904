"""What a job wishes beyond starting on time: a lock, a time limit, another try, an order, somebody to tell.

These are parts of ecs.yml (``ecs.py``); what carries them out on AWS is ``state_machine.py`` and the frame around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

FOREVER = "forever"
DAY = 86_400
MAX_WAIT = 7 * DAY
MAX_SECONDS = 99_999_999  # the most a Wait or a TimeoutSeconds of Step Functions takes


class Wish(BaseModel):
    """Read as strictly as the rest of ecs.yml."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


def _limit(value: object) -> object:
    """``timeout: 3600`` is short for ``timeout: {seconds: 3600}``."""
    # bool is an int: `timeout: true` is no second.
    return {"seconds": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _named(value: object) -> object:
    """``lock: NAME`` is short for ``lock: {name: NAME}``."""
    return {"name": value} if isinstance(value, str) else value


def _wait(value: object) -> object:
    if value == FOREVER or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_WAIT):
        return value
    raise ValueError(f"must be seconds from 0 to {MAX_WAIT}, or the word {FOREVER}")


Wait = Annotated[
    int | Literal["forever"],
    PlainValidator(_wait),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, "maximum": MAX_WAIT}, {"const": FOREVER}]}),
]


class Lock(Wish):
    """One run at a time, as ``flock`` made it, or at most ``runs``. Jobs that name the same lock exclude each other."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,200}$")] = Field(
        description="Jobs with the same name never run at once; shared locks are one item of the lock table."
    )
    wait: Wait = Field(
        default=0, description="Seconds to wait for a lock that is taken; 0 skips the run, forever waits."
    )
    shared: bool = Field(default=False, description="Runs with a shared lock exclude exclusive ones only (flock -s).")
    runs: int = Field(
        default=1,
        ge=1,
        le=100,
        description="At most so many runs hold the lock at once; above 1 one too many is told, not skipped in silence.",
    )
    # A lease of less than a minute would end while the task still starts.
    lease: Annotated[int, Field(ge=60, le=30 * DAY)] | None = Field(
        default=None,
        description="Seconds after which the lock is free whatever happened; without it, from the timeout, else a day.",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Lock:
        # A shared lock has no bound: runs that share it exclude only those that hold it alone.
        if self.shared and self.runs > 1:
            raise ValueError("a shared lock takes any number of runs; leave out shared, or runs")
        return self


class TimeLimit(Wish):
    """End a run that takes longer."""

    seconds: int = Field(
        ge=1, le=MAX_SECONDS, description="Of the job itself; the time a task needs to start is added."
    )
    kill_after: int | None = Field(
        # docs "stopTimeout": 2 to 120 seconds on Fargate.
        default=None,
        ge=2,
        le=120,
        description="Seconds between SIGTERM and SIGKILL (stopTimeout of the container).",
    )


class Retry(Wish):
    """Start a failed run again."""

    attempts: int = Field(ge=1, le=10, description="Further tries after the first.")
    wait: int = Field(default=60, ge=1, le=DAY, description="Seconds before the first further try.")
    backoff: float = Field(default=2, ge=1, le=10, description="The wait is multiplied by this each time.")


def _statuses(codes: list[int]) -> list[int]:
    if 0 not in codes:
        raise ValueError("0 is missing: it is a success always; write [0, 1] to take 1 for one too")
    if len(set(codes)) != len(codes):
        raise ValueError("the same status stands twice")
    return codes


Success = Annotated[
    # exit(2): the low eight bits of the status.
    list[Annotated[int, Field(ge=0, le=255)]],
    AfterValidator(_statuses),
    Field(min_length=1, max_length=256, json_schema_extra={"contains": {"const": 0}, "uniqueItems": True}),
]


class Notify(Wish):
    """Whom to tell: what MAILTO did."""

    # RFC 5321: 64 before the @, 255 behind.
    email: list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)]] = Field(
        default=[], max_length=20, description="Addresses that are told of failures."
    )
    output: bool = Field(default=False, description="Tell also when a run printed something, as cron's mail did.")
    slack: bool = Field(default=True, description="Use the Slack channel of the environment, where it has one.")


class EfsVolume(Wish):
    """A file system that outlives the task."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,255}$")]
    # The id patterns are those of the EFS API.
    file_system_id: Annotated[str, Field(pattern=r"^fs-[0-9a-f]{8,40}$")]
    access_point_id: Annotated[str, Field(pattern=r"^fsap-[0-9a-f]{8,40}$")] | None = None
    root_directory: Annotated[str, Field(pattern=r"^/")] | None = None


class MountPoint(Wish):
    """Where a container sees a volume of the job."""

    volume: str = Field(description="The name of a volume of the job.")
    path: Annotated[str, Field(pattern=r"^/")] = Field(description="Absolute path in the container.")
    read_only: bool = False


class LinuxParameters(Wish):
    """Of ECS's linuxParameters what a job may need."""

    init_process_enabled: bool = Field(
        default=False,
        description="An init as the first process: it hands SIGTERM on and buries orphans. Not for images with their own.",
    )


class Ulimit(Wish):
    """A limit of the kernel for the processes of a container, in place of the one that Fargate sets."""

    # ECS's names, which are Docker's. -1 is no limit.
    name: Literal[
        "core",
        "cpu",
        "data",
        "fsize",
        "locks",
        "memlock",
        "msgqueue",
        "nice",
        "nofile",
        "nproc",
        "rss",
        "rtprio",
        "rttime",
        "sigpending",
        "stack",
    ]
    soft_limit: int = Field(ge=-1)
    hard_limit: int = Field(ge=-1)

    @model_validator(mode="after")
    def _in_order(self) -> Ulimit:
        # setrlimit(2): the soft limit is at most the hard one, EINVAL else.
        if self.hard_limit != -1 and not 0 <= self.soft_limit <= self.hard_limit:
            raise ValueError(f"softLimit {self.soft_limit} is more than hardLimit {self.hard_limit}")
        return self


class Dependency(Wish):
    """What another container must have come to before this one starts."""

    container_name: str = Field(description="Another container of the job, or a sidecar of the settings.")
    condition: Literal["START", "COMPLETE", "SUCCESS", "HEALTHY"]


class HealthCheck(Wish):
    """A command that ECS runs in the container; an essential container that fails it ends the task."""

    command: list[str] = Field(min_length=2, description="CMD and its words, or CMD-SHELL and one text.")
    # API reference "HealthCheck": these are the bounds and the defaults that ECS fills in.
    interval: int = Field(default=30, ge=5, le=300, description="Seconds.")
    timeout: int = Field(default=5, ge=2, le=60, description="Seconds.")
    retries: int = Field(default=3, ge=1, le=10)
    start_period: int | None = Field(
        default=None, ge=0, le=300, description="Seconds in which a failure counts nothing."
    )

    @field_validator("command")
    @classmethod
    def _shape(cls, words: list[str]) -> list[str]:
        if words[0] not in ("CMD", "CMD-SHELL"):
            raise ValueError(f"begins with CMD or CMD-SHELL, not with '{words[0]}'")
        if words[0] == "CMD-SHELL" and len(words) != 2:
            raise ValueError("CMD-SHELL takes one text, which the shell reads")
        return words


class RepositoryCredentials(Wish):
    """The login of a private registry outside ECR."""

    credentials_parameter: Annotated[str, Field(pattern=r"^arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:\S+$")] = (
        Field(description="ARN of the secret with username and password.")
    )


class Service(Wish):
    """Keep it running for ever: an ECS service instead of a schedule (what @reboot and keep-alive lines meant)."""

    # The rest is held against AWS's own model by the plan.
    model_config = ConfigDict(extra="allow")
    # An ECS service may wait with nothing running.
    desired_count: int = Field(default=1, ge=0, le=10)

    @property
    def passed(self) -> dict[str, object]:
        """What CreateService takes beyond all this, as it is written."""
        return dict(self.model_extra or {})


def _jobs(value: object) -> object:
    return [value] if isinstance(value, str) else value


JobNames = Annotated[
    list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]], BeforeValidator(_jobs), Field(max_length=10)
]


class _OrShort:
    """Tells the JSON Schema of the short way of writing a wish."""

    def __init__(self, short: dict[str, object]) -> None:
        self.short = short

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, object]:
        return {"anyOf": [handler(core), self.short]}


LockWish = Annotated[Lock, BeforeValidator(_named), _OrShort({"type": "string"})]
TimeLimitWish = Annotated[TimeLimit, BeforeValidator(_limit), _OrShort({"type": "integer", "minimum": 1})]


def distinct(what: str) -> AfterValidator:
    """A list in which no ``what`` stands twice; the refusal names the first that does."""

    def refuse(names: list[object]) -> list[object]:
        for at, name in enumerate(names):
            if name in names[:at]:
                raise ValueError(f"the {what} {name} stands twice")
        return names

    return AfterValidator(refuse)


After = Annotated[JobNames, distinct("job")]
