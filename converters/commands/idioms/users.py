"""Another user: ``sudo -u``, ``su - USER -c``, ``runuser``, ``su-exec``, ``gosu``.

They also change the environment (sudo clears it, a login shell reads profiles and starts in the user's home), so each is
said as a finding.
"""

from __future__ import annotations

import re

from converters.commands.idioms.opening import open_layer
from converters.commands.idioms.options import Grammar, read_options
from converters.commands.idioms.peeling import Kept, Peeling, Site, literal
from converters.commands.shell.words import Simple

# sudo(8): -E and -i decide what of the environment stays, -S, -b and -k what a script cannot be given.
_SUDO = Grammar(
    flags="nHEiSbk",
    valued="ug",
    long={
        "user": "u",
        "group": "g",
        "non-interactive": "n",
        "set-home": "H",
        "preserve-env": "E",
        "login": "i",
    },
)
_RUNUSER = Grammar(
    flags="lmp",
    valued="cus",
    long={"login": "l", "command": "c", "user": "u", "shell": "s", "preserve-environment": "p"},
)


def become(peeling: Peeling, user: str, tool: str, *, login: bool) -> None:
    peeling.user = user
    peeling.known = {}  # HOME is another one, and sudo clears the rest
    if login:
        peeling.start = peeling.working_directory = None
    start = ", in that user's home and with that user's profile" if login else ""
    peeling.find(
        "C453", f"`{tool}` runs it as `{user}`{start}; the container runs as `{user}`, who must be in the image."
    )


def free(peeling: Peeling, site: Site, simple: Simple) -> None:
    # A command beside it would go on as the first user.
    site.only("true")
    if peeling.user is not None:
        raise Kept("the user is changed already")
    if simple.assignments:
        raise Kept("variables are set in front of it")
    # sudoers(5): env_reset is the default, so only what is listed in env_keep passes.
    if peeling.environment and not {"-E", "--preserve-env"} & set(simple.values):
        raise Kept("variables are set in front of it, and it may clear them")


def _reads(simple: Simple, at: int, name: str) -> bool:
    """Whether the shell expands a variable in the words from ``at`` on, before the tool in front of them could set it."""
    pattern = re.compile(rf"\$\{{?{re.escape(name)}(?!\w)")
    return any(word.value is None and pattern.search(word.text) for word in simple.words[at:])


def sudo(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``sudo [-n] [-H] [-E] [-u USER] [A=b] CMD``: root unless named otherwise."""
    free(peeling, site, simple)
    options, at = read_options(simple.words, _SUDO)
    if {"g", "S", "b", "k"} & set(options):
        raise Kept("it has options without a counterpart")
    login = "i" in options
    variables: dict[str, str] = {}
    # sudo(8): `sudo VAR=value command` sets variables for the command.
    while at < len(simple.words) and "=" in (value := simple.words[at].value or ""):
        name, _, variables_value = value.partition("=")
        if not name.isidentifier():
            break
        variables[name] = variables_value
        at += 1
    early = next((name for name in variables if _reads(simple, at, name)), None)
    if early is not None:
        raise Kept(f"cron's shell fills in `${early}` before sudo sets it, so the word is empty")
    if login and at >= len(simple.words):
        raise Kept("no command follows it")
    peeling.unwrap("sudo", simple, at)
    peeling.environment.update(variables)
    become(peeling, options.get("u", "root"), "sudo", login=login)


def su(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``su [-] [USER] -c 'CMD'`` in any order of its words, as util-linux and shadow permit."""
    free(peeling, site, simple)
    words, user, login, command, shell = simple.words, None, False, None, "/bin/sh"
    at = 1
    while at < len(words):
        value = words[at].value
        # su(1): `-` starts a login shell, in the user's home.
        if value in ("-", "-l", "--login"):
            login = True
        elif value in ("-c", "--command", "-lc", "-s", "--shell"):
            if at + 1 >= len(words):
                raise Kept(f"its option `{value}` has no value")
            at += 1
            if value in ("-s", "--shell"):
                shell = literal(words[at], peeling, "the shell")
            else:
                # `-lc` is -l and -c bundled.
                login |= value == "-lc"
                command = words[at]
        elif value is None or value.startswith("-") or user is not None:
            raise Kept(f"`{words[at].text}` is not understood")
        else:
            user = value
        at += 1
    if command is None:
        raise Kept("it names no command with `-c`")
    if login and peeling.container is not None:
        raise Kept("it reads the profile of the image, as before")
    # The outer shell expands it first: what the inner one gets is not known here.
    if command.value is None:
        raise Kept("the outer shell changes its text when it runs")
    open_layer(peeling, "su", simple, command, (shell, "-c"))
    become(peeling, user or "root", "su", login=login)


def runuser(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``runuser -u USER [--] CMD``, or like ``su``."""
    if not any(word.value in ("-u", "--user") or (word.value or "").startswith("--user=") for word in simple.words):
        su(peeling, site, simple)
        return
    free(peeling, site, simple)
    options, at = read_options(simple.words, _RUNUSER)
    if {"c", "s"} & set(options) or "u" not in options:
        raise Kept("it has options that do not go with `-u`, or names the user after the command")
    peeling.unwrap("runuser", simple, at)
    become(peeling, options["u"], "runuser", login="l" in options)


def exec_as(peeling: Peeling, site: Site, simple: Simple) -> None:
    """``su-exec USER CMD``, ``gosu USER CMD``, ``setuser USER CMD``."""
    free(peeling, site, simple)
    if len(simple.words) < 3:
        raise Kept("no command follows it")
    user = literal(simple.words[1], peeling, "the user")
    if user.startswith("-"):
        raise Kept(f"`{user}` is not understood")
    tool = simple.name or ""
    peeling.unwrap(tool, simple, 2)
    become(peeling, user, tool, login=False)
