"""A text -> the constructs in it that shells read in different ways, each with its place and what hangs on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from converters.commands.dialects.builtins import of_words
from converters.commands.dialects.constructs import CONSTRUCTS, Construct
from converters.commands.dialects.syntax import Reader
from converters.commands.dialects.variables import OWN
from converters.commands.shell.parse import Unparsable, read_tree
from converters.commands.shell.words import Unreadable, read_word

if TYPE_CHECKING:
    from tree_sitter import Node

# A sign that must be there before a tree is worth making: most lines of a crontab have none.
_SIGNS = re.compile(
    r"&>|>&\s*[^\d\s-]|[@?*+!]\(|\|&|<<<|[<>]\(|\[\[|\(\(|\d\d[<>]|\}[<>]|/dev/(?:tcp|udp)/|(?:\$\(|`)\s*<|\{[^{}\s]*[,.]|\$['\"\[]"
    r"|\$\{[^}]*[^\w}]|\[\^|\+=|\]=|=\(|==|-v|;;|;&|&\s*;|(?:&&|\|)\s*$|\\|"
    r"\b(?:"
    + "|".join(OWN)
    + r"|source|let|declare|typeset|pushd|popd|dirs|shopt|mapfile|readarray|disown|enable|caller"
    r"|compgen|complete|compopt|bind|logout|suspend|builtin|coproc|local|return|set|read|printf|echo|trap|kill|wait|exec"
    r"|export|type|exit|ulimit|time|select|function|then|do|sh|dash|ash|eval|flock)\b|(?:^|[;&|({\s])\.\s|\w-\w+\s*\(\)"
)
_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.")
_BROKEN = (("& ;", re.compile(r"(?<!&)&\s*;")), ("nothing behind it", re.compile(r"(?:&&|\|\|?)\s*$")))
_SETS = re.compile(r"(?:^|[;&|({\s])(?:export\s+|read\s+(?:-\w+\s+)*|for\s+)?([A-Za-z_]\w*)(?:=|\s+in\s)")
_CONTAINS = frozenset({"subshell", "command_substitution", "process_substitution", "pipeline"})
_SHELLS = frozenset({"sh", "dash", "ash"})
_DEEPEST = 8


class Found(NamedTuple):
    """A construct, the text that it is there, and its place in the layer it stands in.

    ``contained``  it stands in a subshell or a pipe: what ends there is only that part
    ``behind``     what hangs on its status: ``&&``, ``||``, ``if``, or nothing; ``negated`` by a ``!``
    ``shell``      the shell that reads it, where an inner ``dash -c '..'`` names one; ``SHELL``: cron's; else empty
    ``depth``      0 for the text itself, 1 for the text of an inner shell
    """

    construct: Construct
    text: str
    start: int
    end: int
    contained: bool = False
    behind: str = ""
    shell: str = ""
    depth: int = 0
    negated: bool = False


def read_dialect(text: str, known: Iterable[str] = ()) -> tuple[Found, ...]:
    """Every construct of the text that not all shells read alike, each name and text once. Never raises. ``known`` are
    variables that the environment sets."""
    return _read(text, frozenset(known) & frozenset(OWN))


@lru_cache(maxsize=2048)
def _read(text: str, known: frozenset[str]) -> tuple[Found, ...]:
    if not _SIGNS.search(text):
        return ()
    found: dict[tuple[str, str], Found] = {}
    try:
        for one in _of_text(text, known, "", 0):
            found.setdefault((one.construct.name, one.text), one)
    except (Unparsable, RecursionError):  # the command's own finding says that it cannot be read
        return ()
    return tuple(found.values())


def _of_text(text: str, known: frozenset[str], shell: str, depth: int) -> Iterator[Found]:
    root = read_tree(text)
    outside = _QUOTED.sub(lambda match: "x" * len(match[0]), text)
    known |= {match[1] for match in _SETS.finditer(outside)} & frozenset(OWN)
    reader = Reader(text, known)
    if root.has_error:
        for name, pattern in _BROKEN:
            if (match := pattern.search(outside)) is not None:
                yield Found(CONSTRUCTS[name], match[0].strip(), match.start(), match.end(), shell=shell, depth=depth)
    for node in _nodes(root):
        for name in (*reader.at(node), *_of_command(text, node)):
            yield Found(
                CONSTRUCTS[name],
                # The sign of an extended pattern stands before the bracket.
                text[node.start_byte - (name == "extglob" and node.type == "subshell") : node.end_byte],
                node.start_byte,
                node.end_byte,
                any(one.type in _CONTAINS for one in _above(node)),
                _behind(node),
                shell,
                depth,
                any(one.type == "negated_command" for one in _above(node)),
            )
        if depth < _DEEPEST:
            for inner, by in _inner(text, node):
                yield from _of_text(inner, known, by or shell, depth + 1)


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _above(node: Node) -> Iterator[Node]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def words_of_node(text: str, node: Node) -> list[str]:
    """The words of a command's node; one that only a shell knows as its source, with a ``$`` in it."""
    words = []
    for child in node.children:
        if child.type in ("file_redirect", "herestring_redirect", "heredoc_redirect", "variable_assignment"):
            continue
        if child.start_byte == child.end_byte:  # what the grammar misses and puts in
            continue
        if child.type in ("ansi_c_string", "subshell"):  # its escapes are not the command's, a bracket is no word
            words.append(text[child.start_byte : child.end_byte][:2])
            continue
        try:
            word = read_word(text, child.start_byte, child.end_byte)
            said = word.value
            if said is None:  # an expansion leaves the literal parts beside it: `echo "$x\n"`
                said = "".join(content if kind == "text" else f"${content}" for kind, content in word.parts)
        except Unreadable:
            said = text[child.start_byte : child.end_byte]
        words.append(said)
    return words


def _of_command(text: str, node: Node) -> Iterator[str]:
    if node.type not in ("command", "declaration_command"):
        return
    words = words_of_node(text, node)
    if words:
        yield from of_words(words, in_function=any(one.type == "function_definition" for one in _above(node)))


def _inner(text: str, node: Node) -> Iterator[tuple[str, str]]:
    """Texts that the command hands to another ``sh``, with that shell's name where it is a certain one."""
    if node.type != "command":
        return
    words = words_of_node(text, node)
    names = [word.rpartition("/")[2] for word in words]
    if names[:1] == ["eval"] and len(words) > 1:
        yield " ".join(words[1:]), ""
    elif names[:1] == ["trap"] and len(words) > 2:
        yield words[1], ""
    for at, name in enumerate(names[:-2]):
        option = words[at + 1]
        if name in _SHELLS and re.fullmatch(r"-[a-z]*c", option) and "$" not in words[at + 2]:
            yield words[at + 2], "" if name == "sh" else name
        elif option in ("-c", "--command") and "flock" in names[: at + 1] and "$" not in words[at + 2]:
            yield words[at + 2], "SHELL"  # flock(1) starts $SHELL, which cron sets from the table


def _behind(node: Node) -> str:
    """What hangs on the status of the command that the node is or belongs to."""
    at: Node | None = node
    while at is not None and at.parent is not None:
        parent = at.parent
        following = at.next_sibling
        asked = at.prev_sibling.type if at.prev_sibling is not None else ""
        if parent.type in ("if_statement", "elif_clause", "while_statement") and asked in (
            "if",
            "elif",
            "while",
            "until",
        ):
            return asked
        if parent.type == "list" and following is not None and following.type in ("&&", "||"):
            return following.type
        if parent.type in ("program", "subshell", "command_substitution", "do_group", "compound_statement"):
            return ""
        at = parent
    return ""
