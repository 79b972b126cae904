"""A request against policies, by the order of the IAM user guide, "Policy evaluation logic".

An explicit Deny anywhere wins. What is not allowed is refused. In one account, an identity policy (within its boundary) or
a resource policy that names the caller is enough; a role's trust policy and a KMS key's policy must allow by themselves;
between accounts both sides must. Organizations' policies (SCP, RCP) and session policies are not seen here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from converters.rights.conditions import holds, many
from converters.rights.patterns import Lookup, Values, like, resource
from converters.rights.truth import NO, YES, Truth, every, some, unknown
from converters.specs.untyped import fields

Verdict = Literal["allowed", "denied", "missing", "unknown"]
"""``denied`` by a statement that says so, ``missing`` where none allows."""

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """One call. ``context`` holds condition keys with their values, ``absent`` those that the request surely has not;
    ``closed`` says that it has no others at all, else those are not known.

    ``principal`` is the ARN of a role (or of a user), or the name of a service such as ``events.amazonaws.com``. For a
    call without a resource ``resource`` is ``*``.
    """

    action: str
    resource: str
    principal: str = ""
    context: Mapping[str, Values] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    closed: bool = False

    def lookup(self) -> Lookup:
        # Keys are not case-sensitive (IAM, "Condition"), their values are.
        present = {key.lower(): values for key, values in self.context.items()}
        absent = {key.lower() for key in self.absent}

        def of(key: str) -> Values | Truth | None:
            name = key.lower()
            if name in present:
                return present[name]
            return None if self.closed or name in absent else unknown(f"{key} is not known before the call")

        return of

    @property
    def is_service(self) -> bool:
        return re.fullmatch(r"[\w.-]+\.amazonaws\.com(\.cn)?", self.principal) is not None


@dataclass(frozen=True, slots=True)
class Policies:
    """What bears on a request. ``identity`` are the caller's policies, ``boundary`` its permissions boundary (None: it has
    none); ``resource`` is the policy of what is called (None: it has none). ``alone``: that one decides by itself, as
    for a role's trust and a KMS key."""

    identity: Sequence[Document] = ()
    boundary: Document | None = None
    resource: Document | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """``why`` is the reason of an answer that is not ``allowed``, in a few words; empty where no statement comes near."""

    verdict: Verdict
    why: str = ""

    @property
    def allowed(self) -> bool:
        return self.verdict == "allowed"


_ELEMENTS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "Principal",
    "NotPrincipal",
}


def judge(request: Request, policies: Policies) -> Judgement:
    """What IAM answers."""
    documents = [*policies.identity, policies.boundary, policies.resource]
    # A Deny for the whole account binds each of its roles.
    refused = some(
        [*_effects(request, documents, "Deny"), *_effects(request, [policies.resource], "Deny", delegated=True)]
    )
    if refused.value:
        return Judgement("denied", refused.why or "a statement denies it")
    allowed = _allowed(request, policies)
    if allowed.value is False:
        return Judgement("missing", allowed.why)
    doubt = next((part for part in (allowed, refused) if part.value is None), None)
    return Judgement("unknown", doubt.why) if doubt else Judgement("allowed")


def _allowed(request: Request, policies: Policies) -> Truth:
    by_identity = some(_effects(request, policies.identity, "Allow"))
    bounded = some(_effects(request, [policies.boundary], "Allow")) if policies.boundary is not None else YES
    if bounded.value is False:
        bounded = Truth(False, "the permissions boundary of the role does not allow it")
    direct = some(_effects(request, [policies.resource], "Allow")) if policies.resource is not None else NO
    if request.is_service:
        return direct
    account = some(_effects(request, [policies.resource], "Allow", delegated=True)) if policies.resource else NO
    # A policy that names the whole account leaves it to the policies of that account's roles.
    by_account = every([account, by_identity, bounded])
    # IAM, "Evaluating identity-based policies with resource-based": a role that is named is still bound by its boundary.
    by_name = every([direct, bounded])
    if policies.alone:
        return some([by_name, by_account])
    if _account(request.principal) not in ("", _account(request.resource)) and policies.resource is not None:
        return every([some([direct, account]), by_identity, bounded])
    return some([every([by_identity, bounded]), by_name, by_account])


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""


def _effects(
    request: Request, documents: Iterable[Document | None], effect: str, *, delegated: bool = False
) -> Iterator[Truth]:
    """For each statement of this effect whether it is about the request; why it is not is kept where it is near."""
    for document in documents:
        for one in statements(document or {}):
            if one.get("Effect") == effect:
                yield about(request, one, str((document or {}).get("Version", "")), delegated=delegated)


def statements(document: Document) -> list[Document]:
    found = document.get("Statement", [])
    # IAM takes one statement without a list, too.
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, Mapping)]


def about(request: Request, statement: Document, version: str, *, delegated: bool = False) -> Truth:
    """Whether a statement speaks of the request. ``delegated``: by naming the caller's whole account."""
    if strange := set(statement) - _ELEMENTS:
        return unknown(f"the element {min(strange)} is not known")
    lookup = request.lookup()
    # Variables came with 2012-10-17; before, ${…} is only text.
    variables = lookup if version >= "2012-10-17" else None
    named = every(
        [
            _principal(request, statement, delegated=delegated),
            _either(statement, "Action", lambda text: like(text, request.action, fold=True)),
            _either(statement, "Resource", lambda text: resource(text, request.resource, variables)),
        ]
    )
    if named.value is False:
        return NO
    condition = fields(statement.get("Condition"))
    said = f"statement {statement['Sid']}: " if statement.get("Sid") else ""
    held = holds(condition, lookup, variables)
    return every([named, Truth(held.value, said + held.why if held.why else "")])


def _either(statement: Document, name: str, matches: Callable[[str], Truth]) -> Truth:
    """``name`` or its Not form. Trust policies have no Resource: they stand on the role."""

    def matching(text: object) -> Truth:
        return matches(text) if isinstance(text, str) else unknown(f"{name} holds something else than text")

    if name in statement and f"Not{name}" in statement:
        return unknown(f"a statement has {name} and Not{name}")
    if f"Not{name}" in statement:
        return ~some(map(matching, many(statement[f"Not{name}"])))
    if name in statement:
        return some(map(matching, many(statement[name])))
    return YES if name == "Resource" else NO


def _principal(request: Request, statement: Document, *, delegated: bool) -> Truth:
    if "NotPrincipal" in statement:
        return unknown("NotPrincipal is not judged")
    if "Principal" not in statement:
        return Truth(not delegated)
    principal = statement["Principal"]
    if principal == "*":
        return Truth(not delegated)
    if not isinstance(principal, Mapping):
        return unknown(f"the principal {principal} is not known")
    names = [str(one) for one in many(principal.get("Service", []))] if request.is_service else []
    if names:
        return Truth(not delegated and request.principal in names)
    each = [_names(str(one), request.principal, delegated=delegated) for one in many(principal.get("AWS", []))]
    return some(each)


def _names(one: str, caller: str, *, delegated: bool) -> Truth:
    """Whether an AWS principal of a policy is the caller: itself, everybody, or its account."""
    if one == "*":
        return Truth(not delegated)
    account = _account(caller)
    whole = bool(account) and (one == account or re.fullmatch(rf"arn:[\w-]+:iam::{account}:root", one) is not None)
    if delegated:
        return Truth(whole)
    # A deleted role turns into its id in a policy (AROA…), which no ARN shows.
    if re.fullmatch(r"A[A-Z0-9]{15,}", one):
        return unknown(f"{one} is the id of somebody who may be gone")
    return Truth(one == caller)
