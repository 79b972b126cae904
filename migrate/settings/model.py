"""cron2fargate.yml as a model, read as strictly as ecs.yml."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from converters.frame.place import APART, ENVIRONMENT, JOB, PLAIN
from converters.specs.strict_yaml import ProblemsError, dotted, read, translate
from converters.workflows.ceilings import Ceilings as Counted
from migrate.errors import UserError

PLACEHOLDER = "CHANGE_ME"

# What PutRetentionPolicy accepts.
RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


def _matches(pattern: str, what: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        # A placeholder passes: `check` and `register` name all that are left, rather than one mistake after the
        # other.
        if PLACEHOLDER not in text and not compiled.fullmatch(text):
            raise ValueError(what)
        return text

    return AfterValidator(check)


def _retention(days: int) -> int:
    if days not in RETENTION_DAYS:
        raise ValueError(f"CloudWatch Logs knows {', '.join(map(str, RETENTION_DAYS))} days only")
    return days


def _log_group(name: str) -> str:
    rest = name.replace(JOB, "job").replace(ENVIRONMENT, "environment")
    if re.search(r"[{}]", rest):
        raise ValueError("only {job} and {environment} can stand in braces")
    # CreateLogGroup: 512 characters of a-z, A-Z, 0-9 and _-/.#; the job's name needs room.
    if not re.fullmatch(r"[\w./#-]{1,400}", rest, re.ASCII):
        raise ValueError("a log group's name has letters, digits and _-/.# only")
    return name


def _names(pattern: str) -> str:
    if pattern.count(JOB) != 1 or pattern.count(ENVIRONMENT) > 1:
        raise ValueError("must hold {job} once, and may hold {environment} once, such as {environment}-{job}")
    # What rules, schedules, task families, workflows and services all take.
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,24}", pattern.replace(JOB, "").replace(ENVIRONMENT, "")):
        raise ValueError("may have letters, digits, '-' and '_' beside {job} and {environment}, at most 24")
    return pattern


Role = Annotated[
    str,
    # iam:PassRole wants the ARN; a name is completed with the account when it is known. `aws-cn`, `aws-us-gov` exist.
    _matches(r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+|[\w+=,.@-]{1,64}", "must be the name or the ARN of a role"),
]
Name = Annotated[str, _matches(r"[A-Za-z0-9_.-]{1,40}", "may have letters, digits and -_. only, at most 40")]
# Tag keys have 128 characters, and `aws:` is reserved (AWS, "Tag naming limits and requirements").
TagKey = Annotated[str, _matches(r"(?!aws:|cron2fargate:)[\w\s.:/=+@-]{1,128}", "is not a tag key AWS allows here")]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


class Retry(_Part):
    """RetryPolicy of new targets: for starts that fail, not for jobs that fail."""

    # EventBridge and Scheduler, RetryPolicy: 0 to 185 attempts, 60 to 86,400 seconds.
    maximum_retry_attempts: int = Field(default=3, ge=0, le=185)
    maximum_event_age_in_seconds: int = Field(default=900, ge=60, le=86400)


# In `secret:KEY:STAGE:VERSION` of ECS and in CloudFormation's reference a colon would end it, and braces the reference.
_MEMBER = r"^[^\s:{}\"]{1,200}$"


class Slack(_Part):
    """A Slack channel, told through an EventBridge API destination (no code to host)."""

    webhook_secret: str = Field(
        min_length=1,
        description="Secrets Manager secret (name or ARN) with the incoming webhook's address, or the token that ends it.",
    )
    webhook_secret_key: Annotated[str, Field(pattern=_MEMBER)] | None = Field(
        default=None, description="The member of it that holds that, where the secret is JSON."
    )


class Datadog(_Part):
    """Events to Datadog through an EventBridge API destination, and where the agent runs beside the job."""

    api_key_secret: str = Field(min_length=1, description="Secrets Manager secret (name or ARN) with the API key.")
    api_key_secret_key: Annotated[str, Field(pattern=_MEMBER)] | None = Field(
        default=None, description="The member of it that holds the key, where the secret is JSON."
    )
    site: str = Field(default="datadoghq.com", min_length=1)
    events: bool = Field(default=True, description="Send an event for every failed run.")
    agent: bool = Field(default=False, description="Run the agent beside every job, as a non-essential container.")


class PagerDuty(_Part):
    """Incidents by PagerDuty's Events API v2: triggered, and resolved where a start that was missing runs again."""

    routing_key_secret: str = Field(
        min_length=1, description="Secrets Manager secret (name or ARN) with the integration key of the service."
    )
    routing_key_secret_key: Annotated[str, Field(pattern=_MEMBER)] | None = Field(
        default=None, description="The member of it that holds the key, where the secret is JSON."
    )
    region: Literal["us", "eu"] = Field(default="us", description="Service region of the account.")


class Https(_Part):
    """An HTTPS address of your own that is told each event as JSON, by POST."""

    address: Annotated[
        str,
        # EventBridge, CreateApiDestination: at most 2,048 characters; `*` would stand for a path parameter.
        _matches(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[\w./~:@!$&'()+,;=%-]*)?", "must be an https:// address"),
        Field(max_length=2048),
    ]
    header: Annotated[str, _matches(r"[A-Za-z0-9!#$%&'+.^_`|~-]{1,128}", "must be the name of a header")] = (
        "Authorization"
    )
    prefix: Annotated[str, _matches(r"[A-Za-z0-9=+/ _-]{0,64}", "may have letters, digits, blanks and =+/_- only")] = (
        Field(default="", description="What stands before the secret in the header, such as 'Bearer '.")
    )
    secret: str = Field(min_length=1, description="Secrets Manager secret (name or ARN) with the header's value.")
    secret_key: Annotated[str, Field(pattern=_MEMBER)] | None = Field(
        default=None, description="The member of it that holds the value, where the secret is JSON."
    )


class Notifications(_Part):
    """Who is told of failed runs, for every job of the environment."""

    email: list[Annotated[str, Field(max_length=320)]] = Field(default=[], max_length=50)
    slack: Slack | None = None
    datadog: Datadog | None = None
    pagerduty: PagerDuty | None = None
    https: Https | None = None


class Sidecar(_Part):
    """A container beside every job, such as a log router; never essential, and added to the task's size."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,255}$")]
    image: str = Field(min_length=1, max_length=255)
    cpu: int = Field(default=64, ge=1, le=16384)
    memory: int = Field(default=128, ge=6, le=122880)
    environment: dict[str, str] = {}
    secrets: dict[str, str] = {}
    firelens: Literal["fluentbit", "fluentd"] | None = Field(
        default=None, description="Route the logs of the job's containers through this one."
    )
    firelens_options: dict[str, str] = Field(
        default={}, description="Options of the jobs' awsfirelens log driver, such as Name, region."
    )


class Ceilings(_Part):
    """What an environment may come to at most. Schedules that come to more are refused, and so is a start that does."""

    starts_per_minute: int | None = Field(
        default=None, ge=1, le=100_000, description="Starts in one minute of the clock (UTC), of all its jobs."
    )
    starts_per_hour: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Starts in one hour of the clock (UTC), of all its jobs."
    )
    price_per_month: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="USD that its jobs cost in a month by the report's model; asked of the schedules, not of what ran.",
    )

    @property
    def of_starts(self) -> Counted:
        """Those that each start of a workflow counts for itself."""
        return Counted(self.starts_per_minute, self.starts_per_hour)

    @property
    def any(self) -> bool:
        return bool(self.of_starts) or self.price_per_month is not None


# AwsVpcConfiguration: 16 subnets and 5 security groups at most.
Subnets = Annotated[
    list[Annotated[str, _matches(r"subnet-[0-9a-f]{8,17}", "must be a subnet id (subnet-…)")]],
    Field(min_length=1, max_length=16),
]
SecurityGroups = Annotated[
    list[Annotated[str, _matches(r"sg-[0-9a-f]{8,17}", "must be a security group id (sg-…)")]],
    Field(min_length=1, max_length=5),
]
# AWS allows 50 tags a resource; ten are left for ours.
ResourceTags = Annotated[dict[TagKey, Annotated[str, Field(max_length=256)]], Field(max_length=40)]
_MOST_TAGS = 40
JobName = Annotated[str, _matches(r"[A-Za-z0-9_-]{1,64}", "must be the name of a job")]


class JobSettings(_Part):
    """What one job has of its own of what else is the environment's; what is left out stays the environment's."""

    task_role: Role | None = Field(default=None, description="What this job may do.")
    execution_role: Role | None = Field(default=None, description="Pulls its image, writes its log, reads its secrets.")
    subnets: Subnets | None = None
    security_groups: SecurityGroups | None = None
    tags: ResourceTags = Field(default={}, description="Beside those of the environment; one of the same key wins.")


class Environment(_Part):
    """One account and region with its network and roles."""

    region: Annotated[str, _matches(r"[a-z]{2,4}(-[a-z]+)+-\d", "must be a region such as ap-northeast-1")]
    names: Annotated[str, AfterValidator(_names)] | None = Field(
        default=None,
        description="Names of rules, task families, workflows and services; {job} where there is one environment, else "
        "{environment}-{job}. What all jobs share holds the environment too, unless this is {job}.",
    )
    profile: str | None = Field(default=None, min_length=1, description="A profile of ~/.aws/config.")
    cluster: Annotated[
        str | None, Field(default=None, description="Name or ARN of the ECS cluster; wins over the one in ecs.yml.")
    ] = None
    subnets: Subnets
    security_groups: SecurityGroups
    assign_public_ip: Literal["ENABLED", "DISABLED"] = "DISABLED"
    execution_role: Role = Field(description="Pulls the image, writes the log, reads secrets.")
    task_role: Role | None = Field(default=None, description="What the job itself may do.")
    events_role: Role = Field(description="What EventBridge may do: ecs:RunTask and iam:PassRole.")
    scheduler_role: Role | None = Field(default=None, description="The same for EventBridge Scheduler.")
    states_role: Role | None = Field(
        default=None,
        description="What Step Functions may do: run tasks, hold locks; for jobs with lock, timeout, retry.",
    )
    lock_table: Name | None = Field(
        default=None, description="DynamoDB table of the locks; default cron2fargate-OWNER-locks."
    )
    watch: bool = Field(
        default=False,
        description="A watchman: every start of a workflow notes its slot, and who looks each five minutes tells of the "
        "one that is missing. It takes the place of the alarms for missed runs.",
    )
    ceilings: Ceilings = Ceilings.model_construct(starts_per_minute=None, starts_per_hour=None, price_per_month=None)
    topic: Name | None = Field(default=None, description="SNS topic of failures; default cron2fargate-OWNER-failures.")
    permissions_boundary: (
        # Organizations often refuse iam:CreateRole without one (iam:PermissionsBoundary).
        Annotated[str, _matches(r"arn:aws[\w-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+", "must be the ARN of a policy")]
        | None
    ) = Field(default=None, description="ARN of the policy that bounds every role which is made.")
    assume_role: Role | None = Field(
        default=None, description="ARN of a role to take on in the account, after profile."
    )
    notifications: Notifications = Notifications.model_construct(
        email=[], slack=None, datadog=None, pagerduty=None, https=None
    )
    sidecars: list[Sidecar] = Field(default=[], max_length=5)
    prices: dict[str, float] = Field(
        default={},
        description="Prices in USD that differ from the built-in list; keys as 'cron2fargate report' shows them.",
    )
    schedule_group: Name | None = Field(default=None, description="Default: cron2fargate-OWNER.")
    log_group: Annotated[str, AfterValidator(_log_group)] = Field(
        default="/cron2fargate/{job}", description="{job} is the name of the job."
    )
    log_retention_days: Annotated[int, AfterValidator(_retention)] | None = Field(
        default=None, description="Without it, CloudWatch Logs keeps everything."
    )
    retry: Retry = Retry.model_construct(maximum_retry_attempts=3, maximum_event_age_in_seconds=900)
    dead_letter_queue: (
        # A FIFO queue is refused by EventBridge as a dead-letter queue, and its name ends in `.fifo`, which no `\w`
        # matches.
        Annotated[str, _matches(r"arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w-]+", "must be the ARN of a standard SQS queue")]
        | None
    ) = None
    architecture: Literal["X86_64", "ARM64"] = "X86_64"
    platform_version: (
        Annotated[str, _matches(r"LATEST|\d+\.\d+\.\d+", "must be a version such as 1.4.0, or LATEST")] | None
    ) = None
    tags: ResourceTags = {}
    start: Literal["task", "workflow"] = Field(
        default="task",
        description="What starts jobs that do not say it and wish no more than to start: their task itself, or a workflow.",
    )
    jobs: dict[JobName, JobSettings] = Field(
        default={}, description="By name of a job: roles, network and tags of its own."
    )

    # Not of the file: the key under which it stands there, and whether it stands there alone.
    _name: str = PrivateAttr(default="")
    _alone: bool = PrivateAttr(default=True)

    @property
    def name(self) -> str:
        return self._name

    @property
    def alone(self) -> bool:
        return self._alone

    @property
    def pattern(self) -> str:
        """Of the names of jobs."""
        return self.names or (PLAIN if self._alone else APART)

    def of_job(self, job: str) -> Environment:
        """The same, as it is for one job."""
        own = self.jobs.get(job)
        if own is None:
            return self
        given = {name: value for name, value in own if name != "tags" and value is not None}
        tags = {**self.tags, **own.tags}
        if len(tags) > _MOST_TAGS:
            raise UserError(f"{job} has {len(tags)} tags with those of the environment, and {_MOST_TAGS} are the most")
        return self.model_copy(update={**given, "tags": tags})

    def known_as(self, name: str, *, alone: bool) -> Environment:
        """The same, with its name and whether the settings have no other."""
        result = self.model_copy()
        result._name, result._alone = name, alone
        return result

    def placeholders(self) -> list[str]:
        """The keys that still say CHANGE_ME, as they stand in the file."""
        return [dotted(path) for path in _placeholders(self.model_dump(by_alias=True), ())]


class Settings(_Part):
    """The whole file."""

    owner: Name = Field(description="Tag of everything made on AWS; what has another owner is never changed.")
    environments: dict[Name, Environment] = Field(min_length=1)

    @model_validator(mode="after")
    def _named(self) -> Settings:
        for name, environment in self.environments.items():
            environment._name, environment._alone = name, len(self.environments) == 1
        return self


def _placeholders(value: Any, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _placeholders(inner, (*path, key))]
    if isinstance(value, list):
        return [found for index, inner in enumerate(value) for found in _placeholders(inner, (*path, index))]
    return [path] if isinstance(value, str) and PLACEHOLDER in value else []


def _keys(model: type[BaseModel]) -> list[str]:
    return [info.alias or name for name, info in model.model_fields.items()]


_KEYS: dict[str, type[BaseModel]] = {
    "": Settings,
    "retry": Retry,
    "ceilings": Ceilings,
    "notifications": Notifications,
    "slack": Slack,
    "datadog": Datadog,
    "pagerduty": PagerDuty,
    "https": Https,
    "sidecars": Sidecar,
    "jobs.*": JobSettings,
}


def parse_settings(text: str, path: str) -> Settings:
    """The settings in a text; raises UserError with ``path:line:column: field: message`` for every mistake."""
    document = read(text)
    settings: Settings | None = None
    if document.value is not None or not document.problems:
        try:
            settings = Settings.model_validate(document.value)
        except ValidationError as error:
            # By the last key of the path: the same keys may stand in each environment.
            allowed = {"tags": [], "*": _keys(Environment)} | {key: _keys(model) for key, model in _KEYS.items()}
            document.problems += translate(document, error.errors(include_url=False), allowed)
    if document.problems or settings is None:
        raise UserError("the settings have mistakes:\n" + str(ProblemsError(path, document.problems)))
    return settings


def json_schema() -> dict[str, Any]:
    """JSON Schema of cron2fargate.yml, for editors."""
    schema = Settings.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "cron2fargate.yml"}
