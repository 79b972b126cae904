"""The way of a shell through an entry script: what is reached always, sometimes or never, and with what words of the command.

A program is never run; where its status decides, both ways are followed, and a loop that waits for something is taken to end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial

from converters.images.entry_commands import Commands, Script
from converters.images.entry_dialects import harm_of
from converters.images.entry_scripts import Statement
from converters.images.entry_state import TEXT, Field, Fields, State, decided, lit, merged, touches, truth
from converters.images.entry_syntax import (
    Back,
    Case,
    Chain,
    Command,
    Each,
    Function,
    If,
    Line,
    Loop,
    Node,
    NotReadError,
    Pipe,
    Series,
    Sub,
    lines_of,
)

STEPS = 60_000
_ROUNDS = 6


class Machine(Commands):
    """A shell that reads a script. ``quiet`` below: where `set -e` does not count (a condition, the left of `&&`)."""

    def script(self, script: Script, state: State) -> set[State]:
        """Where a script ends, whose arguments are those of ``state``."""
        if self.depth > 5:
            return {state.settled("unread")}
        inner = Machine(self.follow, script.shell, self.unset, self.absent, self.depth + 1)
        inner.steps = self.steps
        try:
            lines = lines_of(script.text, script.shell)
        except NotReadError:
            return {state.settled("unread")}
        first = script.text.partition("\n")[0]
        errexit = script.errexit or re.match(r"#![^\n]*\s-[a-z]*e", first) is not None
        states = inner.lines(lines, state._replace(errexit=errexit, pipefail=False, trap="", levels=0))
        found = inner.trapped(states)
        self.steps = inner.steps
        return found

    def lines(self, lines: Iterable[Line], state: State) -> set[State]:
        states = {state}
        for line in lines:
            states = merged(one for each in states for one in self._line(line, each))
        return states

    def _line(self, line: Line, state: State) -> set[State]:
        if state.signal:
            return {state}
        for said in line.said:
            harm = harm_of(said, self.shell)
            if harm.parsed and harm.effect == "ends":
                return {state._replace(harmed=True).ended("2")}
            if harm.parsed and harm.effect == "unread":
                state = state._replace(doubt=True)
        return self.run(line.body, {state})

    def text(self, text: str, state: State) -> set[State]:
        """A text that this very shell reads: of `eval`, of `trap`, of a file that is read in."""
        try:
            lines = lines_of(text, self.shell)
        except NotReadError:
            return {state._replace(doubt=True, status="?")}
        self.depth += 1
        found = self.lines(lines, state) if self.depth < 12 else {state._replace(doubt=True)}
        self.depth -= 1
        return found

    def trapped(self, states: Iterable[State]) -> set[State]:
        """The ends of a shell, behind its `trap .. EXIT`."""
        found: set[State] = set()
        for state in states:
            if not state.trap or state.final:
                found.add(state)
                continue
            before = state._replace(trap="", signal="", errexit=False)
            for end in self.text(state.trap, before):
                # Without an `exit` of its own it leaves the status as it was (XCU 2.14, trap).
                found.add(end if end.signal == "exit" else end._replace(status=state.status))
        return found

    # --- compounds

    def run(self, node: Node, states: Iterable[State], *, quiet: bool = False) -> set[State]:
        found: set[State] = set()
        how = _HOW[type(node)]
        for state in states:
            self.steps += 1
            if self.steps > STEPS:
                raise NotReadError
            if isinstance(node, Loop | Each):
                self.loops += 1
            found |= {state} if state.signal else set(how(self, node, state, quiet))
            if isinstance(node, Loop | Each):
                self.loops -= 1
        return merged(found)

    def _series(self, node: Series, state: State, quiet: bool) -> set[State]:
        states = {state}
        for item in node.items:
            states = self.run(item, states, quiet=quiet)
        return states

    def _command(self, node: Command, state: State, quiet: bool) -> set[State]:
        harm = harm_of(Statement(node.words, "", "", ()), self.shell)
        if not harm.parsed and harm.effect == "ends":
            return {state._replace(harmed=True).ended("2")}
        if not harm.parsed and harm.effect == "fails":
            return self.checked({state._replace(status="bad")}, quiet=quiet, harmed=True)
        if harm.effect == "unread" and not harm.parsed:
            state = state._replace(doubt=True)
        return self.checked(self.simple(node.words, state, quiet=quiet), quiet=quiet)

    def checked(self, states: Iterable[State], *, quiet: bool, harmed: bool = False) -> set[State]:
        """What `set -e` makes of a status."""
        found = set()
        for state in states:
            if state.signal or not state.errexit or quiet or truth(state.status) is True:
                found.add(state)
            elif state.status == "?":
                # A step of the script that fails is seen; what is followed is the one that works.
                found.add(state._replace(status="0"))
            else:
                found.add(state._replace(harmed=state.harmed or harmed).ended(state.status))
        return found

    def _pipe(self, node: Pipe, state: State, quiet: bool) -> set[State]:
        alone = len(node.stages) == 1
        ends = self.run(node.stages[0], {state}, quiet=True) if alone else merged(self._stages(node, state))
        if not node.negated:
            return self.checked(ends, quiet=quiet)
        return {one if one.signal else _negated(one) for one in ends}

    def _stages(self, node: Pipe, state: State) -> Iterable[State]:
        """Each part in a shell of its own; the last one's status, or with pipefail the last that is not 0."""
        ends: set[tuple[State, tuple[str, ...]]] = {(state, ())}
        for at, stage in enumerate(node.stages):
            following: set[tuple[State, tuple[str, ...]]] = set()
            for one, statuses in ends:
                for end in self.apart(partial(self._stage, stage), one):
                    stops = end.final == "endless" and at + 1 < len(node.stages) and _stops(node.stages[at + 1 :])
                    following.add((one._replace(doubt=True) if stops else end, (*statuses, end.status)))
            ends = following
        asks = self.asks_itself(node.stages[0], state)
        for end, statuses in ends:
            failed = [status for status in statuses if status not in ("0", "?")]
            last = statuses[-1]
            if end.pipefail and (failed or "?" not in statuses):
                last = failed[-1] if failed else "0"
            kept = end
            for at, status in enumerate(statuses):
                kept = kept.write(f"PIPESTATUS[{at}]", (lit(status) if status.isdigit() else Field("code", status),))
            yield kept if kept.signal else kept._replace(status="bad" if asks else last)

    def _stage(self, node: Node, state: State) -> set[State]:
        return self.run(node, {state})

    def apart(self, run: Callable[[State], Iterable[State]], state: State, *, script: bool = False) -> set[State]:
        """A shell of its own: what it sets is lost, what it starts is not."""
        found = set()
        for end in self.trapped(run(state._replace(trap=""))):
            back = state._replace(
                job=end.job,
                status=end.status,
                fed=end.fed,
                root=end.root,
                doubt=end.doubt,
                others=end.others,
                assumed=end.assumed,
                length=end.length,
                harmed=state.harmed or (end.harmed and script),
            )
            if end.final in ("ignores", "eats"):
                # A program took the place of that shell, and not of this one.
                found.add(back._replace(status="?", fed=end.fed or end.final == "eats"))
            else:
                found.add(back.settled(end.final) if end.final else back)
        return found

    def _chain(self, node: Chain, state: State, quiet: bool) -> set[State]:
        states = self.run(node.first, {state}, quiet=True)
        for at, (operator, part) in enumerate(node.rest):
            found: set[State] = set()
            for one in states:
                for true, way in [(True, one)] if one.signal else decided(one):
                    skips = one.signal or true is (operator == "||")
                    found |= {way} if skips else self.run(part, {way}, quiet=quiet or at + 1 < len(node.rest))
            states = merged(found)
        return states

    def _back(self, node: Back, state: State, quiet: bool) -> set[State]:
        found = set()
        for end in self.apart(lambda one: self.run(node.node, {one}), state):
            if end.final and (state.job or end.final in ("endless", "ignores", "eats", "stays")):
                found.add(_beside(state))
            elif end.job != state.job:
                found.add(end._replace(status="0", job=f"back-{end.job}"))
            else:
                found.add(end if end.final else _beside(end))
        return found

    def _if(self, node: If, state: State, quiet: bool) -> set[State]:
        waiting, found = {state}, set()
        for condition, body in node.arms:
            ends = self.run(condition, waiting, quiet=True)
            ways = [way for one in ends if not one.signal for way in decided(one)]
            found |= {one for one in ends if one.signal}
            found |= self.run(body, {one for true, one in ways if true}, quiet=quiet)
            waiting = {one for true, one in ways if not true}
        waiting = {one._replace(status="0") for one in waiting}
        return found | (self.run(node.other, waiting, quiet=quiet) if node.other is not None else waiting)

    def _loop(self, node: Loop, state: State, quiet: bool) -> set[State]:
        found: set[State] = set()
        live, begun = {state}, False
        for number in range(_ROUNDS):
            if number > 2:
                # What a round counts is not counted here.
                live = {_uncounted(one, state) for one in live}
            ends = self.run(node.condition, live, quiet=True)
            found |= {one for one in ends if one.signal}
            ways = [way for one in ends if not one.signal for way in decided(one)]
            found |= {one._replace(status="?" if begun else "0") for true, one in ways if true is node.until}
            goes = {one for true, one in ways if true is not node.until}
            again = merged(self._rounds(self.run(node.body, goes, quiet=quiet), found))
            if not again or again <= live:
                live = again
                break
            live, begun = again, True
        if found or not live:
            # What goes round once more leaves it later, by one of the same ways.
            return merged(found)
        # No way out of it: it goes on for ever.
        return {one.settled("stays" if one.job and not one.job.startswith("back-") else "endless") for one in live}

    @staticmethod
    def _rounds(ends: Iterable[State], found: set[State]) -> Iterable[State]:
        """The states that go round again; those that leave the loop are put to ``found``."""
        for one in ends:
            if one.signal not in ("break", "continue"):
                if one.signal:
                    found.add(one)
                else:
                    yield one
            elif one.levels > 1:
                found.add(one._replace(levels=one.levels - 1))
            elif one.signal == "break":
                found.add(one._replace(signal="", levels=0))
            else:
                yield one._replace(signal="", levels=0)

    def _each(self, node: Each, state: State, quiet: bool) -> set[State]:
        fields: Fields = state.params if node.words is None else self.expander.all(node.words, state)
        found: set[State] = set()
        live = {state}
        for field in fields[:12]:
            rounds = [(field, False)]
            if field.kind in ("rest", "some", "split", "mixed"):
                one = (
                    Field("job", "", 0) if field == Field("rest") else TEXT if field.kind == "some" else Field("piece")
                )
                rounds = [(one, field.kind != "rest" or field.number > 0)]
                rounds += [(Field("piece"), True)] if field.kind == "rest" else []
            for value, optional in rounds:
                begun = {one.write(node.name, (value,)) for one in live}
                ends = set(self._rounds(self.run(node.body, begun, quiet=quiet), found))
                live = merged(ends | live if optional else ends)
        if touches(fields[12:]):
            live = {one._replace(doubt=True) for one in live}
        return merged(found | live)

    def _case(self, node: Case, state: State, quiet: bool) -> set[State]:
        fields = self.expander.word(node.word, state, split=False)
        field = fields[0] if len(fields) == 1 else Field("joined") if touches(fields) else TEXT
        waiting, found = {state}, set()
        falls: set[State] = set()
        for patterns, body, ends in node.arms:
            taken, waiting = self._arm(field, patterns, waiting)
            done = self.run(body, {*taken, *falls}, quiet=quiet)
            falls = set()
            if ends == ";&":
                falls = {one for one in done if not one.signal}
            elif ends == ";;&":
                waiting |= {one for one in done if not one.signal}
            found |= {one for one in done if one.signal or ends == ";;"}
        return found | falls | {one._replace(status="0") for one in waiting}

    def _arm(self, field: Field, patterns: tuple[str, ...], states: set[State]) -> tuple[set[State], set[State]]:
        """Those that come into an arm, and those that go on to the next."""
        taken: set[State] = set()
        for word in patterns:
            left: set[State] = set()
            for one in states:
                other = self.expander.word(word, one, split=False)
                told = other[0] if len(other) == 1 else lit("") if not other else TEXT
                for true, way in self.tester.matches(field, word, told, one, globs=True):
                    (taken if true else left).add(way._replace(status="0"))
            states = left
        return taken, states

    def _sub(self, node: Sub, state: State, quiet: bool) -> set[State]:
        ends = self.apart(lambda one: self.run(node.body, {one}, quiet=quiet), state)
        return self.checked(ends, quiet=quiet)

    def _function(self, node: Function, state: State, quiet: bool) -> set[State]:
        if node.keyword and (effect := harm_of(Statement(("function", node.name), "", "", ()), self.shell).effect):
            state = state._replace(doubt=state.doubt or effect == "unread")
        kept = tuple(pair for pair in state.functions if pair[0] != node.name)
        return {state._replace(functions=(*kept, (node.name, node.body)), status="0")}


_HOW: dict[type, Callable[..., set[State]]] = {
    Series: Machine._series,
    Command: Machine._command,
    Pipe: Machine._pipe,
    Chain: Machine._chain,
    Back: Machine._back,
    If: Machine._if,
    Loop: Machine._loop,
    Each: Machine._each,
    Case: Machine._case,
    Sub: Machine._sub,
    Function: Machine._function,
}


def _beside(state: State) -> State:
    """Something else is in the background now."""
    return state._replace(status="0", others="after" if state.job else "before")


def _negated(state: State) -> State:
    known = truth(state.status)
    return state._replace(status="?" if known is None else "bad" if known else "0")


def _stops(stages: tuple[Node, ...]) -> bool:
    """Whether a later part of a pipe may end before the first does."""
    words = stages[0].words if isinstance(stages[0], Command) else ()
    name = words[0].rpartition("/")[2] if words else ""
    return name in ("head", "timeout", "read", "sed", "awk") or (
        name == "grep" and any(re.fullmatch(r"-\w*[qm]\d*\w*", word) for word in words)
    )


def _uncounted(state: State, before: State) -> State:
    for name, value in state.variables:
        if before.read(name) != value and not touches(value):
            state = state.write(name, (TEXT,))
    return state
