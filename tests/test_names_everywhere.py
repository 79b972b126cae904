"""No two jobs get one name, nor names that are one directory somewhere; who asks for a name and cannot have it is told."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.commands.naming import unique_names
from converters.tables.directives import read_directives
from converters.tables.file_names import is_device
from migrate.errors import UserError
from migrate.workspace.decisions import Decisions
from tests.effort import examples
from tests.workspaces import called, scanned

# lines of a table; names of its jobs; (line of a job, what its C653 says)
TABLES: list[tuple[str, list[str], dict[int, str]]] = [
    (
        "# cron2fargate: name=a\n1 4 * * * /opt/x\n# cron2fargate: name=a\n2 4 * * * /opt/y\n",
        ["a", "y"],
        {4: "`name=a` is the name of table:2, so this job is called y"},
    ),
    (
        "# cron2fargate: name=a\n1 4 * * * /opt/x\n# cron2fargate: name=A\n2 4 * * * /opt/y\n",
        ["a", "y"],
        {4: "`name=A` is the name of table:2, so this job is called y"},
    ),
    ("1 4 * * * /opt/x\n# cron2fargate: name=x\n2 4 * * * /opt/y\n", ["x-2", "x"], {}),
    ("1 4 * * * /opt/x\n# cron2fargate: name=X\n2 4 * * * /opt/y\n", ["x-2", "X"], {}),
    (
        "# cron2fargate: name=a\n1 4 * * * /opt/x\n# cron2fargate: name=a\n2 4 * * * /opt/a\n",
        ["a", "a-2"],
        {4: "`name=a` is the name of table:2, so this job is called a-2"},
    ),
    ("1 4 * * * /opt/con\n2 4 * * * /opt/AUX\n3 4 * * * /opt/com1 x\n", ["con-job", "aux-job", "com1-job"], {}),
    ("1 4 * * * nul\n2 4 * * * NUL\n", ["nul-job-0401", "nul-job-0402"], {}),
]


@pytest.mark.parametrize(("table", "names", "said"), TABLES)
def test_names_of_a_scan(tmp_path: Path, table: str, names: list[str], said: dict[int, str]) -> None:
    (tmp_path / "table").write_text(table, encoding="utf-8")
    document = scanned(tmp_path, "table", "--user-crontab")
    assert [job["name"] for job in document["jobs"]] == names
    told = {
        job["source"]["line"]: finding["message"]
        for job in document["jobs"]
        for finding in job["findings"]
        if finding["code"] == "C653"
    }
    assert told == said
    # A second scan gives the same names, and the review makes no two of them one.
    assert [job["name"] for job in scanned(tmp_path, "table", "--user-crontab")["jobs"]] == names
    called(tmp_path, "review", "--accept-defaults")
    document = json.loads((tmp_path / "migration/report.json").read_text(encoding="utf-8"))
    assert [job["name"] for job in document["jobs"]] == names
    assert {spec.parent.name for spec in (tmp_path / "migration/jobs").glob("*/ecs.yml")} <= set(names)


def test_a_name_that_a_job_had_which_is_gone(tmp_path: Path) -> None:
    (tmp_path / "table").write_text("1 4 * * * /opt/x\n", encoding="utf-8")
    scanned(tmp_path, "table", "--user-crontab")
    (tmp_path / "table").write_text("# cron2fargate: name=x\n1 4 * * * /opt/y\n", encoding="utf-8")
    (job,) = scanned(tmp_path, "table", "--user-crontab")["jobs"]
    assert job["name"] == "y"
    assert any("a job that is gone from its table" in one["message"] for one in job["findings"])


DEVICES = ["con", "CON", "nul", "aux", "prn", "com0", "com1", "COM9", "lpt1", "nul.txt", "con.a.b"]
NO_DEVICES = ["cons", "com", "com10", "lpt", "null", "a.con", "xcon", "con-", "conin"]


def test_devices() -> None:
    assert [name for name in DEVICES if not is_device(name)] == []
    assert [name for name in NO_DEVICES if is_device(name)] == []


@pytest.mark.parametrize("name", ["con", "Nul", "lpt9"])
def test_a_device_is_no_answer(tmp_path: Path, name: str) -> None:
    found = read_directives([f"# cron2fargate: name={name} timeout=5"])
    assert found.decision == {"timeout": 5}
    assert [one.code for one in found.findings] == ["C651"]
    (tmp_path / "review.yml").write_text(f"version: 1\njobs: {{a: {{name: {name}}}}}\n", encoding="utf-8")
    with pytest.raises(UserError, match="device on Windows"):
        Decisions.load(tmp_path)


def test_two_answers_of_one_name(tmp_path: Path) -> None:
    text = "version: 1\njobs:\n  a: {name: x}\n  b: {name: X}\n"
    (tmp_path / "review.yml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"review.yml:4:.*'X' is the name of a too"):
        Decisions.load(tmp_path)


IDS = st.text("pqrs", min_size=1, max_size=2)
NAMES = st.sampled_from(
    ["a", "A", "a-2", "A-2", "con", "Con", "con-job", "CON-JOB", "nul", "b" * 64, "B" * 64, "x y", ""]
)


@examples(300)
@given(
    st.lists(st.tuples(IDS, NAMES), max_size=20, unique_by=lambda pair: pair[0]),
    st.dictionaries(IDS, NAMES, max_size=4),
)
def test_no_two_new_names_are_one_directory(wanted: list[tuple[str, str]], asked: dict[str, str]) -> None:
    found = unique_names(wanted, {}, {job: name for job, name in asked.items() if job in dict(wanted)})
    for one, other in combinations(found.values(), 2):
        assert one.lower() != other.lower()
    assert not any(map(is_device, found.values()))
    assert unique_names(wanted, found) == found
