"""One time field of a crontab line: text -> set of values, as each daemon's own parser makes it.

A set is an integer used as bits: bit *v* stands for the value *v* itself (day of month 1 is bit 1, January is bit 1,
Sunday is bit 0). Sources: ``get_list``, ``get_range``, ``get_number`` in the daemons' ``entry.c``; ``ParseField`` in
BusyBox ``crond.c``; the vectors are in ``tests/test_fields.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from converters.schedules.dialects import Dialect


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the line: its name in messages, its bounds, and the names it knows (the first stands for ``low``)."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def one(self) -> str:
        """Its name with the article: ``an hour``."""
        return f"{'an' if self.name == 'hour' else 'a'} {self.name}"


# Exactly three letters: `january` and `Monday` are refused by every parser read. Names work in lists and ranges too,
# though the man pages deny it.
MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAY_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY_OF_MONTH = Field("day of month", 1, 31)
MONTH = Field("month", 1, 12, MONTH_NAMES)
# 0 and 7 are both Sunday: entry.c sets bit 0 where 7 is set, and 7 where 0 is.
DAY_OF_WEEK = Field("day of week", 0, 7, DAY_NAMES)
FIELDS = (MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK)


class FieldError(ValueError):
    """The field cannot be read. ``offset`` counts characters from the field's start."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Values:
    """What a field's text means: ``bits``, and what the reader should know about how it was read.

    ``star`` is lexical: the first character is ``*`` (so ``*/2`` is a star field and ``0-59`` is not).
    ``random`` marks a value the daemon draws anew at each load (``~``); ``notes`` are sentences about odd readings.
    """

    bits: int
    star: bool
    random: bool = False
    notes: tuple[str, ...] = ()


def span(first: int, last: int, step: int = 1) -> int:
    """Bits ``first, first + step, ...`` up to ``last``; none when ``first > last``."""
    bits = 0
    for value in range(first, last + 1, step):
        bits |= 1 << value
    return bits


def members(bits: int) -> Iterator[int]:
    """The values of a set, in rising order."""
    return _members_of_many(bits) if bits >> 64 else iter(_members_of_few(bits))


# The sets of fields are few, and each is printed, cut and shown many times.
@lru_cache(maxsize=8192)
def _members_of_few(bits: int) -> tuple[int, ...]:
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return tuple(found)


def _members_of_many(bits: int) -> Iterator[int]:
    """The same for sets of minutes of a day, or of days of many years: taking bits off one by one would copy the whole set
    for each."""
    data = bits.to_bytes(bits.bit_length() // 8 + 1, "little")
    for at in range(0, len(data), 8):
        chunk = int.from_bytes(data[at : at + 8], "little")
        while chunk:
            low = chunk & -chunk
            yield 8 * at + low.bit_length() - 1
            chunk ^= low


def brief(text: str) -> str:
    """A field's text as a sentence can quote it: its beginning, where it is megabytes long."""
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


_QUOTED = 200


@lru_cache(maxsize=4096)
def parse_field(text: str, field: Field, dialect: Dialect) -> Values:
    """Read one field; day of week has 7 folded onto 0. Raises `FieldError` where the daemon refuses the field."""
    if dialect.busybox:
        return _busybox_field(text, field)
    bits = 0
    position = 0
    random = False
    notes: dict[str, None] = {}
    known: set[str] = set()
    while True:
        # No daemon bounds a list, and a field has sixty values at most: what was read once is not read again.
        end = text.find(",", position)
        item = text[position : end if end >= 0 else len(text)]
        if item not in known:
            element = _Element(text, position, field, dialect)
            bits |= element.read()
            random = random or element.random
            notes.update(dict.fromkeys(element.notes))
            if element.position != position + len(item):
                position = element.position
                break
            known.add(item)
        position += len(item)
        if position >= len(text):
            break
        position += 1
    # get_list ends with Skip_Nonblanks: whatever follows an element and is no operator is passed over, `1#1` is {1}.
    if position < len(text):
        notes[
            f"`{brief(text[position:])}` after `{brief(text[:position])}` is dropped by the daemon without a word"
        ] = None
    if field is DAY_OF_WEEK and bits >> 7:
        bits = bits & 0x7F | 1
    # entry.c sets DOM_STAR and DOW_STAR from the first character, before the list is parsed: `1,*` is no star field.
    return Values(bits, text.startswith("*"), random, tuple(notes))


class _Element:
    """One element of a list (``*``, ``n``, ``n-m``, with a step): a cursor over the field's text."""

    def __init__(self, text: str, position: int, field: Field, dialect: Dialect) -> None:
        self.text = text
        self.start = position
        self.position = position
        self.field = field
        self.dialect = dialect
        self.random = False
        self.notes: list[str] = []

    def read(self) -> int:
        low, high = self.field.low, self.field.high
        ranged = True
        first, last = low, high
        if self._next() == "*":
            self.position += 1
            self._no_junk(after_star=True)
        elif self._next() == "~" and self.dialect.random_ranges:
            # OpenBSD and cronie: an open `~` begins at the field's least value.
            last = self._random_end(first)
        else:
            first = last = self._number(self.field.names)
            ranged = self._next() == "-"
            if ranged:
                self.position += 1
                last = self._number(self.field.names)
            elif self._next() == "~" and self.dialect.random_ranges:
                last = self._random_end(first)
        step = self._step(ranged)
        if self.random:
            return self._drawn(first, last)
        if not ranged:
            if not step:
                return self._checked(first, first, 1)
            last = high
        return self._stepped(first, last, step or 1, ranged)

    def _stepped(self, first: int, last: int, step: int, ranged: bool) -> int:
        low, high = self.field.low, self.field.high
        if first > last:
            if self.dialect.backwards == "error":
                # Debian's and FreeBSD's set loop runs zero times and nothing is said; cronie 1.5 and OpenBSD refuse
                # the field.
                raise FieldError(f"the range {first}-{last} runs backwards", self.start)
            if self.dialect.backwards == "sunday" and last == 0:
                last = 7
                self.notes.append(f"cronie after 1.7.2 reads {first}-0 as {first}-7")
            else:
                self.notes.append(f"the range {first}-{last} runs backwards and matches nothing")
        if self.dialect.range_end_checked and ranged:
            self._checked(first, first, 1)
            self._checked(last, last, 1)
        if step > max(last - first, 0) and first <= last and step > 1:
            if self.dialect.long_step == "all" and step > last - low:
                # `*/31` of the days sets all of them in OpenBSD and ISC: the end is taken zero-based, so 31 > 30.
                self.notes.append(f"the step {step} exceeds the range, so OpenBSD and ISC cron set every value of it")
                step = 1
            elif self.dialect.long_step == "error" and step > high:
                raise FieldError(f"the step {step} is larger than {high}", self.start)
            else:
                self.notes.append(f"the step {step} exceeds the range, so only {first} is left of it")
        return self._checked(first, last, step)

    def _checked(self, first: int, last: int, step: int) -> int:
        """The bits of a range, each value within the field's bounds, as ``set_element`` demands."""
        low, high = self.field.low, self.field.high
        # set_element looks at values as they are set: `5-64/30` never reaches 64, which only a check of the end would
        # see.
        for value in (first, last - (last - first) % step if last >= first else first):
            if not low <= value <= high:
                raise FieldError(f"{value} is not {self.field.one} ({low}-{high})", self.start)
        return span(first, last, step)

    def _random_end(self, first: int) -> int:
        self.position += 1
        self.random = True
        if self._next().isdigit():
            return self._number(())
        return self.field.high

    def _drawn(self, first: int, last: int) -> int:
        """The daemon draws one value at each load of the table; the first stands for it, and the reader is told."""
        self._checked(first, last, 1)
        if first > last:
            raise FieldError(f"the range {first}~{last} runs backwards", self.start)
        return 1 << first

    def _next(self) -> str:
        return self.text[self.position : self.position + 1]

    def _number(self, names: tuple[str, ...]) -> int:
        start = self.position
        end = start
        while end < len(self.text) and self.text[end].isascii() and self.text[end].isalnum():
            end += 1
        word = self.text[start:end]
        if not word:
            found = f"`{self.text[start]}`" if start < len(self.text) else "nothing"
            raise FieldError(f"expected {self.field.one}, found {found}", start)
        # get_number ends in atoi: leading zeros are decimal, `07` is 7 and `010` is 10.
        self.position = end
        if word.lower() in names:
            value = names.index(word.lower()) + self.field.low
        elif word.isdigit():
            # int() raises an error of its own for more than 4300 digits; twenty are out of bounds already.
            value = int(word[:20])
        else:
            raise FieldError(f"`{brief(word)}` is not {self.field.one} ({self._allowed()})", start)
        # `names` is empty for steps: get_range passes PPC_NULL there, so a name is no step.
        self._no_junk(after_star=False)
        return value

    def _allowed(self) -> str:
        names = f" or {self.field.names[0]}-{self.field.names[-1]}" if self.field.names else ""
        return f"{self.field.low}-{self.field.high}{names}"

    def _no_junk(self, after_star: bool) -> None:
        operators = ",-/~" if self.dialect.random_ranges else ",-/"
        if self.dialect.junk == "drop" or (after_star and self.dialect.junk == "error after number"):
            return
        if self._next() and self._next() not in operators:
            raise FieldError(f"unexpected `{brief(self.text[self.position :])}`", self.position)

    def _step(self, ranged: bool) -> int:
        """The step after ``/``, 0 when there is none."""
        if self._next() != "/":
            return 0
        if not ranged and self.dialect.lone_step == "error":
            raise FieldError("a step needs a range before it (`*/5` or `5-59/5`)", self.position)
        self.position += 1
        at = self.position
        step = self._number(())
        if step == 0:
            # entry.c get_range returns EOF for a step of 0; BusyBox takes it for "once".
            raise FieldError("the step is 0", at)
        return step


def _busybox_field(text: str, field: Field) -> Values:
    """``ParseField``: fills an array modulo its size; an error keeps what was set so far and the line is installed."""
    # DOW has 7 elements in BusyBox, so 7 falls out of the array (borgmatic-collective/docker-borgmatic#92); days have
    # 32 with 0 among them.
    size = {"minute": 60, "hour": 24, "day of month": 32, "month": 12, "day of week": 7}[field.name]
    # ParseField subtracts the base itself: months are kept from 0, days from 1.
    offset = -1 if field is MONTH else 0
    bits = 0
    notes: list[str] = []
    position = 0
    known: set[str] = set()
    while True:
        end = text.find(",", position)
        item = text[position : end if end >= 0 else len(text)]
        if end >= 0 and item in known:
            position = end + 1
            continue
        found = _busybox_range(text, position, field, size, offset)
        if found is None:
            # crond.c logs the error and goes on with the next field: the line stays installed.
            notes.append(f"BusyBox reports a parse error at `{brief(text)}` and runs with what it had read")
            break
        first, last, step, position = found
        filled, finished = _busybox_fill(first, last, step, size)
        bits |= filled
        if not finished:
            notes.append(f"BusyBox finds `{brief(text)}` out of range and sets every {field.name}")
            break
        if text[position : position + 1] != ",":
            if position < len(text):
                notes.append(f"BusyBox reports a parse error at `{brief(text)}` and runs with what it had read")
            break
        known.add(item)
        position += 1
    return Values(bits << 1 if field is MONTH else bits, text.startswith("*"), False, tuple(notes))


_DIGITS = re.compile(r"[0-9]+")


def _busybox_range(text: str, position: int, field: Field, size: int, offset: int) -> tuple[int, int, int, int] | None:
    first = last = -1
    step = 1
    while True:
        if text[position : position + 1] == "*":
            # `*` begins at element 0, so `*/2` of the days is the even ones, where Vixie's family has the odd ones.
            first, last = 0, size - 1
            position += 1
        else:
            name = text[position : position + 3].lower()
            digits = _DIGITS.match(text, position)
            if digits:
                value = int(digits[0][:20]) + offset
                position += len(digits[0])
            elif field.names and name in field.names:
                value = field.names.index(name)
                position += 3
            else:
                return None
            if first < 0:
                first = value
            else:
                last = value
        if text[position : position + 1] == "-" and last < 0:
            position += 1
            continue
        break
    if last < 0:
        last = first
    if text[position : position + 1] == "/":
        digits = _DIGITS.match(text, position + 1)
        number = digits[0] if digits else ""
        # `/` without a number is a step of 0, which sets the first value only.
        step = int(number[:20] or "0")
        position += 1 + len(number)
    return first, last, step, position


def _busybox_fill(first: int, last: int, step: int, size: int) -> tuple[int, bool]:
    """The array's bits, and whether the end was met: out of range values run into the daemon's own fail-safe."""
    bits = 0
    # The array is walked modulo its size: `22-2` wraps around midnight, which no Vixie daemon does.
    value = first - 1
    due = 1
    # The fail-safe counter of ParseField starts at 1024; whatever was set until then stays set.
    for _ in range(1023):
        value = (value + 1) % size
        due -= 1
        if due == 0:
            bits |= 1 << value
            due = step
        if value == last:
            return bits, True
    return bits, False
