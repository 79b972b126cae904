"""Environments, regions and accounts: no resource of one is planned over by another, and none loses what it may do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from converters.frame.place import APART, PLAIN, Place, job_name
from converters.specs.model import Spec, load_spec
from migrate.aws import cluster, frames, prune
from migrate.aws.plan import RINGS, Options, plan_jobs
from migrate.aws.side import side_of
from migrate.errors import UserError
from migrate.export.units import export
from tests.aws.places import AWAY, HOME, Site, as_text, settings, site, started, world
from tests.aws.world import spec

TOKYO, VIRGINIA = "ap-northeast-1", "us-east-1"


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    with world():
        yield


def jobs() -> list[Spec]:
    return [
        spec("plain", "rate(1 minute)"),
        spec("zoned", schedule={"timezone": "Asia/Tokyo"}),
        spec("locked", lock="x", timeout=60, once=True),
        spec("twice", ["rate(1 hour)", "rate(2 hours)"]),
    ]


# Names: pattern, environment, job -> name on AWS.
NAMES = [
    (PLAIN, "production", "nightly", "nightly"),
    (APART, "production", "nightly", "production-nightly"),
    ("{job}-{environment}", "production", "nightly", "nightly-production"),
    ("p_{job}", "production", "nightly", "p_nightly"),
    (APART, "eu.west", "nightly", "eu-west-nightly"),
    (APART, "production", "j" * 53, "production-" + "j" * 53),
    (APART, "production", "j" * 54, "production-" + "j" * 44 + "-"),
    (APART, "e" * 40, "j" * 64, "e" * 40 + "-" + "j" * 14 + "-"),
]


@pytest.mark.parametrize(("pattern", "environment", "job", "name"), NAMES)
def test_a_name_is_made_from_the_pattern_and_fits(pattern: str, environment: str, job: str, name: str) -> None:
    found = job_name(pattern, environment, job)
    assert found.startswith(name)
    assert len(found) <= 64
    assert found == name or len(found) == 64


def test_what_is_cut_stays_different() -> None:
    names = {job_name(APART, "production", "j" * 60 + end) for end in ("a", "b", "c")}
    assert len(names) == 3


@pytest.mark.parametrize("owner", ["web1", "o" * 40])
@pytest.mark.parametrize("environment", ["production", "e" * 40])
def test_shared_names_fit_into_what_a_role_may_be_called(owner: str, environment: str) -> None:
    place = Place(owner, HOME, TOKYO, environment, APART, alone=False)
    names = [place.name(part) for part in ("events", "scheduler", "states", "execution", "notify", "datadog", "failed")]
    assert all(len(name) <= 64 for name in names)
    assert len(set(names)) == len(names)
    other = Place(owner, HOME, TOKYO, environment[:-1] + "x", APART, alone=False)
    assert not {other.name(part) for part in ("events", "execution")} & set(names)


BAD_PATTERNS = ["", "job", "{job}{job}", "{environment}", "{job} x", "{job}.{environment}", "{jobs}", "{job}-{owner}"]


@pytest.mark.parametrize("pattern", BAD_PATTERNS)
def test_a_pattern_that_cannot_name_a_job_is_refused(pattern: str) -> None:
    with pytest.raises(UserError, match="names"):
        settings({"sandbox": TOKYO}, sandbox=f'names: "{pattern}"')


def test_one_environment_keeps_the_seeds_names_and_says_where_it_is() -> None:
    only = site(settings({"production": TOKYO}), "production")
    only.register(jobs())
    names = {rule["Name"] for rule in only.client("events").list_rules()["Rules"]}
    assert {"plain", "locked", "twice", "twice-2"} <= names
    assert only.tags("plain")["cron2fargate:environment"] == "production"
    assert only.left(jobs()) == []


def test_an_environment_takes_nothing_from_another() -> None:
    both = settings({"staging": TOKYO, "production": TOKYO}, staging="cluster: one", production="cluster: two")
    staging, production = site(both, "staging"), site(both, "production")
    production.register(jobs())
    production.switch(jobs())
    before = [started(production, one) for one in jobs()]
    staging.register(jobs())
    assert [started(production, one) for one in jobs()] == before
    assert all(frame.enabled for one in jobs() for frame in frames.find(production.aws, "web1", one.name))
    assert not any(frame.enabled for one in jobs() for frame in frames.find(staging.aws, "web1", one.name))
    staging.switch(jobs())
    for where, own, other in ((staging, "one", "two"), (production, "two", "one")):
        assert where.left(jobs()) == []
        text = as_text([started(where, one) for one in jobs()])
        assert f"cluster/{own}" in text
        assert f"cluster/{other}" not in text


def test_a_workspace_from_before_says_what_to_do_and_is_adopted_once() -> None:
    """Two environments that were registered under the plain names, without a tag of an environment."""
    before = settings({"production": TOKYO}, production="cluster: two")
    old = site(before, "production")
    old.register(jobs())
    old.switch(jobs())
    _forget_environments(old)
    both = settings({"staging": TOKYO, "production": TOKYO}, staging="cluster: one", production="cluster: two")
    for name in ("staging", "production"):
        said = site(both, name).refusals(jobs())
        assert len(said) == len(jobs())
        for sentence in said:
            assert 'names: "{job}"' in sentence
            assert "--adopt" in sentence
        with pytest.raises(UserError, match=r'names: "\{job\}"'):
            frames.find_or_fail(site(both, name).aws, "web1", "plain")
    mended = settings(
        {"staging": TOKYO, "production": TOKYO},
        staging="cluster: one",
        production='cluster: two\n    names: "{job}"',
    )
    production, staging = site(mended, "production"), site(mended, "staging")
    assert all("--adopt" in sentence for sentence in production.refusals(jobs()))
    with pytest.raises(UserError, match="take it over once with register --adopt"):
        frames.find_or_fail(production.aws, "web1", "plain")
    production.register(jobs(), adopt=True)
    assert production.left(jobs()) == []
    assert all(frame.enabled for one in jobs() for frame in frames.find(production.aws, "web1", one.name))
    assert production.tags("plain")["cron2fargate:environment"] == "production"
    staging.register(jobs())
    assert staging.left(jobs()) == []
    assert production.left(jobs()) == []


def _forget_environments(live: Site) -> None:
    """As a version before environments left it."""
    events, ecs = live.client("events"), live.client("ecs")
    key = "cron2fargate:environment"
    for rule in events.list_rules()["Rules"]:
        events.untag_resource(ResourceARN=rule["Arn"], TagKeys=[key])
    for arn in ecs.list_task_definitions()["taskDefinitionArns"]:
        ecs.untag_resource(resourceArn=arn, tagKeys=[key])
    states = live.client("stepfunctions")
    for machine in states.list_state_machines()["stateMachines"]:
        states.untag_resource(resourceArn=machine["stateMachineArn"], tagKeys=[key])
    scheduler = live.client("scheduler")
    for item in scheduler.list_schedules()["Schedules"]:
        found = scheduler.get_schedule(Name=item["Name"], GroupName=item["GroupName"])
        kept = ("ScheduleExpression", "ScheduleExpressionTimezone", "State", "Target", "FlexibleTimeWindow")
        described = found["Description"].replace(" environment=production", "")
        scheduler.update_schedule(
            Name=item["Name"], GroupName=item["GroupName"], Description=described, **{k: found[k] for k in kept}
        )


def test_a_single_environment_of_before_only_gets_its_tags() -> None:
    only = site(settings({"production": TOKYO}), "production")
    only.register(jobs())
    only.switch(jobs())
    _forget_environments(only)
    left = only.left(jobs())
    assert left
    assert all("environment" in text for text in left), left
    only.register(jobs())
    assert only.left(jobs()) == []
    assert all(frame.enabled for one in jobs() for frame in frames.find(only.aws, "web1", one.name))


@pytest.mark.parametrize("adopt", [False, True])
def test_another_workspace_of_the_same_owner_is_refused_in_one_sentence(adopt: bool) -> None:
    """Two settings files with one environment each, in one account and region."""
    production = site(settings({"production": TOKYO}), "production")
    production.register(jobs())
    staging = site(settings({"staging": TOKYO}), "staging")
    with pytest.raises(UserError, match=r"environment production; give environment staging names of its own"):
        staging.plan(jobs(), adopt=adopt)
    plans = plan_jobs(staging.aws, [(one.name, one) for one in jobs()], Options("web1", adopt=adopt))
    for plan in plans:
        assert plan.status == "refused"
        assert "environment production" in plan.refusals[0]
        assert "names in cron2fargate.yml" in plan.refusals[0]


def test_two_regions_of_one_account_share_roles_that_name_none() -> None:
    """One owner, plain names, two settings files: IAM knows no regions."""
    tokyo = site(settings({"tokyo": TOKYO}, tokyo="cluster: cron"), "tokyo")
    virginia = site(settings({"virginia": VIRGINIA}, virginia="cluster: cron"), "virginia")
    tokyo.register(jobs())
    virginia.register(jobs())
    for live in (tokyo, virginia):
        assert live.left(jobs()) == []
        for role in ("events", "scheduler", "states"):
            run = live.policy(f"cron2fargate-web1-{role}")["RunTasks"]
            text = as_text(run)
            for region in (TOKYO, VIRGINIA):
                assert f"arn:aws:ecs:{region}:{HOME}:task-definition/plain:*" in text
                assert f"arn:aws:ecs:{region}:{HOME}:cluster/cron" in text
        role = live.client("iam").get_role(RoleName="cron2fargate-web1-scheduler")["Role"]
        trust = as_text(role["AssumeRolePolicyDocument"])
        assert TOKYO in trust
        assert VIRGINIA in trust


def test_environments_that_name_the_same_roles_share_them() -> None:
    """As a workspace from before has it: both environments name the owner's roles."""
    both = settings({"staging": TOKYO, "production": TOKYO}, staging="cluster: one", production="cluster: two")
    roles = {f"{part}_role": f"cron2fargate-web1-{part}" for part in ("execution", "events", "scheduler", "states")}
    staging, production = site(both, "staging", **roles), site(both, "production", **roles)
    for live in (staging, production, staging):
        live.register(jobs())
    for live in (staging, production):
        assert live.left(jobs()) == []
    for role in ("events", "scheduler", "states"):
        text = as_text(staging.policy(f"cron2fargate-web1-{role}"))
        for name, cluster_name in (("staging", "one"), ("production", "two")):
            assert f"task-definition/{name}-plain:*" in text
            assert f"cluster/{cluster_name}" in text
    assert "role/cron2fargate-web1-events" in as_text(started(production, jobs()[0]))
    with pytest.raises(UserError, match="write cron2fargate-web1-staging-events"):
        export("staging", staging.aws.environment, "web1", jobs())


def test_two_environments_may_share_a_lock_table_and_no_lock() -> None:
    both = settings(
        {"staging": TOKYO, "production": TOKYO},
        staging="cluster: cron\n    lockTable: locks",
        production="cluster: cron\n    lockTable: locks",
    )
    found = {}
    for name in ("staging", "production"):
        live = site(both, name)
        live.register(jobs())
        arn = f"arn:aws:states:{TOKYO}:{HOME}:stateMachine:{name}-locked"
        definition = live.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"]
        found[name] = set(re.findall(r'"S": "(\w+/x|\{% \'[\w/]+slot#locked#)', definition))
        assert "lock table" not in as_text(live.left(jobs()))
    assert found["staging"]
    assert not found["staging"] & found["production"]
    assert all("staging/" in key for key in found["staging"]), found


def test_a_job_on_another_cluster_takes_nothing_from_the_others() -> None:
    only = site(settings({"production": TOKYO}), "production")
    first, second = spec("first", cluster="a"), spec("second", cluster="b")
    only.register([first])
    only.register([second])
    run = only.policy("cron2fargate-web1-events")["RunTasks"]
    assert "task-definition/first:*" in as_text(run)
    assert "cluster/a" in as_text(run)
    assert "cluster/b" in as_text(run)
    pattern = only.client("events").describe_rule(Name="cron2fargate-web1-failed")["EventPattern"]
    assert "cluster/a" in pattern
    assert "cluster/b" in pattern
    for known in ([first], [second], [first, second]):
        assert only.left(known) == []


def test_many_places_at_once_and_none_is_disarmed() -> None:
    """Two environments, two regions, two accounts."""
    few = [spec("plain", "rate(1 minute)"), spec("locked", lock="x", schedule={"timezone": "Asia/Tokyo"})]
    regions = {"staging": TOKYO, "production": TOKYO, "staging-us": VIRGINIA, "production-us": VIRGINIA}
    found = settings(regions, **{name.replace("-", "_"): f"cluster: c-{name}" for name in regions})
    sites = {(name, account): site(found, name, account) for account in (HOME, AWAY) for name in regions}
    for live in sites.values():
        live.register(few)
        live.switch(few)
    for (name, account), live in sites.items():
        assert live.left(few) == [], (name, account)
        for one in few:
            frame = frames.find(live.aws, "web1", one.name)
            assert frame, (name, account, one.name)
            assert all(item.enabled for item in frame)
            for arn in started(live, one):
                service, region, owner = arn.split(":")[2:5]
                assert owner == account
                assert region in ("", regions[name]), arn
                if ":cluster/" in arn:
                    assert arn.endswith(f"cluster/c-{name}")
                if service == "iam":
                    assert f"cron2fargate-web1-{name}-" in arn
        run = as_text(live.policy(f"cron2fargate-web1-{name}-events")["RunTasks"])
        assert f"task-definition/{name}-plain:*" in run
        assert f"cluster/c-{name}" in run


def test_settings_say_which_environment_they_are() -> None:
    found = settings({"a": TOKYO, "b": VIRGINIA})
    assert [one.name for one in found.environments.values()] == ["a", "b"]
    assert {one.pattern for one in found.environments.values()} == {APART}
    assert settings({"a": TOKYO}).environments["a"].pattern == PLAIN


# Retry ages: the expressions before and after, what somebody set by hand in between, and the age that must stand then.
AGES: dict[str, tuple[str, str, dict[str, int] | None, int]] = {
    "an hour to a minute": ("rate(1 hour)", "rate(1 minute)", None, 60),
    "a minute to an hour": ("rate(1 minute)", "rate(1 hour)", None, 900),
    "five minutes to a day": ("rate(5 minutes)", "cron(0 3 * * ? *)", None, 900),
    "set by hand": (
        "rate(1 hour)",
        "rate(1 minute)",
        {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 120},
        120,
    ),
    "of a version before": (
        "rate(1 minute)",
        "rate(1 minute)",
        {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 900},
        60,
    ),
}


@pytest.mark.parametrize("zoned", [False, True], ids=["rule", "schedule"])
@pytest.mark.parametrize("case", AGES)
def test_what_we_wrote_for_the_former_schedule_is_ours_to_change(case: str, zoned: bool) -> None:
    before, after, by_hand, age = AGES[case]
    more = {"timezone": "Asia/Tokyo"} if zoned else {}
    live = site(settings({"production": TOKYO}, production="cluster: cron"), "production")
    live.register([spec("job", before, schedule=more)])
    if by_hand:
        _set_retry(live, by_hand, zoned)
    (plan,) = live.plan([spec("job", after, schedule=more)])[1]
    told = [change for step in plan.steps for change in step.changes if "RetryPolicy" in change.field]
    assert bool(told) == (age not in ((by_hand or {}).get("MaximumEventAgeInSeconds"), _age(live, zoned)))
    live.register([spec("job", after, schedule=more)])
    assert _age(live, zoned) == age
    assert live.left([spec("job", after, schedule=more)]) == []


def _target(live: Site, zoned: bool) -> dict[str, Any]:
    if zoned:
        found = live.client("scheduler").get_schedule(Name="job", GroupName="cron2fargate-web1")
        return dict(found["Target"])
    return dict(live.client("events").list_targets_by_rule(Rule="job")["Targets"][0])


def _age(live: Site, zoned: bool) -> int:
    return int(_target(live, zoned)["RetryPolicy"]["MaximumEventAgeInSeconds"])


def _set_retry(live: Site, policy: dict[str, int], zoned: bool) -> None:
    target = _target(live, zoned) | {"RetryPolicy": policy}
    if not zoned:
        live.client("events").put_targets(Rule="job", Targets=[target])
        return
    scheduler = live.client("scheduler")
    found = scheduler.get_schedule(Name="job", GroupName="cron2fargate-web1")
    kept = ("Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "State", "Description")
    window = {"FlexibleTimeWindow": found["FlexibleTimeWindow"]}
    scheduler.update_schedule(**{key: found[key] for key in kept}, **window, Target=target)


def test_a_rule_that_was_switched_off_by_hand_is_told_and_its_alarm_ended() -> None:
    live = site(settings({"production": TOKYO}, production="cluster: cron"), "production")
    job = spec("job", "rate(1 minute)")
    live.register([job])
    live.switch([job])
    alarm = "cron2fargate-web1-job-missed"
    assert not side_of(live.aws, "web1", "job").rings
    assert not live.plan([job])[1][0].notes
    live.client("events").disable_rule(Name="job")
    assert side_of(live.aws, "web1", "job").rings
    frame, (plan,) = live.plan([job])
    assert [step.action for step in frame if step.name == alarm] == ["remove"]
    assert plan.notes == [RINGS.format(job="job")]
    live.switch([job], on=False)
    assert not side_of(live.aws, "web1", "job").rings
    assert live.plan([job])[1][0].notes == []
    assert live.left([job]) == []


def test_a_service_is_found_in_the_cluster_that_its_ecs_yml_names() -> None:
    found = settings({"production": TOKYO, "staging": TOKYO})
    live = site(found, "production")
    network = _network(live)
    live = site(found, "production", **network)
    other = site(found, "staging", **network)
    always = service_in("workers")
    for where in (live, other):
        where.register([always])
        assert [frame.backend for frame in frames.find(where.aws, "web1", "always")] == ["service"]
    live.switch([always])
    assert [frame.enabled for frame in frames.find(live.aws, "web1", "always")] == [True]
    assert [frame.enabled for frame in frames.find(other.aws, "web1", "always")] == [False]
    assert live.left([always]) == []
    gone = prune.find_gone(live.aws, "web1", set(), deep=True)
    assert [(one.name, one.phase, [step.name for step in one.steps]) for one in gone.jobs] == [
        ("always", "disable", ["production-always"])
    ]
    assert prune.find_gone(live.aws, "web1", {"always"}, deep=True).jobs == []
    moved = service_in("elsewhere")
    live.client("ecs").create_cluster(clusterName="elsewhere")
    (said,) = live.refusals([moved])
    assert "is in cluster workers" in said


def service_in(cluster_name: str) -> Spec:
    box = {"name": "app", "cpu": 256, "memory": 512, "image": "example/app:1"}
    value = {"type": "FARGATE", "cluster": cluster_name, "name": "always", "containers": [box]}
    return load_spec(json.dumps(value | {"service": {"desiredCount": 2}}), "always.yml")


def _network(live: Site) -> dict[str, Any]:
    ec2 = live.client("ec2")
    return {
        "subnets": [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]],
        "security_groups": [group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"]],
    }


def test_a_cluster_waits_for_the_linked_role_of_an_account_that_never_had_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    live = site(settings({"production": TOKYO}, production="cluster: cron"), "production")
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    writer, left = live.aws.writer(), [2]

    def refuse(**_: Any) -> None:
        if left[0]:
            left[0] -= 1
            message = "Unable to assume the service linked role. Please verify that the ECS service linked role exists."
            raise ClientError({"Error": {"Code": "InvalidParameterException", "Message": message}}, "CreateCluster")

    writer.client("ecs").meta.events.register("before-call.ecs.CreateCluster", refuse)
    step = cluster.plan(live.aws, "cron", {"cron2fargate:owner": "web1"})
    assert step.write is not None
    step.write(writer, object())
    assert slept == [5.0, 5.0]
    assert capsys.readouterr().err.count("trying again") == 1
    assert cluster.plan(live.aws, "cron", {}).action == "same"
