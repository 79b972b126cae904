"""A job's name from what its command means, and its id from where it stands.

A name has to serve as EventBridge rule (``[.\\-_A-Za-z0-9]+``, 64), as ECS family (``[A-Za-z0-9_-]``, 255) and as
Scheduler schedule (``[0-9a-zA-Z-_.]+``, 64), so it holds ``[a-z0-9-]`` only. The schedule has no part in it: a job
that moves from 3:00 to 4:00 keeps its name. Nor has a secret: what `converters.secrets.search` finds is hidden before a word
is read.

The reading is a light one, for names alone; what a command really does is the business of ``command.py``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from converters.commands.naming_words import (
    COUNTED,
    DRIVERS,
    EXTENSIONS,
    GENERIC,
    INTERPRETER,
    KEYWORDS,
    NOISE_FLAGS,
    NOISE_OPERANDS,
    NOISE_VALUED,
    PLACES,
    SECRET_LETTERS,
    SECRET_WORD,
    SHELL,
    SKIPPED,
    VALUE_FLAGS,
    WEAK,
    WRAPPERS,
)
from converters.secrets.search import MASK, mask

LONGEST = 48
"""Characters a name may have before its suffix; 64 are allowed, so ``-2`` and the names of helpers still fit."""

FALLBACK = "job"

# A crontab line of 100 kB must not cost a second of pattern matching.
_READ = 2000  # characters of a command that are looked at: a name is short, a hostile line is not
_ARGUMENTS = 3  # words of arguments beside the program
_DEPTH = 6  # sh -c inside su -c inside flock -c ...

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\f\v]+ | \\\n | (?<![^\s;|&()])\#[^\n]*)
      | (?P<redirect>(?:\d{0,4}(?:<<<?|<>|>>|>\||[<>])|&>>?)(?:&[\d-]+)?)
      | (?P<operator>&&|\|\||[\n;|&()])
      | (?P<word>(?:'[^']*'?
                  | "(?:[^"\\]|\\.)*"?
                  | \\.?
                  | \$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)
                  | \$\([^)]*\Z
                  | `[^`]*`?
                  | [^\s;|&()<>'"`\\$]
                  | \$(?:\{[^}]*\}?)?)+)
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r"""'([^']*)'?|"((?:[^"\\]|\\.)*)"?|\\(.)""", re.DOTALL)
_EXPANSION = re.compile(
    r"\$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\$\([^)]*\Z|`[^`]*`?|\$\{[^}]*\}?|\$\w+|\$[^\w\s]?|%\(\w+\)s"
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_URL = re.compile(r"(?:https?|ftps?|s3|gs)://(?:[^/@\s]*@)?([^/?#\s:]+)(?::\d+)?([^?#\s]*)", re.IGNORECASE)
_DATE_FLAG = re.compile(r"\+?%|\+\S*%")


def job_name(command: str, *, argv: tuple[str, ...] | None = None, framework: str | None = None) -> str:
    """Name a job after its ``command``: 1 to 48 characters of ``[a-z0-9-]``, cut between words; never raises.

    ``argv`` is what is left of the command after unwrapping, where that is known; it is then read instead of the text.
    ``framework`` serves where the command itself yields no word.
    """
    words: list[str] = []
    if argv:
        # A secret may be known by its neighbour only (--password X), so the words are hidden as one text.
        # The words are joined by newlines, so that nothing is masked across two of them by chance.
        shown = mask("\0".join(argv).replace("\n", " ").replace("\0", "\n"))
        words = _meaning([word for word in shown.split("\n") if MASK not in word])
    if not words:
        words = _of_text(mask(command)[:_READ], 0)
    return _joined(words) or _joined(_pieces(framework or "")) or FALLBACK


def unique_names(wanted: Sequence[tuple[str, str]], known: Mapping[str, str]) -> dict[str, str]:
    """Names by job id, for all ids of ``wanted`` (id, name), each name used once; linear in the number of jobs.

    A job of ``known`` keeps its name, and nobody else gets a known name, though its job be gone: its rule may still be
    on AWS. Then each name goes to the first that asks for it, and the others get ``-2``, ``-3`` in the order of
    ``wanted``.
    """
    taken: dict[str, str] = {}
    for job, name in known.items():
        if _valid(name):
            taken.setdefault(name, job)
    names = {job: name for name, job in taken.items()}
    waiting: list[tuple[str, str]] = []
    for job, name in wanted:
        if job in names:
            continue
        base = name if _valid(name) else _joined(_pieces(name)) or FALLBACK
        if taken.setdefault(base, job) == job:
            names[job] = base
        else:
            waiting.append((job, base))
    following: dict[str, int] = {}
    for job, base in waiting:
        if job in names:
            continue
        number = following.get(base, 2)
        # 56 and a dash and up to seven digits stay within 64.
        while (name := f"{base[:56].rstrip('-')}-{number}") in taken:
            number += 1
        following[base] = number + 1
        taken[name] = job
        names[job] = name
    return {job: names[job] for job, _ in wanted}


def job_id(path: str, user: str | None, command: str, ordinal: int) -> str:
    """Twelve hexadecimal digits that stay while a job's schedule changes or lines are added above it.

    ``ordinal`` counts the jobs of the same ``path``, ``user`` and ``command``, in the order of the file.
    """
    # By what it does and whose it is, not by its line: a job keeps its id when lines are added above.
    text = "\0".join((path, user or "", command, str(ordinal)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _valid(name: str) -> bool:
    return re.fullmatch(r"[.\-_A-Za-z0-9]{1,64}", name) is not None


# Text -> simple commands -> the one that matters


def _of_text(text: str, depth: int, place: str = "") -> list[str]:
    """Words for the first simple command that does something; failing that, for one that only prepares or tells.

    ``place`` is the directory that the text starts in, where a ``cd`` before it says so.
    """
    weak: list[str] = []
    sourced: list[str] = []
    for command in _simple_commands(text):
        stripped = _unwrapped(command)
        if isinstance(stripped, str):
            words = _of_text(stripped, depth + 1, place) if depth < _DEPTH else []
            strong = bool(words)
        else:
            program = _base(stripped[0]) if stripped else ""
            if program == "cd" and len(stripped) > 1:
                place = stripped[1]
            elif stripped[:1] in (["."], ["source"]):
                sourced = sourced or [piece for word in stripped[1:2] for piece in _path(word)]
            words = _meaning(stripped)
            strong = bool(words) and program not in WEAK and not _heartbeat(stripped)
        if strong:
            return _place(f"{place}/x") + words if len(words) == 1 and words[0] in GENERIC else words
        weak = weak or words
    return weak or sourced


def _simple_commands(text: str) -> Iterator[list[str]]:
    words: list[str] = []
    target = False
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "operator":
            if words:
                yield words
            words, target = [], False
        elif kind == "redirect":
            target = "&" not in token.group()[1:]
        elif kind == "word":
            word = _unquoted(token.group())
            if not target and not (not words and word in KEYWORDS):
                words.append(word)
            target = False
    if words:
        yield words


def _unquoted(word: str) -> str:
    return _QUOTED.sub(lambda found: next((part for part in found.groups() if part is not None), ""), word)


def _unwrapped(words: list[str]) -> list[str] | str:
    """What a command starts in the end: its words, or the text that it gives to a shell."""
    words = list(words)
    while words:
        if _ASSIGNMENT.match(words[0]) or words[0] in KEYWORDS:
            del words[0]
            continue
        if _EXPANSION.fullmatch(words[0]) and len(words) > 1:  # $PYTHON manage.py
            del words[0]
            continue
        program = _base(words[0])
        if program == "command" and words[1:2] in (["-v"], ["-V"]):
            return []
        pair = f"{program} {words[1]}" if len(words) > 1 else program
        name = pair if pair in WRAPPERS else program
        if SHELL.fullmatch(program) or name in ("su", "runuser"):
            text = _shell_text(words)
            if text is not None:
                return text
        if name not in WRAPPERS:
            return words
        inner = _after_options(words[2 if name == pair else 1 :], WRAPPERS[name])
        # flock(1) and sg(1) take `-c TEXT` behind their own operand.
        if name in ("flock", "sg") and len(inner) > 1 and inner[0] in ("-c", "--command"):
            return inner[1]
        if not inner:
            return words if name in ("ssh", "xargs") else []
        words = inner
    return []


def _shell_text(words: list[str]) -> str | None:
    """The text after ``-c``, also bundled (``-lc``)."""
    for index, word in enumerate(words[1:-1], start=1):
        if re.fullmatch(r"-[a-z]*c|--command", word):
            return words[index + 1]
        if not word.startswith("-") and _base(words[0]) not in ("su", "runuser"):
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


def _heartbeat(words: list[str]) -> bool:
    return _base(words[0]) in ("curl", "wget") and any(
        re.search(r"hc-ping|healthchecks|cronitor|deadmanssnitch|betteruptime|betterstack|heartbeat|uptime", word)
        for word in words[1:]
    )


# A simple command -> its words


def _meaning(words: list[str]) -> list[str]:
    """Pieces of a name for a program and its arguments; none where the program only guards or sets something up."""
    program = _base(words[0]) if words else ""
    if not program or program in SKIPPED:
        return []
    if INTERPRETER.fullmatch(program):
        return _interpreted(words)
    if program in ("curl", "wget"):
        return _addresses(words) or _pieces(program)
    if program == "find":
        return _find(words)
    if program == "runner" or (program in ("rails", "console", "artisan") and words[1:2] == ["runner"]):
        return _runner(words)
    return _program(words[0], words[1:])


def _interpreted(words: list[str]) -> list[str]:
    index = 1
    while index < len(words):
        word = words[index]
        if word == "-m" and index + 1 < len(words):
            return _program(words[index + 1].replace(".", "-"), words[index + 2 :])
        if word == "-jar" and index + 1 < len(words):
            return _program(words[index + 1], words[index + 2 :])
        if re.fullmatch(r"-[a-z]{0,3}[cer]|--eval", word) and index + 1 < len(words):
            # A sleep in front is how hosts spread their load: it names nothing.
            if re.match(r"\s*sleep\b", words[index + 1]):  # perl -e 'sleep rand 900'
                return []
            return _code(words[index + 1]) or _pieces(_base(words[0]))
        if word in ("-d", "-I", "-cp", "-classpath", "-W", "-X", "-c"):
            index += 2
        elif word.startswith(("-", "+")) or (_EXPANSION.fullmatch(word) and index + 1 < len(words)):
            index += 1
        else:
            inner = [word, *words[index + 1 :]]
            # `python manage.py sync`: the interpreter's operand is the program.
            return _meaning(inner) if _base(word) not in SKIPPED else _program(word, inner[1:])
    return _pieces(_base(words[0]))


def _runner(words: list[str]) -> list[str]:
    """``rails runner [-e ENV] CODE``, and a file in the place of code."""
    rest = words[2:] if _base(words[0]) != "runner" else words[1:]
    index = 0
    while index < len(rest) and rest[index].startswith("-"):
        index += 2 if rest[index] in ("-e", "--environment") else 1
    if index == len(rest):
        return ["runner"]
    if re.fullmatch(r"[\w./-]+\.rb", rest[index]):
        return _program(rest[index], rest[index + 1 :])
    return _code(rest[index]) or ["runner"]


def _code(text: str) -> list[str]:
    """The names called in the first statement of code that is not a preparation; never what stands in quotes."""
    text = re.sub(r"""'[^']*'|"[^"]*"|<<\w+""", " ", text)
    for _ in range(4):
        text = re.sub(r"\([^()]*\)", "", text)
    for statement in re.split(r"[;\n]", text):
        if re.match(r"\s*(require|import|from|use|puts|print|include|require_once)\b", statement):
            continue
        head = re.split(r"[=({,|]", statement)[0] if "==" not in statement else statement
        # A name in code may be one that tells of a secret; its value was masked before.
        names = [name for name in re.findall(r"[A-Za-z_]\w*", head) if not SECRET_WORD.search(name)]
        pieces = [piece for name in names[:4] if name not in ("new", "self", "tap") for piece in _pieces(name)]
        if pieces:
            return pieces
    return []


def _addresses(words: list[str]) -> list[str]:
    for word in words[1:]:
        found = _URL.match(word)
        if found:
            host, path = found.groups()
            labels = [label for label in host.lower().split(".") if label != "www"]
            if len(labels) > 1 and not labels[-1].isdigit():
                labels.pop()
            return [*_pieces(" ".join(labels)), *_pieces(_base(path.strip("/")))]
    return []


def _find(words: list[str]) -> list[str]:
    """``find``, the last place it looks in and what it does there."""
    places = [word for word in words[1:] if word.startswith(("/", "~", ".", "$"))]
    action = next((word[1:] for word in words if word in ("-delete", "-print", "-ls")), "")
    for flag in ("-exec", "-execdir", "-ok"):
        if flag in words[:-1]:
            action = _base(words[words.index(flag) + 1])
    return ["find", *(_path(places[0])[-2:] if places else []), *_pieces(action)]


def _program(word: str, arguments: list[str]) -> list[str]:
    """The program's own words, then those of its first arguments; a mere driver (rake, artisan, make) is left out."""
    base = _base(word)
    found = _arguments(base, arguments)
    if base in DRIVERS and found:
        return found
    own = _path(word)
    if own and GENERIC.issuperset(own) and "/" in word:
        own = _place(word) + own
    elif own and len(own) == 1 and own[0] in GENERIC and found:
        own += found
        found = []
    return own + found


def _arguments(program: str, arguments: list[str]) -> list[str]:
    pieces: list[str] = []
    count, skip = 0, False
    valued = VALUE_FLAGS.get(program, "")
    for word in arguments:
        if count == _ARGUMENTS:
            break
        hidden, skip = skip, False
        if word.startswith("-") and len(word) > 1:
            flag, equals, value = word.lstrip("-").partition("=")
            if not word.startswith("--"):
                skip = (word[1] in SECRET_LETTERS or word[1] in valued) and len(word) == 2
                continue
            if SECRET_WORD.search(flag) or flag.lower() in NOISE_FLAGS or flag.startswith("no-"):
                skip = not equals and (SECRET_WORD.search(flag) is not None or flag.lower() in NOISE_VALUED)
                continue
            new = _argument(value) or _pieces(flag) if equals else _pieces(flag)
        elif hidden:
            continue
        else:
            new = _argument(word)
        if new and f"-{'-'.join(new)}-" not in f"-{'-'.join([*_pieces(program), *pieces])}-":
            pieces += new
            count += 1
    return pieces


def _argument(word: str) -> list[str]:
    """An operand's pieces: the end of a path, the value of ``key=value``; none for numbers, dates, data and secrets."""
    if MASK in word or _DATE_FLAG.match(word) or "@" in word or len(word) > 80 or "\n" in word:
        return []
    key, equals, value = word.partition("=")
    if equals:
        if SECRET_WORD.search(key):
            return []
        if key.lower() in COUNTED and re.fullmatch(r"\d{1,4}", value):
            return [key.lower(), value]
        word = value
    if "://" in word:
        return _addresses(["", word])
    word = _EXPANSION.sub(" ", word)
    if not re.search(r"[A-Za-z]", word) or " " in word.strip() or _random(word):
        return []
    return [] if word.lower() in NOISE_OPERANDS else _path(word)


def _random(word: str) -> bool:
    """Does a word look drawn by lot: digits strewn among letters, or hexadecimal of some length?"""
    # A digest or an id says nothing to a reader, and changes with each release.
    return any(
        (len(part) >= 10 and len(re.findall(r"[0-9]+", part)) > 1)
        or re.fullmatch(r"(?=[A-Fa-f]*\d)[0-9A-Fa-f]{7,}", part)
        or len(part) > 44
        for part in re.split(r"[^A-Za-z0-9]", word)
    )


# Pieces


def _base(word: str) -> str:
    """The last part of a path, without the extension of a script."""
    last = _EXPANSION.sub("", word).rstrip("/").rpartition("/")[2] or _EXPANSION.sub("", word).strip("/")
    stem, dot, extension = last.rpartition(".")
    return stem if dot and stem and extension.lower() in EXTENSIONS else last


def _path(word: str) -> list[str]:
    return _pieces(_base(word)) or (_pieces(word) if "$" in word and "/" not in word else [])


def _place(word: str) -> list[str]:
    """The nearest directory of a path that tells something: ``site`` for ``/var/www/site/current/cron.php``."""
    own = _pieces(_base(word))
    for part in reversed(_EXPANSION.sub("", word).split("/")[:-1]):
        pieces = _pieces(part)
        if pieces and part.lower() not in PLACES and pieces != own and not _random(part):
            return pieces
    return []


def _pieces(text: str) -> list[str]:
    """Lower-case words of a text: Latin letters without their accents, digits; CamelCase is taken apart."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return [piece.lower() for part in re.split(r"[^A-Za-z0-9]+", text) for piece in _CAMEL.split(part) if piece]


def _joined(pieces: Sequence[str]) -> str:
    """Pieces with hyphens between, repeated neighbours once, as many as fit."""
    name = ""
    last = ""
    for piece in pieces:
        if piece == last:
            continue
        longer = f"{name}-{piece}" if name else piece[:LONGEST]
        if len(longer) > LONGEST:
            break
        name, last = longer, piece
    return name
