"""Roles of the frame: their trust, and one inline policy each."""

from __future__ import annotations

import json
from typing import Any

from converters.frame.frame import Role
from converters.frame.policies import Policy, canonical, joined, trusting
from converters.rights.lacking import taken_away
from converters.specs.untyped import rows
from migrate.aws.ownership import ENVIRONMENT, Tags
from migrate.aws.session import Aws
from migrate.aws.shared import ask, differences, foreign, listed, ours, tags_of
from migrate.aws.steps import Step

POLICY = "cron2fargate"
PATH = "/"


def plan(aws: Aws, role: Role, tags: Tags) -> Step:
    """Rights that jobs outside this run need are kept: what the live policy lists is joined to what is wanted. IAM knows no
    regions, so a role without an environment in its name may serve jobs of several."""
    tags = tags_for(role, tags)
    iam = aws.client("iam")
    live = ask(iam.get_role, RoleName=role.name)
    if live is None:
        return Step("role", role.name, "add", [], lambda aws, made: _create(aws, role, tags), role.description)
    # IAM gives tags with GetRole.
    theirs = tags_of(live["Role"].get("Tags", []))
    if not ours(theirs, tags):
        return foreign("role", role.name, theirs)
    before = _policy(iam, role.name)
    after = joined(before, role.policy)
    document = live["Role"]["AssumeRolePolicyDocument"]
    trust = trusting(document, role.trust)
    # Policies come back with lists of one as strings, and in another order.
    bound = live["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    changes = differences(
        # Without the setting, a boundary that somebody else has put there stays.
        {"trust": document, **_by_sid(before), **_bounded(role, bound)},
        {"trust": trust, **_by_sid(after), **_bounded(role, role.boundary)},
    )
    if not changes:
        return Step("role", role.name, "same")

    def write(aws: Aws, made: object) -> None:
        if canonical(document) != canonical(trust):
            aws.client("iam").update_assume_role_policy(RoleName=role.name, PolicyDocument=json.dumps(trust))
        if role.boundary and role.boundary != bound:
            aws.client("iam").put_role_permissions_boundary(RoleName=role.name, PermissionsBoundary=role.boundary)
        _put(aws, role.name, after)

    return Step("role", role.name, "change", changes, write, _lost(live["Role"], before, trust, after))


def _lost(live: dict[str, Any], before: Policy | None, trust: Policy, after: Policy) -> str:
    """What the role may do now and could not after the change: jobs that this run does not know may need it."""
    arn = live["Arn"]
    lost = [*taken_away(live["AssumeRolePolicyDocument"], trust, arn), *taken_away(before or {}, after, arn)]
    return "takes away " + ", ".join(f"{one.action} on {one.resource}" for one in lost) if lost else ""


def tags_for(role: Role, tags: Tags) -> Tags:
    """A role that all environments share names none."""
    return {key: value for key, value in tags.items() if not (role.shared and key == ENVIRONMENT)}


def _bounded(role: Role, boundary: str | None) -> dict[str, Any]:
    return {"boundary": boundary} if role.boundary else {}


def _policy(iam: Any, name: str) -> Policy | None:
    found = ask(iam.get_role_policy, RoleName=name, PolicyName=POLICY)
    return found["PolicyDocument"] if found else None


def _by_sid(policy: Policy | None) -> dict[str, Policy]:
    return {f"policy {item.get('Sid', '?')}": item for item in rows((policy or {}).get("Statement"))}


def _create(aws: Aws, role: Role, tags: Tags) -> None:
    aws.client("iam").create_role(
        RoleName=role.name,
        Path=PATH,
        Description=role.description,
        AssumeRolePolicyDocument=json.dumps(role.trust),
        Tags=listed(tags),
        **({"PermissionsBoundary": role.boundary} if role.boundary else {}),
    )
    _put(aws, role.name, role.policy)


def _put(aws: Aws, name: str, policy: Policy) -> None:
    aws.client("iam").put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=json.dumps(policy))
