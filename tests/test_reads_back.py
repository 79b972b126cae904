"""What we write, every reader accepts: whole ways from a crontab's text to files that are read again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from converters.specs.model import load_spec
from migrate.cli import cli


def scanned(directory: Path, table: bytes) -> str:
    """The one ecs.yml of a user's crontab."""
    (directory / "table").write_bytes(table)
    words = ["scan", "table", "--user-crontab", "--timezone", "UTC", "--image", "a:1"]
    here = CliRunner()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        result = here.invoke(cli, words)
    assert result.exit_code == 0, result.output
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        told = here.invoke(cli, [*words, "--format", "json"])
    (directory / "scan.json").write_text(told.stdout, encoding="utf-8")
    (spec,) = (directory / "migration" / "jobs").glob("*/ecs.yml")
    return spec.read_text(encoding="utf-8")


# --- names of variables ---------------------------------------------------------------------------------------------

NAMES = [
    # line above the job, the variable that the program gets on the host and in the container
    ('"QUOTED NAME"="v"', {"QUOTED NAME": "v"}),
    ("'single quoted'='v'", {"single quoted": "v"}),
    ('"tab\tinside"="v"', {"tab\tinside": "v"}),
    ('" "="v"', {" ": "v"}),
    ('" leads and trails "="v"', {" leads and trails ": "v"}),
    ("A.B-C/D=v", {"A.B-C/D": "v"}),
    ("1A=v", {"1A": "v"}),
    ("yes=v", {"yes": "v"}),
    ("null=v", {"null": "v"}),
    ('"<<"="v"', {"<<": "v"}),
    ("'it\"s'=v", {'it"s': "v"}),
    ("a{b=v", {"a{b": "v"}),
    ("#x=v", {}),  # a comment
    ("- a=v", {}),  # no assignment: cron cannot read the line
    ("請求=v", {"請求": "v"}),
    ('"請 求"="v"', {"請 求": "v"}),
    ('"a\u00a0b"="v"', {"a\u00a0b": "v"}),
    ('"a\u202eb"="v"', {"a\u202eb": "v"}),
    ('""="v"', {}),  # no program can ask for it
]


def test_a_variable_of_any_name_leaves_the_spec_readable(tmp_path: Path) -> None:
    for number, (line, variables) in enumerate(NAMES):
        place = tmp_path / str(number)
        place.mkdir()
        text = scanned(place, f"{line}\n5 4 * * * /opt/run\n".encode())
        assert load_spec(text, "ecs.yml").containers[0].environment == variables, line


def test_secrets_of_variables_of_any_name_get_parameters_that_ssm_takes(tmp_path: Path) -> None:
    table = '"DB PASSWORD"="Hunter2x9Qq"\nDB_PASSWORD=Zz81kkQw02\nDB/PASSWORD=Pp71kkQw03\n5 4 * * * /opt/run\n'
    found = load_spec(scanned(tmp_path, table.encode()), "ecs.yml").containers[0].secrets
    owner = found["DB_PASSWORD"].split("/")[2]
    assert found == {
        "DB PASSWORD": f"/cron2fargate/{owner}/run/DB_PASSWORD_2",
        "DB_PASSWORD": f"/cron2fargate/{owner}/run/DB_PASSWORD",
        "DB/PASSWORD": f"/cron2fargate/{owner}/run/DB_PASSWORD_3",
    }


# --- characters that nobody sees ------------------------------------------------------------------------------------

SAID = [
    ("5 4 * * * /opt/a\u202eb", ["U+202E"]),
    ("5 4 * * * /opt/x \u2066x\u2069 \u200b", ["U+200B", "U+2066", "U+2069"]),
    ("A=x\U000e0041\n5 4 * * * /opt/a", ["U+E0041"]),
    ('"A\u200d"=x\n5 4 * * * /opt/a', ["U+200D"]),
    ("5 4 * * * /opt/rm\ufe0f", ["U+FE0F"]),
    ("5 4 * * * /opt/\u65e5\u672c \u2764\ufe0f \u845b\U000e0100 \xe9", []),
]


@pytest.mark.parametrize(("table", "points"), SAID, ids=ascii)
def test_what_nobody_sees_is_said_and_escaped(tmp_path: Path, table: str, points: list[str]) -> None:
    text = scanned(tmp_path, f"{table}\n".encode())
    load_spec(text, "ecs.yml")
    assert not any(chr(int(point[2:], 16)) in text for point in points if point != "U+FE0F")
    result = json.loads((tmp_path / "scan.json").read_text(encoding="utf-8"))
    found = [finding["message"] for finding in result["jobs"][0]["findings"] if finding["code"] == "C128"]
    assert [re.findall(r"U\+[0-9A-F]+", message) for message in found] == ([points] if points else [])
