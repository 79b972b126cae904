"""What an entry script does with its arguments: follows `"$@"` through tests, functions, `set --`, wrappers and pipes.

The arguments are a job's command: there are some, and the first is a program's name, none of the words that a script asks for
(`server`, `--option`). Tests that this decides are decided; where another one decides, the way that is always taken counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from converters.images.entry_dialects import harm_of
from converters.images.entry_scripts import Frame, Statement, statements, without_redirections
from converters.images.entry_tests import FIRST, note, reached, truth_of
from converters.images.entry_wrappers import WRAPPERS, behind, forks, name_of

Kind = Literal[
    "", "passes", "eats", "ignores", "splits", "swallows", "root", "services", "bare", "leaves", "breaks", "unread"
]
Follow = Callable[[str], Kind | None]
"""A word of a script -> what the shell script that it names does with its arguments; None for any other program."""


_ALL = frozenset({'"$@"', '"${@}"', '${1+"$@"}', '"${@:1}"'})
# With arguments there, the default is not taken (XCU 2.6.2).
_OR_ELSE = re.compile(r"\"\$\{@:?-[^}]*\}\"\Z")
_INSIDE = re.compile(r"\$\((?!\()(.*)\)\"?\Z|`([^`]*)`", re.DOTALL)
_PARTS = re.compile(r"\$[@*]|\$\{[@*][}:]")
_TALK = frozenset(
    {"echo", "printf", ":", "true", "test", "[", "[[", "local", "logger", "log", "export", "declare", "let"}
)
_TEXT = re.compile(r"-[a-z]*c")
_MINE = frozenset({'"$0"', "$0", '"$BASH_SOURCE"', '"${BASH_SOURCE[0]}"', '"${BASH_SOURCE}"'})
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "busybox", "ksh", "zsh", "su"})


def of_script(text: str | None, *, zeroth: bool = False, follow: Follow | None = None, shell: str = "bash") -> Kind:
    """What a shell script does with its arguments. ``zeroth``: the first of them is its `$0` (`sh -c TEXT`, with no name);
    ``shell``: what reads it (`dash`, `busybox`, `bash`), empty where nobody knows."""
    if text is None:
        return "unread"
    found = statements(text, shell)
    flags = re.match(r"#![^\n]*\s-[a-z]*e", text)
    walk = _Walk(found, errexit=flags is not None, zeroth=zeroth, follow=follow, shell=shell)
    return walk.kind()


@dataclass
class _Walk:
    """One way through a script. ``arrays`` hold all arguments, ``texts`` are all of them in one,
    ``firsts`` the first, which `shift` has taken from them (``shifted``); ``lost``: others stand in
    their place by now; ``maybe``: what becomes of them where nobody can foretell a test."""

    found: list[Statement]
    errexit: bool = False
    zeroth: bool = False
    follow: Follow | None = None
    shell: str = "bash"
    doubt: bool = False
    harmful: set[str] | None = None
    depth: int = 0
    pipefail: bool = False
    lost: Kind = ""
    arrays: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    firsts: set[str] = field(default_factory=set)
    shifted: bool = False
    maybe: list[Kind] = field(default_factory=list)

    def kind(self) -> Kind:
        main = [one for one in self.found if not any(frame.kind == "function" for frame in one.frames)]
        certain = self._certain(main)
        if self.doubt and certain not in ("ignores", "breaks"):
            return "unread"
        if certain is not None:
            # Where a test that nobody can foretell starts the job, what is reached otherwise is not all there is to say.
            return (
                "unread"
                if certain in ("ignores", "eats", "breaks") and {"passes", "root"} & set(self.maybe)
                else certain
            )
        if not self.maybe:
            return "ignores"
        return self.maybe[0] if len(set(self.maybe)) == 1 else "unread"

    def _certain(self, main: list[Statement]) -> Kind | None:
        """What becomes of the arguments on the way that is always taken; None where no such statement is."""
        truths: dict[int, bool | None] = {}
        last: bool | None = True
        stops = self._parsed(main)
        for number, one in enumerate(main):
            if number >= stops:
                return "breaks"
            for frame in one.frames:
                if frame.joined and -frame.number not in truths:
                    truths[-frame.number] = None if last is None else last is (frame.joined == "&&")
            taken = reached(one.frames, truths)
            if taken and one.before in ("&&", "||"):
                taken = None if last is None else last if one.before == "&&" else not last
            if taken is False:
                continue
            if self._ends(one):
                if taken:
                    return "breaks"
                self.doubt = True
            said = self._statement(one, main[number + 1 :], taken=taken is True)
            if said is not None and taken:
                return said
            if said is not None:
                self.maybe.append(said)
            last = truth_of(one, last, self.shell)
            note(one, last, truths)
        return None

    def _parsed(self, main: list[Statement]) -> int:
        """How many statements are run before the shell reads one that it cannot parse, and ends."""
        if self.depth:
            return len(main)
        for at, one in enumerate(self.found):
            harm = harm_of(one, self.shell)
            if not harm.parsed:
                continue
            if harm.effect == "unread":
                self.doubt = True
                break
            # A compound is read whole, before anything of it is run.
            outer = one.frames[0].number if one.frames else 0
            before = [other for other in self.found[:at] if not outer or outer not in (f.number for f in other.frames)]
            return sum(not any(f.kind == "function" for f in other.frames) for other in before)
        return len(main)

    def _ends(self, one: Statement) -> bool:
        """Whether this statement ends its shell, where it is come to. A doubt is kept."""
        harm = harm_of(one, self.shell)
        # A function without arguments is run where it is called.
        self.doubt = self.doubt or one.words[0] in self._harmful()
        self.doubt = self.doubt or (harm.effect == "unread" and not harm.parsed)
        if harm.effect not in ("ends", "fails") or harm.parsed:
            return False
        if harm.effect == "ends" and not _of_its_own(one):
            return True
        heeded = (
            one.negated
            or one.behind in ("&&", "||", "|", "&")
            or any(frame.behind in ("&&", "||", "|", "&") or frame.part == "condition" for frame in one.frames)
        )
        return self.errexit and not heeded

    def _harmful(self) -> set[str]:
        """The functions of the script that may end it; looked for once, whatever its length."""
        if self.harmful is None:
            self.harmful = {
                frame.part
                for one in self.found
                if harm_of(one, self.shell).effect in ("ends", "unread")
                for frame in one.frames
                if frame.kind == "function"
            }
        return self.harmful

    def _statement(self, one: Statement, rest: list[Statement], *, taken: bool) -> Kind | None:
        words = without_redirections(one.words)
        while words and re.match(r"[A-Za-z_]\w*\+?=", words[0]):
            if not words[1:]:
                return self._assigned(words[0], one, rest)
            words = words[1:]
        if not words or words[0] in ("set", "shift", *_TALK):
            self._set(words, taken=taken)
            return "swallows" if any(map(self._inside, words)) else None
        executes = words[0] == "exec"
        words = _executed(words) if executes else words
        said = self._use(words)
        if said is None:
            # `exec` with redirections alone goes on; with a program, nothing behind it is ever reached.
            return "ignores" if ((executes and words) or words[:1] == ["exit"]) and taken else None
        if self.lost and said in ("passes", "root"):
            return self.lost
        if not executes or _of_its_own(one):
            return self._status(one, rest, said) if said in ("passes", "splits") else said
        wrapper = WRAPPERS.get(name_of(words[0])) if words and said == "passes" else None
        return "leaves" if wrapper is not None and forks(words, wrapper) else said

    def _assigned(self, word: str, one: Statement, rest: list[Statement]) -> Kind | None:
        inner = self._inside(word)
        if inner is not None:
            # The status of an assignment is that of its substitution (XCU 2.9.1).
            return self._status(one, rest, inner) if inner == "passes" else inner
        name, _, value = word.partition("=")
        if value.replace(" ", "") in ('("$@")', '("${@}")'):
            self.arrays.add(name)
        elif re.fullmatch(r"\"?\$[@*]\"?|\"?\$\{[@*]\}\"?", value):
            # `CMD="$*"` is one text, and whoever starts it splits it anew.
            self.texts.add(name)
        elif FIRST.fullmatch(value):
            self.firsts.add(name)
        return None

    def _inside(self, word: str) -> Kind | None:
        """What `$( )` in a word does with them; None where they are in none."""
        found = _INSIDE.search(word)
        inner = statements(found[1] or found[2] or "") if found and self.depth < 4 else []
        if not any(self._is_all(one) for statement in inner for one in statement.words):
            return None
        return _Walk(inner, self.errexit, follow=self.follow, depth=self.depth + 1).kind()

    def _has_part(self, word: str) -> bool:
        """Whether the arguments, or a text of all of them, are in the word."""
        names = re.findall(r"\$\{?(\w+)", word)
        return bool(_PARTS.search(word)) or not self.texts.isdisjoint(names)

    def _set(self, words: list[str], *, taken: bool) -> None:
        text = " ".join(words)
        if words[:1] not in (["set"], ["shift"]):
            return
        if words == ["shift"] and self.firsts and taken and not self.shifted:
            # `cmd=$1; shift; exec "$cmd" "$@"` is all of them again.
            self.shifted = True
        elif words[0] == "shift":
            self.lost = self.lost or ("eats" if taken else "")
        elif re.search(r"(?:^|\s)-[a-z]*e", text.partition(" -- ")[0]) and "+e" not in text:
            self.errexit = True
        elif "+e" in text:
            self.errexit = False
        self.pipefail = self.pipefail or "pipefail" in text
        if words[:2] == ["set", "--"] and taken and len(words) > 2:
            said = self._use(words[2:])
            self.lost = self.lost or ("" if said in ("passes", "root") else "splits" if said == "splits" else "eats")

    def _is_all(self, word: str) -> bool:
        if self.zeroth:
            return False
        return (
            word in _ALL
            or _OR_ELSE.match(word) is not None
            or any(word in (f'"${{{name}[@]}}"', f'"${{{name}[@]:0}}"') for name in self.arrays)
        )

    def _use(self, words: list[str]) -> Kind | None:
        """What a command line of the script does with the arguments in it; None where there are none."""
        if self.zeroth and words[:2] == ['"$0"', '"$@"']:
            return "passes"
        at = next((n for n, word in enumerate(words) if self._is_all(word)), None)
        if at is None:
            if words and FIRST.fullmatch(words[0]):
                return "unread"
            if not any(map(self._has_part, words)):
                return None
            if self.zeroth and any(word in _ALL for word in words):
                # `sh -c 'exec "$@"' /app/job x`: the shell takes /app/job for its own name.
                return "eats"
            first = name_of(words[0])
            text = first == "eval" or (first in _SHELLS and any(_TEXT.fullmatch(word) for word in words[1:]))
            return "splits" if text or self._has_part(words[0]) or self._prefix(words[:1]) == "passes" else "eats"
        return None if words[0] in (".", "source") else self._behind(words, at)

    def _behind(self, words: list[str], at: int) -> Kind:
        """What stands before all arguments, which begin at ``at``, and so gets them."""
        if not self.shifted:
            return self._prefix(words[:at])
        name = re.fullmatch(r"\"?\$\{?(\w+)\}?\"?", words[at - 1]) if at else None
        return self._prefix(words[: at - 1]) if name is not None and name[1] in self.firsts else "eats"

    def _prefix(self, words: list[str]) -> Kind:
        """What stands before all arguments, and so gets them."""
        root = False
        for _ in range(8):
            if not words or (root and words[0] in _MINE):
                return "root" if root else "passes"
            said = self._starter(words)
            if said is None and self.follow is not None and (there := self.follow(words[0])) is not None:
                # Another entry script, most often that of the image below; with words of its own nobody knows which is which.
                return there if len(words) == 1 else "unread"
            wrapper = WRAPPERS.get(name_of(words[0]))
            left = behind(words[1:], wrapper) if wrapper is not None else None
            if said is not None or wrapper is None or left is None:
                return said or "eats"
            root, words = root or wrapper.root, left
        return "unread"

    def _starter(self, words: list[str]) -> Kind | None:
        """What a shell, a function or a variable before them does; None for any other program."""
        first = name_of(words[0])
        if first == "eval":
            return "splits"
        if first in _SHELLS and (at := next((n for n, one in enumerate(words) if n and _TEXT.fullmatch(one)), 0)):
            # `sh -c "$@"`: a text of its own; `sh -c '"$@"' sh "$@"` and `bash -lc '"$0" "$@"' "$@"`: the text reads them.
            text = words[at + 1][1:-1] if len(words) > at + 1 and words[at + 1][:1] in "\"'" else None
            return "splits" if text is None else of_script(text, zeroth=len(words) == at + 2)
        body = self._body(words[0])
        if body is not None:
            # With words of its own before them, `shift` in it decides.
            return body if len(words) == 1 else "unread"
        return "unread" if re.fullmatch(r"\$\w+|\$\{\w+[^}]*\}", words[0]) else None

    def _body(self, name: str) -> Kind | None:
        """What a function of the script does with them."""
        frames = {
            one.frames[n].number: n for one in self.found for n, frame in enumerate(one.frames) if _is(frame, name)
        }
        if not frames or self.depth > 4:
            return None
        inside = [
            one._replace(frames=one.frames[n + 1 :])
            for one in self.found
            for n, frame in enumerate(one.frames)
            if _is(frame, name)
        ]
        others = [one for one in self.found if not any(_is(frame, name) for frame in one.frames)]
        functions = [one for one in others if any(frame.kind == "function" for frame in one.frames)]
        walk = _Walk(
            [*functions, *inside], self.errexit, follow=self.follow, depth=self.depth + 1, pipefail=self.pipefail
        )
        return walk.kind()

    def _status(self, one: Statement, rest: list[Statement], said: Kind) -> Kind:
        """``said``, or "swallows" where another command's status is the script's."""
        after = [other for other in rest if other.before not in ("|", "|&")]
        if any(frame.kind in ("if", "while") and frame.part == "condition" for frame in one.frames) or one.negated:
            kept = False
        elif one.behind in ("|", "|&"):
            kept = self.pipefail and (len(rest) == 1 or self.errexit)
        elif any(frame.behind in ("|", "|&", "&", "||") for frame in one.frames):
            return "unread" if self.pipefail else "leaves" if _last_in_background(one, after) else "swallows"
        elif one.behind == "||":
            kept = not (after and after[0].words[0] in (":", "true", "echo", "printf"))
        elif one.behind == "&" and not after:
            return "leaves"
        elif one.behind == "&":
            # `wait $!` has the status of the job; what stands behind it must hand that on as behind the command itself.
            waits = [n for n, other in enumerate(after) if other.words[0] == "wait" and "$" in " ".join(other.words)]
            left = after[waits[-1] + 1 :] if waits else []
            kept = bool(waits) and (not left or self.errexit or _hands_status(left))
        else:
            # What stands in another arm of the same compound is not reached.
            others = [other for other in after if not _apart(one.frames, other.frames)]
            kept = not others or self.errexit or _hands_status(after)
        return said if kept else "swallows"


def _last_in_background(one: Statement, after: list[Statement]) -> bool:
    return not after and any(frame.behind == "&" for frame in one.frames)


def _of_its_own(one: Statement) -> bool:
    """Whether this statement is run in a shell of its own: a subshell, a part of a pipe, the background."""
    return (
        one.behind in ("|", "|&", "&")
        or one.before in ("|", "|&")
        or any(frame.kind == "(" or frame.behind in ("|", "|&", "&") for frame in one.frames)
    )


def _executed(words: list[str]) -> list[str]:
    """What `exec` starts: its own options (bash: -a NAME, -c, -l) are no program."""
    rest = words[1:]
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] == "-a" else rest[1:]
    return rest


def _is(frame: Frame, name: str) -> bool:
    return (frame.kind == "function" and frame.part == name) or (frame.kind == "function" and frame.word == name)


def _apart(mine: tuple[Frame, ...], other: tuple[Frame, ...]) -> bool:
    return any(a.number == b.number and a.part != b.part for a, b in zip(mine, other, strict=False))


def _hands_status(after: list[Statement]) -> bool:
    """Whether what follows ends with the status of what came before: `exit $?`, or `rc=$?` .. `exit $rc`, or `wait $!`."""
    first, last = " ".join(after[0].words), " ".join(after[-1].words)
    if re.fullmatch(r"(?:exit|return)(?: \"?\$\?\"?)?", first):
        return True
    waited = [other for other in after if other.words[0] == "wait"]
    if waited and waited[-1] is after[-1]:
        return True
    kept = [found for other in after if (found := re.fullmatch(r"(?:local )?(\w+)=\"?\$\?\"?", " ".join(other.words)))]
    return bool(kept) and re.fullmatch(rf"(?:exit|return) \"?\$\{{?{kept[0][1]}\}}?\"?", last) is not None
