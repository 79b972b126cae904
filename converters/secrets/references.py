"""Secrets out of a job's text: into ECS ``secrets:``, with the command reading them from its environment.

ECS fetches each value from the SSM parameter when the task starts and sets the variable, so the text of the command, the
task definition and its history hold none. The command is changed only where the shell gives the program the very same
word as before: an expansion in double quotes, put according to the quotes around it. Elsewhere (in backticks, in a here
document, beside an expansion) the secret is left, and said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from converters.secrets.search import Secret, find_secrets, is_secret_variable, secret_variables
from converters.secrets.tokens import TOKENS

_KNOWN = frozenset(name for name, _ in TOKENS)  # GITHUB_TOKEN and others that programs read by themselves
_SINGLE, _DOUBLE, _BARE, _OTHER = b"sdux"
_HERE = re.compile(r"(?<!<)<<(?!<)")
_PASSED = (("$((", r"\)\)"), ("${", r"\}"), ("$'", r"(?<!\\)(?:\\\\)*'"), ("`", r"(?<!\\)`"))


@dataclass(frozen=True, slots=True)
class Referenced:
    """A job without its secrets.

    ``values`` are its secrets by the variable that each is read from; they are kept out of the representation.
    ``left`` are secrets of the original command that no expansion can stand for.
    """

    command: str
    environment: dict[str, str]
    values: dict[str, str] = field(repr=False)
    left: tuple[Secret, ...] = ()


def reference_secrets(command: str, environment: Mapping[str, str], used: frozenset[str] = frozenset()) -> Referenced:
    """Move the secrets of a ``command`` for ``sh -c``, and of its ``environment``, to references.

    ``used`` are variables that other commands of the table use as a secret. With ``values`` added to the environment, the
    new command starts the same programs with the same words.
    """
    used |= secret_variables(command)  # mysql -p$A: whatever A is called
    plain, values = map(dict, _parted(tuple(environment.items()), used))
    text, left = _expanded(command, set(environment), values)
    return Referenced(text, plain, values, left)


_Pairs = tuple[tuple[str, str], ...]


@lru_cache(maxsize=64)
def _parted(environment: _Pairs, used: frozenset[str]) -> tuple[_Pairs, _Pairs]:
    """The variables that hold no secret, and those that are one; asked for twice a job, and below the same variables
    the answer is the same."""
    plain: list[tuple[str, str]] = []
    values: list[tuple[str, str]] = []
    for name, value in environment:
        # ECS refuses a name that stands in `environment` and `secrets` both, so each goes to one of them.
        # An empty one hides nothing, and Parameter Store takes no empty value (PutParameter: at least one character).
        secret = value and (name in used or is_secret_variable(name, value) or find_secrets(value))
        (values if secret else plain).append((name, value))
    return tuple(plain), tuple(values)


def _expanded(command: str, taken: set[str], values: dict[str, str]) -> tuple[str, tuple[Secret, ...]]:
    """The command with an expansion for each secret; their values are added to ``values``."""
    secrets = find_secrets(command)
    if not secrets:
        return command, ()
    places = _quoting(command)
    parts: list[str] = []
    left: list[Secret] = []
    variables: dict[str, str] = {}
    end = 0
    for secret in secrets:
        place = places[secret.start]
        value = _value(command[secret.start : secret.end], places[secret.start : secret.end])
        if value is None:
            left.append(secret)
            continue
        if secret.name not in variables:
            variables[secret.name] = _free_name(command, secret, value, taken, values)
        name = variables[secret.name]
        values[name] = value
        taken.add(name)
        # In single quotes they are closed, a quoted expansion stands in, and they are opened again.
        expansion = {_SINGLE: f"'\"${name}\"'", _DOUBLE: f"${{{name}}}", _BARE: f'"${name}"'}[place]
        parts += (command[end : secret.start], expansion)
        end = secret.end
    return "".join(parts) + command[end:], tuple(left)


def _free_name(command: str, secret: Secret, value: str, taken: set[str], values: Mapping[str, str]) -> str:
    """The proposed name, or another where that one would mean something to a program that did not get it before."""
    name = secret.name
    for other, known_value in values.items():
        if known_value == value:
            # Equal values share one variable: one parameter, to be rotated once.
            return other
    before = command[: secret.start]
    exported = re.search(rf"\bexport\s+{re.escape(name)}=['\"]?\Z", before) is not None
    assigned = re.search(rf"(?<![\w$-]){re.escape(name)}=['\"]?\Z", before) is not None
    alone = assigned and re.search(r"[;|&\n]", command) is None
    uses = len(re.findall(rf"\b{re.escape(name)}\b", command))
    # A variable that a program reads by itself would change what it does.
    known = name.startswith("AWS_") or name in _KNOWN
    if name not in taken and ((exported or alone) if assigned else (uses == 0 and not known)):
        return name
    base, number = f"SECRET_{name}", 1
    name = base
    while name in taken or re.search(rf"\b{re.escape(name)}\b", command):
        number += 1
        name = f"{base}_{number}"
    return name


def _value(raw: str, places: bytes | bytearray) -> str | None:
    """What the shell makes of the characters of one place, or ``None`` where that cannot be told from them alone."""
    if len(set(places)) != 1 or places[0] == _OTHER or "\0" in raw:
        return None
    if places[0] == _SINGLE:
        return raw
    # POSIX 2.2.3: in double quotes `$` and backquote are live, a backslash only before $ ` " \ and newline.
    if re.search(r"(?<!\\)(?:\\\\)*(?:\$[\w{(@*#?$!'\"-]|`)|\\\Z(?<!\\\\)", raw):
        return None
    if places[0] == _DOUBLE:
        return re.sub(r'\\([\\"$`\n])', lambda found: found[1].replace("\n", ""), raw)
    # Tilde and brace expansion would change once the word is quoted.
    if re.search(r"^~|[=:]~|\{[^}]*(?:,|\.\.)", raw):
        return None
    return re.sub(r"\\(.)", lambda found: found[1].replace("\n", ""), raw, flags=re.DOTALL)


def _quoting(text: str) -> bytearray:
    """For each character how it is quoted: single, double, bare; ``x`` for quotes themselves and what is not followed."""
    # A `)` of a case pattern inside $( ) is not a closing bracket.
    if re.search(r"\bcase\b", text) and "$(" in text:
        return bytearray([_OTHER]) * len(text)  # its lone brackets would be counted wrong
    return _Quoting(text).walk()


class _Quoting:
    def __init__(self, text: str) -> None:
        self.text = text
        self.places = bytearray([_OTHER]) * len(text)
        self.stack: list[str] = ["bare"]
        self.here_document = False

    def walk(self) -> bytearray:
        position = 0
        while position < len(self.text):
            position = self._double(position) if self.stack[-1] == "double" else self._bare(position)
        return self.places

    def _mark(self, start: int, end: int, place: int) -> int:
        end = min(end, len(self.text))
        self.places[start:end] = bytes([place]) * (end - start)
        return end

    def _double(self, at: int) -> int:
        character = self.text[at]
        if character == '"':
            self.stack.pop()
            return at + 1
        if character in "$`":
            return self._expansion(at, _DOUBLE)
        return self._mark(at, at + (2 if character == "\\" else 1), _DOUBLE)

    def _bare(self, at: int) -> int:
        text, character = self.text, self.text[at]
        if character == "'":
            return self._mark(at + 1, self._find("'", at + 1), _SINGLE) + 1
        if character in "$`":
            return self._expansion(at, _BARE)
        # POSIX 2.3 rule 9: `#` begins a comment only at the start of a word.
        if character == "#" and (at == 0 or text[at - 1] in " \t\n;|&("):
            return self._find("\n", at)
        if character in '"(':
            self.stack.append("double" if character == '"' else "bracket")
        elif character == ")":
            del self.stack[max(1, len(self.stack) - 1) :]
        elif character == "\n" and self.here_document:
            # The lines below `<<` are data; their quoting is not followed.
            return len(text)
        else:
            self.here_document = self.here_document or _HERE.match(text, at) is not None
            return self._mark(at, at + (2 if character == "\\" else 1), _BARE)
        return at + 1

    def _find(self, sign: str, start: int) -> int:
        found = self.text.find(sign, start)
        return len(self.text) if found < 0 else found

    def _expansion(self, at: int, place: int) -> int:
        """``$(`` starts afresh; what stands in ``${}``, ``$(())``, ``$''`` and backticks is passed over."""
        text = self.text
        if text.startswith("$(", at) and not text.startswith("$((", at):
            self.stack.append("bracket")
            return at + 2
        for start, end in _PASSED:
            if text.startswith(start, at) and (start != "$'" or place == _BARE):
                return self._after(end, at + len(start))
        return self._mark(at, at + 1, place)

    def _after(self, pattern: str, start: int) -> int:
        found = re.compile(pattern).search(self.text, start)
        return found.end() if found else len(self.text)
