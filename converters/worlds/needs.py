"""What a command needs of its world: programs, files by role, services, parts of the host. One `Need` each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from converters.commands.shell.own_processes import reaches_others
from converters.commands.shell.parse import Unparsable
from converters.commands.shell.program_names import known_as
from converters.commands.shell.words import Word
from converters.programs.catalogue import program
from converters.programs.operands import Operand, Reading, read_words
from converters.secrets.search import excerpt
from converters.worlds.calls import Call, is_relative, joined, matching
from converters.worlds.collecting import (
    READ_ROLES,
    answering,
    asked_processes,
    asks,
    locked_descriptors,
)
from converters.worlds.completing import COMPLETES, completed, of_found
from converters.worlds.emptied import destroyed_elsewhere
from converters.worlds.fetched import fetched
from converters.worlds.flags import acts
from converters.worlds.naming_places import Places
from converters.worlds.need import ASKS_LOGIN, FOUND_BY, GIVEN, Needs
from converters.worlds.products import products_of
from converters.worlds.walk import walk, within
from converters.worlds.words import (
    ANYWHERE,
    BUILTINS,
    FINDERS,
    LOOKS_HERE,
    asks_password,
    attached,
    elsewhere,
    hardware,
    says_who,
    socat_asks,
    su_reads_a_script,
    task_of,
)

_INIT_SCRIPTS = ("/etc/init.d/", "/etc/rc.d/", "/usr/local/etc/rc.d/")
_INTERPRETER = re.compile(r"[\w./+-]+$")
_DEEPEST = 12


def needs_of(
    text: str,
    *,
    directory: str | None = None,
    known: Mapping[str, str] | None = None,
    origin: str = "text",
    moved: bool = False,
) -> Needs:
    """What a shell text needs. ``directory`` is where it begins (``None``: where cron starts jobs), ``moved`` says that this
    was asked for and is not where cron starts it; ``known`` are the variables it begins with. Never raises: what cannot be
    read is a need of its own."""
    finder = _Finder(origin)
    try:
        calls = list(walk(text, directory=directory, known=known, moved=moved))
        finder.asked = asked_processes(calls)
        finder.locks = locked_descriptors(calls)
        finder.answering = answering(calls)
        for call in calls:
            finder.call(call, 0)
        finder.left_behind()
        finder.in_place()
        finder.signs()
    except Unparsable as error:
        finder.need("shell", excerpt(text, 80), "runs", (0, len(text)), "sh", note=str(error))
        return Needs(tuple(finder.found), (), (), str(error))
    return Needs(tuple(finder.found), tuple(finder.endings), tuple(finder.programs), "", finder.start)


def needs_of_words(
    words: tuple[str, ...], *, directory: str | None, known: Mapping[str, str], moved: bool = False
) -> Needs:
    """What a command without a shell needs."""
    text = " ".join(words)
    made, at = [], 0
    for word in words:
        made.append(Word(at, at + len(word), word, word, (("text", word),)))
        at += len(word) + 1
    finder = _Finder("text")
    finder.call(Call(text, 0, len(text), tuple(made), (), directory, known, "last", moved=moved), 0)
    return Needs(tuple(finder.found), tuple(finder.endings), tuple(finder.programs), "", finder.start)


class _Finder(Places):
    """Goes through the calls of one text and says what each of them needs."""

    # --- calls

    def call(self, call: Call, depth: int) -> None:
        if depth > _DEEPEST:
            return
        self.redirects(call)
        if call.under and acts(call):
            self.gated |= call.under
        if not call.words:
            return
        words = [call.said(index) for index in range(len(call.words))]
        name = known_as(words[0])
        if address := fetched(call, words):
            self.need("program", words[0] if _INTERPRETER.match(words[0]) else "", "runs", (call.start, call.end), name)
            self.need("fetched", address, "runs", (call.start, call.end), name)
        elif not self.builtin(call, words, name, depth):
            self.run(call, words, name, depth)

    def builtin(self, call: Call, words: list[str], name: str, depth: int) -> bool:
        """What the shell does itself; false where the word is a program."""
        several = len(words) > 1
        if name in ("[", "[[", "test"):
            self.test(call, words)
        elif name in (".", "source") and several:
            self.file(call, words[1], "reads", name, "shell settings")
        elif name in ("exec", "command", "builtin", "time") and several and not words[1].startswith("-"):
            self.call(_with(call, call.words[1:]), depth + 1)
        elif name == "eval" and several:
            self.shell(call, " ".join(words[1:]), depth)
        elif name in ("command", "which", "type", "hash") and several:
            # `which X` and `command -v X` ask; they run nothing.
            self.need("program", words[-1], "asks", (call.start, call.end), name, test=True)
        elif name in ("cd", "pushd") and several:
            self.enter(call, words)
        elif name == "wait":
            # `wait` without operands waits for all children (POSIX).
            self.left.clear()
        elif name in BUILTINS and "/" not in words[0]:
            if name == "pwd":
                self.looks_around(call, name)
            self.ends_of(call, name)
        else:
            return False
        return True

    def enter(self, call: Call, words: list[str]) -> None:
        """``cd D``: a directory that must be there; one below a home that nobody knows is a question."""
        target = next((word for word in words[1:] if not word.startswith("-")), "~")
        if is_relative(target):
            self.begins(call, target)
        self.need("file", joined(call.directory, target), "enters", (call.start, call.end), "cd")

    def run(self, call: Call, words: list[str], name: str, depth: int) -> None:
        """A program: itself, then what it does with its words."""
        if words[0].startswith(_INIT_SCRIPTS):
            # `/etc/init.d/apache2 restart` is `service apache2 restart`: the script is the host's, whatever daemon it starts.
            self.run(call, ["service", name, *words[1:]], "service", depth)
            return
        known = program(name)
        self.programs.append(name)
        relative = "/" in words[0]
        subject = joined(call.directory, words[0]) if relative else words[0]
        if relative and is_relative(words[0]):
            self.begins(call, words[0])
        found = f"{FOUND_BY}{call.finder}" if call.finder and not relative else ""
        self.need("program", subject, "runs", (call.start, call.end), name, test=asks(call), note=found)
        for device in hardware(words[1:]):
            self.file(call, device, "reads", name)
        if call.background:
            self.left.append((call, name))
        if name == "su" and (note := su_reads_a_script(words)):
            self.need("shell", excerpt(" ".join(words), 80), "runs", (call.start, call.end), "su", note=note)
        self.leaves(call, name, words[1:], known=known is not None)
        self.small(call, name)
        if known is None:
            self.unknown(call, words, name, depth)
        else:
            self.known(call, read_words(known, words), words, name, depth)

    def unknown(self, call: Call, words: list[str], name: str, depth: int) -> None:
        """A wrapper that nobody knows: what it runs stands behind `--` (POSIX 12.2, guideline 10)."""
        behind = words.index("--") + 1 if "--" in words[1:-1] else 0
        if behind and program(known_as(words[behind])) is not None:
            self.call(_with(call, call.words[behind:]), depth + 1)
        self.handed(call, words[1 : behind or None], name)
        self.ends_of(call, name)

    def known(self, call: Call, reading: Reading, words: list[str], name: str, depth: int) -> None:
        """What the tables know of a program with these words."""
        self.effects(call, reading, name)
        self.need("task", task_of(reading), "runs", (call.start, call.end), reading.program.name)
        # An operand elsewhere makes what it has made here a parcel.
        self.sending = any(elsewhere(operand) for operand in reading.operands)
        there = next((one.value for one in reading.operands if one.role == "directory"), None)
        inside = call
        if there is not None:
            inside = replace(call, directory=joined(call.directory, there), moved=call.moved or not is_relative(there))
        for operand in reading.operands:
            self.operand(inside if operand.role in READ_ROLES else call, reading, operand, name, depth)
        # tar -C and git -C: operands to be read count from there.
        self.sending = False
        self.beside(call, inside, words, name)
        home = call.known.get("HOME", "~")
        for path in reading.program.home:
            # Programs read their settings where they are and do without where they are not.
            self.need("file", f"{home}/{path}", "reads", (call.start, call.end), name, note="where it is there")
        for start, end in reading.inner:
            self.inner(call, reading, start, end, depth)
        if reading.rest is not None:
            self.rest(call, reading, words, depth)
        self.service(call, reading, name)
        self.ends_of(call, name, reading)

    def beside(self, call: Call, inside: Call, words: list[str], name: str) -> None:
        """What no operand is by itself: files inside a word, addresses in a form of the program's own, what it leaves."""
        # Without a terminal it asks its standard input, which cron leaves empty.
        fed = call.fed is not None or any(one.operator.startswith("<") for one in call.redirects)
        if asks_password(name, words[1:]) and not fed:
            self.need("terminal", f"{name} -p", "asks", (call.start, call.end), name, note=ASKS_LOGIN)
        for path in attached(name, words[1:]):
            self.file(call, path, "reads", name)
        for place in socat_asks(words[1:]) if name == "socat" else ():
            self.address(call, place, name, "host", secure=False)
        for product in products_of(name, words):
            self.made(inside, product, name)

    def effects(self, call: Call, reading: Reading, name: str) -> None:
        """What holds for the program whatever its operands are."""
        entry, span = reading.program, (call.start, call.end)
        # -n, --dry-run, --help: nothing is changed.
        if "harmless" in reading.flags and entry.part is None:
            return
        if entry.part is not None and reaches_others(call.text, [word.text for word in call.words]):
            decides = self.asked.get(span, call.decides)
            test = asks(call) or span in self.asked
            # Where the answer is no, what stands behind `&&` never runs.
            role = "asks" if test and decides == "guard" else "steers"
            self.need("part", entry.part, role, span, entry.name, test=test, note=entry.instead)
        self.wants(call, reading, name)
        for subject, how in destroyed_elsewhere(call, reading, [call.said(index) for index in range(len(call.words))]):
            self.need("host", subject, how, span, name)
        leaves = (entry.life == "leaves" or "leaves" in reading.flags) and "stays" not in reading.flags
        if leaves:
            self.need("background", entry.name, "runs", span, name)
        elif (entry.life == "endless" or "endless" in reading.flags) and "bounded" not in reading.flags:
            self.need("endless", entry.name, "runs", span, name)
        if "terminal" in reading.flags:
            self.need("terminal", entry.name, "asks", span, name)
        looks = entry.name.partition(" ")[0] in LOOKS_HERE and entry.name not in ANYWHERE
        if looks and not any(one.role in ("searches", "reads", "directory") for one in reading.operands):
            self.looks_around(call, entry.name)
            self.file(call, ".", "searches", name)
        if says_who(entry.name, [word.text for word in call.words[1:]]):
            self.need("identity", entry.name, "asks", span, name)
        for path in entry.reads:
            self.file(call, path, "reads", name)
        for path in entry.writes:
            self.file(call, path, "writes", name)

    def operand(self, call: Call, reading: Reading, operand: Operand, name: str, depth: int) -> None:
        role, value = operand.role, operand.value
        if role == "word" or not value:
            return
        if role in ("place", "place>"):
            self.place(call, reading, value, "reads" if role == "place" else "writes", name)
        elif role == "url" and any(one.role == "socket" for one in reading.operands):
            pass  # `curl --unix-socket S http://x/`: the host's name is only a header
        elif role in ("url", "host", "database"):
            self.address(call, value, name, role, secure="insecure" not in reading.flags)
        elif role in ("runs", "script"):
            self.file(call, value, "runs", name)
        elif role == "module":
            # `python -m a.b` is found below the current directory first.
            if call.directory is None and "." in value:
                self.need("file", f"~/{value.replace('.', '/')}.py", "runs", (call.start, call.end), name)
        elif role == "socket":
            self.need("service", value, "asks", (call.start, call.end), name)
        elif role == "shell":
            self.shell(call, value, depth)
        elif role == "code":
            self.code(call, value, name)
        elif role in ("reads", "writes", "appends", "edits", "deletes", "moves", "makes", "searches", "directory"):
            self.path(call, reading, value, role, name, note=GIVEN if operand.option and role == "reads" else "")

    def inner(self, call: Call, reading: Reading, start: int, end: int, depth: int) -> None:
        """``find P -exec CMD {} \\;``: the command works on what lies below P."""
        places = [operand.value for operand in reading.operands if operand.role == "searches"]
        below = joined(call.directory, places[0]) if places else "."
        below = matching([call.said(index) for index in range(start)], below)
        self.call(_with(call, of_found(call, below, start, end)), depth + 1)

    def rest(self, call: Call, reading: Reading, words: list[str], depth: int) -> None:
        """The command that the words of another hold (``nice``, ``xargs``, ``ssh HOST``, ``sh -c``)."""
        kind, index = reading.rest or ("code", 0)
        if kind in ("remote", "code"):
            # `ssh HOST 'rm -rf x'` touches HOST; `ruby -e` is no shell text.
            return  # it runs on another machine, whose needs are not ours; or it is no shell's language
        if kind == "shell":
            self.shell(call, " ".join(words[index:]), depth)
            return
        if kind == "script":
            self.script(call, reading, words, index, depth)
            return
        # env's assignments, and a lone `-` of env and su.
        while index < len(words) and re.match(r"[A-Za-z_]\w*=|`|\$\(|-$", words[index]):
            index += 1
        if index >= len(words):
            return
        if reading.program.name in COMPLETES:
            self.completed(call, index, depth)
            return
        finder = known_as(words[0]) if known_as(words[0]) in FINDERS else ""
        self.call(_with(replace(call, finder=finder), call.words[index:]), depth + 1)

    def completed(self, call: Call, index: int, depth: int) -> None:
        """``xargs CMD`` and ``parallel CMD ::: A``: the command with what it is given."""
        given = completed(call, call.words[index:])
        for path in given.files:
            self.file(call, path, "reads", call.name or "")
        for text in given.texts:
            self.shell(call, text, depth)
        if given.words:
            self.call(_with(call, given.words), depth + 1)

    def script(self, call: Call, reading: Reading, words: list[str], index: int, depth: int) -> None:
        """An interpreter's script: a file to be there, and by its name perhaps known itself (``artisan``)."""
        interpreter, path = words[0].rpartition("/")[2], words[index]
        self.file(call, path, "runs", interpreter)
        known = program(known_as(path))
        if known is None or not known.script:
            self.handed(call, words[index + 1 :], path.rpartition("/")[2])
            self.leaves(call, path.rpartition("/")[2], words[index + 1 :], known=False)
        if known is not None and known.script:
            inner = read_words(known, words[index:])
            self.effects(call, inner, known.name)
            self.need("task", task_of(inner), "runs", (call.start, call.end), known.name)
            for operand in inner.operands:
                self.operand(call, inner, operand, known.name, depth)
            self.service(call, inner, known.name)
            self.ends_of(call, known.name, inner)

    def shell(self, call: Call, text: str, depth: int) -> None:
        """An inner shell's text."""
        try:
            for inner in within(call, text, call.directory, call.known):
                self.call(inner, depth + 1)
        except Unparsable as error:
            self.need("shell", excerpt(text, 80), "runs", (call.start, call.end), "sh", note=str(error))

    # --- tests

    def test(self, call: Call, words: list[str]) -> None:
        """``[ -f P ]`` and its kin only ask."""
        for flag, value in pairwise(words):
            # test(1)'s file operators; -n and -z ask about text.
            if re.fullmatch(r"-[a-hkprstuwxLNOGS]", flag) and not value.startswith(("-", "]", "=")):
                if is_relative(value):
                    self.begins(call, value)
                self.need("file", joined(call.directory, value), "asks", (call.start, call.end), "test", test=True)
        self.ends_of(call, "test")


def _with(call: Call, words: tuple[object, ...]) -> Call:
    return replace(call, words=words, redirects=())  # type: ignore[arg-type]
