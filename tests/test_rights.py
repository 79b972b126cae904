"""IAM judged: each vector is a sentence of AWS's documentation, or a form that policies of ours have.

IAM user guide: [L] Policy evaluation logic, [C] Condition operators, [S] Set operators for multivalued context keys,
[R] Resource, [V] Variables and tags, [P] Principal, [B] Permissions boundaries, [N] NotAction, [K] KMS: key policies.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.rights.judging import Judgement, Policies, Request, judge
from converters.rights.patterns import arn_like, like, resource

ROLE = "arn:aws:iam::111122223333:role/app"
QUEUE = "arn:aws:sqs:ap-northeast-1:111122223333:dlq"
TASK = "arn:aws:ecs:ap-northeast-1:111122223333:task-definition/job:7"
CLUSTER = "arn:aws:ecs:ap-northeast-1:111122223333:cluster/"
Context = dict[str, tuple[str, ...]]


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def allow(action: Any = "*", on: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": on, **more}


def deny(action: Any = "*", on: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, on, **more), "Effect": "Deny"}


def asked(statement: dict[str, Any], context: Context, *, closed: bool = True) -> Judgement:
    return judge(Request("ecs:RunTask", TASK, ROLE, context, closed=closed), Policies(identity=[policy(statement)]))


ACTIONS = [
    # [grammar] "The prefix and the action name are case insensitive."
    ("ecs:RunTask", "ecs:RunTask", True),
    ("ECS:runtask", "ecs:RunTask", True),
    ("ecs:Run*", "ecs:RunTask", True),
    ("ecs:*", "ecs:RunTask", True),
    ("*", "ecs:RunTask", True),
    ("ecs:RunTas?", "ecs:RunTask", True),
    ("ecs:RunTask?", "ecs:RunTask", False),
    ("ecs:StartTask", "ecs:RunTask", False),
    ("ecs", "ecs:RunTask", False),
    ("e*:*Task", "ecs:RunTask", True),
    (["ecs:StopTask", "ecs:RunTask"], "ecs:RunTask", True),
    ([], "ecs:RunTask", False),
    # A policy may not be read as a regular expression.
    ("ecs:Run.ask", "ecs:RunTask", False),
    ("ecs:(RunTask)", "ecs:RunTask", False),
]


@pytest.mark.parametrize(("pattern", "action", "yes"), ACTIONS)
def test_actions(pattern: Any, action: str, yes: bool) -> None:
    request = Request(action, TASK, ROLE, closed=True)
    assert judge(request, Policies([policy(allow(pattern))])).allowed is yes
    without = {"Effect": "Allow", "NotAction": pattern, "Resource": "*"}
    assert judge(request, Policies([policy(without)])).allowed is not yes, "[N] NotAction is everything else"


RESOURCES = [
    ("*", TASK, True),
    ("arn:aws:ecs:ap-northeast-1:111122223333:task-definition/job:*", TASK, True),
    ("arn:aws:ecs:ap-northeast-1:111122223333:task-definition/job:?", TASK, True),
    ("arn:aws:ecs:ap-northeast-1:111122223333:task-definition/jo?:7", TASK, True),
    ("arn:aws:ecs:us-east-1:111122223333:task-definition/job:*", TASK, False),
    ("arn:aws:ecs:*:*:task-definition/*", TASK, True),
    ("arn:aws:ecs:*:111122223333:*", TASK, True),
    # [R] a star at the end of a part expands beyond its colon
    ("arn:aws:ecs:*", TASK, True),
    ("arn:aws:*", TASK, True),
    ("arn:aws:ecs:*job:7", TASK, None),
    # resources are case-sensitive
    ("arn:aws:ecs:ap-northeast-1:111122223333:task-definition/JOB:7", TASK, False),
    # six question marks are the suffix of a secret
    ("arn:aws:secretsmanager:r:1:secret:a-??????", "arn:aws:secretsmanager:r:1:secret:a-AbCdEf", True),
    ("arn:aws:secretsmanager:r:1:secret:a-??????", "arn:aws:secretsmanager:r:1:secret:a-AbCdE", False),
    ("arn:aws:secretsmanager:r:1:secret:a", "arn:aws:secretsmanager:r:1:secret:a-AbCdEf", False),
    # a log group with and without its star
    ("arn:aws:logs:r:1:log-group:/g:*", "arn:aws:logs:r:1:log-group:/g", False),
    ("arn:aws:logs:r:1:log-group:/g*", "arn:aws:logs:r:1:log-group:/g:log-stream:x", True),
    ("arn:aws:logs:r:1:log-group:/g", "arn:aws:logs:r:1:log-group:/g:log-stream:x", False),
    # a call without a resource asks for "*", and an ARN does not cover that
    (TASK, "*", False),
    ("*", "*", True),
]


@pytest.mark.parametrize(("pattern", "arn", "yes"), RESOURCES)
def test_resources(pattern: str, arn: str, yes: bool | None) -> None:
    assert resource(pattern, arn).value is yes


def test_not_resource_is_every_other() -> None:
    request = Request("ecs:RunTask", TASK, ROLE, closed=True)
    but = {"Effect": "Allow", "Action": "*", "NotResource": [QUEUE]}
    assert judge(request, Policies([policy(but)])).allowed
    assert judge(request, Policies([policy({**but, "NotResource": ["arn:aws:ecs:*"]})])).verdict == "missing"


ONE: Context = {"ecs:cluster": (CLUSTER + "cron",)}
NONE: Context = {}
TAGS: Context = {"aws:TagKeys": ("environment", "owner")}
# (Condition, context, answer): [C] for one value, several values, several keys, and keys that are not there
CONDITIONS: list[tuple[dict[str, Any], Context, bool | None]] = [
    ({"StringEquals": {"ecs:cluster": CLUSTER + "cron"}}, ONE, True),
    ({"StringEquals": {"ECS:Cluster": CLUSTER + "cron"}}, ONE, True),  # keys are not case-sensitive
    ({"StringEquals": {"ecs:cluster": CLUSTER + "CRON"}}, ONE, False),  # values are
    ({"StringEqualsIgnoreCase": {"ecs:cluster": CLUSTER + "CRON"}}, ONE, True),
    ({"StringEquals": {"ecs:cluster": CLUSTER + "*"}}, ONE, False),  # no wildcards in StringEquals
    ({"StringLike": {"ecs:cluster": CLUSTER + "*"}}, ONE, True),
    ({"StringLike": {"ecs:cluster": CLUSTER + "cro?"}}, ONE, True),
    ({"StringNotLike": {"ecs:cluster": CLUSTER + "*"}}, ONE, False),
    ({"StringEquals": {"ecs:cluster": [CLUSTER + "a", CLUSTER + "cron"]}}, ONE, True),  # OR
    ({"StringNotEquals": {"ecs:cluster": [CLUSTER + "a", CLUSTER + "cron"]}}, ONE, False),  # NOR
    ({"StringNotEquals": {"ecs:cluster": [CLUSTER + "a", CLUSTER + "b"]}}, ONE, True),
    ({"StringEquals": {"ecs:cluster": CLUSTER + "cron", "a:b": "c"}}, {**ONE, "a:b": ("d",)}, False),  # AND
    ({"StringEquals": {"ecs:cluster": CLUSTER + "cron"}, "Bool": {"a:b": "true"}}, {**ONE, "a:b": ("true",)}, True),
    # the key is not there
    ({"StringEquals": {"ecs:cluster": "x"}}, NONE, False),
    ({"StringLike": {"ecs:cluster": "*"}}, NONE, False),
    ({"StringNotEquals": {"ecs:cluster": "x"}}, NONE, True),
    ({"ArnNotLike": {"ecs:cluster": "x"}}, NONE, True),
    ({"StringEqualsIfExists": {"ecs:cluster": "x"}}, NONE, True),
    ({"StringEqualsIfExists": {"ecs:cluster": "x"}}, ONE, False),
    ({"Null": {"ecs:cluster": "true"}}, NONE, True),
    ({"Null": {"ecs:cluster": "true"}}, ONE, False),
    ({"Null": {"ecs:cluster": "false"}}, ONE, True),
    ({"Null": {"ecs:cluster": False}}, ONE, True),
    # [C] ArnEquals and ArnLike are the same, part by part
    ({"ArnEquals": {"ecs:cluster": CLUSTER + "cron"}}, ONE, True),
    ({"ArnEquals": {"ecs:cluster": CLUSTER + "c*"}}, ONE, True),
    ({"ArnLike": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/cron"}}, ONE, True),
    ({"ArnLike": {"ecs:cluster": "arn:aws:ecs:*:cluster/cron"}}, ONE, None),
    ({"ArnLike": {"ecs:cluster": "arn:*:cluster/cron"}}, ONE, None),
    ({"ArnNotEquals": {"ecs:cluster": CLUSTER + "cron"}}, ONE, False),
    ({"ArnLike": {"ecs:cluster": CLUSTER + "*"}}, {"ecs:cluster": ("no arn",)}, False),
    # [C] Bool, numbers, dates, addresses
    ({"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": ("true",)}, True),
    ({"Bool": {"aws:SecureTransport": True}}, {"aws:SecureTransport": ("TRUE",)}, True),
    ({"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": ("false",)}, False),
    ({"Bool": {"aws:SecureTransport": "true"}}, NONE, False),
    ({"BoolIfExists": {"aws:SecureTransport": "true"}}, NONE, True),
    ({"NumericLessThanEquals": {"ecs:task-cpu": "1024"}}, {"ecs:task-cpu": ("1024",)}, True),
    ({"NumericLessThan": {"ecs:task-cpu": 1024}}, {"ecs:task-cpu": ("1024",)}, False),
    ({"NumericNotEquals": {"ecs:task-cpu": 1024}}, {"ecs:task-cpu": ("512",)}, True),
    ({"NumericGreaterThan": {"ecs:task-cpu": "many"}}, {"ecs:task-cpu": ("512",)}, None),
    (
        {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
        {"aws:CurrentTime": ("2025-12-31T23:59:59Z",)},
        True,
    ),
    ({"DateGreaterThan": {"aws:EpochTime": "1700000000"}}, {"aws:EpochTime": ("1700000001",)}, True),
    ({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}, {"aws:SourceIp": ("203.0.113.9",)}, True),
    ({"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}, {"aws:SourceIp": ("203.0.113.9",)}, False),
    # [S] sets
    ({"ForAllValues:StringEquals": {"aws:TagKeys": ["environment", "owner", "x"]}}, TAGS, True),
    ({"ForAllValues:StringEquals": {"aws:TagKeys": ["environment"]}}, TAGS, False),
    ({"ForAllValues:StringEquals": {"aws:TagKeys": ["x"]}}, NONE, True),  # no values: true
    ({"ForAllValues:StringEquals": {"aws:TagKeys": ["x"]}}, {"aws:TagKeys": ()}, True),
    ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["x", "owner"]}}, TAGS, True),
    ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["x"]}}, TAGS, False),
    ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["x"]}}, NONE, False),
    ({"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["owner"]}}, TAGS, True),
    ({"ForAllValues:StringNotLike": {"aws:TagKeys": ["own*"]}}, TAGS, False),
    ({"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["x"]}}, NONE, False),
    ({"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["web1:*"]}}, {"dynamodb:LeadingKeys": ("web1:a",)}, True),
    ({"StringEquals": {"aws:TagKeys": ["owner"]}}, TAGS, None),  # several values and an operator for one
    # what is not known is not allowed
    ({"StringSounds": {"a:b": "c"}}, {"a:b": ("c",)}, None),
    ({"ForSomeValues:StringEquals": {"a:b": "c"}}, {"a:b": ("c",)}, None),
]


@pytest.mark.parametrize(("condition", "context", "yes"), CONDITIONS)
def test_conditions(condition: dict[str, Any], context: Context, yes: bool | None) -> None:
    said = {True: "allowed", False: "missing", None: "unknown"}[yes]
    assert asked(allow(Condition=condition), context).verdict == said


def test_a_key_that_nobody_knows_before_the_call_is_not_known() -> None:
    condition = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    found = asked(allow(Condition=condition), NONE, closed=False)
    assert (found.verdict, found.why) == ("unknown", "aws:SourceVpce is not known before the call")
    refused = judge(Request("ecs:RunTask", TASK, ROLE), Policies([policy(allow(), deny(Condition=condition))]))
    assert refused.verdict == "unknown", "a Deny that may hold leaves nothing allowed"
    both = judge(Request("ecs:RunTask", TASK, ROLE), Policies([policy(allow(Condition=condition), allow())]))
    assert both.allowed, "what another statement allows needs no guess"
    absent = Request("ecs:RunTask", TASK, ROLE, absent=frozenset({"aws:sourcevpce"}))
    assert judge(absent, Policies([policy(allow(Condition=condition))])).verdict == "missing"


VARIABLES = [
    # (pattern, answer) for a role tagged team=blue, [V]
    ("arn:aws:sqs:r:1:${aws:PrincipalTag/team}-dlq", True),
    ("arn:aws:sqs:r:1:${aws:principaltag/team}-*", True),
    ("arn:aws:sqs:r:1:${aws:PrincipalTag/none}-dlq", False),
    ("arn:aws:sqs:r:1:${aws:PrincipalTag/none, 'blue'}-dlq", True),
    ("arn:aws:sqs:r:1:${aws:PrincipalTag/none, 'red'}-dlq", False),
    ("arn:aws:sqs:r:1:${aws:PrincipalTag/star}", False),  # the value * is a star, no wildcard
    ("arn:aws:sqs:r:1:blue${*}dlq", False),
    ("arn:aws:sqs:r:1:${aws:PrincipalTag/two}-dlq", None),
]


@pytest.mark.parametrize(("pattern", "yes"), VARIABLES)
def test_variables(pattern: str, yes: bool | None) -> None:
    tags: Context = {
        "aws:PrincipalTag/team": ("blue",),
        "aws:PrincipalTag/star": ("*",),
        "aws:PrincipalTag/two": ("blue", "red"),
    }
    request = Request("sqs:SendMessage", "arn:aws:sqs:r:1:blue-dlq", ROLE, tags, closed=True)
    said = {True: "allowed", False: "missing", None: "unknown"}[yes]
    assert judge(request, Policies([policy(allow(on=pattern))])).verdict == said
    old = judge(request, Policies([policy(allow(on=pattern), version="2008-10-17")]))
    assert old.verdict == "missing", "[V] before 2012-10-17 a variable is only text"


def test_variables_stand_in_conditions_too() -> None:
    condition = {"StringLike": {"aws:ResourceTag/owner": "${aws:PrincipalTag/team}-*"}}
    context: Context = {"aws:PrincipalTag/team": ("blue",), "aws:ResourceTag/owner": ("blue-1",)}
    assert asked(allow(Condition=condition), context).allowed
    assert asked(allow(Condition=condition), {**context, "aws:ResourceTag/owner": ("red-1",)}).verdict == "missing"
    assert asked(allow(Condition=condition), {"aws:ResourceTag/owner": ("blue-1",)}).verdict == "unknown"


EVENTS = "events.amazonaws.com"
SERVICE = {"Service": [EVENTS, "scheduler.amazonaws.com"]}
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
SEND = allow("sqs:SendMessage", QUEUE)
# (who, identity, resource policy, boundary, verdict): [L] within one account
ORDER: list[tuple[str, list[Any], list[Any] | None, list[Any] | None, str]] = [
    (ROLE, [], None, None, "missing"),
    (ROLE, [SEND], None, None, "allowed"),
    (ROLE, [SEND, deny("sqs:*")], None, None, "denied"),
    (ROLE, [SEND], [deny("sqs:*", Principal="*")], None, "denied"),
    (ROLE, [SEND], [deny("sqs:*", Principal=ROOT)], None, "denied"),
    (ROLE, [SEND], [deny("sqs:*", Principal={"AWS": ROLE + "x"})], None, "allowed"),
    (ROLE, [], [allow("sqs:*", QUEUE, Principal={"AWS": ROLE})], None, "allowed"),
    (ROLE, [], [allow("sqs:*", QUEUE, Principal="*")], None, "allowed"),
    (ROLE, [], [allow("sqs:*", QUEUE, Principal={"AWS": "*"})], None, "allowed"),
    (ROLE, [], [allow("sqs:*", QUEUE, Principal={"AWS": [ROLE + "x"]})], None, "missing"),
    (ROLE, [], [allow("sqs:*", QUEUE, Principal=ROOT)], None, "missing"),  # [P] delegates, does not grant
    (ROLE, [SEND], [allow("sqs:*", QUEUE, Principal={"AWS": "111122223333"})], None, "allowed"),
    (ROLE, [SEND], None, [allow("s3:*")], "missing"),  # [B]
    (ROLE, [SEND], None, [allow("sqs:*")], "allowed"),
    (ROLE, [], None, [allow("sqs:*")], "missing"),
    (ROLE, [SEND], None, [allow("*"), deny("sqs:SendMessage")], "denied"),
    (ROLE, [], [allow("sqs:*", QUEUE, Principal={"AWS": ROLE})], [allow("s3:*")], "missing"),
    (ROLE, [SEND], [allow("sqs:*", QUEUE, NotPrincipal={"AWS": ROLE})], None, "allowed"),
    (ROLE, [SEND], [deny("sqs:*", QUEUE, NotPrincipal={"AWS": ROLE})], None, "unknown"),
    # a service has no identity policy: only what is called can let it in
    (EVENTS, [SEND], None, None, "missing"),
    (EVENTS, [], [allow("sqs:SendMessage", QUEUE, Principal=SERVICE)], None, "allowed"),
    (EVENTS, [], [allow("sqs:SendMessage", QUEUE, Principal={"Service": "states.amazonaws.com"})], None, "missing"),
    (EVENTS, [], [allow("sqs:SendMessage", QUEUE, Principal=SERVICE), deny("*", Principal="*")], None, "denied"),
    # the role of another account needs both sides
    ("arn:aws:iam::999988887777:role/app", [SEND], None, None, "allowed"),
    ("arn:aws:iam::999988887777:role/app", [SEND], [allow("sqs:*", Principal=ROOT)], None, "missing"),
    (
        "arn:aws:iam::999988887777:role/app",
        [SEND],
        [allow("sqs:*", Principal={"AWS": "999988887777"})],
        None,
        "allowed",
    ),
    (
        "arn:aws:iam::999988887777:role/app",
        [],
        [allow("sqs:*", Principal={"AWS": "arn:aws:iam::999988887777:role/app"})],
        None,
        "missing",
    ),
]


@pytest.mark.parametrize(("who", "identity", "on", "boundary", "verdict"), ORDER)
def test_the_order_of_evaluation(
    who: str, identity: list[Any], on: list[Any] | None, boundary: list[Any] | None, verdict: str
) -> None:
    policies = Policies(
        [policy(*identity)],
        policy(*boundary) if boundary is not None else None,
        policy(*on) if on is not None else None,
    )
    assert judge(Request("sqs:SendMessage", QUEUE, who, closed=True), policies).verdict == verdict


GROUP = "arn:aws:scheduler:ap-northeast-1:111122223333:schedule-group/"


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ({}, "allowed"),
        ({"StringEquals": {"aws:SourceAccount": "111122223333"}}, "allowed"),
        ({"StringEquals": {"aws:SourceAccount": "444455556666"}}, "missing"),
        ({"ArnEquals": {"aws:SourceArn": GROUP + "a"}}, "allowed"),
        ({"ArnLike": {"aws:SourceArn": GROUP + "*"}}, "allowed"),
        ({"ArnEquals": {"aws:SourceArn": GROUP + "b"}}, "missing"),
        ({"StringEquals": {"aws:SourceOrgID": "o-1"}}, "unknown"),
    ],
)
def test_a_trust_policy_decides_by_itself(condition: dict[str, Any], verdict: str) -> None:
    trust = policy(
        {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
        | ({"Condition": condition} if condition else {})
    )
    context: Context = {"aws:SourceAccount": ("111122223333",), "aws:SourceArn": (GROUP + "a",)}
    request = Request("sts:AssumeRole", ROLE, "scheduler.amazonaws.com", context)
    assert judge(request, Policies(resource=trust, alone=True)).verdict == verdict


KEY = "arn:aws:kms:ap-northeast-1:111122223333:key/1"


@pytest.mark.parametrize(
    ("identity", "on", "verdict"),
    [
        # [K] without a statement for the account, IAM policies are not asked
        ([allow("kms:Decrypt", KEY)], [allow("kms:*", Principal=ROOT)], "allowed"),
        ([], [allow("kms:*", Principal=ROOT)], "missing"),
        ([allow("kms:Decrypt", KEY)], [allow("kms:*", Principal={"AWS": ROLE + "x"})], "missing"),
        ([], [allow("kms:Decrypt", Principal={"AWS": ROLE})], "allowed"),
    ],
)
def test_a_key_is_asked_by_its_own_policy(identity: list[Any], on: list[Any], verdict: str) -> None:
    policies = Policies([policy(*identity)], None, policy(*on), alone=True)
    assert judge(Request("kms:Decrypt", KEY, ROLE, closed=True), policies).verdict == verdict


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ({"Effect": "Allow", "Action": "*", "Resource": "*", "Sorry": 1}, "unknown"),
        ({"Effect": "Allow", "Action": "*", "NotAction": "a:b", "Resource": "*"}, "unknown"),
        ({"Effect": "allow", "Action": "*", "Resource": "*"}, "missing"),
        ({"Effect": "Allow", "Resource": "*"}, "missing"),
    ],
)
def test_what_is_not_understood_allows_nothing(statement: dict[str, Any], verdict: str) -> None:
    assert asked(statement, NONE).verdict == verdict


def test_one_statement_needs_no_list_and_no_document_allows_nothing() -> None:
    request = Request("ecs:RunTask", TASK, ROLE, closed=True)
    assert judge(request, Policies([{"Version": "2012-10-17", "Statement": allow()}])).allowed
    for odd in ({}, {"Statement": "*"}, {"Statement": ["*"]}, {"Statement": None}):
        assert judge(request, Policies([odd])).verdict == "missing"


def test_many_stars_cost_little() -> None:
    assert like("a*" * 60 + "b", "a" * 3000).value is False
    assert arn_like("arn:aws:s3:::" + "*x" * 60, "arn:aws:s3:::" + "x" * 3000).value is True


_NAMES = st.sampled_from(["*", "ecs:*", "ecs:RunTask", "ecs:Run*", "ecs:StopTask", "sqs:*", "ECS:RUNTASK"])
_ON = st.sampled_from(["*", TASK, "arn:aws:ecs:*", "arn:aws:ecs:*:*:task-definition/*", QUEUE])
_WHEN = st.sampled_from(
    [
        {},
        {"ArnEquals": {"ecs:cluster": CLUSTER + "cron"}},
        {"ArnEquals": {"ecs:cluster": CLUSTER + "x"}},
        {"Odd": {"a": "b"}},
    ]
)
_STATEMENT = st.builds(
    lambda effect, action, on, when: {"Effect": effect, "Action": action, "Resource": on, "Condition": when},
    st.sampled_from(["Allow", "Allow", "Deny"]),
    _NAMES,
    _ON,
    _WHEN,
)
_RANK = {"allowed": 2, "unknown": 1, "missing": 0, "denied": 0}


@given(st.lists(_STATEMENT, max_size=4), _STATEMENT)
def test_an_allow_never_takes_and_a_deny_never_gives(statements: list[dict[str, Any]], one: dict[str, Any]) -> None:
    """And what is known of a request never changes an answer that was known before (Kleene)."""
    request = Request("ecs:RunTask", TASK, ROLE, ONE, closed=True)
    before, after = (judge(request, Policies([policy(*some)])).verdict for some in (statements, [*statements, one]))
    if one["Effect"] == "Allow":
        assert _RANK[after] >= _RANK[before]
    else:
        assert _RANK[after] <= _RANK[before]
    open_ = judge(Request("ecs:RunTask", TASK, ROLE), Policies([policy(*statements)])).verdict
    if open_ != "unknown":
        assert before == open_ or {before, open_} == {"missing", "denied"}


@given(st.lists(_STATEMENT.map(lambda one: {**one, "Condition": {}}), min_size=1, max_size=4))
def test_moto_agrees_where_it_judges(statements: list[dict[str, Any]]) -> None:
    """moto's own evaluator knows actions, resources and Deny, and is case-sensitive."""
    import json

    from moto.iam.access_control import IAMPolicy, PermissionResult

    statements = [{key: value for key, value in one.items() if key != "Condition"} for one in statements]
    statements = [one for one in statements if one["Action"] != "ECS:RUNTASK"]
    document = policy(*statements)
    referee = IAMPolicy(json.dumps(document)).is_action_permitted("ecs:RunTask", TASK)
    ours = judge(Request("ecs:RunTask", TASK, ROLE, closed=True), Policies([document]))
    assert ours.allowed is (referee is PermissionResult.PERMITTED)
