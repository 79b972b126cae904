"""A request to AWS as IAM sees it: which actions on which resources it asks for, and with which condition keys.

For the calls that this tool makes: operation and parameters in, calls out. From the Service Authorization Reference; a call
that is not in the table asks for its own action on everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from converters.rights.duties import Arn, Call, passed
from converters.rights.judging import Policies, Request, judge
from converters.rights.patterns import Values
from converters.specs.untyped import fields, rows, texts

Params = Mapping[str, object]
Tags = Mapping[str, str]

# Names of services in IAM, where boto3 has others.
_PREFIX = {"stepfunctions": "states", "service-quotas": "servicequotas", "resourcegroupstaggingapi": "tag"}
_ACTION = {("s3", "ListObjectsV2"): "s3:ListBucket"}  # the operation asks for an action of another name
_FREE = {("sts", "GetCallerIdentity")}  # what needs no permission at all

# Operation -> its resource below the service, with parameters in braces; and the action that its tags ask for beside it.
# A whole ARN in a parameter stands for itself. `*` is a call without a resource.
_RESOURCES: dict[tuple[str, str], tuple[str, str]] = {
    ("ecs", "RegisterTaskDefinition"): ("task-definition/{family}:1", "ecs:TagResource"),
    ("ecs", "RunTask"): ("{taskDefinition}", "ecs:TagResource"),
    ("ecs", "StopTask"): ("task/{cluster}/1", ""),
    ("ecs", "CreateService"): ("service/{cluster}/{serviceName}", "ecs:TagResource"),
    ("ecs", "UpdateService"): ("service/{cluster}/{service}", ""),
    ("ecs", "DeleteService"): ("service/{cluster}/{service}", ""),
    ("ecs", "CreateCluster"): ("*", "ecs:TagResource"),
    ("ecs", "TagResource"): ("{resourceArn}", ""),
    ("ecs", "DescribeServices"): ("service/{cluster}/1", ""),
    ("events", "ListTargetsByRule"): ("rule/{Rule}", ""),
    ("events", "ListTagsForResource"): ("{ResourceARN}", ""),
    ("scheduler", "GetSchedule"): ("schedule/{GroupName}/{Name}", ""),
    ("scheduler", "ListTagsForResource"): ("{ResourceArn}", ""),
    ("stepfunctions", "DescribeStateMachine"): ("{stateMachineArn}", ""),
    ("stepfunctions", "ListTagsForResource"): ("{resourceArn}", ""),
    ("events", "PutRule"): ("rule/{Name}", "events:TagResource"),
    ("events", "DeleteRule"): ("rule/{Name}", ""),
    ("events", "EnableRule"): ("rule/{Name}", ""),
    ("events", "DisableRule"): ("rule/{Name}", ""),
    ("events", "PutTargets"): ("rule/{Rule}", ""),
    ("events", "RemoveTargets"): ("rule/{Rule}", ""),
    ("events", "TagResource"): ("{ResourceARN}", ""),
    # The ARNs of connections and destinations end in a random part.
    ("events", "CreateConnection"): ("connection/{Name}/1", ""),
    ("events", "UpdateConnection"): ("connection/{Name}/1", ""),
    ("events", "CreateApiDestination"): ("api-destination/{Name}/1", ""),
    ("events", "UpdateApiDestination"): ("api-destination/{Name}/1", ""),
    ("scheduler", "CreateSchedule"): ("schedule/{GroupName}/{Name}", ""),
    ("scheduler", "UpdateSchedule"): ("schedule/{GroupName}/{Name}", ""),
    ("scheduler", "DeleteSchedule"): ("schedule/{GroupName}/{Name}", ""),
    ("scheduler", "CreateScheduleGroup"): ("schedule-group/{Name}", "scheduler:TagResource"),
    ("scheduler", "TagResource"): ("{ResourceArn}", ""),
    ("stepfunctions", "CreateStateMachine"): ("stateMachine:{name}", "states:TagResource"),
    ("stepfunctions", "UpdateStateMachine"): ("{stateMachineArn}", ""),
    ("stepfunctions", "DeleteStateMachine"): ("{stateMachineArn}", ""),
    ("stepfunctions", "StartExecution"): ("{stateMachineArn}", ""),
    ("stepfunctions", "TagResource"): ("{resourceArn}", ""),
    # AWS's refusals name log groups as `log-group:NAME:log-stream:`, but for tags, whose ARN has no end (aws-2.md 1.1).
    ("logs", "CreateLogGroup"): ("log-group:{logGroupName}:log-stream:", "logs:TagResource"),
    ("logs", "PutRetentionPolicy"): ("log-group:{logGroupName}:log-stream:", ""),
    ("logs", "TagResource"): ("{resourceArn}", ""),
    ("sns", "CreateTopic"): ("{Name}", "sns:TagResource"),
    ("sns", "SetTopicAttributes"): ("{TopicArn}", ""),
    ("sns", "Subscribe"): ("{TopicArn}", ""),
    # The Service Authorization Reference has no resource for it, whatever ARN it is given.
    ("sns", "SetSubscriptionAttributes"): ("*", ""),
    ("sqs", "CreateQueue"): ("{QueueName}", "sqs:TagQueue"),
    ("sqs", "SetQueueAttributes"): ("{QueueUrl}", ""),
    ("sqs", "ReceiveMessage"): ("{QueueUrl}", ""),
    ("sqs", "DeleteMessage"): ("{QueueUrl}", ""),
    ("sqs", "ChangeMessageVisibility"): ("{QueueUrl}", ""),
    ("dynamodb", "CreateTable"): ("table/{TableName}", "dynamodb:TagResource"),
    ("dynamodb", "UpdateTimeToLive"): ("table/{TableName}", ""),
    ("dynamodb", "UpdateItem"): ("table/{TableName}", ""),
    ("dynamodb", "DeleteItem"): ("table/{TableName}", ""),
    ("cloudwatch", "PutMetricAlarm"): ("alarm:{AlarmName}", "cloudwatch:TagResource"),
    ("cloudwatch", "TagResource"): ("{ResourceARN}", ""),
    ("iam", "CreateRole"): ("role/{RoleName}", "iam:TagRole"),
    ("iam", "PutRolePolicy"): ("role/{RoleName}", ""),
    ("iam", "UpdateAssumeRolePolicy"): ("role/{RoleName}", ""),
    ("iam", "PutRolePermissionsBoundary"): ("role/{RoleName}", ""),
    ("secretsmanager", "GetSecretValue"): ("secret:{SecretId}-AbCdEf", ""),
}
_DELETES = {"DeleteRule", "DeleteStateMachine", "DeleteAlarms", "DeleteService"}
# What EventBridge does in the caller's name for the key of a connection.
_SECRETS = {
    "CreateConnection": ("CreateSecret", "PutSecretValue", "DescribeSecret", "GetSecretValue"),
    "UpdateConnection": ("UpdateSecret", "PutSecretValue", "DescribeSecret", "GetSecretValue"),
}
# Types that carry no tags, or whose tags IAM does not compare.
_UNTAGGED = re.compile(r":(schedule|connection|api-destination)/|:secret:|^\*$")


def action(service: str, operation: str) -> str | None:
    """IAM's action for an operation of boto3's ``service``; None for what everybody may do."""
    if (service, operation) in _FREE:
        return None
    return _ACTION.get((service, operation), f"{_PREFIX.get(service, service)}:{operation}")


def asked(service: str, operation: str, params: Params, place: Arn) -> list[Call]:
    """Every call that IAM is asked about for one request. ``place`` makes ARNs of the account and region."""
    name = action(service, operation)
    if name is None:
        return []
    if operation == "DeleteAlarms":
        return [Call(name, place("cloudwatch", f"alarm:{one}")) for one in texts(params["AlarmNames"])]
    shape, tagging = _RESOURCES.get((service, operation), ("*", ""))
    own = Call(name, _resource(service, shape, params, place), _context(operation, params, place))
    found = [own]
    if tagging and (_tags(params) or params.get("propagateTags")):
        made = own.resource
        if operation in ("CreateCluster", "RunTask"):
            cluster = str(params.get("clusterName") or params.get("cluster", "default")).rpartition("/")[2]
            made = place("ecs", f"cluster/{cluster}" if operation == "CreateCluster" else f"task/{cluster}/1")
        created = {"ecs:CreateAction": (operation,)} if service == "ecs" else {}
        found.append(Call(tagging, made.removesuffix(":log-stream:"), {**_tag_keys(_tags(params)), **created}))
    return [*found, *_beside(operation, params, place)]


def _resource(service: str, shape: str, params: Params, place: Arn) -> str:
    named = re.findall(r"{(\w+)}", shape)
    values = {name: str(params.get(name, "default")) for name in named}
    # A cluster alone is no whole resource: what stands in it is.
    whole = values.get(named[0], "") if len(named) == 1 and named != ["cluster"] else ""
    if whole.startswith("arn:"):
        return whole
    for name in ("cluster", "service", "QueueUrl"):
        if name in values:
            values[name] = values[name].rpartition("/")[2]
    if shape in ("*", ""):
        return "*"
    if shape == "{taskDefinition}":
        shape = "task-definition/{taskDefinition}"
    arn = place(_PREFIX.get(service, service), shape.format(**values))
    # IAM is global: its ARNs have no region.
    return re.sub(r"^(arn:[\w-]+:iam):[\w-]+:", r"\1::", arn)


def _context(operation: str, params: Params, place: Arn) -> dict[str, Values]:
    found: dict[str, Values] = dict(_tag_keys(_tags(params)))
    if "cluster" in params:
        cluster = str(params["cluster"])
        found["ecs:cluster"] = (cluster if cluster.startswith("arn:") else place("ecs", f"cluster/{cluster}"),)
    if operation == "Subscribe":
        found |= {"sns:Protocol": (str(params["Protocol"]),), "sns:Endpoint": (str(params["Endpoint"]),)}
    if operation in ("CreateRole", "PutRolePermissionsBoundary") and params.get("PermissionsBoundary"):
        found["iam:PermissionsBoundary"] = (str(params["PermissionsBoundary"]),)
    return found


def _tags(params: Params) -> dict[str, str]:
    """The tags of a request, in any of the ways in which services take them."""
    given = params.get("Tags") or params.get("tags")
    if isinstance(given, Mapping):
        return {str(key): str(value) for key, value in given.items()}
    return {str(one.get("Key", one.get("key"))): str(one.get("Value", one.get("value", ""))) for one in rows(given)}


def _tag_keys(tags: Tags) -> dict[str, Values]:
    keys = {"aws:TagKeys": tuple(tags)} if tags else {}
    return {**{f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}, **keys}


def _beside(operation: str, params: Params, place: Arn) -> Iterator[Call]:
    """What else a request asks for: roles that it passes on, linked roles that it makes, secrets that it keeps."""
    for role, service in _passing(operation, params):
        yield Call("iam:PassRole", role, {"iam:PassedToService": (f"{service}.amazonaws.com",)})
    linked = {"CreateCluster": "ecs", "CreateService": "ecs", "CreateConnection": "apidestinations.events"}
    if operation in linked:
        service = f"{linked[operation]}.amazonaws.com"
        arn = re.sub(r":iam:[\w-]+:", ":iam::", place("iam", f"role/aws-service-role/{service}/AWSServiceRole"))
        # Only where the account has none yet: whoever may not make it fails just then.
        yield Call("iam:CreateServiceLinkedRole", arn, {"iam:AWSServiceName": (service,)})
    for name in _SECRETS.get(operation, ()):
        arn = place("secretsmanager", f"secret:events!connection/{params['Name']}/1-AbCdEf")
        yield Call(f"secretsmanager:{name}", arn)
    if operation in ("CreateApiDestination", "UpdateApiDestination") and params.get("ConnectionArn"):
        yield Call(f"events:{operation}", str(params["ConnectionArn"]))


def _passing(operation: str, params: Params) -> Iterator[tuple[str, str]]:
    if operation == "RegisterTaskDefinition":
        yield from ((role, "ecs-tasks") for role in passed(params))
    elif operation == "PutTargets":
        yield from ((str(one["RoleArn"]), "events") for one in rows(params["Targets"]) if one.get("RoleArn"))
    elif operation in ("CreateSchedule", "UpdateSchedule"):
        yield str(fields(params["Target"])["RoleArn"]), "scheduler"
    elif operation in ("CreateStateMachine", "UpdateStateMachine") and params.get("roleArn"):
        yield str(params["roleArn"]), "states"


@dataclass
class Account:
    """What of an account IAM looks at beside the request: the tags of its things, kept from the requests that were seen.

    ``whole``: nothing was there before them, so what was not seen bears no tags; else its tags are not known.
    """

    place: Arn
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    whole: bool = True

    def requests(self, service: str, operation: str, params: Params) -> list[Request]:
        """The requests of one call of the API, with the tags of what is there before it."""
        return [self._request(call) for call in asked(service, operation, params, self.place)]

    def _request(self, call: Call) -> Request:
        there = {} if _UNTAGGED.search(call.resource) else self.tags.get(_key(call.resource))
        own = {f"aws:ResourceTag/{key}": (value,) for key, value in (there or {}).items()}
        known = self.whole or there is not None
        region = (
            {} if call.action.startswith("iam:") else {"aws:RequestedRegion": (self.place("sts", "").split(":")[3],)}
        )
        return Request(call.action, call.resource, context={**own, **region, **call.context}, closed=known)

    def done(self, service: str, operation: str, params: Params) -> None:
        """Keeps what the call has changed."""
        for call in asked(service, operation, params, self.place):
            key = _key(call.resource)
            if operation in _DELETES:
                self.tags.pop(key, None)
            elif _tags(params) and not call.action.startswith("iam:PassRole"):
                self.tags.setdefault(key, {}).update(_tags(params))


def _key(resource: str) -> str:
    """One name of a thing: without the revision of a task definition, or the end of a log group's ARN."""
    return re.sub(r":(log-stream:)?\*?$", "", re.sub(r"(:task-definition/[^:]+):\d+$", r"\1", resource))


def refused(request: Request, policy: Mapping[str, object]) -> str | None:
    """Why a policy does not let a request through, in one sentence with the missing action; None where it does."""
    found = judge(replace(request, principal=""), Policies([policy]))
    if found.allowed or (found.verdict == "unknown" and not request.closed):
        return None
    return f"{request.action} on {request.resource}" + (f" ({found.why})" if found.why else "")
