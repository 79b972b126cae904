"""CloudFormation: one template for the shared part, one for each job. Names are those that register uses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from converters.frame.channels import Destination
from converters.frame.frame import LOCK_EXPIRY, LOCK_KEY, QUEUE_DAYS, Frame
from converters.frame.missed_runs import Alarm
from converters.frame.policies import queue_policy, topic_policy
from converters.frame.telling import filter_policy
from converters.specs.text import UNSEEN, yaml_escape
from migrate.aws.cluster import PROVIDERS
from migrate.aws.ownership import Owner, Tags, digest
from migrate.aws.roles import POLICY, tags_for
from migrate.errors import UserError
from migrate.export.marks import has_mark, parts
from migrate.export.units import Export, Start, Unit

Template = dict[str, Any]
_KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
_VARIABLES = {"account": "AWS::AccountId", "task definition": "TaskDefinition"}


# How a dynamic reference begins; with a blank behind the braces it is plain text (tried on AWS for cfn-lint's W1053).
_DYNAMIC = re.compile(r"\{\{resolve:", re.IGNORECASE)


def refuse_dynamic(unit: Unit) -> None:
    """UserError for a job in which a text of the user's would be resolved with the rights of whoever deploys.

    CloudFormation has no escape for it: references are looked for when Fn::Join and Fn::Sub are done (AWS's own examples
    put one together so), and in the values of parameters too. So no way of writing it would keep the text.
    """
    if _DYNAMIC.search(json.dumps(asdict(unit), ensure_ascii=False)):
        raise UserError(
            f"{unit.name}: its ecs.yml holds {{{{resolve:…}}}}, for which CloudFormation would put a secret in, and nothing"
            " escapes it; write the braces in two parts ('{''{resolve:'), or export to Terraform"
        )


def files(exported: Export) -> dict[str, str]:
    """Path below the target directory -> text."""
    found = {"shared.yml": _text(shared(exported))}
    return found | {f"jobs/{unit.name}.yml": _text(job(exported, unit)) for unit in exported.units}


def _text(template: Template) -> str:
    """YAML in the long form of functions, which is plain YAML; lines are never folded, and a text of several lines stands
    as it is, so that a workflow can be read and compared."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """With a way of its own to write strings."""

    def write(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        # NEL ends a line in YAML 1.1: in single quotes PyYAML writes it so that a blank comes back.
        style = '"' if UNSEEN.search(text) or "\x85" in text else "|" if "\n" in text else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, write)
    found = yaml.dump(template, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10**6)
    return UNSEEN.sub(yaml_escape, str(found))  # they stand in double quotes only, where an escape is the character


def shared(exported: Export) -> Template:
    """The template of the shared part; it names roles, so it needs CAPABILITY_NAMED_IAM."""
    frame, tags = exported.frame, _tags(exported.tags)
    resources: dict[str, Any] = {}
    for number, name in enumerate(frame.clusters, start=1):
        resources[f"Cluster{number if number > 1 else ''}"] = _resource(
            "ECS::Cluster", {"ClusterName": name, "CapacityProviders": PROVIDERS, "Tags": tags}
        )
    resources |= {
        _id(role.name.rpartition("-")[2], "Role"): _role(role, _tags(tags_for(role, exported.tags)))
        for role in frame.roles
    }
    if frame.log_group:
        resources["LogGroup"] = _log_group(frame.log_group, exported.retention, tags)
    if frame.lock_table:
        resources["LockTable"] = _lock_table(frame.lock_table, tags)
    if frame.schedule_group:
        resources["ScheduleGroup"] = _resource("Scheduler::ScheduleGroup", {"Name": frame.schedule_group, "Tags": tags})
    resources |= dict(_queue(frame, tags))
    resources |= dict(_topic(frame, tags))
    resources |= dict(_telling(frame, exported.tags, tags))
    resources["QueueAlarm"] = _alarm(frame.queue_alarm, tags)
    parameters: dict[str, Any] = {}
    more: dict[str, Any] = {}
    if any(one.endpoint.endswith("/{secret}") for one in frame.destinations):
        said = "What the secret of Slack's webhook holds: its whole address, or the token that ends it"
        parameters = {"SlackSecret": {"Type": "String", "AllowedValues": ["address", "token"], "Description": said}}
        more = {"Conditions": {_WHOLE: {"Fn::Equals": [{"Ref": "SlackSecret"}, "address"]}}}
    said = f"Shared part of the cron jobs of {frame.place.owner} ({exported.environment})"
    return _template(said, parameters, resources, **more)


def _template(description: str, parameters: dict[str, Any], resources: dict[str, Any], **more: Any) -> Template:
    known = {"Parameters": parameters} if parameters else {}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{description}, written by cron2fargate",
        **known,
        **more,
        "Resources": {name: _rendered(resource) for name, resource in resources.items()},
    }


def _resource(kind: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", **more, "Properties": properties}


def _tags(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _id(*words: str) -> str:
    """A logical id from names."""
    return "".join(part[:1].upper() + part[1:] for word in words for part in re.split(r"[^A-Za-z0-9]+", word))


def _rendered(value: Any) -> Any:
    """Strings with marks become Fn::Sub. Text that looks like a variable of Fn::Sub, and is none, is kept as text."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, dict):
        return {key: _rendered(inner) for key, inner in value.items()}
    return [_rendered(item) for item in value] if isinstance(value, list) else value


# ``${`` that begins no plain name: how Fn::Sub would read it, even escaped, is not documented.
_ODD = re.compile(r"\$\{(?!\w+\})")


def _string(text: str) -> Any:
    pieces = parts(text)
    if len(pieces) == 1 and pieces[0][0]:
        return _reference(pieces[0][1])
    if has_mark(text) and not _ODD.search(text):
        return {"Fn::Sub": "".join(f"${{{_VARIABLES.get(t, t)}}}" if m else t.replace("${", "${!") for m, t in pieces)}
    if has_mark(text) or "${" in text:
        # Cut between the two signs: plain text to CloudFormation, which linters would take for a forgotten Fn::Sub.
        cut = [item for m, t in pieces for item in ([_reference(t)] if m else re.split(r"(?<=\$)(?=\{)", t))]
        return {"Fn::Join": ["", cut]}
    return text


def _reference(name: str) -> dict[str, str]:
    return {"Ref": _VARIABLES.get(name, name)}


def _role(role: Any, tags: list[dict[str, str]]) -> dict[str, Any]:
    properties = {
        "RoleName": role.name,
        "Description": role.description,
        "AssumeRolePolicyDocument": role.trust,
        "Policies": [{"PolicyName": POLICY, "PolicyDocument": role.policy}],
        "Tags": tags,
    }
    if role.boundary:
        properties["PermissionsBoundary"] = role.boundary
    return _resource("IAM::Role", properties)


def _log_group(name: str, retention: int | None, tags: list[dict[str, str]]) -> dict[str, Any]:
    days = {"RetentionInDays": retention} if retention else {}
    return _resource("Logs::LogGroup", {"LogGroupName": name, **days, "Tags": tags}, **_KEPT)


def _lock_table(name: str, tags: list[dict[str, str]]) -> dict[str, Any]:
    properties = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": LOCK_KEY, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": LOCK_KEY, "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": LOCK_EXPIRY, "Enabled": True},
        "Tags": tags,
    }
    return _resource("DynamoDB::Table", properties, **_KEPT)


def _queue(frame: Frame, tags: list[dict[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    if frame.queue is None:
        return
    properties = {"QueueName": frame.queue, "MessageRetentionPeriod": QUEUE_DAYS * 86_400, "Tags": tags}
    yield "DeadLetterQueue", _resource("SQS::Queue", properties, **_KEPT)
    policy = queue_policy(frame.queue_arn, frame.place.account)
    yield (
        "DeadLetterQueuePolicy",
        _resource("SQS::QueuePolicy", {"Queues": [{"Ref": "DeadLetterQueue"}], "PolicyDocument": policy}),
    )


def _topic(frame: Frame, tags: list[dict[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "Topic", _resource("SNS::Topic", {"TopicName": frame.topic, "Tags": tags})
    policy = topic_policy(frame.topic_arn, frame.place.account)
    yield "TopicPolicy", _resource("SNS::TopicPolicy", {"Topics": [{"Ref": "Topic"}], "PolicyDocument": policy})
    for number, (address, jobs) in enumerate(frame.emails.items(), start=1):
        only = {"FilterPolicy": filter_policy(jobs)} if jobs else {}
        properties = {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": address, **only}
        yield f"Email{number}", _resource("SNS::Subscription", properties)


def _telling(frame: Frame, plain: Tags, tags: list[dict[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    properties = {
        "StateMachineName": frame.notifier,
        "StateMachineType": "STANDARD",
        "RoleArn": {"Fn::GetAtt": ["NotifyRole", "Arn"]},
        "DefinitionString": frame.notifier_text,
        "Tags": tags,
    }
    yield "Notifier", _resource("StepFunctions::StateMachine", properties)
    role = {"RoleArn": {"Fn::GetAtt": ["NotifyRole", "Arn"]}}
    target = frame.failure_target() | {"Arn": {"Ref": "Notifier"}} | role
    said = f"Jobs of {frame.place.owner} that failed; made by cron2fargate"
    yield "FailureRule", _event_rule(frame.failure_rule, said, frame.failure_pattern, target, tags)
    for destination in frame.destinations:
        yield from _destination(frame, destination, tags, role)


def _event_rule(
    name: str, said: str, pattern: Any, target: dict[str, Any], tags: list[dict[str, str]]
) -> dict[str, Any]:
    properties = {"Name": name, "Description": said, "EventPattern": pattern, "State": "ENABLED", "Targets": [target]}
    return _resource("Events::Rule", properties | {"Tags": tags})


def _destination(
    frame: Frame, destination: Destination, tags: list[dict[str, str]], role: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The secret is resolved by CloudFormation, so it stands in no template."""
    member = f":{destination.secret_key}" if destination.secret_key else ""
    secret = f"{{{{resolve:secretsmanager:{destination.secret}:SecretString{member}}}}}"
    word = _id(destination.name.rpartition("-")[2])
    mark = Owner.at(frame.place, "shared").describe(digest(destination.endpoint))
    key = {"ApiKeyName": destination.header, "ApiKeyValue": destination.key.replace("{secret}", secret)}
    parameters: dict[str, Any] = {"ApiKeyAuthParameters": key}
    if destination.body:
        body = {"Key": destination.body, "Value": secret, "IsValueSecret": True}
        parameters["InvocationHttpParameters"] = {"BodyParameters": [body]}
    yield (
        f"{word}Connection",
        _resource(
            "Events::Connection",
            {
                "Name": destination.name,
                "Description": mark,
                "AuthorizationType": "API_KEY",
                "AuthParameters": parameters,
            },
        ),
    )
    yield (
        f"{word}Destination",
        _resource(
            "Events::ApiDestination",
            {
                "Name": destination.name,
                "Description": mark,
                "ConnectionArn": {"Fn::GetAtt": [f"{word}Connection", "Arn"]},
                "HttpMethod": "POST",
                "InvocationEndpoint": _endpoint(destination, secret),
            },
        ),
    )
    target = frame.told_target(destination, "") | {"Arn": {"Fn::GetAtt": [f"{word}Destination", "Arn"]}} | role
    said = f"Tells {destination.name.rpartition('-')[2]} of jobs of {frame.place.owner}; made by cron2fargate"
    yield f"{word}Rule", _event_rule(destination.name, said, dict(destination.pattern), target, tags)


_WHOLE = "SlackSecretHoldsAddress"


def _endpoint(destination: Destination, secret: str) -> Any:
    """CloudFormation resolves a secret after its functions, so none can see whether it is the address or the token that ends
    it: a parameter without a default says so."""
    if destination.endpoint.endswith("/{secret}"):
        return {"Fn::If": [_WHOLE, secret, destination.endpoint.replace("{secret}", secret)]}
    return destination.endpoint.replace("{secret}", secret)


def _alarm(alarm: Alarm, tags: list[dict[str, str]]) -> dict[str, Any]:
    return _resource("CloudWatch::Alarm", alarm.request() | {"Tags": tags})


def job(exported: Export, unit: Unit) -> Template:
    """The template of a job. It is made switched off; the parameter State switches it on."""
    tags, resources = _tags(unit.tags), {}
    if unit.log_group:
        resources["LogGroup"] = _log_group(unit.log_group, exported.retention, tags)
    # A revision that rules may still start must not be deregistered with this stack.
    resources["TaskDefinition"] = _resource("ECS::TaskDefinition", {**_pascal(unit.definition), "Tags": tags}, **_KEPT)
    if unit.machine:
        properties = {
            "StateMachineName": unit.on_aws,
            "StateMachineType": "STANDARD",
            "RoleArn": unit.machine_role,
            "DefinitionString": unit.machine,
            "Tags": tags,
        }
        resources["Workflow"] = _resource("StepFunctions::StateMachine", properties)
    for number, start in enumerate(unit.starts, start=1):
        name = f"Start{number if number > 1 else ''}"
        resources[name] = _schedule(unit, start) if unit.timezone else _rule(unit, start, tags)
    if unit.service is not None:
        resources["Service"] = _service(unit, tags)
    more: dict[str, Any] = {}
    if unit.alarm:
        more["Conditions"] = {"Enabled": {"Fn::Equals": [{"Ref": "State"}, "ENABLED"]}}
        resources["MissedAlarm"] = _alarm(unit.alarm, tags) | {"Condition": "Enabled"}
    parameters = {name: _secret(said) for name, said in unit.secrets.items()}
    if unit.starts:
        parameters["State"] = {
            "Type": "String",
            "Default": "DISABLED",
            "AllowedValues": ["DISABLED", "ENABLED"],
            "Description": "Whether the schedule starts the job; switch it on at the cutover",
        }
    if unit.service is not None:
        parameters["DesiredCount"] = {
            "Type": "Number",
            "Default": 0,
            "MinValue": 0,
            "MaxValue": 10,
            "Description": f"Tasks that run; {unit.service} at the cutover",
        }
    return _template(f"Cron job {unit.name} of {exported.frame.place.owner}", parameters, resources, **more)


def _secret(said: str) -> dict[str, Any]:
    return {"Type": "String", "NoEcho": True, "Description": f"Value of {said}; better kept in a secret store"}


# Members whose names CloudFormation writes in its own way, and maps whose names are the user's.
_NAMES = {
    "efsVolumeConfiguration": "EFSVolumeConfiguration",
    "fileSystemId": "FilesystemId",
    "iam": "IAM",
}
_MAPS = {"options", "dockerLabels"}


def _pascal(value: Any) -> Any:
    """Members of ECS's API as CloudFormation names them."""
    if isinstance(value, list):
        return [_pascal(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        _NAMES.get(key, key[:1].upper() + key[1:]): dict(inner) if key in _MAPS else _pascal(inner)
        for key, inner in value.items()
    }


def _target(target: dict[str, Any], network: str) -> dict[str, Any]:
    result = dict(target)
    if "EcsParameters" in target:
        ecs = dict(target["EcsParameters"])
        inner = ecs.pop("NetworkConfiguration", {}).get("awsvpcConfiguration", {})
        ecs["NetworkConfiguration"] = {network: inner}
        for name in ("CapacityProviderStrategy", "PlacementConstraints", "PlacementStrategy"):
            if name in ecs:
                ecs[name] = _pascal(ecs[name])
        # A rule's template has another name for it than its API and than a schedule's.
        if network == "AwsVpcConfiguration" and "PlacementStrategy" in ecs:
            ecs["PlacementStrategies"] = ecs.pop("PlacementStrategy")
        result["EcsParameters"] = ecs
    if ":stateMachine:" in str(target["Arn"]):
        result["Arn"] = {"Ref": "Workflow"}
    return result


def _rule(unit: Unit, start: Start, tags: list[dict[str, str]]) -> dict[str, Any]:
    target = {"Id": unit.name, **_target(start.target, "AwsVpcConfiguration")}
    properties = {
        "Name": start.name,
        "Description": f"Job {unit.name} of {unit.tags['cron2fargate:owner']}, made by cron2fargate",
        "ScheduleExpression": start.expression,
        "State": {"Ref": "State"},
        "Targets": [target],
        "Tags": tags,
    }
    if "InputTransformer" in target:
        transformer = target["InputTransformer"]
        target["InputTransformer"] = {**transformer, "InputPathsMap": dict(transformer["InputPathsMap"])}
    return _resource("Events::Rule", properties)


def _schedule(unit: Unit, start: Start) -> dict[str, Any]:
    window: dict[str, Any] = {"Mode": "OFF"}
    if unit.window:
        window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": unit.window}
    properties = {
        "Name": start.name,
        "GroupName": unit.group,
        "Description": unit.mark.describe(digest(start.expression)),
        "ScheduleExpression": start.expression,
        "ScheduleExpressionTimezone": unit.timezone,
        "State": {"Ref": "State"},
        "FlexibleTimeWindow": window,
        "Target": _target(start.target, "AwsvpcConfiguration"),
    }
    return _resource("Scheduler::Schedule", properties)


def _service(unit: Unit, tags: list[dict[str, str]]) -> dict[str, Any]:
    ecs = unit.service_target["EcsParameters"]
    where: dict[str, Any] = {"LaunchType": "FARGATE"}
    if "CapacityProviderStrategy" in ecs:
        where = {"CapacityProviderStrategy": _pascal(ecs["CapacityProviderStrategy"])}
    if "PlatformVersion" in ecs:
        where["PlatformVersion"] = ecs["PlatformVersion"]
    passed = _pascal(unit.service_passed)
    deployment = {"MaximumPercent": 100, "MinimumHealthyPercent": 0} | passed.pop("DeploymentConfiguration", {})
    properties = {
        **passed,
        "ServiceName": unit.on_aws,
        "Cluster": unit.service_target["Arn"],
        "TaskDefinition": {"Ref": "TaskDefinition"},
        "DesiredCount": {"Ref": "DesiredCount"},
        **where,
        "NetworkConfiguration": {"AwsvpcConfiguration": ecs["NetworkConfiguration"]["awsvpcConfiguration"]},
        "DeploymentConfiguration": deployment,
        "PropagateTags": "TASK_DEFINITION",
        "EnableECSManagedTags": True,
        "Tags": [*tags, {"Key": "cron2fargate:count", "Value": str(unit.service)}],
    }
    return _resource("ECS::Service", properties)


def as_json(template: Template) -> str:
    """The template as JSON, which every tool reads alike."""
    return json.dumps(template, ensure_ascii=False)
