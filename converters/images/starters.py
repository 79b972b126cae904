"""Why the kernel cannot start a file of an image: its machine, its loader, its first line and the interpreters behind that."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from converters.images.first_lines import EnvCall, FirstLine, env_call, first_line, refused_argument
from converters.images.tree import Node, Tree

# exec_binprm() of Linux starts a script, its interpreter, and so on: five scripts, and ELOOP at the sixth (fs/exec.c).
_SCRIPTS = 5
_PROGRAMS = 8  # `env` behind `env`; each is a start of its own


class Verdict(NamedTuple):
    """``why`` a file cannot start, empty where it can; ``bare``: the kernel takes it for no program, and a shell reads it."""

    why: str = ""
    bare: bool = False


@dataclass(slots=True)
class Starter:
    """Judges the files of one image. ``path`` are the directories of its PATH, ``directory`` is its WORKDIR, from which those
    count that are relative; ``splits`` says whether `env` that is not BusyBox's knows `-S`, or why it does not."""

    tree: Tree
    architecture: str = ""
    path: tuple[str, ...] = ()
    directory: str = "/"
    splits: str = ""

    def verdict(self, node: Node, scripts: int = 0, programs: int = 0) -> Verdict:
        """What becomes of a start of this file; ``scripts`` and ``programs`` are those on the way to it."""
        if node.starts.startswith("ELF "):
            return Verdict(self._binary(node))
        line = first_line(node.starts)
        if line is None:
            return Verdict(bare=True)
        found = self._cut(line) if line.cut else self._interpreter(line, scripts, programs)
        if found.why or found.bare or not (line.argument or _is_env(line)):
            return found
        if _is_env(line):
            return Verdict(self._env(line, programs))
        return Verdict(refused_argument(line, busybox=is_busybox(self.tree, line.interpreter)))

    def taken(self, place: str, programs: int = 0) -> Iterator[str]:
        """The files that a start of this one takes beside itself: its loader, its interpreter, and what `env` starts."""
        node = self.tree.node(place)
        if node is None or programs > _PROGRAMS:
            return
        if node.starts.startswith("ELF "):
            loader = node.starts.split(" ", 2)[2:]
            yield from (one for one in loader if one)
            return
        line = first_line(node.starts)
        if line is None or not line.interpreter.startswith("/"):
            return
        yield line.interpreter
        yield from self.taken(line.interpreter, programs + 1)
        if _is_env(line):
            program = env_call(line.argument).program
            where = self.found(program) if program else None
            if where is not None:
                yield where
                yield from self.taken(where, programs + 1)

    def found(self, word: str) -> str | None:
        """Where a program is, as execvp(3) finds it: the first along PATH that can be executed."""
        return next((one for one in self._places(word) if _is_program(self.tree.node(one))), None)

    # -- parts of it

    def _binary(self, node: Node) -> str:
        _elf, machine, loader = [*node.starts.split(" ", 2), "", ""][:3]
        # A kernel of amd64 runs programs of 386 too.
        if (
            self.architecture
            and machine not in (self.architecture, "")
            and (machine, self.architecture) != ("386", "amd64")
        ):
            return f"it is a program for {machine}, and the image is for {self.architecture}"
        return f"its loader {loader} is not there" if loader and self.tree.node(loader) is None else ""

    def _cut(self, line: FirstLine) -> Verdict:
        """A shell reads by itself what the kernel takes for no program: right for a shell's text, wrong for another's."""
        if re.fullmatch(r".*/(?:sh|bash|dash|ash)", line.interpreter):
            return Verdict(bare=True)
        return Verdict("its interpreter's path is longer than the 256 bytes that the kernel reads of the first line")

    def _interpreter(self, line: FirstLine, scripts: int, programs: int) -> Verdict:
        name = line.interpreter
        if scripts >= _SCRIPTS:
            return Verdict(
                f"its interpreters are scripts with interpreters, more than {_SCRIPTS}, and the kernel gives up"
            )
        if not name.startswith("/"):
            shown = name.replace("\r", "\\r")
            return Verdict(
                f"its interpreter `{shown}` is no path from `/`: the kernel looks for it in the directory where the job works, "
                "and never along PATH"
            )
        node = self.tree.node(name)
        if node is None or not _is_program(node):
            return Verdict(_no_interpreter(name, node))
        found = self.verdict(node, scripts + 1, programs)
        return found._replace(why=f"its interpreter {name} cannot start: {found.why}") if found.why else found

    def _env(self, line: FirstLine, programs: int) -> str:
        call = env_call(line.argument)
        if call.splits:
            lacks = self._cannot_split(line.interpreter)
            if lacks:
                return lacks
        if call.why or not call.program:
            return call.why
        return self._program(call, programs)

    def _cannot_split(self, env: str) -> str:
        if is_busybox(self.tree, env):
            return "its first line has `env -S`, which BusyBox's env does not know"
        return f"its first line has `env -S`, which {self.splits} does not know" if self.splits else ""

    def _program(self, call: EnvCall, programs: int) -> str:
        word = call.program
        if word.endswith("\r"):
            shown = word.replace("\r", "\\r")
            return f"its first line ends with CR (CRLF line endings), so `env` looks for `{shown}`, which is not there"
        there = [one for one in self._places(word) if self.tree.node(one) is not None]
        where = self.found(word)
        if where is None and re.search(r"[ \t]", word):
            return (
                f"`env` looks for one program called `{word}`: the kernel hands over all behind the interpreter as one word, "
                "which `env -S` splits"
            )
        if where is None:
            if there:
                return f"its interpreter {there[0]} has no x bit"
            return f"its interpreter {word} is not {'there' if '/' in word else 'on PATH'}"
        node = self.tree.node(where)
        if node is None or programs > _PROGRAMS:
            return ""
        # execvp(3) has a shell read what the kernel takes for no program.
        inner = self.verdict(node, 0, programs + 1).why
        return f"its interpreter {where} cannot start: {inner}" if inner else ""

    def _places(self, word: str) -> tuple[str, ...]:
        if "/" in word:
            return (posixpath.join(self.directory, word),)
        return tuple(f"{posixpath.join(self.directory, one).rstrip('/')}/{word}" for one in self.path)


def is_busybox(tree: Tree, place: str) -> bool:
    """Whether a program is BusyBox under another name: a link to it, or a hard link, which is the same file in all."""
    real = tree.resolve(place)
    if real is None:
        return False
    if real.rpartition("/")[2].startswith("busybox"):
        return True
    node = tree.nodes.get(real)
    return node is not None and any(
        other is not None and other.kind == "file" and other.size == node.size and other.starts == node.starts
        for other in map(tree.node, ("/bin/busybox", "/usr/bin/busybox"))
    )


# `-S` came with coreutils 8.30 (its NEWS); what these releases have is 8.22, which stands in no database that is read here.
_SPLITS_SINCE = (8, 30)
_OLD = frozenset({("centos", "7"), ("rhel", "7"), ("ol", "7"), ("amzn", "2")})


def no_splitting(packages: Mapping[str, str] | None, release: Mapping[str, str]) -> str:
    """The `env` of an image's release that does not know `-S`, in words; empty where it does, or nobody can say."""
    version = (packages or {}).get("coreutils", "")
    number = re.match(r"(?:\d+:)?(\d+)\.(\d+)", version)
    old = number is not None and (int(number[1]), int(number[2])) < _SPLITS_SINCE
    if number is None and (release.get("ID", ""), release.get("VERSION_ID", "").partition(".")[0]) in _OLD:
        old, version = True, "8.22"
    return f"the env of coreutils {version}" if old else ""


def _no_interpreter(name: str, node: Node | None) -> str:
    if node is None and name.endswith("\r"):
        shown = name.rstrip("\r")
        return f"its first line ends with CR (CRLF line endings), so its interpreter `{shown}\\r` is not there"
    if node is None:
        return f"its interpreter {name} is not there"
    if node.kind != "file":
        return f"its interpreter {name} is a {node.kind if node.kind == 'directory' else 'special file'}"
    return f"its interpreter {name} has no x bit"


def _is_env(line: FirstLine) -> bool:
    return line.interpreter.rpartition("/")[2] == "env"


def _is_program(node: Node | None) -> bool:
    return node is not None and node.kind == "file" and bool(node.mode & 0o111)
