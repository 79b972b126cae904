"""May whoever registers pass the roles, and make and change what a registration makes and changes?

IAM is asked (SimulatePrincipalPolicy), where it lets itself be asked; nothing is tried out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from migrate.checks.model import Context, Line, ok, problem
from migrate.checks.roles import Needed, needed
from migrate.terminal.language import _

# What a registration calls, whatever the job; who only updates needs no more.
UPDATES = (
    "ecs:RegisterTaskDefinition",
    "ecs:TagResource",
    "events:PutRule",
    "events:PutTargets",
    "events:TagResource",
    "logs:PutRetentionPolicy",
)


def check(context: Context) -> Iterator[Line]:
    """One line for each role that must be passed, and one for the calls of a registration."""
    caller = principal(context.aws.identity)
    if caller is None:
        yield ok(_("the root user may do everything; use a role instead"))
        return
    for item in needed(context):
        yield _may_pass(context, caller, item)
    lacking = _lacking(context, caller, list(UPDATES))
    if lacking:
        yield problem("C609", _("{caller} lacks {lacking}"), caller=caller, lacking=", ".join(lacking))
    else:
        yield ok(_("{caller} may update task definitions, rules and targets"), caller=caller)


def principal(identity: str) -> str | None:
    """The ARN to simulate for the ARN that sts gives: the role behind a session (a role's path is lost there)."""
    # sts says assumed-role/NAME/SESSION: the role's path is lost there.
    session = re.fullmatch(r"arn:(?P<part>[\w-]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/.*", identity)
    if session:
        return f"arn:{session['part']}:iam::{session['account']}:role/{session['role']}"
    return None if identity.endswith(":root") else identity


def _may_pass(context: Context, caller: str, item: Needed) -> Line:
    arn = context.aws.role_arn(item.role)
    entry = {
        "ContextKeyName": "iam:PassedToService",
        "ContextKeyType": "string",
        "ContextKeyValues": [item.service],
    }
    if _lacking(context, caller, ["iam:PassRole"], ResourceArns=[arn], ContextEntries=[entry]):
        return problem(
            "C608", _("{caller} lacks iam:PassRole on {arn} to {service}"), caller=caller, arn=arn, service=item.service
        )
    return ok(_("{key} may be passed to {service}"), key=item.key, service=item.service)


def _lacking(context: Context, caller: str, actions: list[str], **more: Any) -> list[str]:
    iam = context.aws.client("iam")
    # Simulation knows identity policies and boundaries, but neither SCPs nor trust policies in full.
    answer = iam.simulate_principal_policy(PolicySourceArn=caller, ActionNames=actions, **more)
    return [item["EvalActionName"] for item in answer["EvaluationResults"] if item["EvalDecision"] != "allowed"]
