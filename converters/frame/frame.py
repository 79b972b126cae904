"""The shared part of an environment: what it is made of, what each thing is named, and what each may do.

One description that three writers follow: ``register --create``, the CloudFormation export and the Terraform export. So
all three make the same things under the same names, and a team can go from one to another. Names and values in, values
out; an account that is not known yet may be any mark (the exports put their own variable there).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from converters.frame import policies
from converters.frame.channels import Channel, Destination
from converters.frame.missed_runs import OWN_ALARMS, Alarm, queue_alarm
from converters.frame.place import ENVIRONMENT, JOB, Place
from converters.frame.policies import Policy, Statement
from converters.frame.telling import filtered, pattern_problem
from converters.workflows.notifier import Notifier

LOCK_KEY = "lock"
LOCK_EXPIRY = "expires"
QUEUE_DAYS = 14
_NEVER_STARTED = ["TaskFailedToStart", "SpotInterruption", "TerminationNotice", "InfrastructureHealth"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the settings of an environment and its jobs ask of the shared part. Roles are names or ARNs."""

    place: Place
    clusters: tuple[str, ...]
    log_group: str
    execution_role: str
    task_roles: tuple[str, ...]
    events_role: str | None
    scheduler_role: str | None
    states_role: str | None
    topic: str
    lock_table: str | None
    queue: str | None  # ARN of a queue of somebody else
    schedule_group: str | None
    # Names on AWS, as `Place.job` makes them.
    families: tuple[str, ...]
    machines: tuple[str, ...]  # jobs that are run by a workflow
    followers: tuple[str, ...] = ()  # those of them that another job starts
    images: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    environment_files: tuple[str, ...] = ()  # ARNs of objects in S3
    log_groups: tuple[str, ...] = ()  # of containers that have one of their own
    emails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # address: its jobs, as `telling.Told`
    output_jobs: tuple[str, ...] = ()  # names on AWS
    other_clusters: tuple[str, ...] = ()  # ARNs of those that jobs outside this run use
    sidecars: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    boundary: str | None = None  # ARN of the permissions boundary of every role that is made
    watched: bool = False  # a watchman looks for each start


@dataclass(frozen=True, slots=True)
class Role:
    """A role of ours: who takes it on, and what it may do. One that is ``shared`` has a name without an environment, so
    that other regions and environments of the account may use it too."""

    name: str
    description: str
    trust: Policy
    policy: Policy
    shared: bool = True
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything shared. What is None or empty is not wanted, or is somebody else's."""

    place: Place
    clusters: tuple[str, ...]
    roles: tuple[Role, ...]
    log_group: str | None
    lock_table: str | None
    topic: str
    topic_arn: str
    queue: str | None
    queue_arn: str
    emails: Mapping[str, tuple[str, ...]]
    schedule_group: str | None
    notifier: str
    notifier_text: str
    notify_role: str
    failure_rule: str
    failure_pattern: dict[str, object]
    destinations: tuple[Destination, ...]
    queue_alarm: Alarm
    told_of_all: Mapping[str, str] = field(default_factory=dict)  # address: why it has no filter of its own

    @property
    def problems(self) -> list[str]:
        """What AWS would refuse of it, for the number of jobs it is about."""
        rules = {self.failure_rule: self.failure_pattern, **{one.name: one.pattern for one in self.destinations}}
        return [text for name, pattern in rules.items() if (text := pattern_problem(name, pattern)) is not None]

    @property
    def notifier_arn(self) -> str:
        return self.place.arn("states", f"stateMachine:{self.notifier}")

    def failure_target(self) -> dict[str, object]:
        """The event starts the workflow that tells. Late news is still news, so it is tried for a day."""
        return {"Id": "notifier", "Arn": self.notifier_arn, "RoleArn": self.notify_role} | self._given_up()

    def told_target(self, destination: Destination, arn: str) -> dict[str, object]:
        """``arn`` is the API destination's, which AWS ends with a random part."""
        transformer = {"InputPathsMap": dict(destination.paths), "InputTemplate": destination.template}
        target = {"Id": destination.name.rpartition("-")[2], "Arn": arn, "RoleArn": self.notify_role}
        return target | {"InputTransformer": transformer} | self._given_up()

    def _given_up(self) -> dict[str, object]:
        return {
            "RetryPolicy": {"MaximumRetryAttempts": 20, "MaximumEventAgeInSeconds": 86_400},
            "DeadLetterConfig": {"Arn": self.queue_arn},
        }


def frame(wish: Wish) -> Frame:
    """The shared part for these wishes."""
    place = wish.place
    topic = place.arn("sns", wish.topic)
    queue = None if wish.queue else place.plain("dlq")
    notifier = Notifier(
        place.owner,
        place.region,
        topic,
        place.log_group_of_any(wish.log_group),
        place.name(""),
        "-missed",
        place.name("dlq"),
        wish.sidecars,
        bool(wish.channels),
        place.environment,
        place.scope,
        by_job=ENVIRONMENT in wish.log_group,
        account=place.account,
        output_jobs=wish.output_jobs,
        own_alarms=[place.name(name) for name in OWN_ALARMS] if wish.watched else [],
    )
    clusters = tuple(dict.fromkeys([*(_cluster_arn(place, name) for name in wish.clusters), *wish.other_clusters]))
    emails, told_of_all = filtered(wish.emails)
    return Frame(
        place=place,
        clusters=tuple(name for name in wish.clusters if not name.startswith("arn:")),
        roles=tuple(_roles(wish, clusters, topic)),
        log_group=None if JOB in wish.log_group else place.log_group(wish.log_group),
        lock_table=wish.lock_table,
        topic=wish.topic,
        topic_arn=topic,
        queue=queue,
        queue_arn=wish.queue or place.arn("sqs", place.plain("dlq")),
        emails=emails,
        told_of_all=told_of_all,
        schedule_group=wish.schedule_group,
        notifier=place.plain("notify"),
        notifier_text=notifier.text(),
        notify_role=place.role(place.name("notify")),
        failure_rule=place.name("failed"),
        failure_pattern=failure_pattern(place, clusters, wish.output_jobs),
        destinations=tuple(one.destination(place) for one in wish.channels),
        queue_alarm=queue_alarm(place.name("dlq"), queue or str(wish.queue).rpartition(":")[2]),
    )


def _cluster_arn(place: Place, name: str) -> str:
    return name if name.startswith("arn:") else place.arn("ecs", f"cluster/{name}")


def failure_pattern(place: Place, clusters: Sequence[str], output_jobs: Sequence[str]) -> dict[str, object]:
    """Tasks that ended badly or never began, workflows that failed, alarms that went off; and for jobs whose output
    is wanted every end. What a pattern cannot tell apart, the workflow behind it does."""
    stopped = {"clusterArn": list(clusters), "lastStatus": ["STOPPED"]}
    alternatives: list[dict[str, object]] = [
        # Any container of the task: a pattern cannot tie exitCode to a name, so the workflow looks again.
        {**stopped, "containers": {"exitCode": [{"anything-but": 0}]}},
        {**stopped, "stopCode": _NEVER_STARTED},
        # A container that could not start has a reason and no exit code, whatever the stop code says.
        {**stopped, "containers": {"reason": [{"exists": True}]}},
        {
            "status": ["FAILED", "TIMED_OUT", "ABORTED"],
            "stateMachineArn": [{"anything-but": [place.arn("states", f"stateMachine:{place.plain('notify')}")]}],
        },
        {"alarmName": [{"prefix": place.name("")}], "state": {"value": ["ALARM"]}},
    ]
    if output_jobs:
        jobs = sorted(set(output_jobs))
        alternatives += [
            {**stopped, "group": [f"family:{job}" for job in jobs]},
            {"status": ["SUCCEEDED"], "stateMachineArn": [place.arn("states", f"stateMachine:{job}") for job in jobs]},
        ]
    return {
        "source": ["aws.ecs", "aws.states", "aws.cloudwatch"],
        "detail-type": [
            "ECS Task State Change",
            "Step Functions Execution Status Change",
            "CloudWatch Alarm State Change",
        ],
        "detail": {"$or": alternatives},
    }


def _roles(wish: Wish, clusters: Sequence[str], topic: str) -> list[Role]:
    """Those of the roles that bear our names; the others are somebody else's and are left alone."""
    place = wish.place
    group = place.arn("scheduler", f"schedule-group/{wish.schedule_group}")
    scheduler_queue = [] if wish.scheduler_role is None else [policies.send(wish.queue or _queue_arn(place))]
    wanted: list[tuple[str | None, str, str, Policy, list[Statement]]] = [
        (
            wish.events_role,
            "events",
            "EventBridge starts jobs with it",
            _trust(place, "events"),
            _start(wish, clusters),
        ),
        (
            wish.scheduler_role,
            "scheduler",
            "EventBridge Scheduler starts jobs with it",
            policies.trust(["scheduler.amazonaws.com"], place.account, group),
            [*_start(wish, clusters), *scheduler_queue],
        ),
        (
            wish.states_role,
            "states",
            "Workflows of jobs run tasks and hold locks with it",
            _trust(place, "states"),
            _work(wish, clusters, topic),
        ),
        (
            wish.execution_role,
            "execution",
            "Fargate pulls images, writes logs and reads secrets with it",
            _trust(place, "ecs-tasks"),
            _execute(wish),
        ),
    ]
    roles = [
        Role(own, said, trust, policies.fitted(policies.policy(*statements)), place.is_shared(own), wish.boundary)
        for name, part, said, trust, statements in wanted
        for own in dict.fromkeys(place.ours(part))
        if name in (own, place.role(own))
    ]
    trust, own = _trust(place, "events", "states"), place.name("notify")
    said = "Events start the workflow that tells of failures, and it tells"
    told = Role(own, said, trust, policies.policy(*_notify(wish, topic)), place.is_shared(own), wish.boundary)
    return [*roles, told]


def _trust(place: Place, *services: str) -> Policy:
    return policies.trust([f"{name}.amazonaws.com" for name in services], place.account)


def _queue_arn(place: Place) -> str:
    return place.arn("sqs", place.plain("dlq"))


def _start(wish: Wish, clusters: Sequence[str]) -> list[Statement]:
    place = wish.place
    families = [place.arn("ecs", f"task-definition/{name}:*") for name in wish.families]
    machines = [place.arn("states", f"stateMachine:{name}") for name in wish.machines]
    return [*policies.run_tasks(families, clusters, _passed(wish)), policies.start_workflows(machines)]


def _passed(wish: Wish) -> list[str]:
    return [wish.place.role(name) for name in (wish.execution_role, *wish.task_roles)]


def _work(wish: Wish, clusters: Sequence[str], topic: str) -> list[Statement]:
    place = wish.place
    families = [place.arn("ecs", f"task-definition/{name}:*") for name in wish.families]
    table = [policies.hold_locks(place.arn("dynamodb", f"table/{wish.lock_table}"))] if wish.lock_table else []
    followers = [place.arn("states", f"stateMachine:{name}") for name in wish.followers]
    return [
        *policies.run_tasks(families, clusters, _passed(wish)),
        *policies.follow_tasks(place.arn("events", "rule/StepFunctionsGetEventsForECSTaskRule")),
        *table,
        policies.start_workflows(followers),
        policies.publish(topic),
    ]


def _execute(wish: Wish) -> list[Statement]:
    place = wish.place
    groups = [place.arn("logs", f"log-group:{place.log_group(wish.log_group)}:*")]
    repositories = [arn for image in wish.images if (arn := _repository(place, image))]
    sources = [arn for source in wish.secrets for arn in _secret_arns(place, source)]
    return [
        *policies.pull_and_log(repositories, groups),
        *policies.read_secrets(sources),
        *policies.read_environment_files(wish.environment_files),
    ]


def _repository(place: Place, image: str) -> str | None:
    """The ARN of an image's ECR repository; None for other registries."""
    host, _, rest = image.partition("/")
    parts = host.split(".")
    if len(parts) < 6 or parts[1:3] != ["dkr", "ecr"]:
        return None
    name = rest.partition("@")[0].partition(":")[0]
    return f"arn:{place.partition}:ecr:{parts[3]}:{parts[0]}:repository/{name}"


def _secret_arns(place: Place, source: str) -> list[str]:
    """Of an SSM parameter by name or ARN, or of a secret, without the key and version that may follow it.

    The ARN of a secret ends with six random characters, which an ARN made from its name does not have.
    """
    if not source.startswith("arn:"):
        return [place.arn("ssm", f"parameter/{source.removeprefix('/')}")]
    if ":secretsmanager:" not in source:
        return [source]
    # docs "Pass sensitive data to an Amazon ECS container": a JSON key, stage and version may follow the ARN.
    secret = ":".join(source.split(":")[:7])
    # IAM: the random suffix is matched by six question marks.
    return [secret, f"{secret}-??????"]


def _notify(wish: Wish, topic: str) -> list[Statement]:
    place = wish.place
    groups = [place.arn("logs", f"log-group:{name}") for name in (place.log_group(wish.log_group), *wish.log_groups)]
    destinations = [place.arn("events", f"api-destination/{item.destination(place).name}/*") for item in wish.channels]
    bus = [place.arn("events", "event-bus/default")] if destinations else []
    return [
        policies.start_workflows(
            [
                place.arn("states", f"stateMachine:{place.plain(name)}")
                for name in ("notify", *(["watch"] * wish.watched))
            ]
        ),
        policies.publish(topic),
        policies.statement("TellOthers", ["events:PutEvents"], bus),
        policies.statement("CallOthers", ["events:InvokeApiDestination"], destinations),
        *(_watch(wish) if wish.watched else []),
        policies.statement("ReadLogs", ["logs:GetLogEvents"], [arn for one in groups for arn in (one, f"{one}:*")]),
        policies.statement("ReadRuns", ["states:GetExecutionHistory"], [place.arn("states", "execution:*")]),
        policies.statement("ReadTasks", ["ecs:DescribeTasks"], [place.arn("ecs", "task/*")]),
        # DescribeTaskDefinition knows no resource (service authorization reference of ECS).
        policies.statement("ReadWhereLogsGo", ["ecs:DescribeTaskDefinition"], ["*"]),
        policies.statement(
            "ReadTags",
            ["cloudwatch:ListTagsForResource", "ecs:ListTagsForResource", "states:ListTagsForResource"],
            [
                place.arn("cloudwatch", f"alarm:{place.name('*')}"),
                place.arn("ecs", "task/*"),
                place.arn("states", "stateMachine:*"),
            ],
        ),
    ]


def _watch(wish: Wish) -> list[Statement]:
    """What the watchman does under the role of the notifier, beside starting it."""
    place, table = wish.place, wish.place.arn("dynamodb", f"table/{wish.lock_table}")
    group = f"schedule/{wish.schedule_group or place.name('')[:-1]}/*"
    return [
        policies.statement("Watch", ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"], [table]),
        policies.statement("ReadLetters", ["sqs:ReceiveMessage"], [] if wish.queue else [_queue_arn(place)]),
        policies.statement("ReadRules", ["events:DescribeRule"], [place.arn("events", "rule/*")]),
        policies.statement("ReadSchedules", ["scheduler:GetSchedule"], [place.arn("scheduler", group)]),
    ]
