"""One SSM parameter for each value: what it is called, that it stays, and that no two values share one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.secrets.parameters import Held, parameters, store_text
from converters.specs.model import load_spec
from migrate.review.book import open_book
from tests.effort import examples
from tests.review_world import question, scanned


def held(text: str) -> list[Held]:
    """``job@table A=1 B=2`` a line; the label of a table is its last part."""
    found = []
    for line in text.strip().splitlines():
        place, *variables = line.split()
        job, table = place.split("@")
        found.append(Held(job, table, table.rpartition("/")[2], dict(one.split("=") for one in variables)))
    return found


# Jobs with their values, what is known, what they read (below /cron2fargate/web1).
NAMED = [
    # one value, one name: one parameter
    ("a@t PW=1\nb@t PW=1\nc@t PW=1", {}, "a PW:PW, b PW:PW, c PW:PW"),
    ("a@t PW=1\nb@u PW=1", {}, "a PW:PW, b PW:PW"),
    ("a@t PW=1 KEY=2", {}, "a PW:PW KEY:KEY"),
    # one name, several values: the table tells them apart, or the job
    ("a@x/alice PW=1\nb@x/bob PW=2", {}, "a PW:alice/PW, b PW:bob/PW"),
    ("a@x/alice PW=1\na2@x/alice PW=1\nb@x/bob PW=2", {}, "a PW:alice/PW, a2 PW:alice/PW, b PW:bob/PW"),
    ("a@t PW=1\nb@t PW=2", {}, "a PW:a/PW, b PW:b/PW"),
    ("a@t PW=1\nb@t PW=2\nc@u PW=1", {}, "a PW:u/PW, b PW:b/PW, c PW:u/PW"),
    ("a@web1/crontab PW=1\nb@web2/crontab PW=2", {}, "a PW:crontab/PW, b PW:b/PW"),
    # one value, several names: in one table it is one thing, elsewhere chance
    ("a@t DB_PW=1\nb@t DB_PW=1 PGPW=1", {}, "a DB_PW:DB_PW, b DB_PW:DB_PW PGPW:DB_PW"),
    ("a@t DB_PW=1\nb@u REDIS_PW=1", {}, "a DB_PW:DB_PW, b REDIS_PW:REDIS_PW"),
    ("a@t A=1\nb@u B=1\nc@v A=1 B=1", {}, "a A:A, b B:A, c A:A B:A"),
    # what SSM does not take
    ("a@t A/B=1 A_B=2", {}, "a A/B:a/A_B_2 A_B:a/A_B"),
    ("a@x/häuser PW=1\nb@x/b PW=2", {}, "a PW:h_user/PW, b PW:b/PW"),
    # what an earlier scan gave stays, and new jobs of the value join
    ("a@t PW=1\nb@t PW=1", {"a": {"PW": "/old"}}, "a PW:=/old, b PW:=/old"),
    ("a@t PW=1\nb@t PW=1", {"a": {"PW": "/a"}, "b": {"PW": "/b"}}, "a PW:=/a, b PW:=/b"),
    ("a@t PW=1\nb@t PW=1\nc@t PW=1", {"a": {"PW": "/a"}, "b": {"PW": "/b"}}, "a PW:=/a, b PW:=/b, c PW:PW"),
    ("a@t PW=1", {"a": {"OTHER": "/o"}}, "a PW:PW"),
    # a value was changed in one line since: most keep what they had
    (
        "a@t PW=9\nb@t PW=1\nc@t PW=1",
        {"a": {"PW": "/p"}, "b": {"PW": "/p"}, "c": {"PW": "/p"}},
        "a PW:a/PW, b PW:=/p, c PW:=/p",
    ),
    # and all of them at once is nothing that can be seen
    ("a@t PW=9\nb@t PW=9", {"a": {"PW": "/p"}, "b": {"PW": "/p"}}, "a PW:=/p, b PW:=/p"),
    # a job that was not read now keeps its own
    ("b@u PW=2", {"gone": {"PW": "/cron2fargate/web1/PW"}}, "b PW:u/PW"),
    ("b@u PW=2", {"gone": {"PW": "/cron2fargate/web1/PW", "Q": "/cron2fargate/web1/u/PW"}}, "b PW:b/PW"),
]


@pytest.mark.parametrize(("jobs", "known", "expected"), NAMED)
def test_what_a_parameter_is_called(jobs: str, known: dict[str, dict[str, str]], expected: str) -> None:
    found = parameters("web1", held(jobs), known)
    told = ", ".join(
        " ".join([job, *(f"{name}:{_short(source)}" for name, source in read.items())]) for job, read in found.items()
    )
    assert told == expected


def _short(source: str) -> str:
    start = "/cron2fargate/web1/"
    return source.removeprefix(start) if source.startswith(start) else f"={source}"


def test_what_somebody_named_is_nobody_elses() -> None:
    (read,) = parameters("o", held("a@t PW=1"), {}, reserved=["/cron2fargate/o/PW"]).values()
    assert read == {"PW": "/cron2fargate/o/t/PW"}


def test_no_value_is_shown() -> None:
    assert "Hunter2" not in repr(Held("a", "t", "t", {"PW": "Hunter2"}))


jobs_of_tables = st.lists(
    st.tuples(st.sampled_from("xyz"), st.dictionaries(st.sampled_from(["A", "B", "A/B"]), st.sampled_from("123"))),
    max_size=8,
)


@examples(150)
@given(jobs_of_tables, jobs_of_tables)
def test_no_two_values_share_a_parameter_and_a_second_scan_changes_none(
    before: list[tuple[str, dict[str, str]]], after: list[tuple[str, dict[str, str]]]
) -> None:
    first = [Held(f"j{number}", table, table, values) for number, (table, values) in enumerate(before)]
    known = parameters("o", first, {})
    assert parameters("o", first, known) == known
    second = [Held(f"j{number}", table, table, values) for number, (table, values) in enumerate(after)]
    for jobs, found in (
        (first, known),
        (second, parameters("o", second, known)),
        (second, parameters("o", second, {})),
    ):
        value_of: dict[str, str] = {}
        parameter_of: dict[tuple[str, str], set[str]] = {}
        for one in jobs:
            assert list(found[one.job]) == list(one.values)
            for name, value in one.values.items():
                assert value_of.setdefault(found[one.job][name], value) == value
                parameter_of.setdefault((one.table, value), set()).add(found[one.job][name])
        if found is known:
            assert all(len(sources) == 1 for sources in parameter_of.values())


TABLE = "DB_PASSWORD=kOsh4aeYo2quaing\n" + "".join(f"0 {hour} * * * /opt/app/run{hour}\n" for hour in range(20))


def test_a_table_shares_one_parameter_and_keeps_it(tmp_path: Path) -> None:
    out = scanned(tmp_path, TABLE, "--image", "app:1")
    sources = {_secrets(path)["DB_PASSWORD"] for path in out.glob("jobs/*/ecs.yml")}
    (source,) = sources
    assert source.count("/") == 3
    report = (out / "report.md").read_text()
    assert report.count(f"  {source} \\") == 1
    assert "kOsh4aeYo2quaing" not in report + (out / "report.json").read_text()
    # The owner is named by then, and a value was changed: what is stored stays where it is.
    settings = out / "cron2fargate.yml"
    settings.write_text(settings.read_text().replace("owner: ", 'owner: "shop" # '))
    scanned(
        tmp_path, TABLE.replace("kOsh4aeYo2quaing", "uiQuo9eeraiph3Ie") + "5 5 * * * /opt/app/new\n", "--image", "app:1"
    )
    assert {_secrets(path)["DB_PASSWORD"] for path in out.glob("jobs/*/ecs.yml")} == {source}


def test_the_owner_of_the_settings_names_it(tmp_path: Path) -> None:
    out = tmp_path / "migration"
    out.mkdir()
    (out / "cron2fargate.yml").write_text('owner: "shop"\nenvironments: CHANGE_ME\n')
    scanned(tmp_path, TABLE, "--image", "app:1")
    assert _secrets(out / "jobs/run0/ecs.yml") == {"DB_PASSWORD": "/cron2fargate/shop/DB_PASSWORD"}


def test_parameters_of_an_earlier_scan_stay_until_somebody_wants_one(tmp_path: Path) -> None:
    out = scanned(tmp_path, TABLE, "--image", "app:1")
    # As an earlier version named them: one for each job.
    for path in [*out.glob("jobs/*/ecs.yml"), out / ".cron2fargate/proposed.json"]:
        _name_by_job(path)
    scanned(tmp_path, TABLE, "--image", "app:1")
    assert _secrets(out / "jobs/run3/ecs.yml") == {"DB_PASSWORD": "/cron2fargate/run3/DB_PASSWORD"}
    book = open_book(out)
    asked = question(book, "secrets")
    assert len(asked.facts) == 5 and "20" in asked.title
    with pytest.raises(ValueError, match="would be one parameter"):
        asked.settle("other", "/x")
    book.settle(asked.settle("once", ""))
    (source,) = {(book.spec(job) or {})["containers"][0]["secrets"]["DB_PASSWORD"] for job in book.jobs}
    assert source.endswith("/DB_PASSWORD") and source.count("/") == 3


def test_names_that_would_join_two_values_are_refused(tmp_path: Path) -> None:
    table = "0 1 * * * mysql -pkOsh4aeYo2quaing shop\n0 2 * * * mysql -puiQuo9eeraiph3Ie shop -e x\n"
    book = open_book(scanned(tmp_path, table, "--image", "app:1"))
    asked = question(book, "secrets")
    with pytest.raises(ValueError, match="for two values"):
        asked.settle("other", "/prod/{name}")
    assert asked.settle("other", "/prod/{job}/{name}")


def _secrets(path: Path) -> dict[str, str]:
    return load_spec(path.read_text(), str(path)).containers[0].secrets


def _name_by_job(path: Path) -> None:
    import json
    import re

    owned = re.compile(r"/cron2fargate/[^/]+/DB_PASSWORD")
    if path.suffix == ".json":
        proposed = json.loads(path.read_text())
        path.write_text(
            json.dumps({job: owned.sub(f"/cron2fargate/{job}/DB_PASSWORD", text) for job, text in proposed.items()})
        )
    else:
        path.write_text(owned.sub(f"/cron2fargate/{path.parent.name}/DB_PASSWORD", path.read_text()))


AWS = """#!/bin/sh
while [ $# -gt 0 ]; do case $1 in --name) name=$2; shift;; --value) value=${2#file://}; shift;; esac; shift; done
printf '%s=[%s]\\n' "$name" "$(cat "$value")" >> "$STORE"
"""


@pytest.mark.parametrize("value", ["Tr0ub4dor", " a b ", "https://x/y", "$HOME `id` \\n 'x' \"", "-nE", "%s%d", "日本"])
def test_the_lines_to_paste_store_what_is_typed(tmp_path: Path, value: str) -> None:
    (tmp_path / "aws").write_text(AWS)
    (tmp_path / "aws").chmod(0o755)
    names = ["/cron2fargate/o/A", "/cron2fargate/o/B"]
    assert value not in store_text(names)
    done = subprocess.run(
        ["bash", "-c", store_text(names)],
        input=f"{value}\nother\n".encode(),
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "STORE": str(tmp_path / "store"), "HOME": "/h"},
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert value not in done.stdout.decode()
    assert (tmp_path / "store").read_text() == f"{names[0]}=[{value}]\n{names[1]}=[other]\n"
