"""Roles and queues as they stand, for the evaluator: trust, every policy, boundary and tags, each read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from converters.rights.judging import Document
from converters.rights.lacking import Role
from migrate.aws.errors import error_code, is_denied
from migrate.aws.session import Aws
from migrate.aws.shared import ask, document, tags_of


@dataclass
class Standing:
    """What was read of one account. ``unseen`` says why of what could not be."""

    aws: Aws
    unseen: dict[str, str] = field(default_factory=dict)
    _roles: dict[str, Role | None] = field(default_factory=dict)
    _queues: dict[str, Document | None] = field(default_factory=dict)
    _silent: str = ""

    def role(self, arn: str) -> Role | None:
        """None where there is no such role, or it could not be read (then ``unseen`` has it)."""
        if arn not in self._roles:
            self._roles[arn] = self._read(arn)
        return self._roles[arn]

    def _read(self, arn: str) -> Role | None:
        from botocore.exceptions import BotoCoreError, ClientError

        if arn.split(":")[4:5] != [self.aws.account]:
            self.unseen[arn] = "it belongs to another account"
            return None
        if self._silent:
            self.unseen[arn] = self._silent
            return None
        iam, name = self.aws.client("iam"), arn.rpartition("/")[2]
        try:
            found = ask(iam.get_role, RoleName=name)
            if found is None:
                return None
            unread: list[str] = []
            policies = [*self._inline(iam, name), *self._attached(iam, name, unread)]
            boundary = found["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
            limit = self._managed(iam, boundary, unread) if boundary else None
        except ClientError as error:
            if not is_denied(error):
                raise
            self.unseen[arn] = f"{error_code(error)}: {error.operation_name}"
            return None
        except BotoCoreError as error:
            # IAM has one address in the world, which many a private network does not let through: a plan of everything else
            # must not end there, nor wait for each role.
            self._silent = self.unseen[arn] = f"IAM does not answer ({type(error).__name__})"
            return None
        # A boundary that could not be read allows nothing that is known.
        bounded = limit if limit is not None or not boundary else {}
        tags = tags_of(found["Role"].get("Tags", []))
        trust = _document(found["Role"].get("AssumeRolePolicyDocument"))
        return Role(found["Role"]["Arn"], trust, tuple(policies), bounded, tags, tuple(unread))

    def _inline(self, iam: Any, name: str) -> list[Document]:
        names = [
            one
            for page in iam.get_paginator("list_role_policies").paginate(RoleName=name)
            for one in page["PolicyNames"]
        ]
        return [_document(iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"]) for one in names]

    def _attached(self, iam: Any, name: str, unread: list[str]) -> list[Document]:
        pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
        arns = [one["PolicyArn"] for page in pages for one in page["AttachedPolicies"]]
        return [found for arn in arns if (found := self._managed(iam, arn, unread)) is not None]

    def _managed(self, iam: Any, arn: str, unread: list[str]) -> Document | None:
        from botocore.exceptions import ClientError

        try:
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            return _document(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])
        except ClientError as error:
            # Who may not read one policy may still know that another allows the call.
            if not is_denied(error) and error_code(error) != "NoSuchEntity":
                raise
            unread.append(arn)
            return None

    def queues(self, arns: list[str]) -> Mapping[str, Document | None]:
        """Their policies; a queue elsewhere, or one that may not be read, is not among them."""
        for arn in arns:
            if arn not in self._queues and arn.split(":")[3:5] == [self.aws.region, self.aws.account]:
                self._read_queue(arn)
        return self._queues

    def _read_queue(self, arn: str) -> None:
        from botocore.exceptions import ClientError

        sqs = self.aws.client("sqs")
        try:
            found = ask(sqs.get_queue_url, QueueName=arn.rpartition(":")[2])
            if found:
                answer = sqs.get_queue_attributes(QueueUrl=found["QueueUrl"], AttributeNames=["Policy"])
                self._queues[arn] = document(answer.get("Attributes", {}).get("Policy"))
        except ClientError as error:
            if not is_denied(error):
                raise


def _document(found: Any) -> Document:
    """botocore gives IAM's documents as values; a service that gives text has JSON."""
    value = json.loads(found) if isinstance(found, str) else found
    return value if isinstance(value, dict) else {}
