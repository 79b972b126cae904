"""What stands in front of a job and only prepares it: ``cd DIR &&``, ``export A=b;``, ``env A=b``, ``A=b CMD``."""

from __future__ import annotations

import posixpath
import re

from converters.commands.idioms.options import Grammar, read_options
from converters.commands.idioms.peeling import Kept, Peeling, Site, check_unwrap, literal
from converters.commands.shell.syntax import Statement
from converters.commands.shell.words import Simple

_ENV = Grammar(flags="v0")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# `cd -` needs the directory before: OLDPWD of this very shell.
_BACK = re.compile(r"OLDPWD|(?:^|[\s;&|(])cd\s+-(?:\s|$|[;&|)])|~[-+]")
# Their meaning is bound to the moment they are set, or to the shell itself.
_NOT_AFTER_PREFIX = frozenset(
    {"exec", "export", ":", "eval", "sudo", "/usr/bin/sudo"}
)  # the last clears the environment
# bash reads CDPATH at each cd, ENV and BASH_ENV at its start, IFS at each split: the shell is meant, not the job.
_SPECIAL_NAMES = frozenset(
    {"CDPATH", "IFS", "PWD", "OLDPWD", "ENV", "BASH_ENV", "PS4", "LD_PRELOAD", "RANDOM", "SECONDS"}
)


def follows(peeling: Peeling) -> bool:
    """Whether the first command of the script can go when it is sure to succeed: ``&&`` or ``;`` stands behind it."""
    # In the background it would set its own subshell's variables only.
    statement = peeling.script.statements[0]
    if statement.terminator == "&" and len(peeling.script.statements) > 1:
        return False
    if statement.operators:
        return statement.operators[0] == "&&"
    return len(peeling.script.statements) > 1 and statement.terminator in (";", "\n")


def leaves_otherwise(peeling: Peeling) -> bool:
    """``FIRST || exit [N]; REST``: the first statement is a condition for all the rest."""
    statements = peeling.script.statements
    if len(statements) < 2 or statements[0].terminator not in (";", "\n"):
        return False
    return statements[0].operators == ["||"] and is_exit(statements[0])


def is_exit(statement: Statement) -> bool:
    """Its last pipeline is ``exit`` or ``exit N``."""
    simple = statement.pipelines[-1].simple
    if simple is None or simple.redirects or simple.assignments or simple.values[:1] != ["exit"]:
        return False
    return len(simple.words) == 1 or (len(simple.words) == 2 and (simple.values[1] or "").isdecimal())


def drop_statement(peeling: Peeling, kind: str) -> None:
    """Take the whole first statement."""
    statements = peeling.script.statements
    peeling.take(kind, (statements[0].start, statements[1].start))
    del statements[0]


def change_directory(peeling: Peeling, simple: Simple) -> bool:
    """``cd DIR &&``, ``cd DIR;`` or ``cd DIR || exit;`` in front of all the rest. A relative directory counts from the
    one before, or from HOME, where cron starts a job."""
    otherwise = leaves_otherwise(peeling)
    if not (follows(peeling) or otherwise) or simple.redirects or simple.assignments:
        raise Kept("more than the rest depends on it")
    # -P and -L differ only where the path has symbolic links (cd in POSIX).
    words = [word for word in simple.words[1:] if word.value not in ("--", "-P", "-L")]
    # With CDPATH set a relative `cd` may go elsewhere and prints where.
    if "CDPATH" in peeling.variables() or _BACK.search(peeling.text, simple.end):
        raise Kept("the text goes back to the directory before")
    variables = peeling.variables()
    # `cd` alone goes to HOME (POSIX cd).
    directory = literal(words[0], peeling, "the directory") if words else variables.get("HOME")
    if directory is None or len(words) > 1 or not directory or directory == "-":
        raise Kept("the directory is known only when it runs")
    if not directory.startswith("/"):
        base = peeling.working_directory or peeling.start
        if base is None:
            raise Kept(f"`{directory}` counts from the home directory, which is not known")
        directory = posixpath.join(base, directory)
    if otherwise:
        drop_statement(peeling, "directory")
    else:
        peeling.drop_front("directory")
    # `a/../b` is not `b` where a is a symbolic link: such a path stays as written.
    peeling.working_directory = posixpath.normpath(directory) if "/../" not in directory + "/" else directory
    # Capistrano's layout: current is a link to releases/TIME.
    if re.search(r"/current(/|$)", directory):
        peeling.find(
            "C455",
            f"`{directory}` is the release that a deploy tool points to. In the image the program stands where you put it.",
        )
    return True


def export(peeling: Peeling, simple: Simple) -> bool:
    """``export A=b C=d;`` with literal values, in front of all the rest."""
    if not follows(peeling) or simple.redirects or simple.assignments or len(simple.words) < 2:
        raise Kept("it exports what only the shell knows")
    variables = {}
    for word in simple.words[1:]:
        name, equals, _ = word.text.partition("=")
        value = word.value
        # export's operands are expanded like assignments: tildes, no field splitting.
        if value is None and all(kind == "text" for kind, _ in word.parts):
            value = "".join(content for _, content in word.parts)
        if not equals or not _NAME.fullmatch(name) or value is None or name in _SPECIAL_NAMES:
            raise Kept(f"`{word.text}` is known only when it runs")
        variables[name] = value.partition("=")[2]
    peeling.drop_front("export")
    peeling.environment.update(variables)
    return True


def prefix(peeling: Peeling, site: Site, simple: Simple) -> bool:
    """``A=b CMD``: taken when nothing else would see the variable and no value is expanded."""
    names = [assignment.name for assignment in simple.assignments]
    values = [assignment.value for assignment in simple.assignments]
    if site.leading or site.tail == "heartbeat" or not simple.words or set(names) & _SPECIAL_NAMES:
        return False
    # `A=b echo $A` prints the old A: words are expanded before the assignment (POSIX 2.9.1).
    if any(value is None for value in values) or _expands(simple, set(names)):
        return False
    first = simple.words[0]
    # A special builtin keeps the assignment for the rest of the shell (POSIX 2.14).
    if any(redirect.start < first.start for redirect in simple.redirects) or first.value in _NOT_AFTER_PREFIX:
        return False
    peeling.take("environment", (simple.assignments[0].word.start, first.start))
    peeling.environment.update((name, value) for name, value in zip(names, values, strict=True) if value is not None)
    simple.assignments.clear()
    simple.start = first.start
    return True


def _expands(simple: Simple, names: set[str]) -> bool:
    """A word or target reads one of the variables, from before the assignment: ``A=b echo $A``."""
    words = [*simple.words, *(redirect.target for redirect in simple.redirects)]
    return any(
        kind == "other"
        or (kind in ("variable", "quoted variable") and content in names)
        or (kind == "tilde" and "HOME" in names)
        for word in words
        if word.value is None
        for kind, content in word.parts
    )


def env(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``env A=b CMD``. With ``-i``, ``-u`` or ``-S`` it stays."""
    site.only("true")
    at = read_options(simple.words, _ENV)[1]
    variables = {}
    while at < len(simple.words) and "=" in simple.words[at].text:
        word = simple.words[at]
        name, equals, value = (word.value or "").partition("=")
        # env(1) takes the first word without `=` for the command.
        if not equals or not _NAME.fullmatch(name):
            raise Kept(f"`{word.text}` is known only when it runs")
        variables[name] = value
        at += 1
    if set(variables) & _SPECIAL_NAMES or _expands(simple, set(variables)):
        raise Kept("the shell reads these variables too")
    check_unwrap(peeling, simple, at)
    peeling.unwrap("env", simple, at)
    peeling.environment.update(variables)
