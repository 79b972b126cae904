"""Bytes that are not UTF-8 in a crontab: said, no file ever holds half a character, and the other jobs go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from converters.specs.model import load_spec
from converters.specs.strict_yaml import read
from converters.tables.directives import read_directives
from migrate.cli import cli
from migrate.errors import UserError
from tests.effort import examples

OTHER = b"6 4 * * * /opt/ok/run.sh\n"


def called(directory: Path, *words: str, code: int = 0) -> str:
    """What a command says; it ends as it should."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        result = CliRunner().invoke(cli, [*words], standalone_mode=False)
    assert (result.exit_code, result.return_value or 0) == (0, code), result.output
    return str(result.output)


def scanned(directory: Path, table: bytes, *options: str) -> dict[str, Any]:
    """The document of a scan; every file of the workspace is UTF-8, and no text in it half a character."""
    (directory / "table").write_bytes(table)
    words = ["scan", "table", "--user-crontab", "--timezone", "UTC", "--image", "a:1", *options]
    called(directory, *words)
    whole(directory)
    document: dict[str, Any] = json.loads((directory / "migration/report.json").read_text(encoding="utf-8"))
    return document


def whole(directory: Path) -> None:
    """Every text of the workspace can be encoded, and every spec is one."""
    for file in (directory / "migration").rglob("*"):
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            found = json.loads(text) if file.suffix == ".json" else text
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    for spec in (directory / "migration" / "jobs").glob("*/ecs.yml"):
        load_spec(spec.read_text(encoding="utf-8"), str(spec))


def codes(document: dict[str, Any], line: int) -> set[str]:
    """Codes about bytes, of the job on a line."""
    (job,) = [one for one in document["jobs"] if one["source"]["line"] == line]
    return {one["code"] for one in job["findings"]} & {"C104", "C129"}


NEEDED = [
    # (lines of a table, the last of which is the job's; what of its task would hold the bytes)
    (b"5 4 * * * /opt/caf\xe9/run.sh", "command[0]"),
    ("5 4 * * * /opt/請求/run.sh".encode("euc-jp"), "command[0]"),
    ("5 4 * * * /opt/請求/run.sh".encode("shift_jis"), "command[0]"),
    (b"5 4 * * * cd /srv/caf\xe9 && ./run", "workingDirectory"),
    (b"A=caf\xe9\n5 4 * * * /opt/run", "environment.A"),
    (b'"N\xe9"=x\n5 4 * * * /opt/run', "environment.N\\xe9"),
    (b"MAILTO=caf\xe9@example.com\n5 4 * * * /opt/run", "notify.email[0]"),
    (b"5 4 * * * /opt/run%caf\xe9", "command[2]"),
    (b"5 4 * * * /opt/run \xc0\xaf", "command[1]"),  # a slash, written longer than it may be
    (b"5 4 * * * /opt/run \xed\xa0\xbd\xed\xb8\x80", "command[1]"),  # CESU-8: two halves of a character
    (b"5 4 * * * /opt/run \xf4\x90\x80\x80", "command[1]"),  # beyond U+10FFFF
    (b"5 4 * * * A=\xe9 /opt/run", "environment.A"),
    (b"@reboot /opt/caf\xe9", "command[0]"),
]


def test_a_task_that_would_need_such_bytes_is_blocked_and_the_others_go_on(tmp_path: Path) -> None:
    for number, (table, where) in enumerate(NEEDED):
        place = tmp_path / str(number)
        place.mkdir()
        document = scanned(place, OTHER + table + b"\n")
        line = 2 + table.count(b"\n")
        assert codes(document, line) == {"C129"}, table
        (job,) = [one for one in document["jobs"] if one["source"]["line"] == line]
        assert job["status"] == "blocked"
        (told,) = [one for one in job["findings"] if one["code"] == "C129"]
        assert told["message"].startswith(f"`{where}` of its task "), told["message"]
        assert [spec.parent.name for spec in (place / "migration" / "jobs").glob("*/ecs.yml")] == ["ok-run"]
        called(place, "review", "--accept-defaults")
        whole(place)
        assert [spec.parent.name for spec in (place / "migration" / "jobs").glob("*/ecs.yml")] == ["ok-run"]


NOT_NEEDED = [
    (b"5 4 * * * /opt/run # caf\xe9", {"C104"}),
    (b"5 4 * * * /opt/run >> /var/log/caf\xe9.log", {"C104"}),
    (b"5 4 * * * flock -n /tmp/caf\xe9.lock /opt/run", {"C104"}),
    (b"0\xff5 4 * * * /opt/run", set()),
    (b"0 4 * * mon\xe9 /opt/run", set()),
    (b"# caf\xe9\n5 4 * * * /opt/run", set()),
    ("5 4 * * * /opt/請求/run.sh 😀".encode(), set()),
    (b"# cron2fargate: owner=caf\xe9\n5 4 * * * /opt/run", set()),
    (b"# cron2fargate: name=caf\xe9 image=a\xe9\n5 4 * * * /opt/run", set()),
]


@pytest.mark.parametrize(("table", "said"), NOT_NEEDED, ids=ascii)
def test_bytes_that_no_task_needs(tmp_path: Path, table: bytes, said: set[str]) -> None:
    document = scanned(tmp_path, table + b"\n")
    assert codes(document, 1 + table.count(b"\n")) == said
    assert len(list((tmp_path / "migration" / "jobs").glob("*/ecs.yml"))) == 1
    called(tmp_path, "review", "--accept-defaults")
    whole(tmp_path)


def test_a_directive_in_other_bytes_is_told() -> None:
    found = read_directives(["# cron2fargate: owner=caf\udce9 timeout=5"])
    assert found.decision == {"timeout": 5}
    assert [one.code for one in found.findings] == ["C651"]


TABLES = st.lists(
    st.sampled_from(
        [b"5 4 * * * ", b"A=", b'"B ', b"#", b"%", b">>/x", b"flock -n /l ", b"sh -c 'x' ", b"\n", b" ", b"MAILTO=a@b"]
    )
    | st.binary(min_size=1, max_size=4),
    max_size=14,
).map(b"".join)


@examples(25)
@given(tables=st.lists(TABLES, min_size=1, max_size=3))
def test_whatever_the_bytes_every_file_is_text(tables: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    # A zero byte is no crontab's; and what begins as UTF-16 or a script does is refused whole, so it begins as one.
    table = b"\n".join([b"# a table", *tables, OTHER]).replace(b"\0", b"\xff")
    scanned(tmp_path_factory.mktemp("bytes"), table)


# --- what was proposed cannot be read any more ----------------------------------------------------------------------

DAMAGES = {
    "no YAML": '"\\uDCE9"',
    "empty": "",
    "a list": "- 1\n",
    "no containers": "name: ok-run\n",
    "nested": "[" * 5000,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_proposal_that_cannot_be_read_is_no_empty_one(tmp_path: Path, damage: str) -> None:
    scanned(tmp_path, OTHER + b"7 4 * * * /opt/two/run.sh\n")
    migration = tmp_path / "migration"
    proposed = json.loads((migration / ".cron2fargate/proposed.json").read_text(encoding="utf-8"))
    proposed["ok-run"] = damage
    (migration / ".cron2fargate/proposed.json").write_text(json.dumps(proposed), encoding="utf-8")
    before = (migration / "jobs/ok-run/ecs.yml").read_bytes()
    (migration / "answers.yml").write_text('version: 1\njobs: {"*": {owner: me}}\n', encoding="utf-8")
    said = called(tmp_path, "review", "--answers", "migration/answers.yml", code=1)
    assert (migration / "jobs/ok-run/ecs.yml").read_bytes() == before
    assert not list(migration.rglob("*.new"))
    assert "jobs/ok-run/ecs.yml is left as it is" in " ".join(said.split())
    assert "owner" in (migration / "jobs/two-run/ecs.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["review.yml", "report.json", ".cron2fargate/state.json"])
def test_nothing_is_written_where_a_file_of_the_workspace_cannot_be_read(tmp_path: Path, name: str) -> None:
    scanned(tmp_path, OTHER)
    called(tmp_path, "review", "--accept-defaults")
    migration = tmp_path / "migration"
    (migration / name).write_bytes(b"\xe9{")
    before = {file: file.read_bytes() for file in migration.rglob("*") if file.is_file()}
    for words in (["review", "--accept-defaults"], ["register", "--rehearse", "--yes"]):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            result = CliRunner().invoke(cli, words)
        if words[0] == "review" or name != ".cron2fargate/state.json":
            assert isinstance(result.exception, UserError), (words, result.output)
        assert {file: file.read_bytes() for file in migration.rglob("*") if file.is_file()} == before


# --- halves of characters in YAML -------------------------------------------------------------------------------------

HALVES = [
    (r'a: "\ud83d\ude00"', {"a": "😀"}),
    (r'a: "x\uD83D\uDE00y\ud83d\ude00"', {"a": "x😀y😀"}),
    (r'"\ud83d\ude00": 1', {"😀": 1}),
    (r'- "\U0001F600\ud83d\ude00"', ["😀😀"]),
    (json.dumps({"a": ["😀", {"😀é\ufeff": "\U0010ffff"}]}), {"a": ["😀", {"😀é\ufeff": "\U0010ffff"}]}),
]
BROKEN = [r'a: "\ud83d"', r'a: "\ude00\ud83d"', r'a: "\udce9"', r'"\ud800": 1', r'a: "\ud83dx\ude00"', r'- ["\ud83d"]']


@pytest.mark.parametrize(("text", "value"), HALVES)
def test_json_writes_two_halves_for_one_character(text: str, value: object) -> None:
    found = read(text)
    assert (found.value, found.problems) == (value, [])


@pytest.mark.parametrize("text", BROKEN)
def test_half_a_character_is_a_mistake(text: str) -> None:
    (problem,) = read(text).problems
    assert "half of a character" in problem.message
    json.dumps(read(text).value, ensure_ascii=False).encode("utf-8")
    str(problem).encode("utf-8")


WHOLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@examples(200)
@given(
    st.recursive(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
        lambda v: st.lists(v) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), v),
    )
)
def test_all_json_is_read(value: object) -> None:
    found = read(json.dumps(value))
    assert (found.value, found.problems) == (value, [])
