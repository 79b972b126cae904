"""ecs.yml as a model: what a developer writes about one job, read strictly.

``load_spec`` is the way in. The file's keys are ECS's own (``entryPoint``, ``logConfiguration``, …); task CPU and
memory are not among them, because they follow from the containers (``Spec.size``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from converters.expressions.eventbridge import MAX_EXPRESSIONS, Cron, ExpressionError, parse
from converters.findings.suggestions import did_you_mean
from converters.specs import capacity
from converters.specs.across import across, one_or_many
from converters.specs.fargate import NOT_ON_FARGATE, Architecture, Size, SizeError, smallest_size
from converters.specs.strict_yaml import Document, Problem, ProblemsError, read, translate
from converters.specs.wishes import (
    After,
    Dependency,
    EfsVolume,
    HealthCheck,
    LinuxParameters,
    Lock,
    LockWish,
    MountPoint,
    Notify,
    RepositoryCredentials,
    Retry,
    Service,
    Success,
    TimeLimit,
    TimeLimitWish,
    Ulimit,
)

SpecError = Problem
SpecErrors = ProblemsError

PLACEHOLDER_IMAGE = "CHANGE_ME"
MAX_EXPRESSION = 256  # characters, PutRule and CreateSchedule

# docs "Using the awslogs log driver": these options and no others.
_AWSLOGS_OPTIONS = [
    "awslogs-group",
    "awslogs-region",
    "awslogs-stream-prefix",
    "awslogs-create-group",
    "awslogs-datetime-format",
    "awslogs-multiline-pattern",
    "mode",
    "max-buffer-size",
]


def _matches(pattern: str, what: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(what)
        return text

    return AfterValidator(check)


def _expression(text: str) -> str:
    if len(text) > MAX_EXPRESSION:
        raise ValueError(
            f"has {len(text)} characters; {MAX_EXPRESSION} is the most; write several expressions as a list"
        )
    try:
        parsed = parse(text)
    except ExpressionError as error:
        raise ValueError(str(error)) from None
    # EventBridge takes the 31st of February, and never starts anything.
    if isinstance(parsed, Cron) and not parsed.days():
        raise ValueError(f"{text} never fires: no year has such a day")
    return text


# Scheduler's API takes 50 characters of a zone's name.
def _timezone(name: str) -> str:
    try:
        if len(name) <= 50:
            ZoneInfo(name)
            return name
    except (ValueError, OSError, KeyError):
        pass
    raise ValueError(
        f"'{name}' is not a time zone{did_you_mean(name, available_timezones()) or '; write it as in Asia/Tokyo'}"
    )


# Letters, digits, '-' and '_': what rule names, schedule names and task families all allow (facts 2).
JobName = Annotated[
    str, Field(max_length=64), _matches(r"[A-Za-z0-9_-]+", "may have letters, digits, '-' and '_' only")
]
ContainerName = Annotated[
    str, Field(max_length=255), _matches(r"[A-Za-z0-9_-]+", "may have letters, digits, '-' and '_' only")
]
Image = Annotated[
    str,
    Field(max_length=255),
    _matches(r"[^\s\x00-\x1f\x7f]+", "must be an image such as repository/name:tag, without blanks"),
]
Cluster = Annotated[
    str,
    _matches(
        r"(arn:aws[\w-]*:ecs:[\w-]+:\d{12}:cluster/)?[A-Za-z0-9_-]{1,255}",
        "must be the name or the ARN of an ECS cluster",
    ),
]
# ECS and execve(2) take any name without '=': cron reads "QUOTED NAME"="v", and hands it on as it stands.
Variable = Annotated[str, _matches(r"[^=\x00]+", "the name of a variable is not empty and has no '='")]
LogOption = Annotated[str, _matches(r"[^=\s\x00]+", "the name of an option has no blanks and no '='")]
# docs "Passing sensitive data to a container": the full ARN of a secret, or a parameter's name in the same Region.
SecretSource = Annotated[
    str,
    _matches(
        r"arn:aws[\w-]*:(secretsmanager|ssm):[\w-]+:\d{12}:\S+|/?[A-Za-z0-9_.\-]+(/[A-Za-z0-9_.\-]+)*",
        "must be the ARN of a secret, or the name or ARN of an SSM parameter",
    ),
]
# docs "Specifying environment files": the full ARN of an object of S3, whose name ends in .env.
EnvironmentFile = Annotated[
    str,
    _matches(
        r"arn:aws[\w-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/\S.*\.env",
        "must be the ARN of an object of S3 that ends in .env, such as arn:aws:s3:::BUCKET/app.env",
    ),
]
Directory = Annotated[str, _matches(r"/[^\x00]*", "must be an absolute path, such as /app")]
# execve(2) takes words and variables that end at a zero byte, so no container could start with one inside.
Text = Annotated[str, _matches(r"[^\x00]*", "holds a zero byte, which no program can be given; take it out")]
Expression = Annotated[str, AfterValidator(_expression)]
Expressions = Annotated[
    list[Expression],
    BeforeValidator(one_or_many),
    Field(min_length=1, max_length=MAX_EXPRESSIONS),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": MAX_EXPRESSION},
                {
                    "type": "array",
                    "items": {"type": "string", "maxLength": MAX_EXPRESSION},
                    "minItems": 1,
                    "maxItems": MAX_EXPRESSIONS,
                },
            ]
        }
    ),
]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


class LogConfiguration(_Part):
    """Where a container's output goes; left out, it goes to the job's log group on CloudWatch Logs."""

    log_driver: Literal["awslogs", "splunk", "awsfirelens"] = Field(description="Fargate knows these three.")
    options: dict[str, str] = Field(
        default={}, description="Options of the driver; missing awslogs options are filled in."
    )
    secret_options: dict[LogOption, SecretSource] = Field(default={}, description="Options whose value is a secret.")

    @model_validator(mode="after")
    def _known_options(self) -> LogConfiguration:
        if self.log_driver == "awslogs":
            for name in self.options:
                if name not in _AWSLOGS_OPTIONS:
                    raise ValueError(f"awslogs has no option '{name}'{did_you_mean(name, _AWSLOGS_OPTIONS)}")
        # awslogs drops lines under pressure unless mode is blocking (the default is non-blocking since 2025-06-25).
        if self.options.get("mode", "blocking") not in ("blocking", "non-blocking"):
            raise ValueError("the option mode is 'blocking' or 'non-blocking'")
        return self


class Container(_Part):
    """One container of the task; the names are those of an ECS container definition."""

    name: ContainerName = Field(description="Unique among the containers of the job.")
    image: Image = Field(description="repository/name:tag, pulled at every start.")
    cpu: int = Field(ge=1, le=32768, description="CPU units; 1024 is one vCPU.")
    # docs "ContainerDefinition": Docker reserves 6 MiB at least for a container.
    memory: int = Field(ge=6, le=249856, description="Hard limit in MiB.")
    essential: bool = Field(default=True, description="When an essential container ends, the task ends.")
    command: list[Text] | None = Field(default=None, description="Arguments, one item each; no shell reads them.")
    entry_point: list[Text] | None = Field(default=None, description="Replaces the image's entry point.")
    working_directory: Directory | None = Field(default=None, description="Where the command starts.")
    # YAML 1.1 reads a bare 1000 as a number and 1000:50 as one in base 60.
    user: Text | None = Field(default=None, min_length=1, description="user, uid, user:group or uid:gid, in quotes.")
    environment: dict[Variable, Text] = Field(
        default={}, description="Variables; every value is text, so quote numbers."
    )
    secrets: dict[Variable, SecretSource] = Field(
        default={}, description="Variables filled from Secrets Manager or SSM: NAME to ARN or parameter name."
    )
    environment_files: list[EnvironmentFile] = Field(
        default=[],
        max_length=10,
        description="Files of NAME=value lines in S3, read when the task starts; environment wins, then the first file.",
    )
    log_configuration: LogConfiguration | None = None
    mount_points: list[MountPoint] = Field(default=[], description="Volumes of the job that this container sees.")
    linux_parameters: LinuxParameters | None = None
    # API reference "ContainerDefinition": at most 120 on Fargate.
    stop_timeout: int | None = Field(
        default=None, ge=2, le=120, description="Seconds between SIGTERM and SIGKILL; else timeout.killAfter, else 30."
    )
    readonly_root_filesystem: bool = Field(default=False, description="Only volumes can be written to.")
    ulimits: list[Ulimit] = Field(default=[], max_length=15, description="nofile is what Fargate lets be changed.")
    depends_on: list[Dependency] = Field(
        default=[], max_length=10, description="Containers that start before this one."
    )
    health_check: HealthCheck | None = None
    repository_credentials: RepositoryCredentials | None = None


class Schedule(_Part):
    """When the task starts, and how many at once."""

    schedule_expression: Expressions = Field(
        description="cron(…) or rate(…), UTC unless timezone is set; or a list of them."
    )
    timezone: Annotated[str, AfterValidator(_timezone)] | None = Field(
        default=None, description="IANA name; with it the job is an EventBridge Scheduler schedule, else a rule in UTC."
    )
    task_count: int = Field(default=1, ge=1, le=10, description="Tasks started at each time.")
    # FlexibleTimeWindow.MaximumWindowInMinutes: 1 to 1440.
    flexible_window: int | None = Field(
        default=None, ge=1, le=1440, description="Minutes within which Scheduler may start it; needs timezone."
    )
    guard: dict[str, object] | None = Field(default=None, description="A date condition no expression can say.")


NO_SCHEDULE = Schedule.model_construct(schedule_expression=[], timezone=None, task_count=1)


class Spec(_Part):
    """One job: what runs, where, and when."""

    type: Literal["FARGATE"]
    cluster: Cluster | None = Field(default=None, description="The cluster, unless cron2fargate.yml names it.")
    name: JobName = Field(description="Name of the rule and of the task definition family.")
    # A task definition holds ten containers.
    containers: list[Container] = Field(min_length=1, max_length=10)
    schedule: Schedule = Field(
        default=NO_SCHEDULE, description="When it starts; a service, or a job with after, has none."
    )
    capacity_provider: Annotated[str, _matches(r"[A-Za-z0-9_-]{1,255}", "must be the name of a provider")] | None = (
        Field(
            default=None,
            description="Instead of launch type FARGATE (FARGATE_SPOT, or one of EC2); the cluster must have it.",
        )
    )
    capacity_provider_strategy: capacity.Strategy = Field(
        default=[], description="Instead of capacityProvider: several, with what runs on each."
    )
    architecture: Architecture | None = Field(default=None, description="Of the image; else what the environment says.")
    lock: LockWish | None = Field(default=None, description="One run at a time (what flock did).")
    timeout: TimeLimitWish | None = Field(default=None, description="End a run that takes longer: seconds.")
    retry: Retry | None = Field(default=None, description="Start again after a failure.")
    success: Success = Field(
        default=[0], description="Exit statuses that are no failure, such as grep's 1 (nothing found): [0, 1]."
    )
    once: bool = Field(default=False, description="Drop a second start of the same slot; AWS delivers at least once.")
    start: Literal["task", "workflow"] | None = Field(
        default=None,
        description="workflow: a state machine starts the task, whatever else the job wishes: a start that Fargate refuses "
        "is tried again, and one that fails is told. task: a rule or schedule starts it itself. Else the environment's.",
    )
    after: After = Field(default=[], description="Run when these jobs have succeeded, in one workflow with them.")
    notify: Notify | None = Field(default=None, description="Whom to tell (what MAILTO did).")
    service: Service | None = Field(default=None, description="Keep it running, instead of a schedule.")
    volumes: list[EfsVolume] = Field(default=[], max_length=20, description="EFS file systems of the task.")
    # Fargate gives 20 GiB to every task; docs "EphemeralStorage": 21 to 200 may be asked for.
    ephemeral_storage: int | None = Field(
        default=None, ge=21, le=200, description="GiB of the task's own disk, where the usual 20 are too few."
    )
    task_definition: dict[str, object] = Field(
        default={},
        description="What AWS's RegisterTaskDefinition takes beyond all this, by its own names; containerDefinitions by name.",
    )
    target: dict[str, object] = Field(
        default={},
        description="What EventBridge's or Scheduler's target takes beyond all this: EcsParameters, by its names.",
    )
    legacy: dict[str, object] | None = Field(
        default=None, description="Where the job came from: plan counts against that line."
    )

    @property
    def has_statuses(self) -> bool:
        """Whether a status other than 0 is well."""
        return set(self.success) != {0}

    @property
    def providers(self) -> list[dict[str, str | int]]:
        """The capacity providers with their shares, by the names of ECS; none where launch type FARGATE is meant."""
        return capacity.strategy(self.capacity_provider, self.capacity_provider_strategy)

    @property
    def expressions(self) -> list[str]:
        return self.schedule.schedule_expression

    def size(self, architecture: Architecture = "X86_64") -> Size:
        """The cheapest Fargate size for the sum of the containers; fargate.SizeError is ruled out by load_spec."""
        # The sum of the containers' reservations must fit the task (docs "Task CPU and memory").
        cpu = sum(container.cpu for container in self.containers)
        return smallest_size(cpu, sum(container.memory for container in self.containers), architecture)


_KEYS: dict[str, type[BaseModel]] = {
    "": Spec,
    "capacityProviderStrategy": capacity.Provider,
    "containers": Container,
    "schedule": Schedule,
    "logConfiguration": LogConfiguration,
    "lock": Lock,
    "timeout": TimeLimit,
    "retry": Retry,
    "notify": Notify,
    "service": Service,
    "volumes": EfsVolume,
    "mountPoints": MountPoint,
    "linuxParameters": LinuxParameters,
    "ulimits": Ulimit,
    "dependsOn": Dependency,
    "healthCheck": HealthCheck,
    "repositoryCredentials": RepositoryCredentials,
}
_ALLOWED = {place: [info.alias or name for name, info in model.model_fields.items()] for place, model in _KEYS.items()}
_SRE = "belongs in cron2fargate.yml, for all jobs of an environment"
_UNKNOWN = {
    **{key: f"'{key}' is not possible on Fargate" for key in NOT_ON_FARGATE},
    **{
        key: f"'{key}' {_SRE}"
        for key in [
            "subnets",
            "securityGroups",
            "assignPublicIp",
            "executionRole",
            "executionRoleArn",
            "taskRole",
            "taskRoleArn",
            "eventsRole",
            "region",
            "profile",
            "networkConfiguration",
            "networkMode",
            "logGroup",
            "platformVersion",
        ]
    },
}
_TASK_SIZE = (
    "is not written for the task: it is the cheapest Fargate size that holds the containers; set it per container"
)


def load_spec(text: str, path: str) -> Spec:
    """The spec in an ecs.yml; ``path`` is only used in messages. Raises SpecErrors with every mistake of the file."""
    document = read(text)
    if document.value is None and document.problems:
        raise SpecErrors(path, document.problems)
    spec: Spec | None = None
    try:
        spec = Spec.model_validate(document.value)
    except ValidationError as error:
        unknown = {**_UNKNOWN, **_task_size_keys(document)}
        # What the reader of YAML has told already is not told again in pydantic's words.
        seen = {(problem.line, problem.field) for problem in document.problems}
        found = translate(document, error.errors(include_url=False), _ALLOWED, unknown)
        document.problems += [problem for problem in found if (problem.line, problem.field) not in seen]
    document.problems += across(document)
    if spec is not None:
        document.problems += _too_large(document, spec)
    if document.problems or spec is None:
        raise SpecErrors(path, document.problems)
    return spec


def _task_size_keys(document: Document) -> dict[str, str]:
    top = document.value if isinstance(document.value, dict) else {}
    return {key: f"'{key}' {_TASK_SIZE}" for key in ("cpu", "memory") if key in top}


def _too_large(document: Document, spec: Spec) -> Iterator[Problem]:
    try:
        spec.size()
    except SizeError as error:
        yield document.problem(("containers",), str(error), key=True)


def json_schema() -> dict[str, object]:
    """JSON Schema of ecs.yml, for editors; it knows shapes and bounds, ``load_spec`` knows more."""
    schema = Spec.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "ecs.yml of cron2fargate"}
