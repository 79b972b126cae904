"""One account and region, and the clients that talk to it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from converters.frame.place import Place, job_name
from migrate.aws.errors import aws_errors
from migrate.aws.ownership import Owner, Tags
from migrate.aws.patience import USUAL, Patience, Watch
from migrate.aws.rates import Rates
from migrate.aws.seen import Kind, Seen, Thing
from migrate.errors import UserError

if TYPE_CHECKING:
    from migrate.settings.model import Environment

# Everything a dry run may call. Whatever is not in this list cannot leave a read-only client.
READ_CALLS = frozenset(
    (service, operation)
    for service, operations in {
        "sts": "GetCallerIdentity",
        "ecs": "DescribeCapacityProviders DescribeClusters DescribeServices DescribeTaskDefinition DescribeTasks "
        "ListClusters ListServices ListTagsForResource ListTaskDefinitions ListTasks",
        "events": "DescribeApiDestination DescribeConnection DescribeRule "
        "ListRules ListTagsForResource ListTargetsByRule",
        "logs": "DescribeLogGroups DescribeLogStreams FilterLogEvents GetLogEvents ListTagsForResource",
        "scheduler": "GetSchedule GetScheduleGroup ListSchedules ListTagsForResource",
        "stepfunctions": "DescribeExecution DescribeStateMachine GetExecutionHistory "
        "ListExecutions ListStateMachines ListTagsForResource ValidateStateMachineDefinition",
        "dynamodb": "DescribeTable DescribeTimeToLive GetItem ListTagsOfResource",
        "sns": "GetSubscriptionAttributes GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource",
        "sqs": "GetQueueAttributes GetQueueUrl ListQueueTags",
        "iam": "GetPolicy GetPolicyVersion GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies "
        "ListRoleTags SimulatePrincipalPolicy",
        "cloudwatch": "DescribeAlarms GetMetricData GetMetricStatistics ListTagsForResource",
        "ec2": "DescribeNatGateways DescribeRouteTables DescribeSecurityGroups "
        "DescribeSubnets DescribeVpcEndpoints DescribeVpcs",
        "ecr": "BatchGetImage DescribeImages DescribeRepositories GetDownloadUrlForLayer GetLifecyclePolicy",
        # Whether a secret is there; its value is never asked for.
        # DescribeSecret gives no value; GetSecretValue and GetParameter are in no list here.
        "secretsmanager": "DescribeSecret",
        "ssm": "DescribeParameters",
        # Whether an environment file is there: listing gives names, never what stands in them.
        "s3": "ListObjectsV2",
        "service-quotas": "GetServiceQuota ListServiceQuotas",
        # Tags of many things a call: names and tags, nothing of what the things hold.
        "resourcegroupstaggingapi": "GetResources",
    }.items()
    for operation in operations.split()
)

# What `discover` reads beside: whatever starts work in the account, and what that work is.
DISCOVER_CALLS = frozenset(
    (service, operation)
    for service, operations in {
        "sts": "GetCallerIdentity",
        "events": "ListRules ListTargetsByRule ListTagsForResource",
        "scheduler": "ListSchedules GetSchedule ListTagsForResource",
        "ecs": "DescribeServices DescribeTaskDefinition ListClusters ListServices ListTaskDefinitionFamilies",
        "batch": "DescribeJobDefinitions",
        "stepfunctions": "DescribeStateMachine ListStateMachines ListTagsForResource",
        "resourcegroupstaggingapi": "GetResources",
    }.items()
    for operation in operations.split()
)

# What a plan has no need of: logs, images, the network, and the state of what runs.
_BEYOND_PLAN = {
    "ecs": "DescribeCapacityProviders DescribeTasks ListTagsForResource ListTasks",
    "logs": "DescribeLogStreams FilterLogEvents GetLogEvents",
    "stepfunctions": "DescribeExecution GetExecutionHistory ListExecutions ValidateStateMachineDefinition",
    "iam": "ListRoleTags SimulatePrincipalPolicy",
    "cloudwatch": "GetMetricData GetMetricStatistics",
    "dynamodb": "GetItem",
}
_ELSEWHERE = {"ec2", "ecr", "s3", "service-quotas", "ssm"}
PLAN_CALLS = frozenset(
    (service, operation)
    for service, operation in READ_CALLS
    if service not in _ELSEWHERE and operation not in _BEYOND_PLAN.get(service, "").split()
)


class Guarding(Protocol):
    """Whatever looks at each call of a client before it is made (``printed``)."""

    def watch(self, client: Any) -> None: ...


class WriteRefusedError(Exception):
    """A read-only client was asked to write: a mistake in this program, never in the input."""


@dataclass(slots=True)
class Aws:
    """Clients of one account and region; ``read_only`` ones have no means to write.

    ``coming`` are what this run is about to make of the shared part: jobs are planned as if it were there.
    ``dead_letters`` is the queue that jobs use.
    """

    environment: Environment
    session: Any
    read_only: bool
    offline: bool = False
    account: str = ""
    partition: str = "aws"
    identity: str = ""
    rates: Rates = field(default_factory=Rates)
    coming: frozenset[str] = frozenset()
    dead_letters: str | None = None
    guard: Guarding | None = None
    """Of clients that are made from now on."""
    watch: Watch = field(default_factory=lambda: Watch(USUAL))
    told: Callable[[], None] | None = None
    """Called with each call that a client makes, by those that are made from now on."""
    seen: Seen | None = None
    """Where what is read is kept for a plan of many jobs; None reads anew each time."""
    _clients: dict[str, Any] = field(default_factory=dict)
    # Making a client is not safe in several threads at once; using one is.
    _making: threading.Lock = field(default_factory=threading.Lock)

    @property
    def region(self) -> str:
        return self.environment.region

    @property
    def where(self) -> str:
        return f"account {self.account}, {self.region}" if self.account else self.region

    def place(self, owner: str) -> Place:
        """What every name on AWS is made from."""
        env = self.environment
        return Place(owner, self.account, self.region, env.name, env.pattern, env.alone)

    def named(self, job: str) -> str:
        """The name of a job on AWS."""
        return job_name(self.environment.pattern, self.environment.name, job)

    def marks(self, owner: str, job: str) -> Owner:
        """What our own resources of a job bear."""
        return Owner.at(self.place(owner), job, self.environment.of_job(job).tags)

    def shared_tags(self, owner: str) -> Tags:
        """What those bear that all jobs share."""
        return self.marks(owner, "").shared_tags()

    def client(self, service: str) -> Any:
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    def once(self, kind: Kind[Thing], name: str, read: Callable[[], Thing]) -> Thing:
        """What ``read`` answers, kept while there is a snapshot."""
        return read() if self.seen is None else self.seen.get(kind, name, read)

    def writer(self) -> Aws:
        """The same account with clients that may write; made only once the user has agreed."""
        return replace(self, read_only=False, seen=None, _clients={}, _making=threading.Lock())

    def arn(self, service: str, resource: str, *, region: bool = True) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region else ''}:{self.account}:{resource}"

    def role_arn(self, role: str) -> str:
        """A role's ARN from its ARN or name."""
        return role if role.startswith("arn:") else self.arn("iam", f"role/{role}", region=False)

    def _make(self, service: str) -> Any:
        try:
            client = self.session.client(service, config=self.watch.patience.config(service))
        except ValueError as error:  # botocore's own for an address that is none
            raise UserError(
                f"{' '.join(str(error).split())}: this is no address; mend AWS_ENDPOINT_URL or endpoint_url in ~/.aws/config"
            ) from error
        if self.read_only:
            # before-call runs before a request is signed or sent: a refused call leaves no trace.
            client.meta.events.register_first("before-call", _refuse_writes)
        client.meta.events.register("after-call", _name_permission)
        if self.guard:
            self.guard.watch(client)
        if tell := self.told:
            client.meta.events.register("before-parameter-build", lambda **_: tell())
        self.watch.over(client)
        if not self.offline:
            self.rates.watch(client)
        else:
            # What moto answers never comes to the HTTP session; botocore has no public way to take it away.
            # A rehearsal must not reach the network, whatever an environment variable says.
            client._endpoint.http_session = _NoNetwork()
        return client


def connect(environment: Environment, *, read_only: bool, offline: bool = False, patience: Patience = USUAL) -> Aws:
    """Clients for an environment of the settings; asks AWS who we are, so that wrong credentials show at once.

    ``offline`` clients (of a rehearsal) fail before anything would be sent over a network. ``patience`` is how long any
    of them waits.
    """
    import boto3

    with aws_errors(environment.region):
        session = boto3.Session(profile_name=environment.profile, region_name=environment.region)
        # Of those that botocore makes by itself too: sign-on, and the role that is assumed.
        session._session.set_default_client_config(patience.config("sts"))
        watch = Watch(patience)
        aws = Aws(environment, session, read_only, offline, watch=watch)
        _ask_who(aws)
        if environment.assume_role and not offline:
            aws = Aws(environment, _with_role(session, aws), read_only, watch=watch)
            _ask_who(aws)
    return aws


def _ask_who(aws: Aws) -> None:
    identity = aws.client("sts").get_caller_identity()
    aws.account, aws.identity = identity["Account"], identity["Arn"]
    # arn:aws-cn and arn:aws-us-gov: the partition stands in every ARN.
    aws.partition = identity["Arn"].split(":")[1]


def _with_role(session: Any, aws: Aws) -> Any:
    """A session in the role ``assumeRole``; its credentials renew themselves, as a long apply may outlive them."""
    import boto3
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
    from botocore.session import Session

    fetcher = AssumeRoleCredentialFetcher(
        client_creator=session._session.create_client,
        source_credentials=session.get_credentials(),
        role_arn=aws.role_arn(str(aws.environment.assume_role)),
        extra_args={"RoleSessionName": "cron2fargate"},
    )
    # AssumeRole for at most an hour (role chaining), and an apply may take longer.
    inner = Session(profile=aws.environment.profile)
    # The one way botocore has to give a session credentials that renew themselves.
    inner._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")  # type: ignore[attr-defined]
    return boto3.Session(botocore_session=inner, region_name=aws.region)


def cluster_arn(aws: Aws, name: str) -> str:
    """The ARN of a cluster that is active, or about to be made; UserError where there is none."""
    if name in aws.coming:
        return aws.arn("ecs", f"cluster/{name}")
    found = aws.client("ecs").describe_clusters(clusters=[name])["clusters"]
    # A deleted cluster is described as INACTIVE.
    active = [cluster["clusterArn"] for cluster in found if cluster.get("status") == "ACTIVE"]
    if not active:
        raise UserError(
            f"there is no active ECS cluster '{name}' in {aws.where}; make it with --create, or name another one"
        )
    return str(active[0])


def _refuse_writes(model: Any, **_: Any) -> None:
    call = (model.service_model.service_name, model.name)
    if call not in READ_CALLS | DISCOVER_CALLS:
        raise WriteRefusedError(f"a dry run tried to call {call[0]}:{call[1]}")


# IAM's prefix of a service where it is not the one that signs its requests.
_IAM_PREFIX = {"monitoring": "cloudwatch"}


def _name_permission(parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """Leaves in a refusal the name of the permission, as not every service says it in its message."""
    if "Error" in parsed:
        prefix = model.service_model.signing_name
        # CloudWatch signs as `monitoring`; its actions are called cloudwatch:.
        parsed["Error"]["Permission"] = f"{_IAM_PREFIX.get(prefix, prefix)}:{model.name}"


class _NoNetwork:
    """In the place of an HTTP session: a request that arrives here was not answered by the embedded AWS."""

    def send(self, request: Any) -> Any:
        raise UserError(
            f"the rehearsal knows no answer to {request.method} {request.url} and sends nothing: a limit of moto"
        )

    def close(self) -> None:
        """Nothing is open."""
