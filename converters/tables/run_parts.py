"""Which scripts of a directory ``run-parts`` starts, and which command lines start such a directory.

Three programs have that name. Sources: Debian's ``run-parts(8)`` (debianutils 5.7), the shell script of Red Hat's package
``crontabs``, and BusyBox ``debianutils/run_parts.c``. All go through the directory in the C locale's order, one script
after the other.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Rules = Literal["debian", "redhat", "busybox"]


@dataclass(frozen=True, slots=True)
class Call:
    """One ``run-parts [options] DIRECTORY``. ``arguments`` are what each script is given (``--arg``)."""

    directory: str
    arguments: tuple[str, ...] = ()
    lsb: bool = False
    reverse: bool = False
    stops_on_error: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """What a command line starts beside ordinary programs.

    ``calls``     the directories it runs; those it only lists (``--test``) are none.
    ``followed``  whether the directories run whenever the line does: nothing before them but ``cd`` and tests for
                  anacron or for the directory itself.
    ``only``      nothing else is in the line, so it is done once its directories are.
    ``yields``    it tests for anacron first and leaves the directory to it.
    ``anacron``   it calls anacron with the system's own table.
    """

    calls: tuple[Call, ...] = ()
    followed: bool = False
    only: bool = False
    yields: bool = False
    anacron: bool = False


NOTHING = Started()
# Wrappers leave the program they start in charge; their options are passed over.
_WRAPPERS = frozenset({"nice", "ionice", "chrt", "exec", "command", "time"})
_TESTS = frozenset({"test", "[", "[["})
_HARMLESS = frozenset({"cd", "then", "else", "fi", "true", ":", "exit", "umask"})
# `invoke-rc.d anacron start` and `systemctl start anacron` run the system's table too.
_SERVICES = frozenset({"invoke-rc.d", "service", "systemctl", "rc-service"})
_OPERATORS = frozenset(";&|(){}\n")
# run-parts(8): `-a` gives every script one argument, `-u` sets the umask.
_VALUED = {"-a": "--arg", "--arg": "--arg", "-u": "--umask", "--umask": "--umask"}
_SINGLE = frozenset({"--report", "--verbose", "-v", "--debug", "-d", "--new-session", "--stdin", "--exit-on-error"})


def started_by(command: str) -> Started:
    """Read a command line for ``run-parts`` and ``anacron``. What cannot be read as shell text starts nothing here."""
    if "run-parts" not in command and "anacron" not in command:
        return NOTHING
    try:
        commands = list(_commands(command))
    except ValueError:
        return NOTHING
    calls: list[Call] = []
    followed = only = True
    yields = anacron = False
    for words, negated, operator in commands:
        program = words[0].rpartition("/")[2]
        if program == "run-parts":
            call = _call(words[1:])
            followed = followed and only and call is not None
            calls += [call] if call is not None else []
        elif _calls_anacron(program, words[1:]):
            anacron = True
        elif program in _TESTS and any("anacron" in word for word in words):
            # Debian's /etc/crontab: `test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )`.
            if negated != (operator == "||"):
                yields = yields or not calls
            else:
                followed = False
        elif program not in _HARMLESS and not (program in _TESTS and _plain_test(words)):
            only = False
    followed = followed and bool(calls)
    return Started(tuple(calls), followed, only and (followed or anacron), yields and followed, anacron)


def _calls_anacron(program: str, operands: list[str]) -> bool:
    """Whether anacron goes through the system's table: ``-t``, ``-S`` name others, ``-u`` and ``-T`` start nothing."""
    # anacron(8): `-u` only updates stamps, `-T` only checks the table.
    if program in _SERVICES:
        return {"anacron", "start"} <= set(operands)
    return program == "anacron" and not {"-t", "-S", "-u", "-T"} & {word[:2] for word in operands}


def _plain_test(words: list[str]) -> bool:
    """A test for what such a line needs anyway: the directory, run-parts itself, or an init system."""
    path = [word for word in words[1:] if word not in {"!", "-d", "-x", "-e", "-f", "]", "]]"}]
    return len(path) == 1 and bool(
        re.fullmatch(r"/(?:usr/)?bin/run-parts|/etc/(?:cron\.|periodic/)[\w-]+/?|/run/systemd/system", path[0])
    )


def _commands(text: str) -> Iterator[tuple[list[str], bool, str]]:
    """The simple commands of a line without wrappers, assignments and redirections: words, whether negated, and the
    operator behind. ValueError where a quote is open."""
    # For a shell `a#b` is one word, and only a word that begins with `#` is a comment: not what shlex does by itself.
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|()<>\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    redirected = False
    for token in (*lexer, ";"):
        last = token.startswith("#")
        if last or set(token) <= _OPERATORS:
            shown = _unwrapped(words)
            if shown:
                yield shown, "!" in words, token
            words, redirected = [], False
            if last:
                return
        elif set(token) <= set("<>&"):
            redirected = True
            # `2>file`: the number in front of the sign is a descriptor and no word.
            words = words[:-1] if words and words[-1].isdigit() else words
        elif redirected:
            redirected = False
        else:
            words.append(token)


def _unwrapped(words: list[str]) -> list[str]:
    """``nice -n 5 ionice -c3 run-parts X`` is ``run-parts X``; ``if``, ``then`` and ``!`` are no commands of their own."""
    while words:
        if re.match(r"\w+=", words[0]) or (words[0] in {"if", "then", "else", "!"} and len(words) > 1):
            words = words[1:]
        elif words[0].rpartition("/")[2] in _WRAPPERS:
            words = words[1:]
            while words and (words[0].startswith("-") or words[0].isdigit()):
                words = words[1:]
        else:
            break
    return words


# `--test` and `--list` print names and run nothing.
def _call(words: list[str]) -> Call | None:
    """The call these operands make, or ``None`` where it starts nothing (``--test``) or in a way not followed here."""
    arguments: list[str] = []
    flags: set[str] = set()
    while words and words[0].startswith("-"):
        name, equals, value = words.pop(0).partition("=")
        if name == "--":
            break
        if name in _VALUED:
            if not equals and not words:
                return None
            given = value if equals else words.pop(0)
            arguments += [given] if _VALUED[name] == "--arg" else []
        elif name in _SINGLE or name in {"--lsbsysinit", "--reverse"}:
            flags.add(name)
        else:
            return None
    if len(words) != 1 or not re.fullmatch(r"/[^$`*?\[\0]+", words[0]):
        return None
    directory = re.sub(r"//+", "/", words[0]).rstrip("/")
    if not directory:
        return None
    return Call(directory, tuple(arguments), "--lsbsysinit" in flags, "--reverse" in flags, "--exit-on-error" in flags)


# run-parts(8): without other options names of letters, digits, underscores and hyphens; `backup.sh` never runs.
_DEBIAN = re.compile(r"[a-zA-Z0-9_-]+")
_LSB = re.compile(r"_?(?:[a-z0-9_.]+-)+[a-z0-9]+")
_TRADITIONAL = re.compile(r"[a-z0-9][a-z0-9-]*")
_DPKG = re.compile(r"[a-z0-9-].*\.dpkg-(?:old|dist|new|tmp)")
# The crontabs package's script: dotfiles, `*~`, `*,`, rpm's leftovers, `*.swp`, `*.cfsaved`.
_REDHAT = (".rpmsave", ".rpmorig", ".rpmnew", ".swp", ".cfsaved", ",v", "~", ",")


def why_passed_over(name: str, rules: Rules, *, lsb: bool = False) -> str | None:
    """Why run-parts passes over a file of this name, as a clause with the rule; ``None`` when it starts it."""
    if rules == "redhat":
        return _redhat(name)
    if lsb and rules == "debian":
        # As run-parts.c does it; the manual page promises the names of cron scripts as well, which it does not keep.
        if _TRADITIONAL.fullmatch(name) or (_LSB.fullmatch(name) and not _DPKG.fullmatch(name)):
            return None
        return "with --lsbsysinit run-parts starts only names of the LSB's name spaces"
    # BusyBox run_parts.c checks for the same characters.
    if _DEBIAN.fullmatch(name):
        return None
    whose = "Debian's" if rules == "debian" else "BusyBox's"
    return f"{whose} run-parts starts only names of letters, digits, _ and -"


def _redhat(name: str) -> str | None:
    if name.startswith("."):
        return "Red Hat's run-parts passes over hidden files"
    suffix = next((one for one in _REDHAT if name.endswith(one)), None)
    if suffix is not None:
        return f"Red Hat's run-parts passes over names that end in {suffix}"
    if re.search(r"\s", name):
        # Its loop is `for i in $(... echo $dir/*[^~,])`: the shell splits names at blanks.
        return "Red Hat's run-parts takes a name with a blank for two"
    return None


def in_order(names: Iterable[str], *, reverse: bool = False) -> list[str]:
    """The order in which run-parts starts them: that of their bytes."""
    # run-parts(8): in the lexical sort order of the C locale.
    return sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape"), reverse=reverse)
