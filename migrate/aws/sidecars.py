"""Containers that the settings put beside every job: log routers, the Datadog agent. Never essential (facts 8).

A job ends when its own containers end; a sidecar that crashes must not end it. Its CPU and memory are added to the task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from migrate.aws.session import Aws
    from migrate.settings.model import Datadog, Environment

DATADOG_AGENT = "datadog-agent"
_DATADOG_IMAGE = "public.ecr.aws/datadog/agent:latest"
_DATADOG_SIZE = (64, 256)  # CPU units, MiB


@dataclass(frozen=True, slots=True)
class Beside:
    """One container beside the job, before it is given its log configuration; ``firelens`` where it routes logs."""

    name: str
    cpu: int
    memory: int
    definition: dict[str, Any]
    firelens: str | None = None
    firelens_options: dict[str, str] | None = None


def beside(aws: Aws, spec: Spec) -> list[Beside]:
    """The sidecars of a job. Raises UserError where a name is taken by a container of the job, or two route logs."""
    env = aws.environment
    found = [_own(sidecar) for sidecar in env.sidecars]
    datadog = env.notifications.datadog
    if datadog is not None and datadog.agent and DATADOG_AGENT not in {one.name for one in found}:
        found.append(_datadog(aws, datadog))
    names = [container.name for container in spec.containers] + [one.name for one in found]
    for one in found:
        if names.count(one.name) > 1:
            raise UserError(f"two containers are named {one.name}; rename the sidecar in cron2fargate.yml")
    routers = [one.name for one in found if one.firelens]
    if len(routers) > 1:
        raise UserError(f"sidecars {' and '.join(routers)} both route logs; a task has one log router: keep one")
    return found


def names(env: Environment) -> frozenset[str]:
    """The containers that the settings put beside every job, and Datadog's agent whether it is asked for now or was."""
    return frozenset({one.name for one in env.sidecars} | {DATADOG_AGENT})


def router(found: list[Beside]) -> Beside | None:
    """The one through which the job's logs go, if any."""
    return next((one for one in found if one.firelens), None)


def smallest(env: Environment) -> tuple[int, int]:
    """CPU units and MiB that the sidecars of an environment add to every task."""
    datadog = env.notifications.datadog
    agent = datadog is not None and datadog.agent and DATADOG_AGENT not in {one.name for one in env.sidecars}
    cpu = sum(one.cpu for one in env.sidecars) + (_DATADOG_SIZE[0] if agent else 0)
    return cpu, sum(one.memory for one in env.sidecars) + (_DATADOG_SIZE[1] if agent else 0)


def _own(sidecar: Any) -> Beside:
    definition = _definition(
        sidecar.name, sidecar.image, sidecar.cpu, sidecar.memory, sidecar.environment, sidecar.secrets
    )
    if sidecar.firelens:
        definition["firelensConfiguration"] = {"type": sidecar.firelens}
    return Beside(
        sidecar.name, sidecar.cpu, sidecar.memory, definition, sidecar.firelens, dict(sidecar.firelens_options)
    )


def _datadog(aws: Aws, datadog: Datadog) -> Beside:
    """The agent needs to run beside each task, as task metadata can only be read inside the task."""
    # ECS takes a bare name for an SSM parameter, so a secret's name is spelled out.
    secret = datadog.api_key_secret
    source = secret if secret.startswith("arn:") else aws.arn("secretsmanager", f"secret:{secret}")
    if datadog.api_key_secret_key:
        # ECS: a member of JSON stands behind the ARN, before a stage and a version that may be empty.
        source += f":{datadog.api_key_secret_key}::"
    cpu, memory = _DATADOG_SIZE
    environment = {"DD_SITE": datadog.site, "ECS_FARGATE": "true"}
    definition = _definition(DATADOG_AGENT, _DATADOG_IMAGE, cpu, memory, environment, {"DD_API_KEY": source})
    return Beside(DATADOG_AGENT, cpu, memory, definition)


def _definition(
    name: str, image: str, cpu: int, memory: int, environment: dict[str, str], secrets: dict[str, str]
) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "image": image, "cpu": cpu, "memory": memory, "essential": False}
    if environment:
        made["environment"] = [{"name": key, "value": value} for key, value in environment.items()]
    if secrets:
        made["secrets"] = [{"name": key, "valueFrom": source} for key, source in secrets.items()]
    return made
