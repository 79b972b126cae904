"""Words of an entry script as its shell expands them (XCU 2.6), with the command's words in them followed: text -> fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache

from converters.images.entry_scripts import part_of_word
from converters.images.entry_state import SOME, TEXT, Field, Fields, State, lit, touches

_NAME = re.compile(r"\w+|[@*#?!$-]")
_BRACED = re.compile(r"(#|!)?(\w+|[@*#?!$-])(\[[^\]]*\])?(.*)", re.DOTALL)
_CHOSEN = re.compile(r"\$\{(?:\w+|[@*])(?:\[[^\]]*\])?:?[-=+]")
_GLOB = re.compile(r"[*?]|\[[^\]]+\]")
_USER = ((re.compile(r"id -u"), "0"), (re.compile(r"whoami|id -u?n|id -nu"), "root"))
_WHERE = re.compile(r"(?:command -v|which|type -p|type -P) \S+")
# Parameters that a shell sets by itself.
_OWN: Mapping[str, Fields] = {
    "#": (Field("count"),),
    "EUID": (Field("uid", "0"),),
    "UID": (Field("uid", "0"),),
    "BASH_SOURCE": (Field("self"),),
    "OPTIND": (lit("1"),),
}
# What a program's name neither begins nor ends with: these take nothing away from it.
_NOT_BEFORE = re.compile(r"-[-*]*")
_NOT_BEHIND = re.compile(r"\.conf|\[\[:space:\]\]\*|[ \\ ]+\*|\.ya?ml|\.jar|\.cfg|\.ini")


class Expander:
    """``unset``: variables that are taken as not set; ``stack``: the functions that are being run, the innermost last."""

    def __init__(self, unset: frozenset[str], bash: bool) -> None:
        self.unset = unset
        self.bash = bash
        self.stack: list[str] = []

    def all(self, words: Sequence[str], state: State) -> Fields:
        return tuple(field for word in words for field in self.word(word, state))

    def word(self, word: str, state: State, *, split: bool = True) -> Fields:
        """The fields of one word; in an assignment or a `case` nothing is split."""
        parts = list(self._parts(word, state, quoted=not split))
        if len(parts) == 1:
            fields, quoted = parts[0]
            return fields if quoted or not split else _split(fields)
        found = _as_one(field for one, _ in parts for field in one)
        return found if found != (lit(""),) or any(quoted for _, quoted in parts) else ()

    def _parts(self, word: str, state: State, *, quoted: bool) -> list[tuple[Fields, bool]]:
        found: list[tuple[Fields, bool]] = []
        for special, piece in _pieces(word):
            if not special:
                glob = not quoted and _GLOB.search(piece) is not None
                found.append(((Field("some", piece) if glob else lit(piece),), True))
            elif piece[0] == "'" or piece[:2] == "$'":
                found.append(((lit(piece[piece.index("'") + 1 :].removesuffix("'")),), True))
            elif piece[0] == '"':
                found.append((self._double(piece[1:].removesuffix('"'), state), True))
            elif piece[0] == "\\":
                found.append(((lit(piece[1:].replace("\n", "")),), True))
            else:
                # What stands for an unset one is split by its own quotes.
                found.append((self._dollar(piece, state, quoted=quoted), quoted or _CHOSEN.match(piece) is not None))
        return found or [((), True)]

    def _double(self, text: str, state: State) -> Fields:
        parts: list[Fields] = []
        for special, piece in _pieces(text, double=True):
            if special:
                parts.append(self._dollar(piece, state, quoted=True))
            else:
                parts.append((lit(re.sub(r"\\([$`\"\\])", r"\1", piece)),))
        return parts[0] if len(parts) == 1 else _as_one(field for one in parts for field in one)

    def _dollar(self, piece: str, state: State, *, quoted: bool) -> Fields:
        if piece.startswith("$(("):
            return (_arithmetic(piece[3:-2], state),)
        if piece[:2] == "$(" or piece[0] == "`":
            return self._substituted(piece[2:-1] if piece[0] == "$" else piece[1:-1], state)
        if piece[:2] == "${":
            return self._braced(piece[2:-1], state, quoted=quoted)
        return self._value(piece[1:], state, quoted=quoted)

    def _substituted(self, text: str, state: State) -> Fields:
        """What a command substitution prints; what it does is `entry_machine`'s."""
        words = text.replace("2>/dev/null", "").replace("2> /dev/null", "").split()
        told = " ".join(words)
        user = next((value for asked, value in _USER if asked.fullmatch(told)), None)
        if user is not None:
            return (Field("uid", user),)
        if _WHERE.fullmatch(told):
            return (Field("found") if touches(self.word(words[-1], state)) else Field("text", f"`{told}`"),)
        used = {f"${found}" for found in re.findall(r"\$\{?([@*\w]+)", text)}
        if not touches(field for one in used for field in self._value(one[1:], state, quoted=True)):
            return (TEXT,)
        return (self._printed(text, words, state, all_of_it=bool(used & {"$@", "$*"})),)

    def _printed(self, text: str, words: list[str], state: State, *, all_of_it: bool) -> Field:
        """What a substitution with words of the command in it prints."""
        first = words[0] if words else ""
        if "%q" in text or "@Q}" in text:
            return Field("quoted")
        if first == "basename" and len(words) == 2 and self.word(words[1], state) == (Field("job"),):
            return Field("base")
        if first in ("echo", "printf") or "<<<" in text:
            return Field("joined" if all_of_it else "piece")
        return Field("piece" if first in ("basename", "dirname", "readlink", "realpath", "expr") else "mixed")

    def _braced(self, text: str, state: State, *, quoted: bool) -> Fields:
        found = _BRACED.fullmatch(text)
        if found is None:
            return (TEXT,)
        mark, name, index, rest = found.groups()
        if text == "#":
            return self._value("#", state, quoted=quoted)
        if mark == "!":
            return (Field("mixed" if name in "@*#" or name.isdigit() else "text"),)
        if mark == "#":
            return self._length(name, index or "", state)
        value = self._value(name + (index or ""), state, quoted=quoted)
        return self._changed(name, value, rest, state, quoted=quoted) if rest else value

    def _length(self, name: str, index: str, state: State) -> Fields:
        if name in "@*":
            return (Field("count"),)
        if name == "FUNCNAME":
            return (lit(str(len(self.stack) + 1 if self.stack else 0)),)
        value = state.read(name + "[]") if index else None
        if value is not None and all(field.kind in ("lit", "text", "job") for field in value):
            return (lit(str(len(value))),)
        return (TEXT,)

    def _value(self, name: str, state: State, *, quoted: bool) -> Fields:
        """What a parameter holds, before anything is done to it."""
        if name in ("@", "*"):
            return _every(state.params, name, quoted=quoted)
        if name.isdigit():
            return positional(state.params, int(name)) if name != "0" else (state.zero,)
        if name == "?":
            return _status(state.status)
        if name == "!":
            return (Field("pid") if state.job.startswith("back-") and state.others != "after" else TEXT,)
        base, _, index = name.partition("[")
        return self._element(base, index.rstrip("]"), state, quoted=quoted) if index else self._variable(name, state)

    def _variable(self, name: str, state: State) -> Fields:
        value = state.read(name)
        if value is None:
            value = (state.read(name + "[]") or ())[:1] or None
        if value is None and (self.bash or name not in ("EUID", "UID")):
            value = _OWN.get(name)
        if value is not None:
            return value
        return (lit(""),) if name in self.unset else (Field("text", name),)

    def _element(self, base: str, index: str, state: State, *, quoted: bool) -> Fields:
        if base == "BASH_SOURCE":
            return (Field("self"),)
        if base == "FUNCNAME":
            names = [*reversed(self.stack), "main"]
            return (lit(names[int(index)] if index.isdigit() and int(index) < len(names) else ""),)
        value = state.read(f"{base}[{index}]") or state.read(base + "[]") or state.read(base)
        if value is None:
            return (SOME,) if index in "@*" else (TEXT,)
        if index in ("@", "*"):
            return _every(value, index, quoted=quoted)
        if index.isdigit() and not any(
            field.kind in ("rest", "some", "mixed", "split") for field in value[: int(index) + 1]
        ):
            return value[int(index) : int(index) + 1] or (lit(""),)
        return (Field("mixed"),) if touches(value) else (TEXT,)

    def _changed(self, name: str, value: Fields, rest: str, state: State, *, quoted: bool) -> Fields:
        """`${name<rest>}`."""
        mark = rest[:2] if rest[0] == ":" else rest[0]
        if mark in (":-", "-", ":=", "=", ":?", "?", ":+", "+"):
            return self._otherwise(value, mark, rest[len(mark) :], state, quoted=quoted)
        if rest[0] == ":":
            return _from(name, value, rest[1:])
        if rest == "@Q" and touches(value):
            return (Field("quoted"),)
        if len(value) == 1 and rest[0] in "#%" and (value[0] == Field("job") or value[0].kind == "lit"):
            return _trimmed(value[0], rest)
        return (Field("mixed"),) if name in "@*" else (Field("piece"),) if touches(value) else (TEXT,)

    def _otherwise(self, value: Fields, mark: str, word: str, state: State, *, quoted: bool) -> Fields:
        """`${name:-word}` and its like."""
        there = _is_there(value, heeds_empty=mark[0] == ":")
        if "?" in mark:
            return value
        value = value if quoted else _split(value)
        other = self.word(f'"{word}"' if quoted and '"' not in word else word, state)
        if "+" in mark:
            return other if there else () if there is False else _either((), other)
        return value if there else other if there is False else _either(value, other)


def _as_one(parts: Iterable[Field]) -> Fields:
    """Parts of one word. Of a text that is not known, the beginning may be."""
    fields = tuple(parts)
    kinds = {field.kind for field in fields}
    if kinds <= {"lit"}:
        return (lit("".join(field.value for field in fields)),)
    if kinds & {"rest", "split", "mixed"}:
        return (Field("mixed"),)
    if touches(fields):
        return (Field("joined" if "joined" in kinds else "piece"),)
    begins = fields[0].kind in ("lit", "part") and fields[0].value
    return (Field("part", fields[0].value) if begins else TEXT,)


def _trimmed(field: Field, rest: str) -> Fields:
    """A text that is known, or a program's name, without what a pattern takes from its beginning or end."""
    pattern = rest.lstrip(rest[0])
    if field.kind == "job":
        if rest == "##*/":
            return (Field("base"),)
        same = _NOT_BEFORE if rest[0] == "#" else _NOT_BEHIND
        return (field if same.fullmatch(re.sub(r"['\"]", "", pattern)) else Field("piece"),)
    if re.search(r"[*$?\[]", pattern):
        return (TEXT,)
    return (lit(field.value.removeprefix(pattern) if rest[0] == "#" else field.value.removesuffix(pattern)),)


def _pieces(word: str, *, double: bool = False) -> Iterator[tuple[bool, str]]:
    """A word's quoted texts and expansions (True), and what stands between them; in double quotes `'` is a sign like any."""
    plain, at = "", 0
    while at < len(word):
        piece = _special(word, at, double=double)
        if not piece:
            piece = word[at : at + 2] if double and word[at] == "\\" else word[at]
            plain, at = plain + piece, at + len(piece)
            continue
        if plain:
            yield False, plain
        yield True, piece
        plain, at = "", at + len(piece)
    if plain:
        yield False, plain


def _special(word: str, at: int, *, double: bool) -> str:
    char = word[at]
    if char == "`" or (not double and char in "'\"\\"):
        return part_of_word(word, at, "")
    if char != "$":
        return ""
    if word[at + 1 : at + 2] in ("(", "{"):
        return part_of_word(word, at, "")
    if word[at + 1 : at + 2] == "'" and not double:
        return "$" + part_of_word(word, at + 1, "")
    name = _NAME.match(word, at + 1)
    if name is None:
        return ""
    return "$" + (name[0][0] if name[0][0].isdigit() else name[0])


def _split(fields: Fields) -> Fields:
    """Fields of an expansion that stands without quotes."""
    found: list[Field] = []
    for field in fields:
        if field.kind == "lit":
            found += map(lit, field.value.split())
        elif field.kind == "text":
            found.append(Field("some", field.value))
        elif field.kind == "job" and field.number == 0:
            # A program's name holds no blank.
            found.append(field)
        elif field.kind in ("job", "rest", "joined"):
            found.append(Field("split"))
        else:
            found.append(field)
    return tuple(found)


def _every(values: Fields, name: str, *, quoted: bool) -> Fields:
    if name == "@" or not quoted:
        return values
    if all(field.kind == "lit" for field in values):
        return (lit(" ".join(field.value for field in values)),)
    return (Field("joined"),) if touches(values) else (TEXT,)


def positional(params: Fields, number: int) -> Fields:
    for at, field in enumerate(params, 1):
        if field.kind == "rest":
            return (Field("job", "", field.number + number - at),)
        if field.kind in ("some", "split", "mixed"):
            return (Field("mixed"),) if touches(params) else (TEXT,)
        if at == number:
            return (field,)
    return (lit(""),)


def _status(status: str) -> Fields:
    return (lit(status),) if status.isdigit() else (Field("code", status),)


def _is_there(value: Fields, *, heeds_empty: bool) -> bool | None:
    """Whether a parameter is set, and not empty."""
    if not value:
        return False
    first = value[0]
    if first.kind == "lit":
        return bool(first.value)
    if first.kind in ("job", "rest"):
        return True if first.number == 0 else None
    return None if first.kind in ("text", "some", "mixed", "piece", "split") else True


def _either(value: Fields, other: Fields) -> Fields:
    if value == other:
        return value
    if touches(value) or touches(other):
        return (Field("mixed"),)
    name = value[0].value if value else ""
    return (Field("text", name),) if value else (SOME,)


def _from(name: str, value: Fields, rest: str) -> Fields:
    """`${name:offset:length}`."""
    offset, _, length = rest.partition(":")
    if (name in "@*" or len(value) != 1 or value[0].kind == "rest") and offset.strip().isdigit() and not length:
        return skipped(value, int(offset) - 1 if name in "@*" else int(offset))
    if len(value) == 1 and value[0].kind == "job" and value[0].number == 0 and (offset, length) == ("0", "1"):
        return (Field("head"),)
    if len(value) == 1 and value[0].kind == "lit" and offset.isdigit() and (length.isdigit() or not length):
        text = value[0].value[int(offset) :]
        return (lit(text[: int(length)] if length else text),)
    return (Field("piece" if len(value) == 1 else "mixed"),) if touches(value) else (TEXT,)


def skipped(params: Fields, number: int) -> Fields:
    """What `shift` leaves."""
    left = list(params)
    for _ in range(max(number, 0)):
        if not left:
            break
        if left[0].kind == "rest":
            left[0] = Field("rest", "", left[0].number + 1)
        elif left[0].kind not in ("some", "split", "mixed"):
            left.pop(0)
    return tuple(left)


def _arithmetic(text: str, state: State) -> Field:
    """Sums of numbers that are known."""

    def number(found: re.Match[str]) -> str:
        name = found[0].lstrip("$")
        value = state.read(name) or ((lit("1"),) if name == "OPTIND" else ())
        return value[0].value if len(value) == 1 and value[0].kind == "lit" and value[0].value.isdigit() else "?"

    told = re.sub(r"\$?[A-Za-z_]\w*", number, text).replace(" ", "")
    found = re.fullmatch(r"(\d+)(?:([-+])(\d+))?", told)
    if found is None:
        return Field("piece") if "#" in text or re.search(r"\$[@*\d]", text) else TEXT
    return lit(str(int(found[1]) + int(f"{found[2] or '+'}{found[3] or 0}")))


@lru_cache(maxsize=512)
def pattern(text: str) -> Callable[[str], bool]:
    """A pattern of `case` for texts that are known; quotes in it are taken away."""
    expression = re.compile(translate(re.sub(r"['\"]", "", text)))
    return lambda told: expression.match(told) is not None
