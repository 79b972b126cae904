"""What is known of programs: every entry is read, names its manual, and stands once."""

from __future__ import annotations

import pytest

from converters.programs.catalogue import entry, names, program, service, services


@pytest.mark.parametrize("name", sorted(names()))
def test_every_entry_names_its_manual(name: str) -> None:
    found = program(name)
    assert found is not None
    assert found.manual
    if found.service is not None:
        assert service(found.service).title
    if found.fate is not None:
        assert found.instead, f"{name}: what replaces it?"


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
