"""The policies that ``iam`` prints for an environment, and a guard that lets clients do exactly what one of them allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converters.frame.operators import DISCOVER, KINDS, Scope, discovering_policy, operator_policy
from converters.frame.policies import Policy
from converters.rights.requests import Account, refused
from migrate.aws.session import DISCOVER_CALLS, PLAN_CALLS, READ_CALLS
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.frame.place import Place
    from migrate.aws.session import Aws
    from migrate.settings.model import Environment


def printed(place: Place, env: Environment) -> dict[str, Policy]:
    """Kind -> its policy."""
    scope, secrets = scope_of(place, env), _secrets(place, env)
    found = {kind: operator_policy(kind, scope, READ_CALLS, secrets, PLAN_CALLS) for kind in KINDS}
    return {DISCOVER: discovering_policy(place, DISCOVER_CALLS), **found}


def scope_of(place: Place, env: Environment) -> Scope:
    """What the policies of an environment are about."""
    names = [
        env.execution_role,
        env.task_role,
        env.events_role,
        env.scheduler_role or place.name("scheduler"),
        env.states_role or place.name("states"),
        place.name("notify"),
        *(role for own in env.jobs.values() for role in (own.task_role, own.execution_role)),
    ]
    queue = (env.dead_letter_queue or place.plain("dlq")).rpartition(":")[2]
    return Scope(
        place,
        list(dict.fromkeys(place.role(name) for name in names if name)),
        place.log_group(env.log_group),
        env.topic or place.plain("failures"),
        env.lock_table or place.name("locks"),
        queue,
        env.schedule_group or place.name("")[:-1],
        env.permissions_boundary,
    )


def _secrets(place: Place, env: Environment) -> list[str]:
    """ARNs of the secrets of channels; a name has six random characters after it in its ARN."""
    # Secrets Manager: the ARN ends in a hyphen and six random characters; `?` is one character in a policy.
    told = env.notifications
    names = [told.slack.webhook_secret] if told.slack else []
    names += [told.datadog.api_key_secret] if told.datadog and told.datadog.events else []
    names += [told.pagerduty.routing_key_secret] if told.pagerduty else []
    names += [told.https.secret] if told.https else []
    return [n if n.startswith("arn:") else place.arn("secretsmanager", f"secret:{n}-??????") for n in names]


class Guard:
    """Holds every call of some clients against one policy before it is made; clients of one account share ``account``."""

    def __init__(self, kind: str, policy: Policy, account: Account) -> None:
        self.kind, self.policy, self.account = kind, policy, account

    def watch(self, client: Any) -> None:
        """From now on for this client."""
        client.meta.events.register("before-parameter-build", self._before)

    def _before(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        service, operation = model.service_model.service_name, model.name
        for request in self.account.requests(service, operation, params):
            if why := refused(request, self.policy):
                raise UserError(
                    f"'cron2fargate iam --policy {self.kind}' does not allow {why}, which this run needs: the policy is to be "
                    "widened, or the settings name something outside it"
                )
        self.account.done(service, operation, params)


def guard(aws: Aws, owner: str, kind: str, account: Account | None = None) -> Account:
    """Clients that ``aws`` makes from now on may do what the policy ``kind`` of its environment allows, and no more."""
    shared = account or Account(aws.arn, whole=_is_empty(aws))
    aws.guard = Guard(kind, printed(aws.place(owner), aws.environment)[kind], shared)
    return shared


def _is_empty(aws: Aws) -> bool:
    """A rehearsal's account has nothing in it, unless it runs inside another one's."""
    events, iam, ecs = (aws.session.client(service) for service in ("events", "iam", "ecs"))
    return not (
        events.list_rules()["Rules"] or iam.list_roles()["Roles"] or ecs.list_task_definitions()["taskDefinitionArns"]
    )
