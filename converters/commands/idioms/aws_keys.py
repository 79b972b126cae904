"""Keys of an AWS user that a job carries, and the rights that its command asks for: what a task role gives instead."""

from __future__ import annotations

import re
from collections.abc import Iterable

AWS_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
"""The variables from which the SDKs and the CLI take a user's keys, before they ask for the role of a task."""

# `aws s3 cp|mv|rm|sync|ls|..` are no operations of the API (AWS CLI, "High-level (s3) commands").
_S3 = {
    "ls": ("s3:ListBucket",),
    "cp": ("s3:GetObject", "s3:ListBucket", "s3:PutObject"),
    "mv": ("s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"),
    "rm": ("s3:DeleteObject", "s3:ListBucket"),
    "sync": ("s3:GetObject", "s3:ListBucket", "s3:PutObject"),
    "mb": ("s3:CreateBucket",),
    "rb": ("s3:DeleteBucket",),
    "presign": ("s3:GetObject",),
}
# Names of the CLI that are not the prefix of IAM (Service Authorization Reference).
_PREFIX = {
    "s3api": "s3",
    "stepfunctions": "states",
    "sesv2": "ses",
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "configservice": "config",
    "deploy": "codedeploy",
    "efs": "elasticfilesystem",
    "emr": "elasticmapreduce",
    "opensearch": "es",
    "docdb": "rds",
    "neptune": "rds",
    "resourcegroupstaggingapi": "tag",
}
_OPERATION = {
    "s3api:list-objects": "s3:ListBucket",
    "s3api:list-objects-v2": "s3:ListBucket",
    "s3api:head-object": "s3:GetObject",
    "s3api:copy-object": "s3:PutObject",
    "ecr:get-login-password": "ecr:GetAuthorizationToken",
}
_NO_RIGHT = frozenset({"help", "wait", "configure", "sts"})
_CALL = re.compile(
    r"(?<![\w/.-])(?:/\S*/)?aws((?:\s+--[\w-]+(?:[= ](?!-)[^\s;|&]+)?)*)\s+([a-z][a-z0-9-]+)\s+([a-z][a-z0-9-]+)"
)


def keys_of(variables: Iterable[str]) -> list[str]:
    """The variables among these that hold keys of an AWS user."""
    known = set(variables)
    return [name for name in AWS_KEYS if name in known]


def rights(text: str) -> list[str]:
    """IAM's actions that the calls of the AWS CLI in a command ask for, sorted; what else may use the keys is not seen."""
    found: set[str] = set()
    for call in _CALL.finditer(text):
        service, operation = call[2], call[3]
        if service == "s3":
            found.update(_S3.get(operation, ()))
            if operation == "sync" and "--delete" in text[call.end() :]:
                found.add("s3:DeleteObject")
        elif service not in _NO_RIGHT and operation not in _NO_RIGHT:
            found.add(_OPERATION.get(f"{service}:{operation}") or _action(service, operation))
    return sorted(found)


def _action(service: str, operation: str) -> str:
    # IAM reads actions without case ("Actions", IAM JSON policy elements): DescribeDbInstances is DescribeDBInstances.
    return f"{_PREFIX.get(service, service)}:{''.join(part.capitalize() for part in operation.split('-'))}"


def said_of(variables: Iterable[str], text: str) -> str | None:
    """One sentence about the keys among the variables; None where there are none."""
    keys = keys_of(variables)
    if not keys:
        return None
    asked = rights(text)
    then = f"its command asks for {', '.join(asked)}" if asked else "what it asks for, the rights of their user tell"
    return (
        f"{', '.join(f'`{name}`' for name in keys)}: keys of an AWS user. A task role gives the rights instead; {then}."
    )
