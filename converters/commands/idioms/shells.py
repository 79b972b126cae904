"""Shells around the job: ``sh|bash [-l] [-e] -c '..'``, ``exec``, ``time``, parentheses and braces."""

from __future__ import annotations

from converters.commands.idioms.opening import open_layer
from converters.commands.idioms.options import Grammar, read_options
from converters.commands.idioms.peeling import Kept, Peeling, Site, sole_command
from converters.commands.shell.program_names import SHELLS
from converters.commands.shell.syntax import Compound
from converters.commands.shell.words import Simple

# bash(1): -e -u -x -m change how the text runs; -l and -i only what is read before.
# cPanel's jailshell is bash in a jail; rbash is bash that forbids some things (bash(1), RESTRICTED SHELL).
JAILS = {"jailshell": "/bin/bash", "rbash": "/bin/bash", "lshell": "/bin/sh"}
_FLAGS = frozenset("lieuxcm")
_TIME = Grammar(flags="pvqa", valued="of", long={"verbose": "v", "portability": "p", "quiet": "q"})


def shell(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``bash -l -c 'TEXT'``. ``-l`` and ``-i`` read profiles of the host and are dropped with a finding; ``-e``, ``-u``,
    ``-x`` and ``-o pipefail`` stay with the text."""
    words = simple.words
    kept: list[str] = []
    login = False
    at = 1
    while at < len(words) and (value := words[at].value) is not None and value.startswith("-") and value != "-":
        # `bash -c`: bundled letters end with c, and the text is the next word.
        at += 1
        if value in ("--login", "-l", "-i"):
            login = True
            continue
        # A shell started with -c reads neither file anyway, unless it is interactive.
        if value in ("--norc", "--noprofile"):
            continue
        letters = value[1:]
        takes_name = letters.endswith("o")
        if not set(letters.rstrip("o")) <= _FLAGS:
            raise Kept(f"its option `{value}` is not known")
        login |= "l" in letters or "i" in letters
        letters_kept = "".join(letter for letter in letters.rstrip("o") if letter not in "lic") + (
            "o" if takes_name else ""
        )
        if letters_kept:
            kept.append("-" + letters_kept)
        if takes_name:
            name = words[at].value if at < len(words) else None
            if name is None or not name.isalpha():
                raise Kept(f"its option `{value}` is not known")
            kept.append(name)
            at += 1
        if "c" in letters:
            break
    else:
        raise Kept("it runs a script")
    # `sh -c 'TEXT' name arg`: the words are $0, $1 and on of the text.
    if at != len(words) - 1:
        raise Kept("arguments follow its text")
    if login and peeling.container is not None:
        raise Kept("it reads the profile of the image, as before")
    interpreter = (words[0].value or "", *kept, "-c")
    open_layer(peeling, "shell", simple, words[at], interpreter)
    if login:
        peeling.find(
            "C451",
            f"`{interpreter[0]}` is a login or interactive shell here: it reads the host's profile files for PATH and the "
            "like. The container does not; the image must set what they set.",
        )


def is_login(simple: Simple) -> bool:
    """Whether a command starts a shell that reads profile files: ``bash -l x``, ``sh --login``, ``bash -ic '..'``."""
    if simple.name not in SHELLS | {"zsh", "mksh"}:
        return False
    for word in simple.words[1:]:
        value = word.value or ""
        if not value.startswith("-"):
            return False
        if value == "--login" or (not value.startswith("--") and set(value[1:]) & {"l", "i"}):
            return True
    return False


def exec_command(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``exec CMD`` as the last thing."""
    if site.tail:
        raise Kept("text stands behind it")
    if len(simple.words) < 2 or (simple.words[1].value or "-").startswith("-"):
        raise Kept("it has options or no command")
    peeling.unwrap("exec", simple, 1)


def time(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``/usr/bin/time [-p] CMD``, and bash's keyword."""
    # dash has no keyword `time`; Debian's package `time` may be missing (127).
    if simple.words[0].value == "time" and not peeling.bash:
        raise Kept("without bash it is a program that may be missing")
    options, at = read_options(simple.words, _TIME)
    if "o" in options:
        raise Kept("it writes a file")
    peeling.unwrap("time", simple, at)


def open_block(peeling: Peeling) -> bool:
    """``( CMDS )`` and ``{ CMDS; }`` that are the whole text."""
    block = sole_command(peeling.script)
    # With redirections the block is needed: they cover all of it.
    if not isinstance(block, Compound) or block.kind not in ("subshell", "group") or block.redirects:
        return False
    body = block.bodies[0]
    if not body.statements:
        return False
    last = body.statements[-1]
    if last.terminator == "&":
        end = last.terminator_at + 1
    else:
        last.terminator, end = "", last.end
    peeling.take("block", (block.start, body.statements[0].start), (end, block.end))
    peeling.script.statements = body.statements
    return True
