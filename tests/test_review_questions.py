"""What is asked: only what is open, hardest first, grouped; and what each answer decides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from converters.commands.forwarding import without_telling
from migrate.cli import cli
from migrate.report.figures import parameters_read
from migrate.review.agenda import open_questions, topics, undecided
from migrate.review.book import Book, open_book
from migrate.review.questions import Question
from migrate.review.settled import named
from migrate.review.topics.place import disk_of, size_of
from migrate.review.topics.time import seconds_of, span
from migrate.review.topics.variables import secrets_of, variables_of
from migrate.review.topics.who import addresses_of
from migrate.review.usage import suggested_limit, suggested_size
from migrate.settings.loading import default_settings_text
from migrate.workspace.decisions import Decisions
from tests.documents import document_of, job_of, json_of
from tests.review_world import asked, held, job_named, question, scanned


def settle(book: Book, question_: Question, value: str, text: str = "") -> None:
    book.settle(question_.settle(question_.option(value).value, text))


def test_hardest_first_and_grouped(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path))
    assert asked(book) == [
        ("decision", ["warm-cache"]),
        ("timeout", ["notify"]),
        ("image", ["notify", "reports-daily", "sales-mail"]),
        ("image", ["post-ledger"]),
        ("size", ["notify", "reports-daily", "sales-mail"]),
        ("start", ["reports-daily", "sales-mail", "post-ledger"]),
        ("owner", ["notify", "reports-daily", "sales-mail", "post-ledger"]),
    ]
    assert [q.title for q in open_questions(book)][2] == "Image for all 3 Rails jobs?"


def test_an_answer_closes_its_question_for_every_job(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path))
    settle(book, question(book, "image"), "image", "registry.example.com/app:1")
    assert ("image", ["post-ledger"]) in asked(book)
    assert [topic for topic, _ in asked(book)].count("image") == 1
    assert all(
        book.spec(job_named(book, name))["containers"][0]["image"] == "registry.example.com/app:1"
        for name in ("notify", "sales-mail")
    )  # type: ignore[index]
    # The next image has it for its default.
    assert question(book, "image").options[0].text == "registry.example.com/app:1"


@pytest.mark.parametrize("fate", ["skip", "keep"])
def test_who_is_left_out_is_not_asked_about_and_is_decided(tmp_path: Path, fate: str) -> None:
    book = open_book(scanned(tmp_path))
    assert "notify" in [book.name(job) for job in undecided(book)]
    book.settle({job.id: {"decision": fate} for job in book.jobs})
    assert (asked(book), undecided(book)) == ([], [])


def test_optional_questions_leave_nothing_undecided(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path, "15 4 * * * /srv/app/bin/post-ledger\n", "--image", "app:1"))
    assert [topic for topic, _ in asked(book)] == ["finding", "start", "owner"]
    held(book)
    assert [topic for topic, _ in asked(book)] == ["start", "owner"]
    assert undecided(book) == []


def test_one_by_one_and_passed(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path))
    image = question(book, "image")
    apart = {(image.topic, job.id) for job in image.jobs}
    names = [jobs for topic, jobs in asked(book, apart=apart) if topic == "image"]
    assert names == [["notify"], ["reports-daily"], ["sales-mail"], ["post-ledger"]]
    passed = {(image.topic, image.jobs[0].id)}
    assert ("image", ["reports-daily", "sales-mail"]) in asked(book, passed=passed)
    assert asked(book, only=[job_named(book, "post-ledger").id]) == [
        ("image", ["post-ledger"]),
        ("start", ["post-ledger"]),
        ("owner", ["post-ledger"]),
    ]


def test_a_service_is_taken_and_needs_an_image(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path, "@reboot /usr/local/bin/worker\n0 1 * * * /srv/app/bin/post-ledger\n"))
    fate = question(book, "decision")
    assert [option.value for option in fate.options] == ["service", "skip", "keep"] and fate.default == "keep"
    settle(book, fate, "service")
    decision = book.decision(job_named(book, "worker"))
    assert (decision.decision, decision.service) == ("take", True)
    assert sorted(next(names for topic, names in asked(book) if topic == "image")) == ["post-ledger", "worker"]


def test_a_time_limit(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path))
    limit = question(book, "timeout")
    assert (limit.default, limit.option("other").text) == ("900", "900")
    with pytest.raises(ValueError, match="soon is not a time"):
        limit.settle("other", "soon")
    settle(book, limit, "other", "20m")
    assert book.spec(job_named(book, "notify"))["timeout"] == 1200  # type: ignore[index]
    assert "timeout" not in [topic for topic, _ in asked(book)]


def test_no_lock_needs_no_limit(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path))
    book.settle({job_named(book, "notify").id: {"lock": "none"}})
    assert "timeout" not in [topic for topic, _ in asked(book)]
    assert "lock" not in (book.spec(job_named(book, "notify")) or {})


BERLIN = "30 2 * * * /opt/app/report\n30 3 * * 1 /opt/app/weekly\n0 12 * * * /opt/app/noon\n"


def test_clock_changes_are_one_question_with_the_ways_side_by_side(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path, BERLIN, "--image", "app:1", zone="Europe/Berlin"))
    clock = question(book, "clock")
    assert [book.name(job) for job in clock.jobs] == ["report", "weekly", "noon"]
    assert [option.value for option in clock.options] == ["rule", "scheduler", "exact", "seasonal"]
    assert "moved" in clock.option("rule").why and "ends 2027-12-31" in clock.option("seasonal").why
    assert clock.default == "scheduler"
    settle(book, clock, "scheduler")
    spec = book.spec(job_named(book, "noon")) or {}
    assert spec["schedule"] == {"scheduleExpression": "cron(0 12 * * ? *)", "timezone": "Europe/Berlin", "taskCount": 1}
    assert "clock" not in [topic for topic, _ in asked(book)]
    held(book)
    assert undecided(book) == []


def test_seasonal_rules_and_back_to_a_rule(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path, BERLIN, "--image", "app:1", zone="Europe/Berlin"))
    before = book.spec(job_named(book, "noon"))
    clock = question(book, "clock")
    settle(book, clock, "seasonal")
    seasonal = (book.spec(job_named(book, "noon")) or {})["schedule"]["scheduleExpression"]
    assert len(seasonal) > 2 and all("2026" in text or "2027" in text for text in seasonal)
    settle(book, clock, "rule")
    assert book.spec(job_named(book, "noon")) == before


def test_a_zone_without_changes_is_not_asked_about(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path, BERLIN, "--image", "app:1"))
    held(book)
    assert [topic for topic, _ in asked(book)] == ["start", "owner"]


LOCKS = """\
0 1 * * * flock /tmp/a.lock /opt/app/one
0 2 * * * flock /tmp/a.lock /opt/app/two
0 3 * * * flock -w 30 -E 0 /tmp/b.lock /opt/app/three
0 4 * * * flock -n /tmp/c.lock timeout 60 /opt/app/four
"""


def test_a_lock_without_bound_is_asked_for_its_group(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path, LOCKS, "--image", "app:1"))
    policy = question(book, "lock")
    assert [book.name(job) for job in policy.jobs] == ["one", "two"]
    assert policy.default == "forever" and "/tmp/a.lock" in policy.title
    settle(book, policy, "wait", "10m")
    assert (book.spec(job_named(book, "two")) or {})["lock"] == {"name": "/tmp/a.lock", "wait": 600}
    # Only those without a limit are asked for one.
    assert sorted(name for topic, names in asked(book) if topic == "timeout" for name in names) == [
        "one",
        "three",
        "two",
    ]


def test_findings_are_asked_by_code(tmp_path: Path) -> None:
    table = "0 1 * * * /opt/a || true\n0 2 * * * /opt/b || true\n0 3 * * * /opt/c | mail -s x root@example.com\n"
    book = open_book(scanned(tmp_path, table, "--image", "app:1"))
    found = question(book, "finding", of="a")
    assert (found.key, [book.name(job) for job in found.jobs]) == ("C413", ["a", "b"])
    assert found.facts and "C413" in found.title
    settle(book, found, "accept")
    assert all("C413" in (book.decision(job).accepted or ()) for job in found.jobs)
    assert "C413" not in [q.key for q in open_questions(book)]
    left = question(book, "finding")
    settle(book, left, "skip")
    assert book.left_out(left.jobs[0])


SECRET = "0 1 * * * PGPASSWORD=kOsh4aeYo2quaing pg_dump -h db.example.com app > /dev/null\n"


def test_secrets_are_named_and_never_shown(tmp_path: Path) -> None:
    out = scanned(tmp_path, SECRET, "--image", "app:1")
    book = open_book(out)
    secrets = question(book, "secrets")
    owner = default_settings_text(os.uname().nodename.split(".")[0]).split('owner: "')[1].split('"')[0]
    assert secrets.facts == (f"/cron2fargate/{owner}/PGPASSWORD",)
    with pytest.raises(ValueError, match="one parameter"):
        secrets.settle("other", "/prod/{job}")
    settle(book, secrets, "other", "/prod/{job}/{name}")
    spec = book.spec(secrets.jobs[0]) or {}
    assert spec["containers"][0]["secrets"] == {"PGPASSWORD": "/prod/pg-dump-app/PGPASSWORD"}
    assert "kOsh4aeYo2quaing" not in (out / "review.yml").read_text()
    held(book)
    assert undecided(book) == []


MAILS = "MAILTO=ops@example.com\n0 1 * * * /opt/a\n0 2 * * * /opt/b\nMAILTO=root\n0 3 * * * /opt/c\n"


def test_mail_becomes_notification(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path, MAILS, "--image", "app:1"))
    ops, root = (q for q in open_questions(book) if q.topic == "notify")
    assert ([book.name(job) for job in ops.jobs], ops.default, root.default) == (["a", "b"], "failures", "nobody")
    settle(book, ops, "output")
    assert (book.spec(ops.jobs[0]) or {})["notify"] == {"email": ["ops@example.com"], "output": True}
    settle(book, ops, "nobody")
    assert "notify" not in (book.spec(ops.jobs[0]) or {})
    settle(book, root, "other", "a@example.com b@example.com")
    assert (book.spec(root.jobs[0]) or {})["notify"] == {"email": ["a@example.com", "b@example.com"]}


ORDER = "0 1 * * * cd /srv/app && bin/dump > /srv/app/dump.sql\n20 1 * * * cd /srv/app && bin/load /srv/app/dump.sql\n"


def test_an_order_written_as_times_is_suggested(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path, ORDER, "--image", "app:1"))
    order = question(book, "after")
    assert (order.default, len(order.jobs)) == ("own", 1)
    first = next(job for job in book.jobs if job.id != order.jobs[0].id)
    settle(book, order, "after")
    assert (book.spec(order.jobs[0]) or {})["after"] == [book.name(first)]
    assert "schedule" not in (book.spec(order.jobs[0]) or {})
    settle(book, order, "own")
    assert "schedule" in (book.spec(order.jobs[0]) or {})


def test_names_that_say_little(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path, "0 1 * * * /opt/a/run\n0 1 * * * /opt/a/run\n", "--image", "app:1"))
    names = [q for q in open_questions(book) if q.topic == "name"]
    assert [book.name(q.jobs[0]) for q in names] == ["a-run-2"]
    with pytest.raises(ValueError, match="two jobs would be named 'a-run'"):
        settle(book, names[0], "other", "a-run")
    with pytest.raises(ValueError, match="letters, digits"):
        settle(book, names[0], "other", "böse")
    assert book.name(names[0].jobs[0]) == "a-run-2"
    settle(book, names[0], "other", "nightly-run")
    assert book.name(names[0].jobs[0]) == "nightly-run"


def test_owners(tmp_path: Path) -> None:
    book = open_book(
        scanned(tmp_path, "0 1 * * * deploy /opt/a\n0 2 * * * root /opt/b\n", "--system", "--image", "app:1")
    )
    held(book)
    book.settle({job.id: {"user": "image"} for job in book.jobs})
    settle(book, question(book, "start"), "task")
    assert [(q.key, q.option("owner").text) for q in open_questions(book)] == [("deploy", "deploy"), ("root", "root")]
    settle(book, question(book, "owner"), "owner", "team a")
    settle(book, question(book, "owner"), "nobody")
    assert asked(book) == []
    assert (book.spec(job_named(book, "a")) or {})["legacy"]["owner"] == "team a"


def test_a_changed_line_is_asked_about_again_and_only_it(tmp_path: Path) -> None:
    table = "0 1 * * * /opt/a\n0 9 * * * /opt/b\n"
    out = scanned(tmp_path, table)
    book = open_book(out)
    book.settle({job.id: {"image": "app:1", "owner": "ops"} for job in book.jobs})
    held(book)
    settle(book, question(book, "start"), "task")
    assert asked(book) == []
    book = open_book(scanned(tmp_path, table.replace("0 9 *", "30 9 *")))
    assert asked(book)[0] == ("changed", ["b"])
    assert [book.name(job) for job in undecided(book)] == ["b"]
    changed = question(book, "changed")
    settle(book, changed, "again")
    assert asked(book) == [("image", ["b"]), ("owner", ["b"])]
    settle(book, changed, "same")
    assert "changed" not in [topic for topic, _ in asked(book)]


def test_a_job_left_out_is_asked_again_when_its_line_changed(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path, "0 1 * * * /opt/a\n"))
    book.settle({book.jobs[0].id: {"decision": "skip"}})
    book = open_book(scanned(tmp_path, "0 5 * * * /opt/a\n"))
    assert [topic for topic, _ in asked(book)] == ["changed"]
    settle(book, question(book, "changed"), "same")
    assert asked(book) == []


def test_every_topic_explains_itself_and_has_answers(tmp_path: Path) -> None:
    seen = set()
    tables = [
        RAILS_AND_ALL,
        BERLIN,
        LOCKS,
        MAILS,
        SECRET,
        "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzKEY\n0 1 * * * aws s3 ls\n",
        ORDER,
        "0 1 * * * mysqldump -h db.example.com a > /srv/out/a.sql\n",
        "#Ansible: a\n0 1 * * * /opt/x\n0 2 * * * /opt/a/run\n0 2 * * * /opt/a/run\n",
    ]
    for number, table in enumerate(tables):
        place = tmp_path / str(number)
        place.mkdir()
        for found in open_questions(open_book(scanned(place, table, zone="Europe/Berlin"))):
            seen.add(found.topic)
            assert found.title.endswith("?")
            assert found.why and found.jobs and found.options
            assert len({option.value for option in found.options}) == len(found.options)
            assert found.default is None or found.option(found.default)
    # Users of system tables: tests/test_users.py; an image that fills the disk: tests/images/test_weight.py;
    # several hosts: tests/test_fleet.py.
    assert seen == {topic.name for topic in topics()} - {"changed", "user", "runas", "room", "fleet", "fleet-known"}


RAILS_AND_ALL = "0 1 * * * . /etc/profile.d/app.sh; bundle exec rake x\n0 2 * * * /opt/a || true\n@reboot /opt/b\n"


def test_measured_use_decides_the_size() -> None:
    document = document_of({"window": {"from": "2026-01-01T00:00Z", "until": "2027-01-01T00:00Z"}})
    job = {
        "id": "a",
        "name": "a",
        "line": "* * * * * true",
        "findings": [],
        "command": {"framework": None},
        "source": {"path": "p", "line": 1},
        "parity": {"before": 365},
        "history": None,
    }
    assert suggested_size(job_of(job))[:2] == (256, 512)
    assert suggested_size(job_of({**job, "history": {"memory": {"max": 900}}}))[:2] == (256, 1152)
    assert suggested_size(job_of({**job, "history": {"memory": 1500, "cpu": 700}}))[:2] == (896, 1920)
    assert suggested_size(job_of({**job, "command": {"framework": "rake"}}))[:2] == (512, 1024)
    assert suggested_limit(job_of(job), document)[0] == 21600
    assert suggested_limit(job_of({**job, "parity": {"before": 365 * 24}}), document)[0] == 10800
    assert suggested_limit(job_of({**job, "history": {"duration": {"max": 250}}}), document)[0] == 780


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), (" 20m ", 1200), ("2h", 7200), ("1d", 86400), ("5s", 5)])
def test_times(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(90, "90 s"), (1200, "20 min"), (7200, "2 h"), (86400, "1 d"), (3661, "3661 s")]
)
def test_spans(seconds: int, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize("text", ["", "0", "1w", "-5", "1.5h", "h"])
def test_no_times(text: str) -> None:
    with pytest.raises(ValueError, match="not a time"):
        seconds_of(text)


def test_texts_of_answers() -> None:
    assert size_of("512 1024") == size_of("512,1024") == (512, 1024)
    for text in ("512", "a b", "0 512", "99999 99999999"):
        with pytest.raises(ValueError, match=r"CPU|Fargate"):
            size_of(text)
    assert variables_of("A=1 B='x y' C=") == {"A": "1", "B": "x y", "C": ""}
    for text in ("", "A", "1=2", "A='x"):
        with pytest.raises(ValueError, match=r"NAME=value|quote"):
            variables_of(text)
    assert addresses_of("a@b.example, c@d.example a@b.example") == ["a@b.example", "c@d.example"]
    for text in ("", "a", "a@b c"):
        with pytest.raises(ValueError, match="e-mail"):
            addresses_of(text)


def test_an_older_document_is_enough(tmp_path: Path) -> None:
    """Fields that came later may be missing: then less is known, and nothing fails."""
    book = open_book(scanned(tmp_path))
    document = json_of(book.document)
    document.pop("groups", None)
    for job in document["jobs"]:
        for key in ("command", "wishes", "history"):
            job.pop(key, None)
        job["source"].pop("sha256", None)
    old = Book(
        document_of(document), {job.id: book.base(job) or {} for job in book.jobs if book.base(job)}, Decisions(None)
    )
    assert ("image", ["notify", "reports-daily", "sales-mail"]) in asked(old)
    assert ("decision", ["warm-cache"]) in asked(old)


FILES = """0 1 * * * . /etc/app.env; /opt/a
0 2 * * * set -a; . /etc/app.env; set +a; /opt/b
0 3 * * * . /etc/app.env; . /etc/more.env; /opt/c
0 4 * * * if . /etc/odd.env; then /opt/d; fi
"""


def test_a_file_of_variables_is_asked_for_once(tmp_path: Path) -> None:
    book = open_book(scanned(tmp_path, FILES, "--image", "app:1"))
    of_files = {q.key: q for q in open_questions(book) if q.topic == "environment"}
    assert {key: len(q.jobs) for key, q in of_files.items()} == {"C452 /etc/app.env": 3, "C452 /etc/odd.env": 1}
    assert [option.value for option in of_files["C452 /etc/odd.env"].options] == ["image", "given"]
    app = of_files["C452 /etc/app.env"]
    with pytest.raises(ValueError, match=r"must be the ARN of an object of S3"):
        book.settle(app.settle("s3", "/etc/app.env"))
    book.settle(app.settle("s3", "arn:aws:s3:::shop/app.env"))
    made = [(book.spec(job) or {})["containers"][0] for job in app.jobs]
    texts = [without_telling(box["command"][-1]) for box in made]
    assert texts == ["exec /opt/a", "exec /opt/b", ". /etc/more.env; /opt/c"]
    assert all(box["environmentFiles"] == ["arn:aws:s3:::shop/app.env"] for box in made)
    more = question(book, "environment")
    assert more.key == "C452 /etc/more.env"
    book.settle(more.settle("given", "A=1"))
    (job,) = more.jobs
    box = (book.spec(job) or {})["containers"][0]
    assert (box["command"][-1], box["environment"]["A"]) == ("exec /opt/c", "1")
    assert box["environmentFiles"] == ["arn:aws:s3:::shop/app.env"]
    assert [q.key for q in open_questions(book) if q.topic == "environment"] == ["C452 /etc/odd.env"]


def test_the_secrets_of_a_file_become_parameters_and_the_rest_stays_plain(tmp_path: Path) -> None:
    """Each form that reads it is the same one question; on a server's tree the names are known."""
    tree = tmp_path / "tree"
    (tree / "etc/cron.d").mkdir(parents=True)
    (tree / "etc/cron.d/shop").write_text(
        "0 1 * * * root . /etc/app.env; /opt/a\n"
        "0 2 * * * root export $(grep -v '^#' /etc/app.env | xargs) && /opt/b\n"
        '0 3 * * * root while read l; do export "$l"; done < /etc/app.env; /opt/c\n'
        "0 4 * * * root docker run --rm --env-file /etc/app.env shop/app:1 bin/d\n"
    )
    (tree / "etc/app.env").write_text("# of the shop\nDB_PASSWORD='hunter2hunter2'\nDB_HOST=db\n")
    out = tmp_path / "ws"
    scan = ["--quiet", "scan", str(tree), "--timezone", "Asia/Tokyo", "--until", "2028-01-01", "--image", "app:1"]
    cli.main([*scan, "--out", str(out)], standalone_mode=False)
    book = open_book(out)
    (asked_for,) = [q for q in open_questions(book) if q.topic == "environment"]
    assert (asked_for.key, len(asked_for.jobs)) == ("C452 /etc/app.env", 4)
    option = next(one for one in asked_for.options if one.value == "secrets")
    assert (option.text, "DB_HOST" in option.why) == ("DB_PASSWORD", True)
    with pytest.raises(ValueError, match="at least one secret"):
        book.settle(asked_for.settle("secrets", "DB_HOST=db"))
    book.settle(asked_for.settle("secrets", "DB_PASSWORD DB_HOST=db"))
    made = [(book.spec(job) or {})["containers"][0] for job in asked_for.jobs]
    assert [box["command"][-1] for box in made] == ["exec /opt/a", "exec /opt/b", "exec /opt/c", "bin/d"]
    parameter = f"/cron2fargate/{book.owner}/etc/app.env/DB_PASSWORD"
    assert all(box["secrets"] == {"DB_PASSWORD": parameter} for box in made)
    assert all(box["environment"]["DB_HOST"] == "db" and "environmentFiles" not in box for box in made)
    assert not [q for q in open_questions(book) if q.topic in ("environment", "secrets")]
    told = [named(job, book.decisions.of(job)) for job in book.jobs]
    assert parameters_read(told) == {parameter: (("DB_PASSWORD",), 4)}
    assert "hunter2" not in (tmp_path / "ws" / "review.yml").read_text()


@pytest.mark.parametrize(
    ("text", "secrets", "variables", "file"),
    [
        ("A", ("A",), {}, "none"),
        ("A B C=1 D='x y'", ("A", "B"), {"C": "1", "D": "x y"}, "none"),
        ("A arn:aws:s3:::b/rest.env", ("A",), {}, "arn:aws:s3:::b/rest.env"),
        ("A A", ("A",), {}, "none"),
    ],
)
def test_an_answer_about_a_file(text: str, secrets: tuple[str, ...], variables: dict[str, str], file: str) -> None:
    assert secrets_of(text) == (secrets, variables, file)


@pytest.mark.parametrize("text", ["", "A=1", "my-name", "A arn:aws:s3:::b/a.env arn:aws:s3:::b/b.env", "A 'x", "A 1=2"])
def test_no_answer_about_a_file(text: str) -> None:
    with pytest.raises(ValueError, match=r"give|no name|not closed|no NAME=value"):
        secrets_of(text)


def test_the_image_of_a_container_is_asked_once_for_all_its_jobs(tmp_path: Path) -> None:
    lines = (
        "0 1 * * * docker exec web bin/post-ledger\n0 2 * * * docker exec -T db bin/vacuum-all\n"
        "0 3 * * * docker exec web bin/send-mails\n0 4 * * * docker run --rm a/b:1 bin/own\n0 5 * * * /srv/app/bin/x\n"
    ).replace("exec -T", "exec")
    book = open_book(scanned(tmp_path, lines, "--image", "app:1"))
    images = [one for one in open_questions(book) if one.topic == "image"]
    assert [(len(one.jobs), one.title.rpartition(": ")[2]) for one in images] == [
        (2, "which image has the container web?"),
        (1, "which image has the container db?"),
    ]
    settle(book, images[0], "image", "reg/web:1")
    specs = [book.spec(job) for job in images[0].jobs]
    assert [spec["containers"][0]["image"] for spec in specs if spec] == ["reg/web:1"] * 2
    assert [one.title for one in open_questions(book) if one.topic == "image"] == [images[1].title]
    assert images[1].options[0].text == ""


def test_a_disk_is_offered_where_a_job_fills_one(tmp_path: Path) -> None:
    lines = "0 1 * * * mysqldump -h db.example.com shop > /srv/out/shop.sql\n0 2 * * * mysqldump -h db.example.com a | wc -l\n"
    book = open_book(scanned(tmp_path, lines, "--image", "app:1"))
    disk = question(book, "disk")
    assert (len(disk.jobs), disk.default) == (1, "usual")
    settle(book, disk, "100")
    assert (book.spec(disk.jobs[0]) or {})["ephemeralStorage"] == 100
    assert "disk" not in [topic for topic, _ in asked(book)]


@pytest.mark.parametrize("text", ["20", "201", "x", "", "-50", "2 1"])
def test_a_disk_that_no_task_has(text: str) -> None:
    with pytest.raises(ValueError, match="21 to 200"):
        disk_of(text)
    assert disk_of(" 21 ") == 21


def test_a_cause_is_asked_about_once_however_many_jobs_share_it(tmp_path: Path) -> None:
    """Thirty jobs, five causes, each job with one or two: no cause comes back after another was answered."""
    lines = [f"{n} 1 * * * cd /srv/app && php artisan report:daily{n}" for n in range(8)]
    lines += [f"{n} 2 * * * mysql app -e 'call purge{n}()'" for n in range(7)]
    lines += [f"{n} 3 * * * /opt/app/bin/load{n} /srv/incoming/a{n}.csv" for n in range(6)]
    lines += [f"{n} 4 * * * curl -fsS http://localhost:8080/task{n}" for n in range(5)]
    lines += [f"{n} 5 * * * frobnicate --job {n} -h localhost" for n in range(4)]
    book = open_book(scanned(tmp_path, "\n".join(lines) + "\n", "--image", "app:1"))
    asked_for: list[tuple[str, int]] = []
    while found := next((one for one in open_questions(book) if one.topic == "finding"), None):
        asked_for.append((found.key, len(found.jobs)))
        book.settle(found.settle("accept", ""))
    assert len({key for key, _ in asked_for}) == len(asked_for) <= 5, asked_for
    assert asked_for[-1] == ("C494", 30), asked_for
