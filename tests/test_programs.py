"""What is known of programs: every entry is read, names its manual, and stands once."""

from __future__ import annotations

import pytest

from converters.programs.catalogue import entry, names, program, service, services
from converters.programs.operands import read_words
from tools.programs import KNOWN, known


def test_what_is_loaded_is_what_was_written() -> None:
    assert KNOWN.read_text(encoding="utf-8") == known(), "run `make docs`"


def test_every_entry_names_its_manual() -> None:
    for name in names():
        found = program(name)
        assert found is not None
        assert found.manual
        if found.service is not None:
            assert service(found.service).title
        if found.fate is not None:
            assert found.instead, f"{name}: what replaces it?"


def test_as_many_programs_as_a_server_has() -> None:
    assert len(list(names())) >= 400


def test_services_name_their_manual() -> None:
    assert all(one.manual and one.title for one in services().values())


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"operands": "reads"}, "no manual"),
        ({"manual": "x(1)", "operands": "eats"}, "unknown word eats"),
        ({"manual": "x(1)", "options": {"-f": "eats"}}, "unknown role eats"),
        ({"manual": "x(1)", "options": {"-f": "!eats"}}, "unknown role !eats"),
        ({"manual": "x(1)", "operands": "reads* writes*"}, "repeat more than once"),
        ({"manual": "x(1)", "colour": "red"}, "unknown key colour"),
        ({"manual": "x(1)", "fate": "fly"}, "unknown word fly"),
    ],
)
def test_a_wrong_entry_is_named(raw: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        entry("x", raw, "test")


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("find /x -exec rm {} +", ["rm {}"]),
        ("find /x -exec rm {} ; -exec ls {} ;", ["rm {}", "ls {}"]),
        ("find /x -exec expr 1 + {} ; -delete", ["expr 1 + {}"]),
    ],
)
def test_where_a_command_of_find_ends(text: str, inner: list[str]) -> None:
    find, words = program("find"), text.split()
    assert find is not None
    reading = read_words(find, words)
    assert [" ".join(words[first:last]) for first, last in reading.inner] == inner
    assert ("deletes" in reading.flags) == ("-delete" in words)


@pytest.mark.parametrize(
    ("words", "roles"),
    [
        # `-p[password]` (mysql(1)): a password is no bundle of letters, and the next word is never its value.
        (["-phunter2secret", "shop"], [("word", "shop")]),
        (["-uroot", "-phost", "shop"], [("word", "root"), ("word", "shop")]),
        (["-p", "shop"], [("word", "shop")]),
        (["-h", "db", "-pS3", "-P", "3307"], [("host", "db"), ("port", "3307")]),
    ],
)
def test_a_value_that_is_only_glued(words: list[str], roles: list[tuple[str, str]]) -> None:
    found = program("mysqldump")
    assert found is not None
    assert sorted((one.role, one.value) for one in read_words(found, ["mysqldump", *words]).operands) == sorted(roles)
