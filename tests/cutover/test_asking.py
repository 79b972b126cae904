"""What a switch asks: a job goes where time, effect and place are proven or accepted, by name and in these words only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from converters.images.facts import Image
from migrate.images import store
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
    assert out.index(f"--accept {code}") < out.index("job(s) moved") < out.index("refused: ")


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
