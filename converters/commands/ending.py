"""How a shell's text ends: with 0, with a failure, or either, where a given command of it fails.

The rules of POSIX 2.8.2 and 2.9 (lists, pipes, ``set -e``, traps), run over every construct; what cannot be known is both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from converters.commands.endless import is_endless
from converters.commands.flow import Ask, Block, Branches, Chain, Function, Group, Loop, Pipe, Run, Step, read_flow
from converters.commands.shell.parse import Unparsable

Statuses = frozenset[int]
"""What a command may end with: 0, and 1 for every failure. Nothing in it: it never comes to its end (``exit``)."""
GOOD: Statuses = frozenset({0})
BAD: Statuses = frozenset({1})
EITHER: Statuses = frozenset({0, 1})
NEVER: Statuses = frozenset()

# A test of a status: `[ $? -ne 0 ]`, `[[ "$rc" = 0 ]]`, `test $rc -gt 0`, `(( rc != 0 ))`.
_TEST = re.compile(
    r"(?:\[\[?|test|\(\()\s*(?P<not>!\s+)?[\"']?\$?\{?(?P<name>\?|[A-Za-z_]\w*)\}?[\"']?\s*"
    r"(?P<how>-eq|-ne|-gt|-ge|==|=|!=|>)\s*[\"']?(?P<value>\d+)[\"']?\s*(?:\]\]?|\)\))?\s*$"
)
_SAME = frozenset({"-eq", "=", "=="})
_VARIABLE = re.compile(r"[\"']?\$\{?(\?|[A-Za-z_]\w*)\}?[\"']?$")
_DEEPEST = 30
# Functions that call each other, and branches in branches, are run again for every command that may fail.
_MOST_STEPS = 20_000


@dataclass(slots=True)
class Shell:
    """A shell that runs a text, in which ``target`` is reached and ``fails`` or not; ``usual`` says how another command ends.

    ``path`` are the bodies and pipes in which it stands: they are the ones that run. ``once`` lets it fail in the first round
    of a loop only. ``strict`` is ``set -e``, ``whole`` is ``set -o pipefail``. ``known`` are variables that hold a status,
    ``last`` is ``$?``, ``left`` how each list in the background ended; ``ends`` collects what ``exit`` gives, ``returns`` what
    ``return`` does. ``spoke`` is the last command that ran."""

    target: Run
    fails: bool
    usual: Callable[[Run], Statuses]
    path: frozenset[int] = frozenset()
    strict: bool = False
    whole: bool = False
    once: bool = False
    known: dict[str, Statuses] = field(default_factory=dict)
    last: Statuses = GOOD
    ends: Statuses = NEVER
    returns: Statuses = NEVER
    functions: dict[str, Block] = field(default_factory=dict)
    at_exit: Block | None = None
    at_error: Block | None = None
    left: list[Statuses] = field(default_factory=list)
    tested: int = 0
    depth: int = 0
    steps: int = 0
    reached: bool = False
    spoke: Run | None = None

    def text(self, block: Block) -> Statuses:
        """How the whole text ends."""
        ended = self.block(block) | self.ends
        if self.at_exit is not None:
            # A trap on EXIT leaves the status as it was, unless it says `exit` itself (POSIX 2.14, trap).
            trap, self.at_exit, self.ends = self.at_exit, None, NEVER
            self.last = ended
            through = self.block(trap)
            ended = self.ends | (ended if through else NEVER)
        return ended

    def block(self, block: Block) -> Statuses:
        if self.depth > _DEEPEST or self.steps > _MOST_STEPS:
            return EITHER
        status = GOOD
        for chain in block.chains:
            status = self.chain(chain)
            if not status:
                return NEVER
        return status

    def chain(self, chain: Chain) -> Statuses:
        if chain.background:
            with self.apart():
                self.left.append(self._chain(chain) | self.ends)
            self.last = GOOD  # POSIX 2.9.3: an asynchronous list ends with 0
            return GOOD
        return self._chain(chain)

    def _chain(self, chain: Chain) -> Statuses:
        status = NEVER
        for at, pipe in enumerate(chain.pipes):
            asked = at < len(chain.pipes) - 1
            if at == 0:
                status = self.pipe(pipe, asked=asked)
                continue
            goes_on = 0 if chain.operators[at - 1] == "&&" else 1
            if id(pipe) in self.path and goes_on in status:
                status = frozenset({goes_on})
            stays = status - {goes_on}
            if goes_on not in status:
                continue
            self.last = frozenset({goes_on})
            with self.perhaps(bool(stays)):
                status = stays | self.pipe(pipe, asked=asked)
            self.last = status
        return status

    def pipe(self, pipe: Pipe, *, asked: bool) -> Statuses:
        self.tested += asked or pipe.negated
        status = GOOD
        for at, step in enumerate(pipe.parts):
            if len(pipe.parts) == 1:
                own = self.step(step)
            else:
                with self.apart():  # each command of a pipe runs in a subshell
                    own = self.step(step) | self.ends
            # pipefail: the last of those that fail.
            status = own if at == 0 or not self.whole else _joined(status, own)
        self.tested -= asked or pipe.negated
        if pipe.negated:
            status = frozenset(1 - one for one in status)
        self.last = status
        if 1 in status and not self.tested and not asked and not pipe.negated:
            return self.failed(status)
        return status

    def failed(self, status: Statuses) -> Statuses:
        """What a failure that nobody asks for comes to: a trap on ERR, then ``set -e``."""
        if self.at_error is not None:
            trap, self.at_error = self.at_error, None
            with self.perhaps(0 in status):
                through = self.block(trap)
            self.at_error, self.last = trap, status
            if not through:
                return status - {1}
        if self.strict:
            self.ends |= BAD
            return status - {1}
        return status

    def step(self, step: Step) -> Statuses:
        self.steps += 1
        if isinstance(step, Run):
            return self.run(step)
        if isinstance(step, Ask):
            return self.compared(step.source)
        if isinstance(step, Function):
            self.functions[step.name] = step.body
            return GOOD
        if isinstance(step, Group):
            if not step.subshell:
                return self.block(step.body)
            with self.apart():
                return self.text(step.body)
        return self.branches(step) if isinstance(step, Branches) else self.loop(step)

    # --- constructs

    def branches(self, step: Branches) -> Statuses:
        found, open_ = NEVER, True
        taken = next((one for one in step.blocks() if id(one) in self.path and one not in step.conditions), None)
        for condition, body in zip(step.conditions, step.bodies, strict=False):
            self.tested += 1
            asked = self.block(condition)
            self.tested -= 1
            if taken is not None and asked:
                asked = GOOD if body is taken else BAD
            if 0 in asked:
                self.last = GOOD
                with self.perhaps(asked != GOOD):
                    found |= self.block(body)
            if 1 not in asked:
                open_ = False
                break
            self.last = BAD
        if not step.conditions:  # a case: any of its bodies, or none
            for body in step.bodies if taken is None else [taken]:
                with self.perhaps(taken is None):
                    found |= self.block(body)
            open_ = taken is None
        if open_:
            # Where nothing was true, and there is no else, an `if` ends with 0 (POSIX 2.9.4).
            with self.perhaps(bool(found)):
                found |= self.block(step.otherwise) if step.otherwise is not None else GOOD
        return found

    def loop(self, step: Loop) -> Statuses:
        status = GOOD
        if step.condition is not None:
            self.tested += 1
            asked = self.block(step.condition)
            self.tested -= 1
            if (1 if step.until else 0) not in asked and id(step.body) not in self.path:
                # What never becomes true is waited for, or nothing is done: no failure is lost by either.
                return asked and GOOD
        with self.perhaps(step.condition is not None):
            status = self.block(step.body)
        if is_endless(step):
            return NEVER
        if self.once and status and self.fails:
            # The next round, in which nothing fails that failed in this one.
            self.fails = False
            status = self.block(step.body)
            self.fails = True
        return status

    # --- commands

    def run(self, run: Run) -> Statuses:
        if not run.words:
            return self.assigned(run)
        if run is self.target:
            # Only the ways that lead to it count: what ended before has not run it.
            self.spoke, self.reached, self.ends = run, True, NEVER
            return self.gone(run, BAD if self.fails else GOOD)
        if run.inner is not None:
            return self.handed(run, run.inner)
        if run.name in self.functions:
            return self.function(self.functions[run.name])
        builtin = _BUILTINS.get(run.name)
        if builtin is not None:
            return builtin(self, run)
        self.spoke = run
        return self.gone(run, self.usual(run))

    def handed(self, run: Run, text: Block) -> Statuses:
        """Another shell, which knows nothing of this one's functions and traps."""
        inner = Shell(self.target, self.fails, self.usual, self.path, strict=run.strict, once=self.once)
        inner.depth, inner.steps = self.depth + 1, self.steps
        status = inner.text(text)
        self.steps, self.spoke = inner.steps, inner.spoke or self.spoke
        if inner.reached:
            self.reached, self.ends = True, NEVER
        return status

    def gone(self, run: Run, status: Statuses) -> Statuses:
        """``exec X`` is the end of the shell."""
        if run.name == "exec" and len(run.words) > 1:
            self.ends |= status
            return NEVER
        return status

    def assigned(self, run: Run) -> Statuses:
        name, value = run.sets
        if run.substituted is not None:
            with self.apart():
                status = self.text(run.substituted)
            self.known[name] = EITHER
            return status
        self.known[name] = self.value(value)
        return GOOD

    def value(self, text: str) -> Statuses:
        """The status that a word stands for: a number, or a variable that holds one."""
        found = _VARIABLE.match(text)
        if found is not None:
            return self.last if found[1] == "?" else self.known.get(found[1], EITHER)
        return (BAD if int(text) else GOOD) if text.isdigit() else EITHER

    def compared(self, source: str) -> Statuses:
        found = _TEST.match(source)
        if found is None or found["value"] != "0" or found["how"] == "-ge":
            return EITHER
        held = self.last if found["name"] == "?" else self.known.get(found["name"], EITHER)
        same = (found["how"] in _SAME) != bool(found["not"])
        return held if same else frozenset(1 - one for one in held)

    def function(self, body: Block) -> Statuses:
        outer, self.returns = self.returns, NEVER
        self.depth += 1
        status = self.block(body) | self.returns
        self.depth -= 1
        self.returns = outer
        return status

    # --- states

    @contextmanager
    def apart(self) -> Iterator[None]:
        """A subshell: nothing of what it sets comes back, and ``exit`` ends it alone."""
        kept = self.strict, self.whole, dict(self.known), self.last, self.at_exit, self.at_error, dict(self.functions)
        ends, reached, self.ends, self.at_exit, self.reached = self.ends, self.reached, NEVER, None, False
        self.depth += 1
        yield
        self.depth -= 1
        self.strict, self.whole, self.known, self.last, self.at_exit, self.at_error, self.functions = kept
        self.ends = NEVER if self.reached else ends
        self.reached |= reached

    @contextmanager
    def perhaps(self, unsure: bool) -> Iterator[None]:
        """What runs only perhaps: a variable holds what it held before, or what it was set to."""
        before = dict(self.known) if unsure else {}
        yield
        for name, value in before.items():
            self.known[name] = self.known.get(name, EITHER) | value


def path_to(block: Block, target: Run) -> frozenset[int]:
    """The pipes and bodies in which a command stands, as numbers of objects."""
    for chain in block.chains:
        for pipe in chain.pipes:
            for step in pipe.parts:
                if step is target:
                    return frozenset({id(block), id(pipe)})
                for inner in step.blocks():
                    if found := path_to(inner, target):
                        return found | {id(block), id(pipe)}
    return frozenset()


def _joined(first: Statuses, second: Statuses) -> Statuses:
    return frozenset(max(a, b) for a in first for b in second)


def _exit(shell: Shell, run: Run) -> Statuses:
    shell.spoke = run
    shell.ends |= shell.value(run.words[1]) if len(run.words) > 1 else shell.last
    return NEVER


def _return(shell: Shell, run: Run) -> Statuses:
    shell.returns |= shell.value(run.words[1]) if len(run.words) > 1 else shell.last
    return NEVER


def _set(shell: Shell, run: Run) -> Statuses:
    for at, word in enumerate(run.words[1:], start=1):
        on = word.startswith("-")
        if word[1:] == "o" or (word[:1] in "-+" and word.endswith("o")):
            name = run.words[at + 1] if at + 1 < len(run.words) else ""
            shell.whole = on if name == "pipefail" else shell.whole
            shell.strict = on if name == "errexit" else shell.strict
        if word[:1] in ("-", "+") and not word.startswith("--") and "e" in word[1:]:
            shell.strict = on
    return GOOD


def _trap(shell: Shell, run: Run) -> Statuses:
    text = run.values[1] if len(run.values) > 1 else None
    if text is None or len(run.words) < 3:
        return GOOD
    try:
        block = read_flow(text) if text not in ("", "-") else None
    except Unparsable:
        block = None
    for signal in run.words[2:]:
        if signal.upper() in ("EXIT", "0"):
            shell.at_exit = block
        elif signal.upper() == "ERR":
            shell.at_error = block
    return GOOD


def _wait(shell: Shell, run: Run) -> Statuses:
    # POSIX, wait: without operands it ends with 0; with one, as that child did.
    shell.spoke = run
    if len(run.words) == 1:
        return GOOD
    if run.words[1:] == ("$!",) and shell.left:
        return shell.left[-1]
    return BAD if BAD in shell.left else EITHER


def _test(shell: Shell, run: Run) -> Statuses:
    return shell.compared(" ".join(run.words))


def _bad(shell: Shell, run: Run) -> Statuses:
    shell.spoke = run
    return BAD


_BUILTINS: dict[str, Callable[[Shell, Run], Statuses]] = {
    "exit": _exit,
    "return": _return,
    "set": _set,
    "trap": _trap,
    "wait": _wait,
    "[": _test,
    "test": _test,
    "false": _bad,
}
