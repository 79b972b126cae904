"""Simple commands of an entry script: built-ins change what is known, programs get words, and one of them may be the job.

See `entry_starts` for what happens to the job's words; the tree of the script is walked by `entry_machine`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from converters.images.entry_scripts import tokens, without_redirections
from converters.images.entry_starts import Follow, Script, Starts
from converters.images.entry_state import TEXT, Field, Fields, State, lit, touches
from converters.images.entry_syntax import Command, Node
from converters.images.entry_tests import Tester
from converters.images.entry_words import Expander, skipped

__all__ = ["Commands", "Follow", "Script"]

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\[[^\]]*\])?(\+?)=(.*)", re.DOTALL)
_INNER = re.compile(r"\$\((?!\()((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)|`([^`]*)`")
_MAY_START = re.compile(r"\$\{?[@*1]|\$\{?[A-Za-z_]\w*")
_WELL = frozenset(
    {"echo", "printf", ":", "true", "umask", "ulimit", "alias", "logger", "log", "shopt", "pushd", "popd", "times"}
)
_HELP = frozenset({"help", "--help"})


class Commands(Starts):
    """``unset`` and ``absent``: variables and paths that are taken as not there. ``depth``: scripts within scripts."""

    def __init__(
        self,
        follow: Follow | None,
        shell: str,
        unset: frozenset[str] = frozenset(),
        absent: frozenset[str] = frozenset(),
        depth: int = 0,
    ) -> None:
        self.follow, self.shell, self.unset, self.absent, self.depth = follow, shell, unset, absent, depth
        self.steps = 0
        self.reads = self.loops = 0
        self.expander = Expander(unset, shell not in ("dash", "busybox"))
        self.tester = Tester(self.expander, absent)

    def simple(self, words: Sequence[str], state: State, *, quiet: bool) -> Iterable[State]:
        """A simple command, word by word as it stands."""
        if words[0] == "[[":
            return _with_status(self.tester.test(words[: words.index("]]") + 1] if "]]" in words else words, state))
        if words[0].startswith("(("):
            return _with_status(self.tester.arithmetic(words[0][2:-2], state))
        plain = without_redirections(words)
        found: list[State] = []
        for one in self._substitutions(plain, state):
            ends = [one] if one.signal else self._words(plain, one, state, quiet=quiet)
            found += map(_without_pipe, ends) if state.read("PIPESTATUS[0]") else ends
        return found

    def _substitutions(self, words: Sequence[str], state: State) -> set[State]:
        """What `$( )` in the words starts; the status is that of the last."""
        states = {state._replace(status="0")}
        for word in words:
            for first, second in _INNER.findall(_unquoted(word)):
                text = first or second
                if not (_MAY_START.search(text) or any(name in text for name, _ in state.functions)):
                    states = {one._replace(status="?") for one in states}
                    continue
                run = partial(self.text, text)
                states = {end._replace(fed=state.fed) for one in states for end in self.apart(run, one)}
        return states

    def _words(self, words: list[str], state: State, before: State, *, quiet: bool) -> Iterable[State]:
        at = 0
        while at < len(words) and _ASSIGNMENT.fullmatch(words[at]):
            at += 1
        # `$?` in the words is that of the command before.
        here = before._replace(job=state.job, doubt=state.doubt, assumed=state.assumed, root=state.root)
        if at == len(words):
            for word in words:
                here = self.assigned(word, here)
            return [here._replace(status=state.status)]
        fields = self.expander.all(words[at:], here)
        if not fields:
            return [state]
        return self.called(fields, words[at:], here, quiet=quiet)

    def called(self, fields: Fields, words: Sequence[str], state: State, *, quiet: bool) -> Iterable[State]:
        """A command with its fields; ``words`` are the same as they stand in the script."""
        name = fields[0].value if fields[0].kind == "lit" else ""
        body = next((node for one, node in state.functions if one == name), None) if name else None
        if body is not None:
            return self.function(name, body, fields[1:], state, quiet=quiet)
        if name in ("command", "builtin") and len(fields) > 1:
            asks = fields[1].kind == "lit" and re.fullmatch(r"-[vV]", fields[1].value)
            return self._asked(fields[2:], state) if asks else self.called(fields[1:], words[1:], state, quiet=quiet)
        builtin = _BUILTINS.get(name)
        if builtin is not None:
            return builtin(self, fields, words, state)
        if name in _WELL or self._asks(fields):
            return [state._replace(status="0" if name in _WELL else "bad")]
        return self.started(fields, state, executes=False)

    def function(self, name: str, body: Node, params: Fields, state: State, *, quiet: bool) -> Iterable[State]:
        if len(self.expander.stack) > 12:
            return [state._replace(doubt=True, status="?")]
        loops, self.loops = self.loops, 0
        self.expander.stack.append(name)
        ends = self.run(body, {state._replace(params=params)}, quiet=quiet)
        self.expander.stack.pop()
        self.loops = loops
        return [end._replace(params=state.params, signal="" if end.signal == "return" else end.signal) for end in ends]

    def assigned(self, word: str, state: State) -> State:
        found = _ASSIGNMENT.fullmatch(word)
        if found is None:
            return state
        name, index, more, value = found.groups()
        if value.startswith("("):
            inner = [one for one in tokens(value[1:-1]) if one != "\n"]
            held = state.read(name + "[]") or () if more else ()
            return state.write(name, None).write(name + "[]", (*held, *self.expander.all(inner, state)))
        fields = self.expander.word(value, state, split=False)
        if index or more:
            old = state.read(name) or state.read(name + "[]") or ()
            return state.write(name, (Field("mixed") if touches((*old, *fields)) else TEXT,))
        if len(fields) > 1 or (fields and fields[0].kind == "rest"):
            fields = (Field("joined") if touches(fields) else TEXT,)
        return state.write(name + "[]", None).write(name, fields or (lit(""),))

    # --- what asks

    def asks_itself(self, node: Node, state: State) -> bool:
        """Whether a program is asked for its own help about the command (`vault --help "$1" | grep ..`): it has none."""
        return isinstance(node, Command) and self._asks(self.expander.all(without_redirections(node.words), state))

    @staticmethod
    def _asks(fields: Fields) -> bool:
        told = [field.value for field in fields if field.kind == "lit"]
        return len(told) > 1 and not _HELP.isdisjoint(told[1:]) and fields[-1] == Field("job")

    @staticmethod
    def _asked(fields: Fields, state: State) -> Iterable[State]:
        """`command -v`, `type`, `which`: the job's program is there, or nothing is to be said of it anyway."""
        told = [field for field in fields if not field.value.startswith("-")]
        if touches(told):
            return [state._replace(status="0")]
        key = f"command {told[0].value}" if told and told[0].value else ""
        return _with_status(state.fork(key))

    # --- built-ins: fields and words of the whole command

    def _test(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        return _with_status(self.tester.test(words, state))

    def _type(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        return self._asked(fields[1:], state)

    def _false(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        return [state._replace(status="1")]

    def _exit(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        return [state.ended(_number(fields[1:], state))]

    def _return(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        status = _number(fields[1:], state)
        if self.expander.stack or self.reads:
            return [state._replace(status=status, signal="return")]
        return [state.ended(status) if self.shell in ("dash", "busybox") else state._replace(status="2")]

    def _leave(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        if not self.loops:
            return [state._replace(status="0")]
        levels = int(fields[1].value) if len(fields) > 1 and fields[1].value.isdigit() else 1
        return [state._replace(signal=fields[0].value, levels=levels, status="0")]

    def _set(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        rest = list(fields[1:])
        state = state._replace(status="0")
        while rest and rest[0].kind == "lit" and rest[0].value[:1] in ("-", "+"):
            option = rest.pop(0).value
            if option in ("-", "--"):
                return [state._replace(params=tuple(rest))]
            on = option[0] == "-"
            named = rest.pop(0).value if option.endswith("o") and rest else ""
            if "e" in option[1:] or named == "errexit":
                state = state._replace(errexit=on)
            if named == "pipefail":
                state = state._replace(pipefail=on)
        return [state._replace(params=tuple(rest)) if rest else state]

    def _shift(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        if len(fields) > 1 and not fields[1].value.isdigit():
            return [state._replace(params=(Field("mixed"),) if touches(state.params) else (TEXT,), status="0")]
        number = int(fields[1].value) if len(fields) > 1 else 1
        exact = all(field.kind in ("lit", "text", "job", "piece", "joined") for field in state.params)
        if exact and number > len(state.params):
            return [state.ended("2") if self.shell in ("dash", "busybox") else state._replace(status="1")]
        return [state._replace(params=skipped(state.params, number), status="0")]

    def _eval(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        if all(field.kind == "lit" for field in fields):
            return self.text(" ".join(field.value for field in fields[1:]), state)
        if not touches(fields):
            return [state._replace(status="?", sourced=True)]
        kinds = {field.kind for field in fields}
        return [state.settled("unread" if kinds & {"mixed", "quoted", "piece", "found", "head", "base"} else "splits")]

    def _source(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        if len(fields) < 2 or fields[1].kind in ("job", "rest", "mixed"):
            return [state.settled("unread")]
        script = self.follow(fields[1].value, True) if self.follow is not None and fields[1].kind == "lit" else None
        if script is None:
            return [state._replace(status="?", sourced=True)]
        params = fields[2:] or state.params
        self.reads += 1
        ends = self.text(script.text, state._replace(params=params))
        self.reads -= 1
        return [
            end._replace(
                params=state.params if fields[2:] else end.params,
                signal="" if end.signal == "return" else end.signal,
            )
            for end in ends
        ]

    def _trap(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        state = state._replace(status="0")
        signals = {field.value.upper().removeprefix("SIG") for field in fields[2:]}
        told = " ".join(words)
        handler = fields[1] if len(fields) > 1 else lit("")
        if "ERR" in signals and "exit" in told:
            return [state._replace(doubt=True)]
        if not signals & {"EXIT", "0"}:
            return [state]
        if handler.kind != "lit":
            return [state._replace(doubt=state.doubt or "exit" in told or "exec" in told)]
        return [state._replace(trap="" if handler.value == "-" else handler.value)]

    def _wait(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        waits = any(field.kind == "pid" for field in fields[1:]) or (
            not state.others and any(field.value in ("-n", "%1", "%%", "%+") for field in fields[1:])
        )
        if len(fields) == 1:
            # Without a name its status is 0, and it waits for all there is.
            ended = state._replace(job=state.job.removeprefix("back-"), status="0")
            return [ended._replace(doubt=True) if state.others and state.job else ended]
        if not waits or not (state.job.startswith("back-") or self.shell not in ("dash", "busybox")):
            # Only bash tells the status of one that was waited for already.
            return [state._replace(status="?")]
        job = state.job.removeprefix("back-")
        return [state._replace(job=job, status="0" if job == "ok" else "job")]

    def _kill(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        if fields[1:2] == (lit("-0"),) and any(field.kind == "pid" for field in fields[2:]):
            # Asked until it has ended.
            return [state._replace(job=state.job.removeprefix("back-"), status="bad")]
        return [state._replace(status="?")]

    def _declare(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        if words[0] == "local" and not self.expander.stack:
            return [state.ended("2") if self.shell in ("dash", "busybox") else state._replace(status="1")]
        for word in words[1:]:
            state = self.assigned(word, state)
        return [state._replace(status="0")]

    def _unset(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        for field in fields[1:]:
            if field.kind == "lit" and re.fullmatch(r"\w+", field.value):
                state = state.write(field.value, (lit(""),))
        return [state._replace(status="0")]

    def _read(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        for field in fields[1:]:
            if field.kind == "lit" and re.fullmatch(r"[A-Za-z_]\w*", field.value):
                state = state.write(field.value, (TEXT,))
        return [state._replace(status="?")]

    def _getopts(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        first = state.params[0] if state.params else None
        if len(fields) == 3 and (first is None or first in (Field("rest"), Field("job"))):
            # The first word is no option, so there are none.
            return [state.write(fields[2].value, (lit("?"),))._replace(status="1")]
        return (
            [state.write(fields[2].value, (TEXT,)).write("OPTIND", (TEXT,))._replace(status="?")]
            if fields[2:]
            else [state]
        )

    def _exec(self, fields: Fields, words: Sequence[str], state: State) -> Iterable[State]:
        rest = list(fields[1:])
        while rest and rest[0].kind == "lit" and rest[0].value.startswith("-"):
            rest = rest[2:] if rest[0].value == "-a" else rest[1:]
        if not rest:
            return [state._replace(status="0")]
        ends = self.started(tuple(rest), state._replace(trap=""), executes=True)
        return [end if end.signal else end.ended(end.status) for end in ends]


def _with_status(ways: Iterable[tuple[bool, State]]) -> list[State]:
    return [state._replace(status="0" if way else "1") for way, state in ways]


def _number(fields: Fields, state: State) -> str:
    """The status that `exit` and `return` are given."""
    if not fields:
        return state.status
    first = fields[0]
    if first.kind == "lit":
        return str(int(first.value) % 256) if first.value.isdigit() else "?" if first.value else "2"
    return first.value if first.kind == "code" else "?"


def _without_pipe(state: State) -> State:
    """`PIPESTATUS` is of the last pipe, and each command is one."""
    kept = tuple(pair for pair in state.variables if not pair[0].startswith("PIPESTATUS["))
    return state._replace(variables=kept)


def _unquoted(word: str) -> str:
    return word if word.startswith('"') else re.sub(r"'[^']*'", "", word)


_BUILTINS: dict[str, Callable[[Commands, Fields, Sequence[str], State], Iterable[State]]] = {
    **dict.fromkeys(("[", "test"), Commands._test),
    **dict.fromkeys(("type", "which", "hash"), Commands._type),
    **dict.fromkeys(("break", "continue"), Commands._leave),
    **dict.fromkeys(("export", "local", "declare", "typeset", "readonly"), Commands._declare),
    **dict.fromkeys((".", "source"), Commands._source),
    "false": Commands._false,
    "exit": Commands._exit,
    "return": Commands._return,
    "set": Commands._set,
    "shift": Commands._shift,
    "eval": Commands._eval,
    "trap": Commands._trap,
    "wait": Commands._wait,
    "kill": Commands._kill,
    "unset": Commands._unset,
    "read": Commands._read,
    "getopts": Commands._getopts,
    "exec": Commands._exec,
}
