"""Three trees that were one once: what a scan tells of the jobs that stand on all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from migrate.cutover.asking import COPIES, Asker
from migrate.review.agenda import open_questions
from migrate.review.answers import take_defaults
from migrate.review.book import Book, open_book
from migrate.review.carrying import carry_out
from migrate.review.questions import Question
from migrate.workspace.decisions_model import decision_of
from migrate.workspace.journal import Journal
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


def opened(out: Path) -> Book:
    return open_book(out / "migration")


def asked_of(book: Book, name: str) -> Question:
    return next(q for q in open_questions(book) if q.topic.startswith("fleet") and q.title.startswith(f"{name} "))


def settled(book: Book, name: str, value: str) -> None:
    question = asked_of(book, name)
    option = next(one for one in question.options if one.value.startswith(value))
    book.settle(question.settle(option.value, ""))


def test_one_question_a_group_and_no_default_where_nothing_tells(fleet: Path) -> None:
    scanned(fleet, *HOSTS)
    book = opened(fleet)
    found = {q.title.partition(" ")[0]: q for q in open_questions(book) if q.topic.startswith("fleet")}
    assert set(found) == {"feeds-fetch-all", "report", "push", "bill", "shard"}
    for question in found.values():
        assert question.title.endswith("?")
        assert question.why
        assert len({option.value for option in question.options}) == len(question.options)
        assert question.default is None or question.option(question.default)
    default = {name: question.default for name, question in found.items()}
    bill = next(job for job in book.jobs if job.name == "bill-web1")
    assert default == {
        **dict.fromkeys(("feeds-fetch-all", "report", "push")),
        "bill": f"once:{bill.id}",
        "shard": "each",
    }
    # Three hosts with another schedule or script each: which line it is to be is part of the question.
    assert [one.value.partition(":")[0] for one in found["feeds-fetch-all"].options] == ["once"] * 3 + ["each", "apart"]
    assert take_defaults(book)
    assert [book.decision(job).fleet for job in book.jobs if job.name.startswith("report")] == [None] * 3


def test_once_is_one_job_without_a_host_in_its_name(fleet: Path) -> None:
    scanned(fleet, *HOSTS)
    book = opened(fleet)
    settled(book, "report", "once")
    settled(book, "bill", "once")
    carry_out(book, fleet / "migration")
    for document in (
        json.loads((fleet / "migration/report.json").read_text(encoding="utf-8")),
        scanned(fleet, *HOSTS),
    ):
        jobs = {job["name"]: job for job in document["jobs"]}
        assert jobs["report-web2"]["runsAs"] == jobs["report-web3"]["runsAs"] == "report"
        assert jobs["report-web2"]["decided"] == "skip"
        assert "runsAs" not in jobs["report"]
        assert jobs["bill-web2"]["runsAs"] == "bill"
        assert groups(document)["report"]["jobs"] == ["report", "report-web2", "report-web3"]
    # Answered once, it is not asked again.
    assert not [q for q in open_questions(opened(fleet)) if q.title.startswith(("report ", "bill "))]


def test_each_keeps_the_hosts_in_the_names(fleet: Path) -> None:
    scanned(fleet, *HOSTS)
    book = opened(fleet)
    settled(book, "report", "each")
    assert [book.name(job) for job in book.jobs if job.name.startswith("report")] == [f"report-{h}" for h in HOSTS]
    assert not any(book.left_out(job) for job in book.jobs)
    assert not [q for q in open_questions(book) if q.title.startswith("report ")]


def test_a_host_that_comes_later_is_asked_about_with_who_runs_already(fleet: Path) -> None:
    scanned(fleet, "web1", "web2")
    book = opened(fleet)
    settled(book, "report", "once")
    carry_out(book, fleet / "migration")
    document = scanned(fleet, *HOSTS)
    assert "report-2" not in {job["name"] for job in document["jobs"]}
    book = opened(fleet)
    question = asked_of(book, "report")
    assert [book.name(job) for job in question.jobs] == ["report-web3"]
    settled(book, "report", "once")
    leader = book.leader(next(job for job in book.jobs if job.name == "report-web3"))
    assert leader is not None
    assert book.name(leader) == "report"


def test_what_runs_for_others_and_is_gone_is_asked_again(fleet: Path) -> None:
    """Else the last host would go, and the job with it."""
    scanned(fleet, *HOSTS)
    book = opened(fleet)
    settled(book, "report", "once")
    table = fleet / "web1/etc/cron.d/feeds"
    rows = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(row for row in rows if "report" not in row), encoding="utf-8")
    found = scanned(fleet, *HOSTS)
    assert all("runsAs" not in job for job in found["jobs"])
    assert {book.name(job) for job in asked_of(opened(fleet), "report").jobs} == {"report-web2", "report-web3"}


def test_back_undoes_the_answer(fleet: Path) -> None:
    scanned(fleet, *HOSTS)
    book = opened(fleet)
    question = asked_of(book, "report")
    before = book.settle(question.settle(question.options[0].value, ""))
    book.undo(before)
    assert len(asked_of(book, "report").jobs) == 3


def test_a_copy_is_never_taken_as_well() -> None:
    with pytest.raises(ValueError, match="copyOf"):
        decision_of({"fleet": "once", "copyOf": "0" * 12, "decision": "take"})
    with pytest.raises(ValueError, match="copyOf"):
        decision_of({"copyOf": "0" * 12})


def test_the_switch_waits_for_the_lines_of_the_other_hosts(fleet: Path) -> None:
    """Enabled beside them, every run would be doubled; a line that its own test never lets run doubles nothing."""
    scanned(fleet, *HOSTS)
    book = opened(fleet)
    settled(book, "report", "once")
    settled(book, "bill", "once")
    asker = Asker(fleet / "migration", "o", None, Journal(fleet / "migration"))  # type: ignore[arg-type]
    jobs = {job.name: job for job in book.jobs}
    (reason,) = asker._of_copies(jobs["report-web1"], book)
    assert reason.code == COPIES
    assert "web2/etc/cron.d/feeds:3 (web2)" in str(reason)
    assert not list(asker._of_copies(jobs["bill-web1"], book))
    assert asker.left_out("report-web2") == "it was decided to skip it"
    # Not scanned again is not out of use.
    scanned(fleet, "web1")
    book = opened(fleet)
    alone = next(job for job in book.jobs if job.id == jobs["report-web1"].id)
    (reason,) = asker._of_copies(alone, book)
    assert "2 more hosts" in str(reason)
    for host in ("web2", "web3"):
        table = fleet / host / "etc/cron.d/feeds"
        table.write_text(table.read_text(encoding="utf-8").replace("30 2 ", "#30 2 "), encoding="utf-8")
    scanned(fleet, *HOSTS)
    book = opened(fleet)
    leader = next(job for job in book.jobs if job.id == jobs["report-web1"].id)
    assert not list(asker._of_copies(leader, book))
