"""Three trees that were one once: what a scan tells of the jobs that stand on all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.workspaces import called, scanned

PASSWD = "root:x:0:0:root:/root:/bin/bash\ndeploy:x:1004:1004::/home/deploy:/bin/bash\n"
HOSTS = ("web1", "web2", "web3")
FEEDS = """\
LANG=C
*/10 * * * * deploy /srv/feeds/fetch.sh --all
30 2 * * * deploy flock -n /mnt/shared/report.lock /srv/feeds/report.sh
15 3 * * * deploy [ "$(hostname)" = web1 ] && /srv/feeds/bill.sh
*/7 * * * * deploy /srv/feeds/shard.sh --shard {n}/3
0 5 * * * deploy /srv/feeds/push.sh --node {host}
25 6 * * * root logrotate /etc/logrotate.conf
"""
FETCH = "#!/bin/sh\ncurl -fsS https://feeds.example.com/all.xml | /srv/feeds/load\n"


def cloned(directory: Path, *hosts: str) -> None:
    """Trees of hosts that began as copies of one image."""
    for number, host in enumerate(hosts, start=1):
        texts = {
            "etc/hostname": f"{host}\n",
            "etc/passwd": PASSWD,
            "etc/os-release": "ID=debian\n",
            "etc/fstab": "nas:/v /mnt/shared nfs4 rw 0 0\n",
            "etc/cron.d/feeds": FEEDS.format(n=number, host=host),
            "srv/feeds/fetch.sh": FETCH,
        }
        for name, text in texts.items():
            place = directory / host / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")


def drifted(directory: Path) -> None:
    """What months did to two of the three."""
    table = directory / "web2/etc/cron.d/feeds"
    text = table.read_text(encoding="utf-8").replace("*/10", "*/15").replace("LANG=C", "LANG=C.UTF-8")
    table.write_text(text, encoding="utf-8")
    script = directory / "web3/srv/feeds/fetch.sh"
    script.write_text(FETCH.replace("load", "load --fast"), encoding="utf-8")


def groups(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in document["groups"]["fleet"]}


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    cloned(tmp_path, *HOSTS)
    drifted(tmp_path)
    return tmp_path


def test_each_job_of_the_fleet_is_one_group(fleet: Path) -> None:
    found = groups(scanned(fleet, *HOSTS))
    assert {name: (one["kind"], one["runs"], one["asked"]) for name, one in found.items()} == {
        "feeds-fetch-all": ("drift", None, True),
        "report": ("lock", None, True),
        "bill": ("guard", "once", True),
        "shard": ("shard", "each", True),
        "push": ("host", None, True),
        "logrotate": ("drift", None, False),
    }
    assert all(one["hosts"] == list(HOSTS) for one in found.values())
    assert found["bill"]["active"] == ["web1"]
    assert found["report"]["by"] == "/mnt/shared/report.lock"
    assert found["feeds-fetch-all"]["jobs"] == [f"feeds-fetch-all-{host}" for host in HOSTS]


def test_the_drift_is_told(fleet: Path) -> None:
    drift = {one["what"]: one["values"] for one in groups(scanned(fleet, *HOSTS))["feeds-fetch-all"]["drift"]}
    assert drift.keys() == {"schedule", "environment LANG", "script"}
    assert drift["schedule"] == [
        {"value": "*/10 * * * *", "hosts": ["web1", "web3"]},
        {"value": "*/15 * * * *", "hosts": ["web2"]},
    ]
    assert [one["hosts"] for one in drift["script"]] == [["web1", "web2"], ["web3"]]


def test_hosts_stand_at_their_jobs(fleet: Path) -> None:
    found = scanned(fleet, *HOSTS)
    assert {job["host"] for job in found["jobs"]} == set(HOSTS)
    assert all("host" not in job for job in scanned(fleet, "web1", out="alone")["jobs"])


def test_one_host_has_no_fleet(fleet: Path) -> None:
    found = scanned(fleet, "web1")
    assert found["groups"]["fleet"] == []
    assert "C654" not in json.dumps(found)


def test_a_question_is_one_finding_of_all_its_jobs(fleet: Path) -> None:
    """What a test of the host decides, and shares that are all there, are none; nor is what stays with the hosts."""
    found = scanned(fleet, *HOSTS)
    asked = {job["name"] for job in found["jobs"] if any(one["code"] == "C654" for one in job["findings"])}
    assert asked == {f"{name}-{host}" for name in ("feeds-fetch-all", "report", "push") for host in HOSTS}


def test_every_report_tells_it(fleet: Path) -> None:
    table = called(fleet, "scan", *HOSTS, "--timezone", "UTC", "--image", "a:1")
    called(fleet, "report", "--open", "no")
    pages = [table, *((fleet / f"migration/report.{kind}").read_text(encoding="utf-8") for kind in ("md", "html"))]
    for text in pages:
        assert text.count("The same job on several hosts") >= 1
        for word in ("*/15 * * * *", "/mnt/shared/report.lock", "--shard 1/3"):
            assert word in text
    # One cause, one sentence: it is said in the section, and not at each job once more.
    assert "The same job stands on" not in table


def test_secrets_that_differ_are_not_told(tmp_path: Path) -> None:
    cloned(tmp_path, "web1", "web2")
    for host, word in (("web1", "hunter2hunter2"), ("web2", "Tr0ub4dor-and-3")):
        table = tmp_path / host / "etc/cron.d/send"
        table.write_text(f"DB_PASSWORD={word}\n5 5 * * * deploy /srv/send --password={word}\n", encoding="utf-8")
    found = groups(scanned(tmp_path, "web1", "web2"))["send"]
    assert {one["what"] for one in found["drift"]} == {"arguments", "environment DB_PASSWORD"}
    assert "hunter2hunter2" not in json.dumps(found)
    assert "Tr0ub4dor" not in json.dumps(found)


def test_a_report_of_before_is_read(fleet: Path) -> None:
    from migrate.document.from_json import document_from

    found = scanned(fleet, *HOSTS)
    del found["groups"]["fleet"]
    for job in found["jobs"]:
        del job["host"]
    assert document_from(found).groups.fleet == ()
