"""The field vectors: what each daemon's own parser made of a text (executed against the daemons' sources)."""

from __future__ import annotations

import pytest

from converters.schedules.dialects import DIALECTS
from converters.schedules.fields import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, FieldError, members, parse_field

FIELD = {"min": MINUTE, "hour": HOUR, "dom": DAY_OF_MONTH, "month": MONTH, "dow": DAY_OF_WEEK}
DAEMONS = ["debian", "freebsd", "cronie-1.4", "cronie-1.5", "cronie", "cronie-head", "isc", "busybox"]

# field text | Deb | Fbsd | Cie 1.4 | Cie 1.5.5 | Cie 1.7 | Cie HEAD | ISC | Bbox
# E rejected, {} never, * every value of the field, = as the column to the left, R random
TABLE = """
min */60      | 0          | =          | =       | E  | 0    | =     | *      | 0
min */90      | 0          | =          | =       | E  | 0    | =     | *      | 0
hour */24     | 0          | =          | =       | E  | 0    | =     | *      | 0
dom */31      | 1          | =          | =       | =  | =    | =     | *      | 0,31
dom */32      | 1          | =          | =       | E  | 1    | =     | *      | {}
month */12    | 1          | =          | =       | =  | =    | =     | *      | 1
month */13    | 1          | =          | =       | E  | 1    | =     | *      | 1
dom 1-5/10    | 1          | =          | =       | =  | =    | =     | 1,2,3,4,5 | 1
min 5/15      | E          | 5,20,35,50 | E       | =  | =    | =     | =      | 5
min 5-64/30   | E          | 5,35       | E       | =  | 5,35 | =     | E      | 5,35
min */0       | E          | =          | =       | =  | =    | =     | =      | 0
min 1-5/0     | E          | =          | =       | =  | =    | =     | =      | 1
hour 22-2     | {}         | =          | E       | =  | {}   | =     | E      | 0,1,2,22,23
dow fri-sun   | {}         | =          | E       | =  | {}   | 0,5,6 | E      | 0,5,6
dow 6-0       | {}         | =          | E       | =  | {}   | 0,6   | E      | 0,6
dow fri-mon   | {}         | =          | E       | =  | {}   | =     | E      | 0,1,5,6
dow 7         | 0          | =          | =       | =  | =    | =     | =      | *
dow 5-7       | 0,5,6      | =          | =       | =  | =    | =     | =      | *
dow 1-7/2     | 0,1,3,5    | =          | =       | =  | =    | =     | =      | *
dow */2       | 0,2,4,6    | =          | =       | =  | =    | =     | =      | =
dom */5       | 1,6,11,16,21,26,31 | =  | =       | =  | =    | =     | =      | 0,5,10,15,20,25,30
dow 1#1       | 1          | =          | E       | =  | =    | =     | =      | 1
min 5;3       | 5          | =          | E       | =  | =    | =     | =      | 5
min *5        | *          | =          | =       | =  | E    | =     | *      | =
min 60        | E          | =          | =       | =  | =    | =     | =      | *
dom 32        | E          | =          | =       | =  | =    | =     | =      | **
month 13      | E          | =          | =       | =  | =    | =     | =      | *
hour 24       | E          | =          | =       | =  | =    | =     | =      | *
dom 0         | E          | =          | =       | =  | =    | =     | =      | 0
dom L         | E          | =          | =       | =  | =    | =     | =      | {}
dom ?         | E          | =          | =       | =  | =    | =     | =      | {}
min H         | E          | =          | =       | =  | =    | =     | =      | {}
dow Monday    | E          | =          | =       | =  | =    | =     | =      | 1
month JANUARY | E          | =          | =       | =  | =    | =     | =      | 1
min 1,,2      | E          | =          | =       | =  | =    | =     | =      | 1
min 1,        | E          | =          | =       | =  | =    | =     | =      | 1
min ,1        | E          | =          | =       | =  | =    | =     | =      | {}
min 1-        | E          | =          | =       | =  | =    | =     | =      | {}
min 0~30      | 0          | =          | E       | =  | R    | =     | E      | 0
min 3-0       | {}         | =          | E       | =  | {}   | 3,4,5,6,7 | E  | *-1,2
min 07        | 7          | =          | =       | =  | =    | =     | =      | =
month jan,Mar-MAY | 1,3,4,5 | =         | =       | =  | =    | =     | =      | =
dow sun,sat   | 0,6        | =          | =       | =  | =    | =     | =      | =
min *         | *          | =          | =       | =  | =    | =     | =      | =
min 1-10/3,40 | 1,4,7,10,40 | =         | =       | =  | =    | =     | =      | =
""".strip().splitlines()


def vectors() -> list[tuple[str, str, str, str]]:
    found = []
    for row in TABLE:
        head, *cells = (cell.strip() for cell in row.split("|"))
        name, text = head.split(None, 1)
        assert len(cells) == len(DAEMONS), row
        for index, daemon in enumerate(DAEMONS):
            if cells[index] == "=":
                cells[index] = cells[index - 1]
            found.append((daemon, name, text, cells[index]))
    return found


def everything(name: str) -> set[int]:
    field = FIELD[name]
    return set(range(field.low, (6 if name == "dow" else field.high) + 1))


@pytest.mark.parametrize(("daemon", "name", "text", "expected"), vectors())
def test_field_as_the_daemon_reads_it(daemon: str, name: str, text: str, expected: str) -> None:
    if expected == "E":
        with pytest.raises(FieldError):
            parse_field(text, FIELD[name], DIALECTS[daemon])
        return
    values = parse_field(text, FIELD[name], DIALECTS[daemon])
    got = set(members(values.bits))
    if expected == "R":
        assert values.random
    elif expected == "*":
        assert got == everything(name)
    elif expected == "**":
        assert got == everything(name) | {0}
    elif expected == "*-1,2":
        assert got == everything(name) - {1, 2}
    elif expected == "{}":
        assert got - {0} == set()
    else:
        assert got == {int(v) for v in expected.split(",")}
    assert values.star == text.startswith("*")


@pytest.mark.parametrize(
    ("text", "offset", "word"), [("5,61", 2, "61"), ("a", 0, "`a`"), ("1-", 2, "nothing"), ("1,/", 2, "`/`")]
)
def test_errors_point_at_the_character(text: str, offset: int, word: str) -> None:
    with pytest.raises(FieldError) as error:
        parse_field(text, MINUTE, DIALECTS["debian"])
    assert error.value.offset == offset
    assert word in str(error.value)
