"""More jobs and addresses than SNS can filter by: they register, and plan, check and exports say who hears of all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.frame.frame import frame
from converters.frame.place import Place
from converters.frame.telling import (
    EVERYBODY,
    MAX_POLICIES,
    MAX_VALUES,
    filter_policy,
    filtered,
    pattern_problem,
    told_by,
)
from converters.specs.model import Spec
from migrate.aws import topic
from migrate.aws.ownership import OWNER
from migrate.aws.rehearsal import rehearsal
from migrate.aws.session import Aws, connect
from migrate.aws.steps import Made, Step
from migrate.aws.wishes import wish
from migrate.errors import UserError
from migrate.export import cloudformation, terraform
from migrate.export.units import export
from migrate.settings.model import parse_settings
from tests.aws.world import spec

OURS = """\
owner: web1
environments:
  sandbox:
    region: ap-northeast-1
    cluster: cron
    subnets: [subnet-01234567]
    securityGroups: [sg-01234567]
    executionRole: cron2fargate-web1-execution
    eventsRole: cron2fargate-web1-events
"""
ALL = "151 jobs name it, and a filter of SNS takes 150"

JOBS = tuple(f"j{number}" for number in range(400))

# jobs of each address, filters beside them -> jobs that each is told of by its own filter (0: of all)
VECTORS: list[tuple[list[int], int, list[int]]] = [
    ([1], 0, [1]),
    ([150], 0, [150]),
    ([151], 0, [0]),
    ([400], 0, [0]),
    ([0, 151, 2], 0, [0, 0, 2]),
    ([1] * 200, 0, [1] * 200),
    ([1] * 200 + [2], 0, [1] * 200 + [0]),
    ([3] + [1] * 200, 0, [0] + [1] * 200),
    ([151] + [1] * 200, 0, [0] + [1] * 200),
    ([2, 1], 198, [2, 1]),
    ([2, 1], 199, [0, 1]),
    ([0, 0], 500, [0, 0]),
]

FILTERS: list[tuple[tuple[str, ...], dict[str, object]]] = [
    ((), {}),
    (("b", "a", "a"), {"job": ["a", "b"]}),
    ((EVERYBODY,), {"people": [{"exists": False}]}),
    ((EVERYBODY, "a"), {"$or": [{"people": [{"exists": False}]}, {"job": ["a"]}]}),
]


def test_what_a_job_prints_is_for_its_own_people() -> None:
    for jobs, policy in FILTERS:
        assert filter_policy(jobs) == policy
        assert set(told_by(policy)) == set(jobs)
    everybody, own = ["ops@example.com"], {"email": ["dev@example.com"], "output": True}
    rows = [
        ([spec("a", notify=own)], {"ops@example.com": (EVERYBODY,), "dev@example.com": ("a",)}),
        # Nobody else: as cron's mail went to root.
        ([spec("a", notify={"output": True})], {"ops@example.com": (EVERYBODY, "a")}),
        ([spec("a", notify={"email": everybody, "output": True})], {"ops@example.com": (EVERYBODY, "a")}),
    ]
    for specs, found in rows:
        environment = parse_settings(OURS + "    notifications: {email: [ops@example.com]}\n", "x").environments[
            "sandbox"
        ]
        assert wish(Place("web1", "1", "ap-northeast-1"), environment, specs).emails == found


def test_who_is_told_of_all() -> None:
    for counts, there, wanted in VECTORS:
        told = {f"a{number}@example.com": JOBS[:count] for number, count in enumerate(counts)}
        found, why = filtered(told, there)
        assert [len(jobs) for jobs in found.values()] == wanted, (counts[:3], there)
        assert set(why) == {address for address, jobs in told.items() if jobs and not found[address]}


@given(st.lists(st.integers(0, 200), max_size=260), st.integers(0, 250))
def test_nobody_misses_a_job_and_sns_takes_it(counts: list[int], there: int) -> None:
    told = {str(number): JOBS[:count] for number, count in enumerate(counts)}
    found, _why = filtered(told, there)
    assert all(not jobs or set(jobs) == set(told[address]) for address, jobs in found.items())
    assert all(len(jobs) <= MAX_VALUES for jobs in found.values())
    assert sum(map(bool, found.values())) <= max(0, MAX_POLICIES - there)
    assert filtered(found, there)[0] == found


def test_a_pattern_that_is_too_long_is_one_sentence() -> None:
    assert pattern_problem("r", {"job": ["x" * 2000]}) is None
    assert "2,048" in str(pattern_problem("r", {"job": ["x" * 2048]}))


def many(number: int) -> list[Spec]:
    return [spec(f"job{one}", notify={"email": ["ops@example.com"]}) for one in range(number)]


def steps_of(aws: Aws, specs: list[Spec]) -> list[Step]:
    """What the topic of these jobs needs."""
    shared = frame(wish(Place("web1", aws.account, aws.region), aws.environment, specs))
    return topic.plan(aws, shared, {one.name for one in specs}, {OWNER: "web1"})


def test_151_jobs_with_one_mailto_are_subscribed_and_the_plan_says_how() -> None:
    environment = parse_settings(OURS, "cron2fargate.yml").environments["sandbox"]
    with rehearsal(environment, []) as env:
        aws = connect(env, read_only=True, offline=True)
        # The filter of 150 first, then one more: what is there is widened.
        for number, action, note in ((150, "add", "of job0"), (151, "change", ALL), (151, "same", "")):
            steps = steps_of(aws, many(number))
            (step,) = [one for one in steps if one.kind == topic.SUBSCRIPTION and one.name == "ops@example.com"]
            assert step.action == action
            assert note in step.note
            for one in steps:
                if one.write:
                    one.write(aws.writer(), Made())
        # A part of the jobs does not narrow it, and a part beside 150 others is told of all as well.
        (step,) = [one for one in steps_of(aws, many(3)) if one.name == "ops@example.com"]
        assert step.action == "same"


def test_others_of_the_filter_that_is_there_count() -> None:
    environment = parse_settings(OURS, "cron2fargate.yml").environments["sandbox"]
    with rehearsal(environment, []) as env:
        aws = connect(env, read_only=True, offline=True)
        for specs, said in ((many(150), "add"), ([spec("more", notify={"email": ["ops@example.com"]})], "change")):
            steps = steps_of(aws, specs)
            assert [one.action for one in steps if one.name == "ops@example.com"] == [said]
            for one in steps:
                if one.write:
                    one.write(aws.writer(), Made())
        assert steps[-1].changes[0].new == "all, and what they print"


def test_the_exports_say_it_too() -> None:
    environment = parse_settings(OURS, "cron2fargate.yml").environments["sandbox"]
    exported = export("sandbox", environment, "web1", many(151))
    assert [one.code for one in exported.warnings] == ["C622"]
    texts = {**cloudformation.files(exported), **terraform.files(exported, imports=False)}
    assert "ops@example.com" in "".join(texts.values())
    assert not any("FilterPolicy" in text or "filter_policy" in text for text in texts.values())
    assert [one.code for one in replace(exported, units=exported.units * 2).warnings] == ["C622", "C623"]
    loud = [spec(f"job{one}", notify={"email": [], "output": True}) for one in range(60)]
    with pytest.raises(UserError, match=r"event pattern of .* 2,048 are allowed"):
        export("sandbox", environment, "web1", loud)
