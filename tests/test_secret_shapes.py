"""Shapes of secrets, and of what only looks like one, in both directions: 0 leaks, and nothing harmless is touched."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from converters.secrets.search import find_secrets, mask, mask_variable, secret_variables

VECTORS = Path(__file__).parent / "vectors"


class Shape(NamedTuple):
    """``text`` without its marks, and the places that they stood around; none where it is harmless."""

    text: str
    marked: tuple[tuple[int, int], ...]
    environment_line: bool


def shapes(name: str) -> Iterator[Shape]:
    for line in (VECTORS / name).read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        text, marked = "", []
        for index, part in enumerate(re.split("[«»]", line.removeprefix("env: ").replace("↵", "\n"))):
            if index % 2:
                marked.append((len(text), len(text) + len(part)))
            text += part
        yield Shape(text, tuple(marked), line.startswith("env: "))


ALL = [
    shape
    for name in (
        "secret_shapes.txt",
        "secret_shapes_fresh.txt",
        "secret_shapes_third.txt",
        "secret_shapes_fourth.txt",
        "secret_shapes_fifth.txt",
        "secret_shapes_sixth.txt",
        "secret_shapes_seventh.txt",
        "secret_shapes_eighth.txt",
        "secret_shapes_ninth.txt",
        "secret_shapes_tenth.txt",
        "secret_shapes_eleventh.txt",
        "secret_shapes_twelfth.txt",
        "secret_shapes_thirteenth.txt",
        "secret_shapes_fourteenth.txt",
        "secret_shapes_fifteenth.txt",
    )
    for shape in shapes(name)
]


def test_there_are_enough_shapes_of_both_kinds() -> None:
    assert sum(bool(shape.marked) for shape in ALL) >= 400
    assert sum(not shape.marked for shape in ALL) >= 300


def test_no_secret_leaks() -> None:
    leaks = []
    for shape in ALL:
        found = find_secrets(shape.text, environment_line=shape.environment_line)
        covered = {place for secret in found for place in range(secret.start, secret.end)}
        if any(not covered.issuperset(range(start, end)) for start, end in shape.marked):
            leaks.append(shape.text)
    assert leaks == []


def test_a_variable_of_a_table_is_hidden_as_its_line_is() -> None:
    """What the line `NAME=value` shows to be a secret stands in no environment of a spec or document either."""
    leaks = []
    for shape in ALL:
        name, assigns, value = shape.text.partition("=")
        if shape.environment_line and assigns and (secrets := [shape.text[a:b] for a, b in shape.marked]):
            value = value.strip(" \"'")
            shown = mask_variable(name.strip(), value)
            leaks += [shape.text for one in secrets if one in shown]
    assert leaks == []


def test_no_harmless_text_is_changed() -> None:
    alarms = []
    for shape in ALL:
        if not shape.marked and (shown := mask(shape.text, environment_line=shape.environment_line)) != shape.text:
            alarms.append((shape.text, shown))
    assert alarms == []


def test_masked_text_holds_no_further_secret() -> None:
    for shape in ALL:
        shown = mask(shape.text, environment_line=shape.environment_line)
        assert not find_secrets(shown, environment_line=shape.environment_line), shown


def test_variable_that_a_command_uses_as_a_secret() -> None:
    assert secret_variables('mysql -u root -p"$A" shop') == {"A"}
    assert secret_variables("curl -u $U:$B https://example.com/") == {"B"}
    assert secret_variables("mysql -P$PORT -h $HOST shop") == frozenset()


PIECES = """psql -c "|ruby -e "a(|-u a -p |-u bob -p x1 |-u a -b c -d e |A=$A |mysql -p$A |${A:-|$6$|{SHA}a|-b a=b;|Cookie: a=b;
h=a,u=b,p=|a:b1@|expect password send |spawn set pass |<<< |passwd <<< 'a|<(echo |(echo a | |echo a | passwd |login("a",
insert into t (password) values (|isql a b |vault write |-t aB3|apprise a://|put-parameter --value |net use /user:|user a using
connect a/|%q(|'\\''|sed 's/|-u 'a|curl -u 1a|{ |; }|password=${A} |*A:|-p Ab1
echo a1 > |echo a1 > /pw |&u=a&p=a1|pass command echo |xmlrpc s/a1B |\\n pass |-user a |admin a
a@b |//a:|rtmp://a/b/|http://b/rest/1/|set secret --values a= """.replace("\n", "|").split("|")


WITHIN = 'login(a,|login("a",|p="a";|password=p,|word: send("a"|auth("a")|PDO(a|CURLOPT_USERPWD,"a:|password: p; p="a"; |(|["'
IN_CODE = [f"php -r '|{piece}" for piece in WITHIN.split("|")]


@pytest.mark.parametrize("piece", [*(piece for piece in PIECES if piece), *IN_CODE])
def test_hundred_kilobytes_of_one_piece_take_linear_time(piece: str) -> None:
    program, _, piece = piece.rpartition("|")
    text = f"curl mysql sqlplus password token {program}" + piece * (100_000 // len(piece))
    start = time.process_time()
    find_secrets(text)
    assert time.process_time() - start < 5  # under 1 s alone; a quadratic reading takes 15 s and more
