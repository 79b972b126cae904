"""Words of a name for a command's text: what its first simple command that works does, and to what.

The parse is that of the idioms (``naming_text``); verbs are a table (``naming_verbs``); this is the choice among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from converters.commands.naming_containers import container_words
from converters.commands.naming_text import Said, said_in
from converters.commands.naming_verbs import URL, beat_words, by_rule, host_words, is_heartbeat, output_words, thing
from converters.commands.naming_words import (
    DRIVERS,
    GENERIC,
    INTERPRETER,
    NAMES_OF_TASKS,
    NOISE_CALLS,
    NOISE_FLAGS,
    NOISE_OPERANDS,
    NOISE_VALUED,
    SECRET_LETTERS,
    SECRET_WORD,
    SHELL,
    SKIPPED,
    TELLING_FLAGS,
    TELLING_OPTIONS,
    VAGUE_VERBS,
    VALUE_FLAGS,
    WEAK,
    WRAPPERS,
    words_in,
)
from converters.commands.pieces import EXPANSION, base, called, expanded, path, pieces, place, random
from converters.secrets.search import MASK

_ARGUMENTS = 2  # words of arguments beside the program
_DEPTH = 6  # sh -c inside su -c inside flock -c ...
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_DATE_FLAG = re.compile(r"\+?%|\+\S*%")
_LOG_NOISE = words_in(
    """
    cron crontab cronlog log logs output out err error errors debug null stdout stderr fd console
    """
)


def words_for(text: str, variables: Mapping[str, str]) -> list[str]:
    """Pieces of a name, most telling first; none where the text does nothing that has a name."""
    return _of_text(text, variables, 0, "")


def _of_text(text: str, variables: Mapping[str, str], depth: int, start: str) -> list[str]:
    """Words for the first simple command that works; failing that, for one that only prepares, tells or tidies up.

    ``start`` is the directory that the text starts in, where a ``cd`` before it says so.
    """
    weak: list[str] = []
    sourced: list[str] = []
    beats: list[str] = []
    here = start
    for said, following in _pairs(said_in(text, variables)):
        stripped = _unwrapped(list(said.words))
        if isinstance(stripped, str):
            words = _of_text(stripped, variables, depth + 1, here) if depth < _DEPTH else []
            if words:
                return words
            continue
        program = called(stripped[0]) if stripped else ""
        if not program:
            weak = weak or _into(said)
            continue
        if program in ("cd", "pushd") and len(stripped) > 1:
            here = stripped[1]
        elif stripped[:1] in (["."], ["source"]):
            sourced = sourced or [piece for word in stripped[1:2] for piece in path(word)]
        elif is_heartbeat(stripped):
            beats = beats or beat_words(stripped)
        elif said.pipes and program == "find" and following and base(following.words[0]) == "xargs":
            return _find_xargs(stripped, following)
        else:
            words = _meaning(stripped)
            if not words:
                weak = weak or _into(said)
            elif program in WEAK or (said.pipes and program in _READERS):
                weak = weak or words
            else:
                return _clearer(words, said, here)
    return weak or sourced or beats


def _into(said: Said) -> list[str]:
    """What a command without a name of its own does to the file its output goes to."""
    empties = said.truncates and said.words in ((), (":",), ("true",), ("cat", "/dev/null"), ("echo", "-n"))
    return [word for one in said.outputs[:1] for word in output_words(one, truncates=empties)]


_READERS = words_in(
    """
    awk ps df du free netstat ss mysql psql curl wget sqlite3 dmesg lsof sensors
    """
)


def _pairs(all_said: Sequence[Said]) -> Iterator[tuple[Said, Said | None]]:
    for at, said in enumerate(all_said):
        following = all_said[at + 1] if at + 1 < len(all_said) and all_said[at + 1].words else None
        yield said, following


def _find_xargs(found: Sequence[str], following: Said) -> list[str]:
    """``find .. | xargs CMD``: what CMD does to what was found."""
    inner = _unwrapped(list(following.words))
    action = inner if isinstance(inner, list) and inner and base(inner[0]) != "xargs" else ["ls"]
    return by_rule([*found, "-exec", *action]) or path(action[0])


def _clearer(words: list[str], said: Said, here: str) -> list[str]:
    """A generic word alone says nothing: the name of its log does, or the directory it works in."""
    if len(words) == 1 and words[0] in VAGUE_VERBS and here:
        return [*place(f"{here}/x"), *words]
    if not (GENERIC.issuperset(words) or words[0].isdigit()):
        return words
    for target in said.outputs:
        log = [piece for piece in thing(target) if piece not in _LOG_NOISE and not piece.isdigit()]
        if log and not set(log) <= GENERIC:
            return log
    return [*place(f"{here}/x"), *words] if len(words) == 1 else words


def _unwrapped(words: list[str]) -> list[str] | str:
    """What a command starts in the end: its words, or the text that it gives to a shell."""
    left: list[str] | str = list(words)
    while isinstance(left, list) and left:
        inner = _inner(left)
        if inner is None:
            break
        left = inner
    return left


def _inner(words: list[str]) -> list[str] | str | None:
    """What stands inside the outermost wrapper: words, a shell's text, nothing; ``None`` where there is no wrapper."""
    first = words[0]
    if _ASSIGNMENT.match(first) or not first or (EXPANSION.fullmatch(first) and len(words) > 1):  # $PYTHON manage.py
        return words[1:]
    if (contained := container_words(words)) is not None:
        return contained
    program = base(first)
    pair = f"{program} {words[1]}" if len(words) > 1 else program
    if pair in ("command -v", "command -V"):
        return []
    name = pair if pair in WRAPPERS else program
    text = _shell_text(words) if SHELL.fullmatch(program) or name in ("su", "runuser") else None
    if (
        text is None and name == "su" and " " in words[-1]
    ):  # su USER "COMMAND": a script's name to su, meant as a command
        text = words[-1]
    if text is not None or name not in WRAPPERS:
        return text
    valued, skipped = WRAPPERS[name]
    rest = words[2 if name == pair else 1 :]
    inner = _after_options(rest, (valued, skipped))
    # flock(1) and sg(1) take `-c TEXT` behind their own operand.
    if name in ("flock", "sg") and len(inner) > 1 and inner[0] in ("-c", "--command"):
        return inner[1]
    return inner if inner or name not in ("ssh", "xargs") else None


def _shell_text(words: list[str]) -> str | None:
    """The text after ``-c``, also bundled (``-lc``)."""
    for index, word in enumerate(words[1:-1], start=1):
        if re.fullmatch(r"-[a-z]*c|--command", word):
            return words[index + 1]
        if not word.startswith("-") and base(words[0]) not in ("su", "runuser"):
            return None
    return None


def _after_options(words: list[str], rule: tuple[str, int]) -> list[str]:
    """Leave out a wrapper's options, their values (``rule[0]`` names the letters that have one) and its operands."""
    valued, operands = rule
    index = 0
    while index < len(words):
        word = words[index]
        if word == "--":
            index += 1
            break
        if _ASSIGNMENT.match(word):
            index += 1
        elif word.startswith("-"):
            index += 2 if re.fullmatch(r"-[A-Za-z]", word) and word[1] in valued else 1
        else:
            break
    index += operands
    return words[index + 1 :] if words[index : index + 1] == ["--"] else words[index:]


# A simple command -> its words


def _meaning(words: list[str]) -> list[str]:
    """Pieces of a name for a program and its arguments; none where the program only guards or sets something up."""
    program = called(words[0]) if words else ""
    if not program or program in SKIPPED or re.fullmatch(r"\W+", program):
        return []
    task = NAMES_OF_TASKS.get(" ".join([program, *[w for w in words[1:] if not w.startswith("-")][:2]]))
    task = task or NAMES_OF_TASKS.get(" ".join([program, *[w for w in words[1:] if not w.startswith("-")][:1]]))
    if task:
        return list(task)
    if INTERPRETER.fullmatch(program):
        return _interpreted(words)
    if program in ("curl", "wget", "http", "lynx", "fetch"):
        return _addresses(words) or pieces(program)
    if program == "runner" or (program in ("rails", "console", "artisan") and words[1:2] == ["runner"]):
        return _runner(words)
    ruled = by_rule(words)
    return ruled if ruled is not None else _program(words[0], words[1:])


def _interpreted(words: list[str]) -> list[str]:
    index = 1
    while index < len(words):
        word = words[index]
        if word == "-m" and index + 1 < len(words):
            module = words[index + 1].removeprefix("src.").removeprefix("app.tasks.")
            return _program(module.replace(".", "-"), words[index + 2 :])
        if word == "-jar" and index + 1 < len(words):
            return [*path(words[index + 1]), *_told(words[index + 2 :])]
        if re.fullmatch(r"-[a-z]{0,3}[cer]|--eval", word) and index + 1 < len(words):
            if re.match(r"\s*sleep\b", words[index + 1]):  # perl -e 'sleep rand 900'
                return []
            return _code(words[index + 1]) or pieces(base(words[0]))
        if word in ("-d", "-I", "-cp", "-classpath", "-W", "-X", "-c"):
            index += 2
        elif word.startswith(("-", "+")) or (EXPANSION.fullmatch(word) and index + 1 < len(words)):
            index += 1
        else:
            inner = [word, *words[index + 1 :]]
            return _meaning(inner) if base(word) not in SKIPPED else _program(word, inner[1:])
    return pieces(base(words[0]))


def _runner(words: list[str]) -> list[str]:
    """``rails runner [-e ENV] CODE``, and a file in the place of code."""
    rest = words[2:] if base(words[0]) != "runner" else words[1:]
    index = 0
    while index < len(rest) and rest[index].startswith("-"):
        index += 2 if rest[index] in ("-e", "--environment") else 1
    if index == len(rest):
        return ["runner"]
    if re.fullmatch(r"[\w./-]+\.rb", rest[index]):
        return _program(rest[index], rest[index + 1 :])
    return _code(rest[index]) or ["runner"]


def _code(text: str) -> list[str]:
    """The names called in the first statement of code that is not a preparation; never what stands in quotes.

    A chain of queries is its model and its last word: ``Session.where(..).delete_all`` purges sessions.
    """
    text = re.sub(r"""'[^']*'|"[^"]*"|<<\w+""", " ", text)
    for _ in range(4):
        text = re.sub(r"\([^()]*\)", "", text)
    for statement in re.split(r"[;\n]", text):
        if re.match(r"\s*(require|import|from|use|puts|print|include|require_once)\b", statement):
            continue
        head = re.split(r"[=({,|]", statement)[0] if "==" not in statement else statement
        names = [name for name in re.findall(r"[A-Za-z_]\w*", head) if _sayable(name)]
        purges = [name for name in names if name in ("delete_all", "destroy_all")]
        told = [name for name in names if name not in NOISE_CALLS]
        found = [piece for name in told[:3] for piece in pieces(name)]
        if found:
            return [*found, *(["purge"] if purges else [])]
    return []


def _sayable(name: str) -> bool:
    """A model may be named Session or Account; a variable that holds a password never names a job."""
    return not SECRET_WORD.search(name) or (name[:1].isupper() and not re.search(r"(?i)pass|secret|cred|private", name))


def _addresses(words: list[str]) -> list[str]:
    for word in words[1:]:
        found = URL.match(word)
        if found:
            host, rest = found.groups()
            last = [piece for piece in pieces(base(rest.strip("/"))) if not random(piece)]
            if last and (not GENERIC.issuperset(last) or len(last) > 2):
                telling = [piece for piece in last if not piece.isdigit()]
                return [*(host_words(host) if len(telling) < 2 else []), *last]
            return [*host_words(host), *place(rest), *last]
    return []


def _program(word: str, arguments: list[str]) -> list[str]:
    """The program's own words, then those of its first arguments; a mere driver (rake, artisan, make) is left out."""
    program = base(word)
    found = _arguments(program, arguments)
    if program in DRIVERS and found:
        vague = len(found) == 1 and (found[0] in GENERIC or re.fullmatch(r"\d+\w*", found[0]))
        return [*place(arguments[-1]), *found] if vague else found
    own = path(word)
    if own and "/" in word and (GENERIC.issuperset(own) or (len(own) == 1 and own[0] in VAGUE_VERBS)):
        own = place(word) + own
    elif own and len(own) == 1 and own[0] in GENERIC and found:
        own += found
        found = []
    return own + found


def _told(arguments: list[str]) -> list[str]:
    """Values of the few options that say which work it is: ``--type=monthly``, ``--queue mail``."""
    found: list[str] = []
    for at, word in enumerate(arguments):
        flag, equals, value = word.lstrip("-").partition("=")
        if word.startswith("--") and flag.lower() in TELLING_OPTIONS:
            value = value if equals else next(iter(arguments[at + 1 : at + 2]), "")
            found += _argument(value) if not value.startswith("-") else []
    return found[:2]


def _arguments(program: str, arguments: list[str]) -> list[str]:
    said: list[str] = []
    count, skip = 0, False
    valued = VALUE_FLAGS.get(program, "")
    for at, word in enumerate(arguments):
        if count == _ARGUMENTS:
            break
        hidden, skip = skip, False
        if word.startswith("-") and len(word) > 1:
            flag, equals, _value = word.lstrip("-").partition("=")
            flag = flag.lower()
            if not word.startswith("--"):
                following = next(iter(arguments[at + 1 : at + 2]), "")
                files = following[:1] in "/~.$" and (len(word) > 2 or word[1] in "cflo") and at + 2 < len(arguments)
                skip = (len(word) == 2 and (word[1] in SECRET_LETTERS or word[1] in valued)) or bool(
                    following and files
                )
                continue
            # Without a list of each program's options, a word behind one is taken for its value where that is usual.
            skip = not equals and (
                flag in NOISE_VALUED or flag in TELLING_OPTIONS or SECRET_WORD.search(flag) is not None
            )
            new = (
                pieces(flag)
                if flag in TELLING_FLAGS
                else _told(arguments[at : at + 2])
                if flag in TELLING_OPTIONS
                else []
            )
        elif hidden or (at and _has_value(arguments[at - 1]) and _is_value(word)):
            continue
        else:
            new = _argument(word)
        if new and not set(new) <= {*pieces(program), *said}:
            said += new
            count += 1
    return said


def _has_value(flag: str) -> bool:
    """Whether what follows a long option is likely its value."""
    return flag.startswith("--") and "=" not in flag and flag.lstrip("-").lower() not in NOISE_FLAGS - NOISE_VALUED


def _is_value(word: str) -> bool:
    """Whether a word behind a long option is its value and no operand: a path, a number, an address."""
    return word[:1] in "/~.$" or word[:1].isdigit() or "://" in word


def _argument(word: str) -> list[str]:
    """An operand's pieces: the end of a path, the value of ``key=value``; none for numbers, dates, data and secrets."""
    if MASK in word or _DATE_FLAG.match(word) or "@" in word or len(word) > 80 or "\n" in word:
        return []
    key, equals, value = word.partition("=")
    if equals:
        if SECRET_WORD.search(key):
            return []
        word = value
    if "://" in word:
        return _addresses(["", word])
    word = expanded(word)
    if not re.search(r"[A-Za-z]{2}", word) or " " in word.strip() or random(word) or re.fullmatch(r"/dev/\w+", word):
        return pieces(word[5:]) if re.fullmatch(r"/dev/sd\w+", word) else []
    return [] if word.lower() in NOISE_OPERANDS else path(word)
