"""As whom a job runs: the user of the table against the passwd of its host and of its image, and one question for each user."""

from __future__ import annotations

from pathlib import Path

import pytest

from converters.commands.command import understand
from converters.hosts.facts import Host, User
from converters.images.facts import Image
from converters.worlds.answer import Answer, Worlds
from converters.worlds.fates import Effect, effect_of
from converters.worlds.jobs import needs_of_job
from converters.worlds.users import user_written
from migrate.images.store import save
from migrate.review.answers import take_defaults
from migrate.review.applying import apply_decision
from migrate.review.book import open_book
from migrate.workspace.decisions_model import Decision
from tests.cli import run
from tests.review_world import question

KNOWN = Host(users={"www-data": User("www-data", 33, 33, "/var/www", "/usr/sbin/nologin")})
ALPINE = Image("app:1", users={"root": 0, "www-data": 82, "app": 1000})


def effect(user: str | None, image: Image | None = None, host: Host = KNOWN, command: str = "/app/run") -> Effect:
    found = understand(command)
    return effect_of(needs_of_job(found, {}, user=user), Worlds(host=host, image=image))


def of_user(found: Effect) -> Answer | None:
    return next((one for one in found.answers if one.need.kind == "user"), None)


USERS = [
    # user, image, answer, code, user of ecs.yml, a part of the sentence
    ("www-data", None, "unknown", "C425", None, "`www-data` (33:33)"),
    ("deploy", None, "unknown", "C425", None, "`deploy`;"),
    ("root", None, "unknown", "", None, ""),
    ("www-data", ALPINE, "met", "C425", "www-data", "knows as 82"),
    ("root", ALPINE, "met", "", None, ""),
    ("root", Image("a", users={"root": 0, "app": 1000}, user="app"), "unmet", "C426", None, "runs as `app`"),
    ("root", Image("a", users={"root": 0, "app": 1000}, user="1000:1000"), "unmet", "C426", None, "runs as `app`"),
    ("root", Image("a", users={"root": 0}, user="0"), "met", "", None, ""),
    ("app", Image("a", users={"root": 0, "app": 1000}, user="1000"), "met", "", None, ""),
    ("app", Image("a", users={"root": 0, "app": 1000}, user="app:app"), "met", "", None, ""),
    ("app", Image("a", users={"root": 0, "app": 1000}), "met", "C425", "app", "says so"),
    ("www-data", Image("a", users={"root": 0}), "unmet", "C426", None, "its number (33:33)"),
    ("deploy", Image("a", users={"root": 0}), "unmet", "C426", None, "a number as `user`"),
    ("deploy", Image("a", users=None, user="1000"), "unknown", "C425", None, "`deploy`;"),
    ("www-data:www-data/daemon", ALPINE, "met", "C425", "www-data", "knows as 82"),  # FreeBSD's user:group/class
]


@pytest.mark.parametrize(("user", "image", "answer", "code", "written", "says"), USERS)
def test_the_user_of_a_table(
    user: str, image: Image | None, answer: str, code: str, written: str | None, says: str
) -> None:
    found = effect(user, image)
    one = of_user(found)
    assert one is not None
    assert (one.answer, one.code, user_written(found.answers, image)) == (answer, code, written)
    assert says in one.message
    assert (one.fate == "decide") == (answer == "unmet")


def test_a_command_that_becomes_somebody_else_asks_for_that_one_alone() -> None:
    for command in ("sudo -u app /app/run", "su app -c /app/run", "runuser -u app -- /app/run"):
        assert of_user(effect("root", ALPINE, command=command)) is None
    assert of_user(effect(None)) is None


TABLE = """\
0 1 * * * www-data /app/bin/report
0 2 * * * www-data /app/bin/send
0 3 * * * root /app/bin/sweep
0 4 * * * deploy sudo -u app /app/bin/other
"""


def tree(root: Path) -> Path:
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/cron.d/app").write_text(TABLE)
    (root / "etc/passwd").write_text(
        "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\ndeploy:x:9:9::/:/bin/sh\n"
    )
    return root


def test_one_question_for_each_user_and_its_answer_in_ecs_yml(tmp_path: Path) -> None:
    run("scan", str(tree(tmp_path / "host")), "--timezone", "UTC", "--out", "migration", cwd=tmp_path)
    book = open_book(tmp_path / "migration")
    asked = question(book, "runas")
    assert [book.name(job) for job in asked.jobs] == ["report", "send"]
    assert ("33:33" in asked.title, asked.default) == (True, "image")
    assert asked.title.endswith("?") and asked.why and asked.facts
    assert [option.value for option in asked.options] == ["image", "number", "name", "root", "other"]
    for value, text, user in (
        ("number", "", "33:33"),
        ("name", "", "www-data"),
        ("root", "", "0:0"),
        ("other", "82:82", "82:82"),
        ("image", "", None),
    ):
        book.settle(asked.settle(value, text))
        spec = book.spec(asked.jobs[0])
        assert spec is not None and spec["containers"][0].get("user") == user
        assert "runas" not in {left.topic for left in take_defaults(book)}
    with pytest.raises(ValueError, match="user"):
        book.settle(asked.settle("other", "two words"))


def test_an_image_that_was_read_names_the_user_or_asks(tmp_path: Path) -> None:
    run("scan", str(tree(tmp_path / "host")), "--timezone", "UTC", "--out", "migration", cwd=tmp_path)
    save(tmp_path / "migration", Image("app:1", programs=frozenset({"/app/bin/report"}), users={"root": 0}))
    done = run(
        "scan",
        str(tmp_path / "host"),
        *("--timezone", "UTC", "--out", "migration", "--image", "app:1", "--format", "json"),
        cwd=tmp_path,
    )
    job = done.document["jobs"][0]
    assert [one["code"] for one in job["findings"] if one["code"] in ("C425", "C426")] == ["C426"]
    book = open_book(tmp_path / "migration")
    asked = question(book, "user")
    assert asked.default == "number"
    book.settle(asked.settle("number", ""))
    assert (book.spec(asked.jobs[0]) or {})["containers"][0]["user"] == "33:33"


def test_the_images_own_user_takes_a_proposed_one_away() -> None:
    spec = {"name": "a", "containers": [{"name": "app", "user": "www-data"}]}
    assert "user" not in apply_decision(spec, Decision(user="image"))["containers"][0]
    assert apply_decision(spec, Decision(user="33:33"))["containers"][0]["user"] == "33:33"
    assert apply_decision(spec, Decision())["containers"][0]["user"] == "www-data"
