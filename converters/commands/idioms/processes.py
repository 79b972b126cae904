"""Tests of running processes in front of a job: ``pgrep X || JOB``, ``ps aux | grep -v grep | grep X || JOB``, and counts of
them in ``[ ]``.

They keep two runs apart, so they become a lock; but a search by whole command lines also meets the shell that cron started
for this very line (``/bin/sh -c TEXT``) and the searching programs. So the line is asked what it finds while nothing else
runs, and what it finds beside one run more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from converters.commands.idioms.options import Grammar, read_options
from converters.commands.idioms.peeling import Kept, Peeling
from converters.commands.idioms.wishes import Lock
from converters.commands.shell.parse import Unparsable, parse, substitution
from converters.commands.shell.syntax import Command, Compound, Pipeline
from converters.commands.shell.words import Simple, Word
from converters.schedules.date_output import Unknown
from converters.schedules.shell_patterns import BadPattern, grep

_PGREP = Grammar(flags="fxcloanviq", valued="uUGPst", long={"full": "f", "exact": "x", "euid": "u", "count": "c"})
_PIDOF = Grammar(flags="xsq", valued="o")
_GREP = Grammar(
    flags="vcqiEFwsolnxah",
    valued="em",
    long={"quiet": "q", "silent": "q", "count": "c", "invert-match": "v", "ignore-case": "i", "fixed-strings": "F"},
)
_GREPS = {"grep": "", "egrep": "E", "fgrep": "F"}
_KEEP_LINES = frozenset({"awk", "sort", "tr", "cut", "sed", "cat"})
_COMPARES: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "!=": lambda a, b: a != b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
}
_BUSY = (1, 2, 3, 4)
"""Lines that one run more may show: the job, its shell, a child."""


class Search(NamedTuple):
    """``own``: how many of the line's own processes it finds; ``name``: what it looks for; ``counts``: it prints a number;
    ``owner``: whose processes, as ``pgrep -u`` says it."""

    tool: str
    name: str
    own: int
    counts: bool = False
    owner: str = ""


class Test(NamedTuple):
    """A condition on the number of processes that are found."""

    search: Search
    holds: Callable[[int], bool]


def process_test(peeling: Peeling, pipeline: Pipeline, *, inverted: bool) -> bool:
    """Take a test in front of the job; ``inverted`` says that the job runs where it fails (``||``)."""
    if peeling.lock is not None or "lock" in peeling.keep:
        return False
    text = peeling.text[pipeline.start : pipeline.end]
    if not re.search(r"\b(?:ps|pgrep|pidof)\b", text):
        return False
    try:
        test = _test(peeling, pipeline)
    except Unknown:
        peeling.find(
            "C462", f"`{text}` asks about the host. In the container the answer may be another one: decide what it is."
        )
        return False
    except Kept:
        return False
    return test is not None and _judge(peeling, text, test, opposite=inverted != pipeline.negated)


def _judge(peeling: Peeling, text: str, test: Test, *, opposite: bool) -> bool:
    """Whether the test keeps runs apart; what is wrong with it is said."""
    free = test.holds(test.search.own) != opposite
    busy = [test.holds(test.search.own + more) != opposite for more in _BUSY]
    if free and not any(busy):
        search = test.search
        peeling.lock = Lock(search.tool, search.name, "skip", certain=False, owner=search.owner)
        peeling.taking = "process guard"
        peeling.find(
            "C460",
            f"`{text}` skips the job while it runs already. In a container no other run is seen, so this becomes a lock.",
        )
        return True
    if not test.search.own:
        return False  # it wants the other program to run: a question to the host
    if not free and not any(busy):
        peeling.find("C461", f"`{text}` also finds the shell that runs this very line, so the job has never run.")
    elif free:
        peeling.find(
            "C462", f"`{text}` also finds the shell that runs this very line, so it has kept no two runs apart."
        )
    return False


def _test(peeling: Peeling, pipeline: Pipeline) -> Test | None:
    """The condition that a pipeline is, before any ``!``."""
    first = pipeline.commands[0]
    if len(pipeline.commands) == 1 and isinstance(first, Simple) and first.name in ("[", "test"):
        return _bracket(peeling, [word for word in first.words[1:] if word.text != "]"])
    if len(pipeline.commands) == 1 and isinstance(first, Compound) and first.test:
        return None
    search = _search(peeling, pipeline.commands, shells=len(peeling.layers))
    return Test(search, lambda found: found > 0) if search is not None else None


def _bracket(peeling: Peeling, words: Sequence[Word]) -> Test | None:
    """``[ -z "$(..)" ]``, ``[ "$(..)" ]``, ``[ $(..) -eq 0 ]``."""
    values = [word.value for word in words]
    negated = values[:1] == ["!"]
    words, values = words[negated:], values[negated:]
    if len(words) in (1, 2) and (len(words) == 1 or values[0] in ("-z", "-n")):
        search, wants = _inside(peeling, words[-1]), values[0] != "-z"
        if search is None or search.counts:
            return None
        return Test(search, lambda found: (found > 0) == (wants != negated))
    if len(words) != 3 or values[1] not in _COMPARES or (search := _inside(peeling, words[0])) is None:
        return None
    compare, limit = _COMPARES[values[1] or ""], values[2] or ""
    if not search.counts and limit == "" and values[1] in ("=", "!=", "=="):  # `[ "$(pgrep x)" = "" ]`
        return Test(search, lambda found: compare(found, 0) != negated)
    if not search.counts or not limit.isdecimal():
        return None
    return Test(search, lambda found: compare(found, int(limit)) != negated)


def _inside(peeling: Peeling, word: Word) -> Search | None:
    """The search in the one substitution that a word is."""
    parts = [content for kind, content in word.parts if content]
    inner = substitution(parts[0]) if len(parts) == 1 else None
    if inner is None:
        return None
    try:
        script = parse(inner)
    except Unparsable:
        return None
    if len(script.statements) != 1 or len(script.statements[0].pipelines) != 1:
        return None
    commands = script.statements[0].pipelines[0].commands
    # For a pipe in `$( )` dash and bash fork once more: that process has the shell's command line too.
    return _search(peeling, commands, shells=len(peeling.layers) + (len(commands) > 1))


def _search(peeling: Peeling, commands: Sequence[Command], *, shells: int) -> Search | None:
    """What a pipe of ``ps`` or ``pgrep`` and filters finds of the line's own processes."""
    if not all(isinstance(one, Simple) for one in commands):
        return None
    simple = [one for one in commands if isinstance(one, Simple)]
    texts = [f"{' '.join(layer.interpreter)} {layer.text}" for layer in peeling.layers]
    lines = texts[:1] * (shells - len(texts)) + texts
    name = simple[0].name
    if name in ("pgrep", "pidof"):
        return _pgrep(simple, lines)
    if name != "ps" or len(simple) < 2:
        return None
    tools = [" ".join(word.value or word.text for word in one.words) for one in simple]
    found = [*lines, *tools] if _shows_arguments(simple[0]) else ["sh", *(one.name or "" for one in simple)]
    return _filtered(simple[1:], found)


def _shows_arguments(ps: Simple) -> bool:
    """Whether ``ps`` prints whole command lines, by its options in any of its three styles; without, only names."""
    words = [word.value or "" for word in ps.words[1:]]
    if any(re.fullmatch(r"-?[uU]|--user|-p|-C|--pid", word) for word in words):
        raise Unknown("the processes of one user or name")
    followed = zip(words, [*words[1:], ""], strict=False)  # a bare `ps` has no words
    formats = [after for word, after in followed if re.fullmatch(r"-?[a-zA-Z]*o|--format", word)]
    if formats:
        return bool(re.search(r"\b(?:args|cmd|command)\b", formats[0]))
    letters = "".join(word for word in words if not word.startswith("-"))
    dashed = "".join(word[1:] for word in words if word.startswith("-"))
    return bool(letters) or "f" in dashed or "F" in dashed or {"a", "u", "x"} <= set(dashed)


def _pgrep(simple: Sequence[Simple], lines: list[str]) -> Search | None:
    only = simple[0]
    options, at = read_options(only.words, _PGREP if only.name == "pgrep" else _PIDOF)
    patterns = [_written(word) for word in only.words[at:]]
    if len(patterns) != 1 or patterns[0] is None or "v" in options:
        return None
    pattern, counts = patterns[0], "c" in options
    # -x wants the whole line to match; without -f only names are looked at, and pgrep(1) excludes itself.
    whole = only.name == "pgrep" and "f" in options and "x" not in options
    own = len([line for line in lines if _matches(pattern, line, options, extended=True)]) if whole else 0
    owner = " ".join(f"-{key} {value}" for key, value in sorted(options.items()) if key in "uUGPst")
    if len(simple) == 1:
        return Search(only.name or "", pattern, own, counts, owner)
    last = simple[-1]
    if len(simple) == 2 and last.name == "wc" and last.values[1:] == ["-l"] and not counts:
        return Search(only.name or "", pattern, own, counts=True, owner=owner)
    return None


def _written(word: Word) -> str | None:
    """A pattern; without quotes (``grep [x]y``) the shell leaves it as it stands where no file has such a name."""
    return (
        word.value if word.value is not None or re.search(r"[$`\\{~]", word.text) else re.sub(r"[\"']", "", word.text)
    )


def note_asked_processes(peeling: Peeling) -> None:
    """Searches that stay in the condition of an ``if``: what they find of themselves, and that they find no other run."""
    for command in peeling.script.commands():
        if not isinstance(command, Compound) or command.kind not in ("if", "branches"):
            continue
        for statement in command.bodies[0].statements:
            for pipeline in statement.pipelines:
                _note_asked(peeling, pipeline)


def _note_asked(peeling: Peeling, pipeline: Pipeline) -> None:
    text = peeling.text[pipeline.start : pipeline.end]
    try:
        test = _test(peeling, pipeline) if re.search(r"\b(?:ps|pgrep|pidof)\b", text) else None
    except (Unknown, Kept):
        return
    if test is None:
        return
    said = {test.holds(test.search.own + more) != pipeline.negated for more in (0, *_BUSY)}
    if test.search.own and len(said) == 1:
        always = "true" if said == {True} else "false"
        peeling.find("C461", f"`{text}` also finds the shell that runs this very line, so it has always been {always}.")
    elif "C461" not in {finding.code for finding in peeling.findings}:
        peeling.find(
            "C411",
            f"`{text}` looks for another run; in a container none is seen. Write `lock:` in ecs.yml if one run at a "
            "time is meant.",
        )


def _filtered(filters: Sequence[Simple], lines: list[str]) -> Search | None:
    """The lines that pass all of ``grep``; what only rewrites lines keeps their number."""
    names: list[str] = []
    for at, one in enumerate(filters):
        is_last = at == len(filters) - 1
        if one.name in _GREPS:
            options, first = read_options(one.words, _GREP)
            options |= dict.fromkeys(_GREPS[one.name], "")
            if "x" in options or any((value or "").startswith("^") for value in one.values[1:]):
                raise Unknown("the columns in front of the command")
            patterns = [options["e"]] if "e" in options else [_written(word) for word in one.words[first : first + 1]]
            if not patterns or patterns[0] is None:
                raise Unknown("a pattern that is known only when it runs")
            found = [line for line in lines if _matches(patterns[0], line, options, extended="E" in options)]
            lines = [line for line in lines if line not in found] if "v" in options else found
            if "v" not in options:
                names.append(re.sub(r"\[(.)\]", r"\1", patterns[0]))
            if "c" in options:
                return Search("ps", names[-1], len(lines), counts=True) if is_last and names else None
        elif one.name == "wc" and is_last and one.values[1:] in (["-l"], ["--lines"]):
            return Search("ps", names[-1], len(lines), counts=True) if names else None
        elif one.name not in _KEEP_LINES or any("/" in (value or "") for value in one.values[1:]):
            raise Unknown(one.name or "")
    if names and filters[-1].name not in _GREPS:
        raise Unknown("its status")  # a rewriting program ends with 0 whatever it reads
    return Search("ps", names[-1], len(lines)) if names else None


def _matches(pattern: str, line: str, options: dict[str, str], *, extended: bool) -> bool:
    """Raises `Unknown` for an expression that is not followed here, and for one that the program refuses."""
    if "i" in options:
        pattern, line = pattern.lower(), line.lower()
    if "F" in options:
        return pattern in line
    try:
        return grep(pattern, extended=extended, gnu=True).search(line)
    except BadPattern:
        raise Unknown(pattern) from None
