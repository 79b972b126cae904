"""The ECS service of a job that is never to end: what ``@reboot`` lines and keep-alive lines meant.

Made with no task running, as rules are made DISABLED; ``enable`` and ``disable`` set how many tasks run. At most one
generation runs at a time (the old task stops before the new one starts), as it was on one host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from migrate.aws import rules, targets, task_definition
from migrate.aws.errors import error_code
from migrate.aws.ownership import SPEC, Marks, Owner, Tags, missing_tags, only_unmarked
from migrate.aws.passed_starts import as_given, with_service
from migrate.aws.seen import Kind
from migrate.aws.session import Aws
from migrate.aws.steps import Action, Change, Made, Step, compare
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.specs.model import Spec

COUNT = "cron2fargate:count"
"""The tag that keeps the wanted number of tasks while the service is switched off."""

# 100 and 0 per cent: the old task is stopped before a new one starts.
_DEPLOYMENT = {"maximumPercent": 100, "minimumHealthyPercent": 0}
_STRATEGY = "capacityProviderStrategy"


@dataclass(frozen=True, slots=True)
class LiveService:
    """A service on AWS that is not deleted, as DescribeServices gives it."""

    name: str
    fields: dict[str, Any]
    tags: Tags

    @property
    def desired(self) -> int:
        return int(self.fields.get("desiredCount", 0))

    @property
    def wanted(self) -> int:
        """How many tasks ``enable`` starts."""
        return int(self.tags.get(COUNT, "1"))

    @property
    def cluster(self) -> str:
        return str(self.fields.get("clusterArn", ""))

    @property
    def task_definition(self) -> str:
        return str(self.fields.get("taskDefinition", ""))


def find(aws: Aws, cluster: str, name: str) -> LiveService | None:
    """The service; None where there is none, or only the memory of a deleted one."""
    return next(iter(find_all(aws, cluster, [name])), None)


def find_all(aws: Aws, cluster: str, names: list[str]) -> list[LiveService]:
    """Those of the named services that are there; DescribeServices takes ten names a call."""
    if aws.seen is None:
        return list(_read(aws, cluster, names).values())
    unread = [name for name in names if not aws.seen.has(_SERVICE, f"{cluster}/{name}")]
    read = _read(aws, cluster, unread)
    for name in unread:
        aws.seen.keep(_SERVICE, f"{cluster}/{name}", read.get(name))
    there = [aws.seen.known(_SERVICE, f"{cluster}/{name}", None) for name in names]
    return [live for live in there if live]


_SERVICE: Kind[LiveService | None] = Kind("service")


def _read(aws: Aws, cluster: str, names: list[str]) -> dict[str, LiveService]:
    from botocore.exceptions import ClientError

    found: dict[str, LiveService] = {}
    for start in range(0, len(names), 10):
        part = names[start : start + 10]
        try:
            answer = aws.client("ecs").describe_services(cluster=cluster, services=part, include=["TAGS"])
        except ClientError as error:
            if error_code(error) == "ClusterNotFoundException":
                return {}
            raise
        for service in answer["services"]:
            # A deleted service is remembered as INACTIVE for a while.
            if service.get("status") == "INACTIVE":
                continue
            tags = {tag["key"]: tag.get("value", "") for tag in service.get("tags", [])}
            found[service["serviceName"]] = LiveService(service["serviceName"], service, tags)
    return found


def clusters(aws: Aws) -> list[str]:
    """Where services of jobs may be: the cluster of the settings; without one each ecs.yml names its own, so all there are."""
    return [aws.environment.cluster] if aws.environment.cluster else every_cluster(aws)


def every_cluster(aws: Aws) -> list[str]:
    """The ARNs of all clusters of the account and region."""
    found = aws.once(_CLUSTERS, "", lambda: _clusters(aws))
    return list(found)


_CLUSTERS: Kind[tuple[str, ...]] = Kind("clusters")
_LISTED: Kind[frozenset[str]] = Kind("services")


def _clusters(aws: Aws) -> tuple[str, ...]:
    pages = aws.client("ecs").get_paginator("list_clusters").paginate()
    return tuple(arn for page in pages for arn in page["clusterArns"])


def anywhere(aws: Aws, owner: Owner) -> list[LiveService]:
    """The services of a job that are ours, in whatever cluster."""
    found = [
        live
        for cluster in clusters(aws)
        # For each of a thousand jobs that is no service, that would be a call a cluster.
        if aws.seen is None or owner.name in _listed(aws, cluster)
        for live in find_all(aws, cluster, [owner.name])
    ]
    return [live for live in found if owner.owns(live.tags)]


def names(aws: Aws, cluster: str) -> list[str]:
    """The names of all services of a cluster."""
    pages = aws.client("ecs").get_paginator("list_services").paginate(cluster=cluster, maxResults=100)
    return [arn.rpartition("/")[2] for page in pages for arn in page["serviceArns"]]


def _listed(aws: Aws, cluster: str) -> frozenset[str]:
    return aws.once(_LISTED, cluster, lambda: _names(aws, cluster))


def _names(aws: Aws, cluster: str) -> frozenset[str]:
    from botocore.exceptions import ClientError

    try:
        return frozenset(names(aws, cluster))
    except ClientError as error:
        if error_code(error) == "ClusterNotFoundException":
            return frozenset()
        raise


def plan(
    aws: Aws, spec: Spec, definition: dict[str, Any], target: dict[str, Any], owner: Owner, mark: str, *, adopt: bool
) -> list[Step]:
    """The task definition and the service. ``target`` is what a rule of the job would start; UserError where the service
    belongs to others, or where a rule would run the job beside it."""
    live = find(aws, target["Arn"], owner.name)
    if live is None:
        _refuse_elsewhere(aws, target["Arn"], owner)
    if live:
        owner.refuse("service", live.name, Marks.of(live.tags), adopt=adopt)
    if rules.find_all(aws, owner):
        raise UserError(
            f"{spec.name} is a rule on AWS and ecs.yml asks for a service; both would run it: "
            f"delete the rule (aws events remove-targets and delete-rule, name {owner.name}), then register again"
        )
    drifted = live is not None and live.tags.get(SPEC) == mark
    first, revision = task_definition.plan(
        aws, definition, owner, live.task_definition if live else None, adopt=adopt, drifted=drifted
    )
    # A spec without a count is one task.
    count = spec.service.desired_count if spec.service else 1
    tags = {**owner.tags(), SPEC: mark, COUNT: str(count)}
    passed = spec.service.passed if spec.service else {}
    wanted = request(spec, target, revision)
    if live is None:
        return [first, _create_step(owner.name, target["Arn"], wanted, count, tags)]
    return [first, _update_step(live, wanted, count, tags, "drift" if drifted else "change", passed)]


def _refuse_elsewhere(aws: Aws, cluster: str, owner: Owner) -> None:
    """A service cannot move to another cluster, and a second one would run the job twice."""
    for live in anywhere(aws, owner):
        if live.cluster != cluster:
            where = live.cluster.rpartition("/")[2]
            raise UserError(
                f"the service {live.name} is in cluster {where}, and none can move to {cluster.rpartition('/')[2]}: delete it "
                f"(aws ecs delete-service --force --cluster {where} --service {live.name}), then register again"
            )


def request(spec: Spec, target: dict[str, Any], revision: str | None) -> dict[str, Any]:
    """The members of a service that are ours, with what its ecs.yml passes on."""
    wanted, passed = _request(target, revision), spec.service.passed if spec.service else {}
    return with_service(wanted, passed, fargate=task_definition.on_fargate(spec)) if passed else wanted


def _request(target: dict[str, Any], revision: str | None) -> dict[str, Any]:
    """EventBridge's Pascal case to ECS's camel case; the members of a service that are ours."""
    ecs = target["EcsParameters"]
    network = ecs["NetworkConfiguration"]["awsvpcConfiguration"]
    wanted: dict[str, Any] = {
        "taskDefinition": revision or targets.NEW_REVISION,
        # EventBridge has Subnets where ECS has subnets.
        "networkConfiguration": {
            "awsvpcConfiguration": {key[0].lower() + key[1:]: value for key, value in network.items()}
        },
        "deploymentConfiguration": dict(_DEPLOYMENT),
    }
    if ecs.get("PlatformVersion"):
        wanted["platformVersion"] = ecs["PlatformVersion"]
    if "CapacityProviderStrategy" in ecs:
        wanted[_STRATEGY] = ecs["CapacityProviderStrategy"]
    else:
        wanted["launchType"] = "FARGATE"
    return wanted


def _create_step(name: str, cluster: str, wanted: dict[str, Any], count: int, tags: Tags) -> Step:
    def write(aws: Aws, made: Made) -> None:
        request = wanted | {"taskDefinition": _revision(wanted, made)}
        aws.client("ecs").create_service(
            cluster=cluster,
            serviceName=name,
            # Nothing runs until `enable`, as rules are made DISABLED.
            desiredCount=0,
            propagateTags="TASK_DEFINITION",
            enableECSManagedTags=True,
            tags=[{"key": key, "value": value} for key, value in tags.items()],
            **request,
        )

    changes = compare(None, _comparable(wanted))
    return Step("service", name, "add", changes, write, f"made with no task running; enable starts {count}")


def _update_step(
    live: LiveService,
    wanted: dict[str, Any],
    count: int,
    tags: Tags,
    action: Action,
    passed: Mapping[str, object] = MappingProxyType({}),
) -> Step:
    _refuse_launch_type(live, wanted)
    before = {key: live.fields[key] for key in wanted if live.fields.get(key) is not None}
    # What AWS fills in beside what is given is no change; what it does not tell of here is not so.
    told = {key: as_given(before[key], given) for key, given in passed.items() if key in before}
    before |= {key: value for key, value in told.items() if key != "deploymentConfiguration"}
    changes = compare(_comparable(before), _comparable(_told(wanted, before)))
    known = {one.field for one in changes}
    changes += [one for one in compare(told, dict(passed)) if one.field not in known]
    # A switched-off service stays at 0: only a running one is set to the new count.
    if live.desired and live.desired != count:
        changes.append(Change("desiredCount", str(live.desired), str(count)))
    missing = missing_tags(live.tags, tags)
    if not changes and (not missing or only_unmarked(live.tags, missing)):
        return Step("service", live.name, "same", note=_state(live))
    if not changes:
        changes = [Change(f"tag {key}", live.tags.get(key), value) for key, value in missing.items()]
        only_tags = True
    else:
        only_tags = False

    def write(aws: Aws, made: Made) -> None:
        ecs = aws.client("ecs")
        if not only_tags:
            # launchType cannot be changed by UpdateService.
            request = {key: value for key, value in wanted.items() if key != "launchType"}
            request["taskDefinition"] = _revision(wanted, made)
            if live.desired:
                request["desiredCount"] = count
            # A changed strategy takes effect with a new deployment only.
            if _STRATEGY in request and before.get(_STRATEGY) != request[_STRATEGY]:
                request["forceNewDeployment"] = True
            ecs.update_service(cluster=live.cluster, service=live.name, **request)
        # Last, so that a run that was cut short is seen as unfinished.
        if missing:
            values = [{"key": key, "value": value} for key, value in missing.items()]
            ecs.tag_resource(resourceArn=live.fields["serviceArn"], tags=values)

    return Step("service", live.name, action, changes, write, f"stays {_state(live)}")


def _told(wanted: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What can be compared: AWS need not tell of everything, and LATEST stands for the version it has."""
    # DescribeServices answers 1.4.0 where LATEST was asked for.
    if wanted.get("platformVersion") == "LATEST":
        before.pop("platformVersion", None)
    return {key: value for key, value in wanted.items() if key in before or key == _STRATEGY}


def _refuse_launch_type(live: LiveService, wanted: dict[str, Any]) -> None:
    if "launchType" in wanted and live.fields.get(_STRATEGY):
        raise UserError(
            f"the service {live.name} runs on a capacity provider, and ECS has no way back to launch type FARGATE; "
            "name FARGATE as capacityProvider in ecs.yml, or delete the service and register again"
        )


def _revision(wanted: dict[str, Any], made: Made) -> str:
    return made.task_definition if wanted["taskDefinition"] == targets.NEW_REVISION else str(wanted["taskDefinition"])


def _state(live: LiveService) -> str:
    return f"{live.desired} wanted to run" if live.desired else "switched off"


def _comparable(fields: dict[str, Any]) -> dict[str, Any]:
    result = dict(fields)
    network = {**result.pop("networkConfiguration", {}).get("awsvpcConfiguration", {})}
    # AWS gives subnets and groups back in an order of its own.
    for name in ("subnets", "securityGroups"):
        network[name] = sorted(network.get(name, []))
    deployment = result.pop("deploymentConfiguration", {})
    kept = {key: deployment[key] for key in _DEPLOYMENT if key in deployment}
    if _STRATEGY in result:
        # 0 is filled in by AWS, and the order means nothing.
        filled = [{"base": 0, "weight": 0, **one} for one in result[_STRATEGY]]
        result[_STRATEGY] = sorted(filled, key=itemgetter("capacityProvider"))
    result["taskDefinition"] = task_definition.short(str(result.get("taskDefinition", "")))
    return result | network | kept


def switch(aws: Aws, live: LiveService, *, on: bool) -> None:
    """Sets how many tasks run: what the spec said when it was registered, or none."""
    count = live.wanted if on else 0
    aws.client("ecs").update_service(cluster=live.cluster, service=live.name, desiredCount=count)


def as_target(live: LiveService) -> dict[str, Any]:
    """What the service starts, in the shape of a rule's target, so that ``run`` can start one task of it."""
    network = live.fields.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    ecs: dict[str, Any] = {
        "TaskDefinitionArn": live.task_definition,
        "NetworkConfiguration": {"awsvpcConfiguration": {k[0].upper() + k[1:]: v for k, v in network.items()}},
        "PropagateTags": "TASK_DEFINITION",
    }
    if live.fields.get(_STRATEGY):
        ecs["CapacityProviderStrategy"] = live.fields[_STRATEGY]
    else:
        ecs["LaunchType"] = "FARGATE"
    return {"Arn": live.cluster, "EcsParameters": ecs}


def plan_end(live: LiveService) -> Step:
    """For a service of ours whose job is gone: its last task stops, then it is deleted."""

    def write(aws: Aws, made: Made) -> None:
        # force: DeleteService refuses a service whose tasks still run.
        aws.client("ecs").delete_service(cluster=live.cluster, service=live.name, force=True)

    return Step(
        "service", live.name, "remove", [Change("desiredCount", str(live.desired), None)], write, "switched off"
    )
