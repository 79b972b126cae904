"""What a switch asks: a job goes where time, effect and place are proven or accepted, by name and in these words only."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from moto.servicequotas.responses import ServiceQuotasResponse

from converters.images.facts import Image
from migrate.errors import UserError
from migrate.images import store
from migrate.review.book import open_book
from tests.aws.surroundings import EVERYTHING, allow
from tests.aws.world import World
from tests.cutover.place import Place, new_place

APP = b"""\
30 3 * * * root /opt/app/bin/bill
40 3 * * * root /opt/app/bin/mail-out
50 3 * * * root MYSQL_PWD=hunter2secret /opt/app/bin/report
"""
PROGRAMS = frozenset(f"/opt/app/bin/{name}" for name in ("bill", "mail-out", "report")) | {"/bin/sh"}


def image(*programs: str, digest: str = "sha256:" + "a" * 64) -> Image:
    return Image(
        "example/app:1",
        digest,
        "amd64",
        frozenset(programs) or PROGRAMS,
        files=frozenset(programs) or PROGRAMS,
        shells={"sh": "dash"},
        zone_data=True,
    )


@pytest.fixture
def place(world: World, tmp_path: Path) -> Any:
    store.save(tmp_path / "migration", image())
    with new_place(world, tmp_path, {"etc/cron.d/app": APP}, answered=False) as made:
        for name in secrets_of(made):
            world.client("ssm").put_parameter(Name=name, Value="x", Type="SecureString")
        yield made


def secrets_of(place: Place) -> list[str]:
    from migrate.aws.inputs import load_specs

    return [
        source
        for _path, spec in load_specs(place.out, ())
        for box in spec.containers
        for source in box.secrets.values()
    ]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


OUTSIDE = ("C604", "C480")
"""An image of another registry, and secrets that stood in a crontab: people said yes to both."""


def test_what_is_proven_and_there_goes_without_a_word(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert place.forward(accept=OUTSIDE) == 0
    assert place.enabled() == {"bill", "mail-out", "report"}
    assert "C604" in said(capsys)  # what was accepted is shown again
    assert place.backward() == 0
    assert place.table().read_bytes() == APP


def break_secret(place: Place) -> None:
    place.world.client("ssm").delete_parameter(Name=secrets_of(place)[0])


def break_right(place: Place) -> None:
    allow(place.world, "exec", EVERYTHING, {**EVERYTHING, "Effect": "Deny", "Action": "ssm:GetParameters"})


def break_start(place: Place) -> None:
    allow(place.world, "events", EVERYTHING, {**EVERYTHING, "Effect": "Deny", "Action": "ecs:RunTask"})


def break_passing(place: Place) -> None:
    allow(place.world, "events", EVERYTHING, {**EVERYTHING, "Effect": "Deny", "Action": "iam:PassRole"})


def break_route(place: Place) -> None:
    ec2 = place.world.client("ec2")
    for table in ec2.describe_route_tables()["RouteTables"]:
        if any(route.get("GatewayId", "").startswith("igw-") for route in table["Routes"]):
            ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")


def break_trust(place: Place) -> None:
    other = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [other]})
    place.world.client("iam").update_assume_role_policy(RoleName="exec", PolicyDocument=document)


def break_cluster(place: Place) -> None:
    place.world.client("ecs").delete_cluster(cluster="cron")


def break_quota(place: Place) -> None:
    few = {"QuotaName": "Fargate On-Demand vCPU resource count", "QuotaCode": "L-3032A538", "Value": 0.2}
    # furnish() puts the one that lists nothing back.
    ServiceQuotasResponse.list_service_quotas = lambda _self: json.dumps({"Quotas": [few]})  # type: ignore[attr-defined]


def read_again(place: Place) -> None:
    store.save(place.out, image(digest="sha256:" + "b" * 64))


def name_another(place: Place) -> None:
    for path in place.out.glob("jobs/*/ecs.yml"):
        path.write_text(path.read_text().replace("example/app:1", "example/app:2"))


BROKEN = {
    "a parameter is gone": (break_secret, "C610", {"report"}),
    "the execution role may not read it": (break_right, "C624", {"report"}),
    "the events role may not run tasks": (break_start, "C624", {"bill", "mail-out", "report"}),
    "the events role may not pass roles": (break_passing, "C624", {"bill", "mail-out", "report"}),
    "no way out": (break_route, "C615", {"bill", "mail-out", "report"}),
    "a role trusts nobody": (break_trust, "C607", {"bill", "mail-out", "report"}),
    "the cluster is deleted": (break_cluster, "C601", {"bill", "mail-out", "report"}),
    "no processor is left by the quota": (break_quota, "C618", {"bill", "mail-out", "report"}),
    "the image was read again since the scan": (read_again, "C764", {"bill", "mail-out", "report"}),
    "ecs.yml names another image": (name_another, "C764", {"bill", "mail-out", "report"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_stays_and_the_others_go(place: Place, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    breaks, code, stay = BROKEN[name]
    breaks(place)
    assert place.forward(accept=OUTSIDE) == 1
    assert place.enabled() == {"bill", "mail-out", "report"} - stay
    out = said(capsys)
    for job in stay:
        assert f"--accept {code}" in out
        assert any(f"refused: {job}: {word}" in out for word in (code, "C"))
    # Told first and last: before any job that goes, and after the sum.
    sum_of_all = re.search(r"\d+ jobs? moved", out)
    assert sum_of_all is not None
    assert out.index(f"--accept {code}") < sum_of_all.start() < out.index("refused: ")


@pytest.mark.parametrize("name", [name for name in BROKEN if "ecs.yml" not in name and "cluster" not in name])
def test_what_breaks_while_a_job_waits_is_found_in_its_minute(
    place: Place, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks, code, stay = BROKEN[name]
    place.clock.second = place.clock.second // 86400 * 86400 + (3 * 60 + 25) * 60
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        place.clock.second += seconds
        if not waited:
            breaks(place)
        waited.append(seconds)

    monkeypatch.setattr(place.clock, "sleep", sleep)
    assert place.forward(accept=OUTSIDE, wait=300) == 1
    assert waited
    assert place.enabled() == {"bill", "mail-out", "report"} - stay
    assert code in said(capsys)
    # Nothing of it was begun: it stands where it stood, and there is nothing to finish or to take back.
    assert {job: place.phase(job) for job in stay} == dict.fromkeys(stay, "old")


# --- a whole migration ---------------------------------------------------------------------------------------------------

FLEET = b"""\
30 3 * * * root /opt/app/bin/bill
35 3 * * * root /opt/app/bin/gone
40 3 * * * root /opt/app/bin/mail-out && find /srv/data -mtime +30 -delete
45 3 * * * root flock -n /tmp/l timeout 60 /opt/app/bin/mail-out
47 3 * * * root flock -n /tmp/l timeout 60 /opt/app/bin/gone --twice
50 3 * * * root MYSQL_PWD=hunter2secret /opt/app/bin/report
55 3 * * * root /opt/app/bin/bill --again
"""


@pytest.mark.parametrize("backend", ["rule", "scheduler"])
def test_all_moves_the_right_ones_only(
    world: World, tmp_path: Path, backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One job has a missing secret, one an open question, one a missing program, and one shares its lock with such a one."""
    store.save(tmp_path / "migration", image())
    with new_place(world, tmp_path, {"etc/cron.d/app": FLEET}, answered=False, backend=backend) as place:
        jobs = {
            job["line"].partition("root ")[2]: job
            for job in json.loads((place.out / "report.json").read_text())["jobs"]
        }
        names = {job["name"] for job in jobs.values()}
        assert {job["target"]["backend"] for job in jobs.values()} == {backend}
        right = {job["name"] for line, job in jobs.items() if line.startswith("/opt/app/bin/bill")}
        assert len(right) == 2
        capsys.readouterr()
        assert place.forward(accept=OUTSIDE) == 1
        assert {name for name in names if place.phase(name) == "new"} == right
        assert {name for name, runs in place.runs().items() if runs == "new"} == right
        assert {name for name, runs in place.runs().items() if runs == "old"} == names - right
        out = said(capsys)
        refused = out[out.index("refused: ") :]
        assert all(name in refused for name in names - right)
        assert not any(f"refused: {name}:" in out for name in right)
        assert place.backward() == 0
        assert place.table().read_bytes() == FLEET


# --- words -----------------------------------------------------------------------------------------------------------------


def test_a_word_holds_for_one_job_one_code_and_what_it_said(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert place.forward("report", accept=("bill:C604", "bill:C480")) == 1  # another job's words
    assert "--accept bill:C604: nothing of these jobs asks for it" in said(capsys)
    assert place.forward("report", accept=("C604",)) == 1  # another code
    assert place.forward("report", accept=("report:C604", "report:C480")) == 0
    assert place.backward("report") == 0
    assert place.forward("report") == 0  # it was kept
    assert place.backward("report") == 0
    assert place.forward("bill") == 1  # and was none for another job
    # The same code says something else now: what was said yes to is not what stands there.
    report = place.out / "report.json"
    report.write_text(report.read_text().replace("MYSQL_PWD becomes a reference", "MYSQL_PWD, TOKEN become references"))
    capsys.readouterr()
    assert place.forward("report", accept=("report:C604",)) == 1
    assert "C480" in said(capsys)


@pytest.mark.parametrize("word", ["C999", "c480", "", "480", "report:", "report:C999", "C480,C604", "*"])
def test_what_is_no_code_is_refused(place: Place, word: str) -> None:
    with pytest.raises(UserError, match="there is no such code"):
        place.forward(accept=(word,))
    assert place.enabled() == set()


def test_a_dry_run_keeps_no_word(place: Place) -> None:
    assert place.forward("bill", accept=OUTSIDE, dry_run=True) == 0
    assert place.forward("bill") == 1


def test_what_was_decided_to_stay_is_not_named_for_registration(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    book = open_book(place.out)
    job = book.named("bill")
    assert job is not None
    book.settle({job.id: {"decision": "keep"}})
    assert place.forward(accept=OUTSIDE) == 0
    out = said(capsys)
    assert "1 job stays where it is, as decided: bill" in out
    assert "not registered" not in out
    assert place.enabled() == {"mail-out", "report"}
    assert place.forward("bill", accept=OUTSIDE) == 1


def test_an_endpoint_that_fails_in_the_minute_moves_nothing(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import EndpointConnectionError

    from migrate.cutover.asking import Asker

    asked: list[str] = []
    real = Asker._of_place

    def failing(self: Any, names: Any, specs: Any) -> Any:
        asked.append(names[0])
        if len(asked) > 3:
            raise EndpointConnectionError(endpoint_url="https://ecs.example")
        return real(self, names, specs)

    monkeypatch.setattr(Asker, "_of_place", failing)
    assert place.forward(accept=OUTSIDE) == 1
    assert place.enabled() == set()
    assert place.table().read_bytes() == APP
    assert "AWS cannot be reached" in said(capsys)


def test_enable_asks_as_well(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--out", place.out, "--yes")
    assert place.call("enable", "bill", *at) == 1
    assert "--accept C604" in said(capsys)
    assert place.enabled() == set()
    assert place.call("enable", "bill", *at, "--accept", "C604") == 0
    assert place.call("disable", "bill", *at) == 0
    assert place.call("enable", "bill", *at) == 0  # it was kept


def test_register_says_what_is_open(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    spec = place.out / "jobs/report/ecs.yml"
    spec.write_text(spec.read_text().replace("memory: 512", "memory: 1024"))
    assert place.call("register", "--out", place.out, "--yes", "--no-check") == 0
    assert "made DISABLED, for something is open (C480): report" in said(capsys)
    assert place.enabled() == set()
