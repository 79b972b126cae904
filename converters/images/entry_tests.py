"""Tests in an entry script: those that a job's command decides are decided, the others go both ways.

The command's first word is a program: it is there, it begins with no dash, and it is none of the words that a script asks for
(`server`), but may be a program that any image has (`sh`, `php`): there both ways are followed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from converters.images.entry_state import Field, Fields, State, lit
from converters.images.entry_words import Expander, pattern

Ways = list[tuple[bool, State]]

PLAUSIBLE = frozenset(
    {
        "sh",
        "bash",
        "dash",
        "ash",
        "python",
        "python2",
        "python3",
        "ruby",
        "perl",
        "php",
        "node",
        "nodejs",
        "java",
        "bundle",
    }
    | {
        "rake",
        "rails",
        "npm",
        "npx",
        "yarn",
        "pnpm",
        "composer",
        "deno",
        "bun",
        "env",
        "timeout",
        "nice",
        "curl",
        "wget",
    }
    | {
        "mysql",
        "psql",
        "mysqldump",
        "pg_dump",
        "mongodump",
        "mongosh",
        "redis-cli",
        "aws",
        "rsync",
        "find",
        "tar",
        "echo",
    }
    | {"date", "certbot", "logrotate", "restic", "borg", "artisan", "exec", "su", "gosu", "tini"}
)
"""Programs that a job may well name by itself, and that a script may ask for."""

_OF_FILE = frozenset({"-e", "-f", "-r", "-s", "-x"})
_UNARY = _OF_FILE | {
    "-b",
    "-c",
    "-d",
    "-g",
    "-h",
    "-k",
    "-L",
    "-O",
    "-G",
    "-N",
    "-p",
    "-S",
    "-t",
    "-u",
    "-w",
    "-n",
    "-z",
}
_UNARY |= {"-v", "-o", "-R"}
_BINARY = frozenset({"=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "<", ">"})
_COUNTED = {"=": "-eq", "==": "-eq", "!=": "-ne"}


class Tester:
    """``absent``: paths that are taken as not there."""

    def __init__(self, expander: Expander, absent: Collection[str] = ()) -> None:
        self.expander = expander
        self.absent = absent

    def test(self, words: Sequence[str], state: State) -> Ways:
        """`[ .. ]`, `[[ .. ]]` or `test ..`."""
        own = words[0] == "[["
        inner = [word for word in words[1:] if word != ("]]" if own else "]")]
        return self._or(inner, state, own=own)

    def arithmetic(self, text: str, state: State) -> Ways:
        """`(( .. ))`: one comparison of numbers."""
        found = re.fullmatch(r"\s*(\S+)\s*(==|!=|<=|>=|<|>)\s*(\S+)\s*", text)
        how = {"==": "-eq", "!=": "-ne", "<=": "-le", ">=": "-ge", "<": "-lt", ">": "-gt"}
        if found is None:
            alone = re.fullmatch(r"\s*(\d+|\$#)\s*", text)
            return self._compared(alone[1], "-ne", "0", state, own=False) if alone else state.fork("")
        left, right = (one if one.isdigit() or one[0] == "$" else f"${one}" for one in (found[1], found[3]))
        return self._compared(left, how[found[2]], right, state, own=False)

    def _or(self, words: list[str], state: State, *, own: bool) -> Ways:
        return self._joined(words, state, own=own, mark="||" if own else "-o", settles=True)

    def _and(self, words: list[str], state: State, *, own: bool) -> Ways:
        return self._joined(words, state, own=own, mark="&&" if own else "-a", settles=False)

    def _joined(self, words: list[str], state: State, *, own: bool, mark: str, settles: bool) -> Ways:
        sides = _sides(words, mark)
        ways = [(not settles, state)]
        for side in sides:
            found: Ways = []
            for way, one in ways:
                if way is settles:
                    found.append((way, one))
                else:
                    found += self._and(side, one, own=own) if settles else self._one(side, one, own=own)
            ways = list(dict.fromkeys(found))
        return ways

    def _one(self, words: list[str], state: State, *, own: bool) -> Ways:
        if len(words) > 1 and words[0] == "!":
            return [(not way, one) for way, one in self._one(words[1:], state, own=own)]
        if len(words) > 2 and words[0] in ("(", "\\(") and words[-1] in (")", "\\)"):
            return self._or(words[1:-1], state, own=own)
        if len(words) == 1:
            return self._empty(words[0], state, negated=True, own=own)
        if len(words) == 2 and words[0] in _UNARY:
            return self._unary(words[0], words[1], state, own=own)
        if len(words) == 3 and words[1] in _BINARY:
            return self._compared(words[0], words[1], words[2], state, own=own)
        return state.fork("") if words else [(False, state)]

    def _unary(self, how: str, word: str, state: State, *, own: bool) -> Ways:
        if how in ("-z", "-n"):
            return self._empty(word, state, negated=how == "-n", own=own)
        if how == "-v":
            known = True if state.read(word) is not None else False if word in self.expander.unset else None
            return [(known, state)] if known is not None else state.fork(f"-v {word}")
        fields = self.expander.word(word, state, split=not own)
        if how != "-t" and len(fields) != 1:
            return state.fork("")
        # No terminal is given to a task.
        return [(False, state)] if how == "-t" else self._of_path(how, fields[0], state)

    def _of_path(self, how: str, field: Field, state: State) -> Ways:
        """A test of a file."""
        if field.kind == "found":
            return [(how != "-d", state)]
        if field == Field("job"):
            # A path that is there, or a name that PATH finds and no file of the directory.
            return state.fork("path of it") if how in _OF_FILE else [(False, state)]
        if field.kind == "lit" and (not field.value or field.value in self.absent):
            return [(False, state)]
        return state.fork(f"{how} {field.value}" if field.value else "")

    def _empty(self, word: str, state: State, *, negated: bool, own: bool) -> Ways:
        """Whether the word is empty; ``negated``: whether it is not."""
        fields = self.expander.word(word, state, split=not own)
        kinds = {field.kind for field in fields}
        if kinds <= {"lit"}:
            return [(any(field.value for field in fields) is negated, state)]
        first = fields[0]
        if first.kind in ("job", "rest") and first.number:
            ways = state.fork(f"more than {first.number}" if first.kind == "rest" else "")
            ways = [(way, one if way else one.without_words()) for way, one in ways]
        elif kinds & {"text", "some", "mixed", "piece", "split"}:
            # Not empty: the key is the same for `-n` and `-z`.
            ways = state.fork(f"-n {first.value}" if first.value and len(fields) == 1 else "")
        else:
            ways = [(True, state)]
        return [(way is negated, one) for way, one in ways]

    def _compared(self, left: str, how: str, right: str, state: State, *, own: bool) -> Ways:
        one, other = (self.expander.word(word, state, split=not own) for word in (left, right))
        if how == "=~" and _is_first(one) and re.match(r"\^\(?-", re.sub(r"['\"]", "", right)):
            return [(False, state)]
        if len(one) > 1 or len(other) > 1 or how in ("=~", "-nt", "-ot", "-ef", "<", ">"):
            return state.fork("")
        a, b = (fields[0] if fields else lit("") for fields in (one, other))
        if a.kind == "lit" and b.kind != "lit" and how not in ("-lt", "-le", "-gt", "-ge"):
            a, b, right = b, a, left
        if "count" in (a.kind, b.kind):
            return _count(a, how, b, state)
        ways = _numbers(a, how, b, state) if how[0] == "-" else None
        if ways is None:
            equal = self.matches(a, right, b, state, globs=own)
            ways = equal if how in ("=", "==", "-eq") else [(not way, way_state) for way, way_state in equal]
        return ways

    def matches(self, field: Field, word: str, other: Field, state: State, *, globs: bool) -> Ways:
        """Whether a text is another, or is of its pattern: ``word`` as it stands, ``other`` as it is expanded."""
        if (globs and word == "*") or (field == other and field.kind in ("job", "lit", "self", "head", "uid", "base")):
            return [(True, state)]
        if other.kind not in ("lit", "some"):
            return state.fork("")
        told = other.value
        if field.kind == "lit":
            is_glob = globs and re.search(r"[*?\[]", re.sub(r"'[^']*'|\"[^\"]*\"|\\.", "", word)) is not None
            return [(pattern(told)(field.value) if is_glob else field.value == told, state)]
        if field.kind == "text" and field.value and not told:
            return [(not way, one) for way, one in state.fork(f"-n {field.value}")]
        if field.kind == "text":
            return state.fork(f"= {field.value} {told}" if field.value else "")
        key = _of_command(field, told)
        return state.fork(key) if isinstance(key, str) else [(key, state)]


def _of_command(field: Field, told: str) -> bool | str:
    """Whether a text made of the command is one that is known, or of its pattern; else what that is kept by."""
    if field.kind == "uid":
        return "uid is 0" if told == field.value else False if told.isdigit() else ""
    if field.kind == "head":
        return False if told in ("-", "") else "path of it" if told == "/" else ""
    if field.kind == "code":
        return False if told == "0" and field.value in ("job", "bad") else ""
    if field.kind == "found":
        return "" if told else False
    if field.kind in ("joined", "rest") or (field.kind in ("job", "base") and field.number == 0):
        return _of_first(field, told)
    return ""


def _of_first(field: Field, told: str) -> bool | str:
    """The same for the first word of the command, or for all of them in one."""
    whole = field.kind in ("joined", "rest")
    prefix = re.split(r"[*?\[]", told)[0]
    if told and not told.strip("*"):
        return True
    if told in ("/*", "*/*") and field.kind == "job":
        return "path of it"
    if not told or prefix.startswith("-") or told.startswith(("[-", "./")) or (field.kind == "base" and "/" in told):
        return False
    if not prefix or (prefix == told and whole):
        return ""
    return f"first is {told}" if _plausible(prefix, exact=prefix == told) else False


def _plausible(text: str, *, exact: bool) -> bool:
    base = text.split(maxsplit=1)[0].rpartition("/")[2] if text.split() else ""
    if exact:
        return base in PLAUSIBLE
    return not base or any(one.startswith(base) or base.startswith(f"{one} ") for one in PLAUSIBLE) or base in PLAUSIBLE


def _is_first(fields: Fields) -> bool:
    return len(fields) == 1 and fields[0].kind in ("job", "joined", "head") and fields[0].number == 0


def _sides(words: list[str], mark: str) -> list[list[str]]:
    """The words between marks that stand in no parentheses."""
    found: list[list[str]] = [[]]
    depth = 0
    for at, word in enumerate(words):
        depth += {"(": 1, "\\(": 1, ")": -1, "\\)": -1}.get(word, 0)
        if word == mark and depth == 0 and 0 < at < len(words) - 1:
            found.append([])
        else:
            found[-1].append(word)
    return found


def _count(a: Field, how: str, b: Field, state: State) -> Ways:
    """`$#` against a number."""
    number = a if b.kind == "count" else b
    how = _COUNTED.get(how, how)
    if a.kind != "count":
        how = {"-lt": "-gt", "-le": "-ge", "-gt": "-lt", "-ge": "-le"}.get(how, how)
    if number.kind != "lit" or not number.value.isdigit():
        return state.fork("")
    wanted = int(number.value)
    least = sum(field.kind not in ("rest", "some", "split", "mixed") for field in state.params)
    least += sum(field == Field("rest") for field in state.params)
    open_ended = any(field.kind in ("rest", "some", "split", "mixed") for field in state.params)
    known = _at_least(least, how, wanted) if open_ended else _number(least, how, wanted)
    if known is not None:
        return [(known, state)]
    empty = state.without_words()
    if (how, wanted) in (("-gt", 0), ("-ne", 0), ("-ge", 1)):
        return [(True, state), (False, empty)]
    if (how, wanted) in (("-eq", 0), ("-le", 0), ("-lt", 1)):
        return [(True, empty), (False, state)]
    return state.fork("")


def _at_least(least: int, how: str, wanted: int) -> bool | None:
    """What is known of a number that is ``least`` or more."""
    if how in ("-gt", "-ge"):
        return True if _number(least, how, wanted) else None
    if how in ("-lt", "-le"):
        return None if _number(least, how, wanted) else False
    return None if least <= wanted else how == "-ne"


def _number(one: int, how: str, other: int) -> bool | None:
    return {
        "-eq": one == other,
        "-ne": one != other,
        "-lt": one < other,
        "-le": one <= other,
        "-gt": one > other,
        "-ge": one >= other,
    }.get(how)


def _numbers(a: Field, how: str, b: Field, state: State) -> Ways | None:
    if a.kind == "lit" and b.kind == "lit":
        if not (a.value.isdigit() and b.value.isdigit()):
            return [(False, state)] if not a.value or not b.value else state.fork("")
        known = _number(int(a.value), how, int(b.value))
        return state.fork("") if known is None else [(known, state)]
    if a.kind == "code" and b == lit("0") and a.value in ("job", "bad"):
        return [(how in ("-ne", "-gt", "-ge"), state)]
    return None if how in ("-eq", "-ne") else state.fork("")
