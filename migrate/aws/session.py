"""One account and region, and the clients that talk to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from migrate.aws.errors import aws_errors
from migrate.errors import UserError

if TYPE_CHECKING:
    from migrate.settings_model import Environment

# Everything a dry run may call. Whatever is not in this list cannot leave a read-only client.
READ_CALLS = frozenset(
    {
        ("sts", "GetCallerIdentity"),
        ("ecs", "DescribeClusters"),
        ("ecs", "DescribeTaskDefinition"),
        ("ecs", "DescribeTasks"),
        ("ecs", "ListTasks"),
        ("events", "DescribeRule"),
        ("events", "ListRules"),
        ("events", "ListTagsForResource"),
        ("events", "ListTargetsByRule"),
        ("logs", "DescribeLogGroups"),
        ("logs", "GetLogEvents"),
        ("logs", "ListTagsForResource"),
        ("scheduler", "GetSchedule"),
        ("scheduler", "GetScheduleGroup"),
        ("scheduler", "ListSchedules"),
        ("scheduler", "ListTagsForResource"),
    }
)


class WriteRefusedError(Exception):
    """A read-only client was asked to write: a mistake in this program, never in the input."""


@dataclass(slots=True)
class Aws:
    """Clients of one account and region; ``read_only`` ones have no means to write."""

    environment: Environment
    session: Any
    read_only: bool
    offline: bool = False
    account: str = ""
    partition: str = "aws"
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        return self.environment.region

    @property
    def where(self) -> str:
        return f"account {self.account}, {self.region}" if self.account else self.region

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._make(service)
        return self._clients[service]

    def writer(self) -> Aws:
        """The same account with clients that may write; made only once the user has agreed."""
        return replace(self, read_only=False, _clients={})

    def arn(self, service: str, resource: str, *, region: bool = True) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region else ''}:{self.account}:{resource}"

    def role_arn(self, role: str) -> str:
        """A role's ARN from its ARN or name."""
        return role if role.startswith("arn:") else self.arn("iam", f"role/{role}", region=False)

    def _make(self, service: str) -> Any:
        from botocore.config import Config

        config = Config(
            # The first call of all is answered by sts: a wrong network or region should show within seconds.
            retries={"mode": "adaptive", "max_attempts": 2 if service == "sts" else 10},
            connect_timeout=10,
            read_timeout=60,
            user_agent_extra="cron2fargate",
        )
        client = self.session.client(service, config=config)
        if self.read_only:
            client.meta.events.register_first("before-call", _refuse_writes)
        if self.offline:
            # What moto answers never comes to the HTTP session; botocore has no public way to take it away.
            client._endpoint.http_session = _NoNetwork()
        return client


def connect(environment: Environment, *, read_only: bool, offline: bool = False) -> Aws:
    """Clients for an environment of the settings; asks AWS who we are, so that wrong credentials show at once.

    ``offline`` clients (of a rehearsal) fail before anything would be sent over a network.
    """
    import boto3

    with aws_errors(environment.region):
        session = boto3.Session(profile_name=environment.profile, region_name=environment.region)
        aws = Aws(environment, session, read_only, offline)
        identity = aws.client("sts").get_caller_identity()
        aws.account = identity["Account"]
        aws.partition = identity["Arn"].split(":")[1]
    return aws


def cluster_arn(aws: Aws, name: str) -> str:
    """The ARN of an active cluster; UserError where there is none."""
    found = aws.client("ecs").describe_clusters(clusters=[name])["clusters"]
    active = [cluster["clusterArn"] for cluster in found if cluster.get("status") == "ACTIVE"]
    if not active:
        raise UserError(f"there is no active ECS cluster '{name}' in {aws.where}; create it, or name another one")
    return str(active[0])


def _refuse_writes(model: Any, **_: Any) -> None:
    call = (model.service_model.service_name, model.name)
    if call not in READ_CALLS:
        raise WriteRefusedError(f"a dry run tried to call {call[0]}:{call[1]}")


class _NoNetwork:
    """In the place of an HTTP session: a request that arrives here was not answered by the embedded AWS."""

    def send(self, request: Any) -> Any:
        raise UserError(
            f"the rehearsal knows no answer to {request.method} {request.url} and sends nothing: a limit of moto"
        )

    def close(self) -> None:
        """Nothing is open."""
