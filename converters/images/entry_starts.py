"""What a command line of an entry script does with words of the job's command: starts them, takes them, or changes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from converters.images.entry_endless import lasts
from converters.images.entry_state import Field, Fields, Kind, State, is_whole, lit, touches
from converters.images.entry_syntax import Node
from converters.images.entry_words import Expander, positional, skipped
from converters.images.entry_wrappers import WRAPPERS, behind, forks


class Script(NamedTuple):
    """A script of the image: its text, what reads it, and whether that is told `-e`."""

    text: str
    shell: str
    errexit: bool = False


Follow = Callable[[str, bool], Script | None]
"""A word of a script -> the shell script of the image that it names; None for any other program. The second says whether it is
read in, by `.`, so that it needs no first line."""

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"})
_TEXT = re.compile(r"-[a-z]*c")
# Programs that start a command with more or other words than they were given, or at another place.
_RUNNERS = frozenset(
    {
        "xargs",
        "find",
        "parallel",
        "watch",
        "entr",
        "script",
        "start-stop-daemon",
        "daemon",
        "daemonize",
        "capsh",
        "unshare",
    }
    | {"nsenter", "runcon", "bwrap", "proot", "fakeroot", "ssh", "cgexec", "systemd-run", "screen", "tmux", "expect"}
    | {"faketime", "gdb", "valgrind", "ltrace", "perf", "rr", "su", "doas"}
)
_LOST = frozenset({"mixed", "piece", "quoted", "head", "found", "base"})


class Starts:
    """``follow`` finds scripts of the image, ``shell`` reads this one. What walks the tree is `entry_machine`'s."""

    follow: Follow | None
    shell: str
    expander: Expander

    def script(self, script: Script, state: State) -> set[State]:
        raise NotImplementedError

    def apart(self, run: Callable[[State], Iterable[State]], state: State, *, script: bool = False) -> set[State]:
        raise NotImplementedError

    def text(self, text: str, state: State) -> set[State]:
        raise NotImplementedError

    def run(self, node: Node, states: Iterable[State], *, quiet: bool = False) -> set[State]:
        raise NotImplementedError

    def started(self, fields: Fields, state: State, *, executes: bool) -> Iterable[State]:
        """A program with its fields. ``executes``: it takes the place of the shell."""
        if touches(fields):
            return self._handed(fields, state, executes=executes)
        told = lasts([field.value if field.kind in ("lit", "part") else "" for field in fields])
        runs = bool(state.job) and not state.job.startswith("back-")
        if told == "endless" and (runs or not executes):
            return [state.settled("stays" if runs else "endless")]
        if executes and not state.job:
            return [state.settled("eats" if state.fed else "ignores")]
        return [state._replace(status="?", doubt=state.doubt or (told == "unread" and not state.job))]

    def _handed(self, fields: Fields, state: State, *, executes: bool) -> Iterable[State]:
        """A command line with words of the job in it."""
        root, leaves = False, False
        for _ in range(8):
            if root and fields[0].kind == "self" and is_whole(fields[1:], state.length):
                fields = fields[1:]
            if is_whole(fields, state.length):
                return [state.settled("leaves")] if leaves else _begun(state, root=root)
            if fields[0].kind != "lit":
                return [state.settled(_of_words(fields, state) if touches(fields[:1]) else "unread")]
            if (found := self._read_by(fields, state)) is not None:
                return found
            name = fields[0].value.rpartition("/")[2]
            wrapper, left = WRAPPERS.get(name), _behind(fields, name)
            if wrapper is None or left is None or not touches(left):
                return self._fed(name, state, executes=executes)
            told = [field.value for field in fields if field.kind == "lit"]
            leaves = leaves or (executes and forks(told, wrapper))
            root, fields = root or wrapper.root, left
        return [state.settled("unread")]

    def _read_by(self, fields: Fields, state: State) -> Iterable[State] | None:
        """A shell, or a script of the image, with words of the job; None for any other program."""
        found = self._shell(fields, state)
        if found is None and self.follow is not None and (script := self.follow(fields[0].value, False)) is not None:
            return self.followed(script, fields[0], fields[1:], state)
        return found

    @staticmethod
    def _fed(name: str, state: State, *, executes: bool) -> Iterable[State]:
        if name in _RUNNERS:
            return [state.settled("unread")]
        if executes:
            return [state.settled("eats")]
        # A function of a file that nobody read may do anything with them.
        return [state._replace(fed=True, status="?", doubt=state.doubt or state.sourced)]

    def followed(self, script: Script, zero: Field, params: Fields, state: State) -> Iterable[State]:
        """Another script of the image, most often that of the image below."""
        inner = state._replace(params=params, zero=zero, variables=(), functions=())
        return self.apart(lambda _: self.script(script, inner), state, script=True)

    def _shell(self, fields: Fields, state: State) -> Iterable[State] | None:
        """`sh -c TEXT ..` and `sh FILE ..`; None for another program."""
        name = fields[0].value.rpartition("/")[2]
        if name == "busybox" and len(fields) > 1 and fields[1].value in _SHELLS:
            return self._shell(fields[1:], state)
        if name == "su" and any(field == lit("-c") for field in fields):
            kinds = {field.kind for field in fields if touches((field,))}
            return [state.settled("splits" if kinds <= {"joined", "split", "job"} else "unread")]
        if name not in _SHELLS:
            return None
        shell = "bash" if name == "bash" or self.shell not in ("dash", "busybox") else self.shell
        text, errexit, rest = _options(fields[1:])
        script: Script | None = None
        if rest and rest[0].kind == "lit":
            script = (
                Script(rest[0].value, shell, errexit) if text else self._file(rest[0].value, shell, errexit=errexit)
            )
        if script is None:
            split = text and rest and rest[0].kind in ("split", "joined", "rest", "job")
            return [state.settled("splits" if split else "unread")]
        zero = positional(rest, 2)[0] if text and len(rest) > 1 else rest[0] if not text else Field("self")
        return self.followed(script, zero, skipped(rest, 2 if text else 1), state)

    def _file(self, name: str, shell: str, *, errexit: bool) -> Script | None:
        found = self.follow(name, True) if self.follow is not None else None
        return None if found is None else found._replace(shell=shell, errexit=errexit)


def _options(fields: Fields) -> tuple[bool, bool, Fields]:
    """Whether a shell is told `-c`, whether `-e`, and what stands behind its options."""
    at, text, errexit = 0, False, False
    while at < len(fields) and fields[at].kind == "lit" and fields[at].value[:1] in ("-", "+"):
        option = fields[at].value
        text = text or _TEXT.fullmatch(option) is not None
        errexit = errexit or re.fullmatch(r"-[a-z]*e[a-z]*", option) is not None
        # `-o pipefail`, also behind other letters, takes a word.
        at += 2 if re.fullmatch(r"[-+][a-z]*o", option) else 1
        if option == "--":
            break
    return text, errexit, fields[at:]


def _begun(state: State, *, root: bool) -> list[State]:
    """The job runs, and ends with 0 or another status."""
    if state.job:
        return [state.settled("again")]
    if root:
        known = state.known("uid is 0")
        if known is False:
            return [state._replace(status="bad")]
        state = state._replace(root=state.root or known is None)
    return [state._replace(job="ok", status="0"), state._replace(job="failed", status="job")]


def _of_words(fields: Fields, state: State) -> Kind:
    """What is wrong with words of the job that are not its whole command."""
    kinds = {field.kind for field in fields}
    if not kinds.isdisjoint(_LOST):
        return "unread"
    if kinds & {"split", "joined"}:
        return "splits"
    if fields[0].number or fields[0].kind not in ("job", "rest"):
        return "drops"
    for at in range(1, len(fields)):
        if is_whole(fields[:at], state.length):
            return "adds" if any(field.kind == "lit" or touches((field,)) for field in fields[at:]) else "unread"
    return "adds" if any(field.kind == "lit" for field in fields) else "drops"


def _behind(fields: Fields, name: str) -> Fields | None:
    """The fields behind a wrapper's own words; None where it is no wrapper, or starts nothing so."""
    wrapper = WRAPPERS.get(name)
    if wrapper is None:
        return None
    told = [
        field.value if field.kind == "lit" else field.value + "\0" if field.kind == "part" else "\0" for field in fields
    ]
    left = behind(told[1:], wrapper)
    return None if left is None else fields[len(fields) - len(left) :]
