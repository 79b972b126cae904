"""The words of a command, by what its program does with each: options are read as getopt reads them, operands by pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from converters.programs.model import Program

# Tests of find that take a value (find(1), TESTS); everything else of one dash is a test or action without one.
_FIND_VALUES = frozenset(
    [
        "-amin",
        "-anewer",
        "-atime",
        "-cmin",
        "-cnewer",
        "-ctime",
        "-fstype",
        "-gid",
        "-group",
        "-ilname",
        "-iname",
        "-inum",
        "-ipath",
        "-iregex",
        "-links",
        "-lname",
        "-maxdepth",
        "-mindepth",
        "-mmin",
        "-mtime",
        "-name",
        "-newer",
        "-newermt",
        "-path",
        "-perm",
        "-printf",
        "-regex",
        "-regextype",
        "-samefile",
        "-size",
        "-type",
        "-uid",
        "-used",
        "-user",
        "-wholename",
        "-xtype",
        "-context",
        "-D",
        "-files0-from",
    ]
)
_FIND_WRITES = frozenset({"-fprint", "-fprint0", "-fls", "-fprintf"})
_FIND_COMMANDS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
# tar(1): the long names of the modes, of which exactly one must be given.
_TAR_MODES = {"--extract": "x", "--get": "x", "--list": "t", "--create": "c", "--append": "r", "--update": "u"}
_ENDS_COMMAND = frozenset({";", "\\;"})


class Operand(NamedTuple):
    """A word with its role; ``place`` is its index among the words, ``value`` the part of it that counts, ``option`` says that
    it belongs to one."""

    role: str
    value: str
    place: int
    option: bool = False


@dataclass(slots=True)
class Reading:
    """What a command's words say: operands with roles, flags, and the words of commands inside it (``rest``: from that
    index on; ``inner``: the commands of ``find -exec``). ``program`` is the subcommand's entry where there is one."""

    program: Program
    operands: list[Operand] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    ends: set[int] = field(default_factory=set)
    rest: tuple[str, int] | None = None
    inner: list[tuple[int, int]] = field(default_factory=list)

    def flag(self, text: str) -> None:
        name, _, status = text.partition(" ")
        self.flags.add(name)
        if status:
            self.ends.add(int(status))

    def take(self, role: str, value: str, index: int, *, option: bool = False) -> None:
        if role.startswith("!"):
            self.flag(role[1:])
        else:
            self.operands.append(Operand(role, value, index, option))


def read_words(program: Program, words: Sequence[str]) -> Reading:
    """``words[0]`` is the program itself. Never raises: a word that is not understood is an operand."""
    if program.style == "find":
        return _find(program, words)
    if program.style == "tar":
        return _tar(program, words)
    return _read(program, words)


def _read(program: Program, words: Sequence[str]) -> Reading:
    reading = Reading(program)
    plain: list[int] = []
    at, end = 1, len(words)
    # tar's oldest style: `tar czf x.tgz dir`, letters without a dash in the first word.
    if program.style == "tar" and end > 1 and not words[1].startswith("-") and words[1].isalpha():
        at = _letters(reading, words, 1, "-" + words[1])
    options_end = False
    while at < end:
        word = words[at]
        current = reading.program
        # POSIX 12.2, guideline 10: the first `--` ends the options.
        if not options_end and word == "--":
            options_end = True
            at += 1
        elif not options_end and len(word) > 1 and word[0] in "-+" and (word[0] == "-" or word in current.options):
            # A plus begins an option only where the program says so (`date +%F` is an operand, `set +e` is none).
            at = _option(reading, words, at)
        elif not plain and current.sub and word in current.sub:
            # Only the first operand can be a subcommand: `git add pull` adds a file.
            reading.program = current.sub[word]
            at += 1
        elif current.sub and not plain and ":" in word and word.partition(":")[0] + ":" in current.sub:
            # Symfony and Laravel: `cache:clear`, `queue:work` are told by what stands before the colon.
            reading.program = current.sub[word.partition(":")[0] + ":"]
            at += 1
        else:
            plain.append(at)
            # `sudo -u x rm -rf y`, `ssh host tar -c`: options behind the command are the command's.
            if _takes_rest(reading.program, len(plain)):
                break
            at += 1
    _operands(reading, words, plain)
    reading.flags.update(reading.program.always)
    return reading


def _tar(program: Program, words: Sequence[str]) -> Reading:
    """tar(1): one of its letters says whether the archive is written or read."""
    reading = _read(program, words)
    mode = set()
    for word in words[1:]:
        # tar's long options are whole words; only `--extract` and the like are modes.
        if word.startswith("--"):
            mode |= {_TAR_MODES.get(word, "")}
        elif word.startswith("-") or word is words[1]:
            mode |= set(word) & set("xtcru")
    # x and t read the archive that c, r and u write: with x the directory is written, and with t nothing is.
    if mode & {"x", "t"} and not mode & {"c", "r", "u"}:
        turned = {"writes": "reads", "directory": "writes" if "x" in mode else "word", "reads": "word"}
        reading.operands = [
            operand._replace(role=turned.get(operand.role, operand.role)) for operand in reading.operands
        ]
        # Without -C it unpacks into the directory where it starts.
        if "x" in mode and not any(operand.role == "writes" for operand in reading.operands):
            reading.take("writes", ".", 0)
    return reading


def _takes_rest(program: Program, count: int) -> bool:
    """Whether the operand just met, and all behind it, are words of another command: its options are not ours."""
    for fixed, role in enumerate(program.operands):
        if role.rstrip("*+?") in ("command", "remote", "script", "code", "shell"):
            return count > fixed
        if role[-1] in "*+":
            return False
    return False


def _option(reading: Reading, words: Sequence[str], at: int) -> int:
    """One option, with its value; the index behind it."""
    word, options = words[at], reading.program.options
    name, has_value, value = word.partition("=")
    if has_value and f"{name}=" in options:  # an option whose value is no word of its own: `--archive[=FILE]`
        reading.take(options[f"{name}="], value, at, option=True)
        return at + 1
    if word in options or (has_value and name in options):
        role = options.get(word) or options[name]
        if role.startswith("!") or role == "glued":
            if role != "glued":
                reading.take(role, "", at)
            return at + 1
        if word in options:
            if at + 1 < len(words):
                reading.take(role, words[at + 1], at + 1, option=True)
            return at + 2
        reading.take(role, value, at, option=True)
        return at + 1
    # An unknown long option: where it has a value behind a blank, that is read as an operand.
    if word.startswith("--") or reading.program.style in ("long", "none"):
        return at + 1
    return _letters(reading, words, at, word)


def _letters(reading: Reading, words: Sequence[str], at: int, text: str) -> int:
    """``-abc``, ``-aVALUE`` and ``-a VALUE``: a letter with a value takes the rest of the word, or the next word."""
    options = reading.program.options
    following = at + 1
    for place, letter in enumerate(text[1:], start=2):
        role = options.get("-" + letter)
        if role is None:
            continue
        if role == "glued":
            # `-p[password]` (mysql(1)): the next word is never its value, and the rest of this one holds no letters.
            break
        if role.startswith("!"):
            reading.take(role, "", at)
        elif place < len(text) and reading.program.style != "tar":
            # tar's bundles take their values from the following words, one after the other (`tar czfC x.tgz /dir`).
            reading.take(role, text[place:], at, option=True)
            break
        elif following < len(words):
            reading.take(role, words[following], following, option=True)
            following += 1
    return following


def _operands(reading: Reading, words: Sequence[str], plain: list[int]) -> None:
    """Roles by the pattern: what repeats takes all that the others leave."""
    program = reading.program
    if program.style == "dd" or program.assigns:
        # make and dd take NAME=VALUE anywhere between their operands.
        plain = [at for at in plain if not _assigned(reading, words[at], at)]
    pattern = program.operands
    given = {operand.role for operand in reading.operands}
    if len(pattern) > 1 and pattern[-1] in given and pattern[-1] in ("writes", "place>"):
        pattern = pattern[:-1]  # `cp -t DIR FILE..`: the destination was named by an option
    if pattern[:1] in (("place",), ("place>",)) and given & {"place", "place>"}:
        pattern = ("word", *pattern[1:])  # `borg -r REPOSITORY create NAME`: an option has named it
    star = next((at for at, role in enumerate(pattern) if role[-1] in "*+"), None)
    for place, index in enumerate(plain):
        role = _role(pattern, star, place, len(plain))
        if role in ("command", "remote", "shell", "code", "script"):
            reading.rest = (role, index)
            return
        if role is not None:
            reading.take(role, words[index], index)


def _assigned(reading: Reading, word: str, at: int) -> bool:
    name, equals, value = word.partition("=")
    role = reading.program.assigns.get(name) if equals else None
    if role is not None:
        reading.take(role, value, at)
    return bool(equals) and (role is not None or reading.program.style == "dd")


def _role(pattern: tuple[str, ...], star: int | None, place: int, count: int) -> str | None:
    """The role of the operand at ``place`` of ``count``."""
    if star is None:
        return pattern[place].rstrip("?") if place < len(pattern) else None
    after = len(pattern) - star - 1
    if place < star:
        return pattern[place].rstrip("?")
    # What stands behind the one that repeats is counted from the end: `cp A B C DIR`.
    if count - place <= after and count > star:
        return pattern[len(pattern) - (count - place)].rstrip("?")
    return pattern[star].rstrip("*+")


def _find(program: Program, words: Sequence[str]) -> Reading:
    """find(1): places first, then an expression; ``-delete`` and ``-exec`` are what matters in it."""
    reading = Reading(program)
    at = 1
    # find(1): -H, -L, -P, -D and -O come before the first place.
    while at < len(words) and words[at] in ("-H", "-L", "-P", "-O1", "-O2", "-O3"):
        at += 1
    # POSIX find: the first word that begins with `-`, or is `!` or `(`, begins the expression.
    while at < len(words) and not words[at].startswith(("-", "(", "\\(", "!")):
        reading.take("searches", words[at], at)
        at += 1
    # GNU find: without a place it is the directory where it starts; POSIX and BSD want one.
    if not reading.operands:
        reading.take("searches", ".", 0)
    while at < len(words):
        word = words[at]
        # POSIX find: the command ends at `;`, or at a `+` right behind `{}`; any other `+` is a word of it.
        if word in _FIND_COMMANDS:
            start = at + 1
            while at < len(words) and words[at] not in _ENDS_COMMAND and (words[at - 1], words[at]) != ("{}", "+"):
                at += 1
            if start < at:
                reading.inner.append((start, at))
        elif word in _FIND_WRITES and at + 1 < len(words):
            reading.take("writes", words[at + 1], at + 1)
            at += 1
        elif word == "-delete":
            reading.flags.add("deletes")
        elif word in _FIND_VALUES:
            at += 1
        at += 1
    return reading
