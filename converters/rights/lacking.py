"""A role with its policies against what it has to do: what it lacks, and what cannot be known, each in one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from converters.rights.conditions import many
from converters.rights.duties import Call, Duty
from converters.rights.judging import Document, Judgement, Policies, Request, judge, statements
from converters.rights.patterns import Values
from converters.specs.untyped import fields


@dataclass(frozen=True, slots=True)
class Role:
    """A role as it stands: who may take it on, its policies, its boundary (None: it has none), its tags.

    ``unread`` are policies of its that could not be read: what they say is not known.
    """

    arn: str
    trust: Document
    policies: tuple[Document, ...] = ()
    boundary: Document | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lack:
    """``verdict`` is denied, missing or unknown. ``to_add`` is the statement that helps; None where adding one does not."""

    role: str
    action: str
    resource: str
    judgement: Judgement
    to_add: dict[str, object] | None
    trust: bool = False

    @property
    def known(self) -> bool:
        return self.judgement.verdict != "unknown"

    def sentence(self) -> str:
        """What is lacking and what to do."""
        name, why = self.role.rpartition("/")[2], self.judgement.why
        because = f" ({why})" if why else ""
        if self.trust:
            what = f"{self.action} may not take on the role {name} for {self.resource or 'this account'}"
            if not self.known:
                return f"whether {self.action} may take on the role {name} is not known{because}"
            return f"{what}{because}; mend its trust policy: {_json(self.to_add)}"
        if not self.known:
            return f"whether {name} may {self.action} on {self.resource} is not known{because}"
        if self.judgement.verdict == "denied":
            return f"{name} is denied {self.action} on {self.resource}{because}; take that Deny away"
        return f"{name} may not {self.action} on {self.resource}{because}; add to its policy: {_json(self.to_add)}"


def _json(statement: object) -> str:
    return json.dumps(statement, ensure_ascii=False)


def lacks(duty: Duty, role: Role, queues: Mapping[str, Document | None]) -> Iterator[Lack]:
    """What a role lacks for a duty. ``queues`` are policies of queues by ARN (None: it has none); a queue that is not among
    them could not be read."""
    account = role.arn.split(":")[4]
    taken = judge(_taking(duty, role, account), Policies(resource=role.trust, alone=True))
    if not taken.allowed:
        statement = _trusting(duty, account)
        yield Lack(role.arn, duty.service, duty.source, taken, statement, trust=True)
    for call in duty.calls:
        if lack := _of_call(call, role, account, queues):
            yield lack
    if duty.letters:
        yield from _of_letters(duty, account, queues)


def _taking(duty: Duty, role: Role, account: str) -> Request:
    context: dict[str, Values] = {"aws:SourceAccount": (account,)}
    # Whether EventBridge fills SourceArn for a rule's role is written nowhere (aws-2.md 1.2), so it is not known.
    if duty.source and duty.service != "events.amazonaws.com":
        context["aws:SourceArn"] = (duty.source,)
    return Request("sts:AssumeRole", role.arn, duty.service, context, absent=frozenset({"sts:ExternalId"}))


def _trusting(duty: Duty, account: str) -> dict[str, object]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": duty.service},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }


def _of_call(call: Call, role: Role, account: str, queues: Mapping[str, Document | None]) -> Lack | None:
    found = judge(_asking(call, role, account), Policies(role.policies, role.boundary, queues.get(call.resource)))
    if found.allowed:
        return None
    if found.verdict == "missing" and (not call.sure or role.unread):
        why = f"{', '.join(role.unread)} could not be read" if role.unread else "which it is shows only when it runs"
        found = Judgement("unknown", why)
    return Lack(role.arn, call.action, call.resource, found, call.statement())


def _asking(call: Call, role: Role, account: str) -> Request:
    """What is known of every call of a role in its own account (IAM, "AWS global condition context keys")."""
    parts = [*call.resource.split(":"), "", "", "", "", ""]
    context: dict[str, Values] = {
        "aws:PrincipalArn": (role.arn,),
        "aws:PrincipalAccount": (account,),
        "aws:PrincipalType": ("AssumedRole",),
        "aws:PrincipalIsAWSService": ("false",),
        "aws:SecureTransport": ("true",),
        **{f"aws:PrincipalTag/{key}": (value,) for key, value in role.tags.items()},
    }
    if parts[4]:
        context["aws:ResourceAccount"] = (parts[4],)
    # IAM's and S3's ARNs have no region: there the endpoint's counts.
    if parts[3]:
        context["aws:RequestedRegion"] = (parts[3],)
    absent = {"aws:username", "aws:userid", "aws:MultiFactorAuthAge", "aws:MultiFactorAuthPresent"} - set(context)
    return Request(call.action, call.resource, role.arn, {**context, **call.context}, frozenset(absent))


def _of_letters(duty: Duty, account: str, queues: Mapping[str, Document | None]) -> Iterator[Lack]:
    """A rule sends what it gives up as EventBridge itself: the queue's own policy decides."""
    if duty.letters not in queues:
        found = Judgement("unknown", "the policy of the queue could not be read")
    else:
        context: dict[str, Values] = {"aws:SourceAccount": (account,), "aws:SourceArn": (duty.source,)}
        request = Request("sqs:SendMessage", duty.letters, duty.service, context)
        found = judge(request, Policies(resource=queues[duty.letters] or {}))
    if not found.allowed:
        statement = _trusting(duty, account) | {"Action": "sqs:SendMessage", "Resource": duty.letters}
        yield Lack(duty.service, "sqs:SendMessage", duty.letters, found, statement)


def taken_away(before: Document, after: Document, role: str = "") -> list[Lack]:
    """What ``before`` allows and ``after`` does not: each action, on each resource, under each value of the conditions, as
    both policies of one role name them. A change of a role that jobs share must not disarm some of them."""
    found: dict[str, Lack] = {}
    for one in statements(before):
        if one.get("Effect") != "Allow":
            continue
        for request in _named(one, role):
            was, is_now = (judge(request, _policies(document, one)) for document in (before, after))
            if was.allowed and not is_now.allowed:
                trust = "Principal" in one
                said = request.principal if trust else request.action
                lack = Lack(role, said, request.resource, is_now, dict(one), trust=trust)
                found.setdefault(json.dumps([said, request.resource]), lack)
    return list(found.values())


def _policies(document: Document, statement: Document) -> Policies:
    return Policies(resource=document, alone=True) if "Principal" in statement else Policies([document])


def _named(statement: Document, role: str) -> Iterator[Request]:
    """One request for each combination that a statement spells out. Patterns stand for themselves: a star is covered by
    the same star, and by a wider one."""
    principal = statement.get("Principal", {})
    callers = [str(one) for one in many(principal.get("Service", []))] if isinstance(principal, Mapping) else []
    keys = {
        key: many(value) for keys in fields(statement.get("Condition")).values() for key, value in fields(keys).items()
    }
    contexts = [dict(zip(keys, values, strict=True)) for values in product(*keys.values())]
    for caller in callers or [role]:
        for action, resource in product(
            many(statement.get("Action", [])), many(statement.get("Resource", role or "*"))
        ):
            for context in contexts:
                shown = {key: (str(value),) for key, value in context.items()}
                yield Request(str(action), str(resource), caller, shown, closed=True)
