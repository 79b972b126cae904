"""What a library makes of the five fields, said again in cron's own grammar, so that cron's reader can foretell it.

Debian's reading of the text that comes out is the library's reading of the text that went in. The codes name the
deviations (see ``second_opinion.py``) that changed the meaning on the way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from converters.schedules.dialects import DIALECTS
from converters.schedules.fields import DAY_OF_MONTH, DAY_OF_WEEK, FIELDS, Field, FieldError, parse_field

DEBIAN = DIALECTS["debian"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A schedule in Debian's grammar that means what a library reads (empty: it refuses), and the deviations in it."""

    text: str
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Part:
    """One element of a list: ``first-last/step``, with numbers for names; ``last`` is ``None`` where there is no range."""

    text: str
    star: bool
    first: int
    last: int | None
    step: int | None


class _RefusedError(Exception):
    """The library refuses the element."""


# An element in a library's eyes: how cron would have to write it, and the deviation's code where the two differ.
Rewriter = Callable[[_Part, Field], tuple[str, str]]

_ELEMENT = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d{1,9}))?", re.ASCII)
BEYOND_CRON = re.compile(
    r"[?#]|(?<![a-z])(?:l\d*|\d*l|\d+w|w\d+|lw|[hr](?:\(\d+-\d+\))?(?:/\d+)?)(?![a-z\d])", re.IGNORECASE | re.ASCII
)
"""Shapes in a field that belong to Quartz, AWS or Jenkins."""


def croniter(text: str, *, star_bug: bool = False) -> Reading:
    """What croniter makes of it; ``star_bug`` is its option ``implement_cron_bug``."""
    if text.startswith("@"):
        # croniter lowers the whole expression before it looks a nickname up; cron compares the letters as they are.
        return Reading(text.lower(), frozenset({"croniter-nickname-case"} if text != text.lower() else ()))
    words, codes = _rewritten(text, _croniter_element)
    if len(words) != len(FIELDS):
        return Reading(text)
    # cron sets DOM_STAR by the first letter of the field (entry.c, get_list): `*/2` is a star, `1,*` is none.
    dom, dow = words[2], words[4]
    leads = dom.startswith("*") or dow.startswith("*")
    dom_star = _holds_star(dom) or ("*" in dow and _full(dom, DAY_OF_MONTH))
    dow_star = _holds_star(dow) or ("*" in dom and _full(dow, DAY_OF_WEEK))
    if dom_star or dow_star:
        codes |= set() if leads else {"croniter-star-inside"}
        dom, dow = "*" if dom_star else dom, "*" if dow_star else dow
    elif leads and not star_bug:
        codes.add("croniter-star")
        dom, dow = _unstarred(dom, DAY_OF_MONTH), _unstarred(dow, DAY_OF_WEEK)
    return Reading(" ".join((*words[:2], dom, words[3], dow)), frozenset(codes))


def cronsim(text: str) -> Reading:
    """What cronsim makes of it."""
    words, codes = _rewritten(text, _cronsim_element)
    return Reading(" ".join(words), frozenset(codes))


def python_crontab(text: str) -> Reading:
    """What python-crontab makes of it; the empty text where it refuses."""
    # python-crontab takes `@60` and the like for an interval of minutes.
    if re.fullmatch(r"@\d+", text):
        return Reading(f"{text[1:]} * * * *" if int(text[1:][:9]) < 60 else "", frozenset({"crontab-interval"}))
    if text.startswith("@"):
        return Reading(text.lower(), frozenset({"crontab-nickname-case"} if text != text.lower() else ()))
    try:
        words, codes = _rewritten(text, _crontab_element)
    except _RefusedError:
        return Reading("", frozenset({"crontab-disables"}))
    return Reading(" ".join(words), frozenset(codes))


def _rewritten(text: str, rewrite: Rewriter) -> tuple[list[str], set[str]]:
    """Every element of every field rewritten; a code counts where cron reads the two texts differently."""
    words: list[str] = []
    codes: set[str] = set()
    for word, field in zip(text.split(), FIELDS, strict=False):
        elements = []
        for element in word.split(","):
            made, code = rewrite(_part(element, field), field)
            # A rewriting that changes no bit is no deviation.
            if code and _bits(element, field) != _bits(made, field):
                codes.add(code)
            elements.append(made)
        words.append(",".join(elements))
    return words, codes


def _part(element: str, field: Field) -> _Part:
    match = _ELEMENT.fullmatch(element)
    if match is None:
        return _Part(element, False, -1, None, None)
    star, first, last, step = match.groups()
    numbers = [_number(word, field) for word in (first, last) if word]
    if None in numbers:
        return _Part(element, False, -1, None, None)
    low = field.low if star else numbers[0]
    return _Part(
        element,
        bool(star),
        -1 if low is None else low,
        numbers[1] if len(numbers) > 1 else None,
        None if step is None else int(step),
    )


def _number(word: str, field: Field) -> int | None:
    if word.isdigit():
        # Cut at nine digits: int() refuses more than 4,300 digits since Python 3.11, and no field has so many.
        return int(word[:9])
    return field.names.index(word.lower()) + field.low if word.lower() in field.names else None


def _bits(text: str, field: Field) -> int | None:
    try:
        return parse_field(text, field, DEBIAN).bits
    except FieldError:
        return None


def _croniter_element(part: _Part, field: Field) -> tuple[str, str]:
    if part.star or part.first < 0 or (part.last is None and part.step is None):
        return part.text, ""
    # 7 is Sunday in cron; in croniter a week ends with 6.
    high = 6 if field is DAY_OF_WEEK else field.high
    first, last = part.first, high if part.last is None else part.last
    if field is DAY_OF_WEEK:
        first, last = first % 7, last % 7
    if max(first, last) > high or part.step == 0:
        return part.text, ""
    step = part.step or 1
    if part.last is None:
        return (f"{first}" if first == high else f"{first}-{high}/{step}"), "croniter-lone-step"
    if first == last:
        return f"{field.low}-{high}/{step}", "croniter-equal-range"
    if first > last:
        code = "" if field is DAY_OF_WEEK and part.last == 7 else "croniter-backwards"
        return ",".join(map(str, _wrapped(first, last, step, field.low, high))), code
    return part.text, ""


def _wrapped(first: int, last: int, step: int, low: int, high: int) -> list[int]:
    """croniter's walk over the end of a field, with its own way of carrying the step over."""
    values = list(range(first, high + 1, step))
    skipped = high - values[-1]
    skip = step - skipped if values[-1] - low + step > high - low + 1 and skipped < step else 0
    return values + list(range(low + skip, last + 1, step))


def _cronsim_element(part: _Part, field: Field) -> tuple[str, str]:
    if part.step is not None and not part.star and part.first in (part.last, None):
        return f"{part.first}-{field.high}/{part.step}", "cronsim-equal-range"
    return part.text, ""


def _crontab_element(part: _Part, field: Field) -> tuple[str, str]:
    # In the library's week, too, 6 is the last day.
    high = 6 if field is DAY_OF_WEEK else field.high
    random = re.fullmatch(r"(?:(\d+)~(\d+)|~)", part.text)
    if random:
        return (f"{random[1]}-{random[2]}" if random[1] else f"{field.low}-{high}"), "crontab-random"
    if part.first < 0 or (part.step is not None and part.last is None and not part.star):
        raise _RefusedError
    if field is DAY_OF_WEEK and part.step == 7:
        return "0", "crontab-step-seven"
    first, last = part.first, part.last
    if part.step is not None and not 1 <= part.step <= high:
        raise _RefusedError
    if field is DAY_OF_WEEK:
        first %= 7
    if part.star or last is None:
        if first > high or part.first > field.high or first < field.low:
            raise _RefusedError
        return part.text, ""
    step = f"/{part.step}" if part.step else ""
    if field is DAY_OF_WEEK and last == 7:
        return (f"0-6{step}" if first == 1 else f"{first}-6{step},0"), "crontab-sunday-seven"
    if last < first or last > high or first < field.low:
        raise _RefusedError
    return part.text, ""


def _holds_star(word: str) -> bool:
    return "*" in word.split(",")


def _full(word: str, field: Field) -> bool:
    """Every value is set, and croniter's parser has made a star of it."""
    bits = _bits(word, field)
    return bits is not None and bits.bit_count() == (7 if field is DAY_OF_WEEK else field.high - field.low + 1)


def _unstarred(word: str, field: Field) -> str:
    """The same values without a leading star."""
    return f"{field.low}-{field.high}{word[1:]}" if word.startswith("*") else word
