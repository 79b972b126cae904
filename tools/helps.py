"""The help of each command, laid out by the project itself, so that the documents made of it are the same under every
release of click: what click prints changes its metavars, defaults and breaks from one minor release to the next."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence

import click

HELP = ("-h, --help", "Show this message and exit.")
NAME_WIDTH = 28
"""An option longer than this has its text on the next line."""


def described(command: click.Command) -> Iterator[tuple[bool, list[str]]]:
    """Paragraphs of the help and the epilog: whether the lines are kept as they are (``\\b``), and the lines."""
    text = f"{inspect.cleandoc(command.help or '')}\n\n{inspect.cleandoc(command.epilog or '')}".strip()
    for paragraph in filter(None, re.split(r"\n\s*\n", text.split("\f")[0])):
        lines = paragraph.strip("\n").splitlines()
        if lines[0].strip() == "\b":
            yield True, [line.rstrip() for line in lines[1:]]
        else:
            yield False, [" ".join(line.strip() for line in lines)]


def usage(command: click.Command, name: str) -> str:
    """``cron2fargate scan [OPTIONS] [PATH]...``"""
    arguments = [_argument(one) for one in command.params if isinstance(one, click.Argument)]
    return " ".join(
        [name, "[OPTIONS]", *arguments, *(["COMMAND [ARGS]..."] if isinstance(command, click.Group) else [])]
    )


def _argument(argument: click.Argument) -> str:
    if argument.metavar:
        return argument.metavar
    name = str(argument.name).upper()
    if isinstance(argument.type, click.Choice):
        name = "|".join(map(str, argument.type.choices))
        name = f"{{{name}}}" if argument.required else name
    return (name if argument.required else f"[{name}]") + ("..." if argument.nargs == -1 else "")


def options(command: click.Command) -> list[tuple[str, str]]:
    """(names with what they take, text with default and bounds) of each option that is shown; the help option is last."""
    shown = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    return [(_names(one), _text(one)) for one in shown if one.name != "help"] + [HELP]


def _names(option: click.Option) -> str:
    names = ", ".join(sorted(option.opts, key=lambda name: name.startswith("--")))
    if option.secondary_opts:
        names += " / " + ", ".join(option.secondary_opts)
    return names if option.is_flag or option.count else f"{names} {_takes(option)}"


def _takes(option: click.Option) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return f"[{'|'.join(map(str, option.type.choices))}]"
    # A range is named after what it is a range of; its bounds are told with the default.
    return option.type.name.removesuffix(" range").upper()


def _text(option: click.Option) -> str:
    notes = [f"default: {_default(option)}"] if option.show_default else []
    if isinstance(option.type, click.IntRange | click.FloatRange) and not option.count:
        low, high = option.type.min, option.type.max
        notes.append(f"x>={low}" if high is None else f"{'' if low is None else f'{low}<='}x<={high}")
    if option.required:
        notes.append("required")
    return "  ".join(filter(None, [inspect.cleandoc(option.help or ""), f"[{'; '.join(notes)}]" if notes else ""]))


def _default(option: click.Option) -> str:
    if option.is_flag and option.secondary_opts:
        return (option.opts if option.default else option.secondary_opts)[0].removeprefix("--")
    return str(option.default)


def page(command: click.Command, name: str, width: int, commands: dict[str, str] | None = None) -> str:
    """The help as plain text: usage, what it does, options, and for the program itself its commands."""
    lines = [f"Usage: {usage(command, name)}"]
    for kept, paragraph in described(command):
        lines.append("")
        lines += [f"  {line}" for line in paragraph] if kept else _wrapped(paragraph[0], width, "  ")
    lines += ["", "Options:", *_columns(options(command), width)]
    if commands:
        lines += ["", "Commands:", *_columns(list(commands.items()), width)]
    return "\n".join(line.rstrip() for line in lines)


def _columns(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    left = max(len(name) for name, _ in rows if len(name) <= NAME_WIDTH) + 2
    for name, text in rows:
        lines = _wrapped(text, width, " " * (left + 2))
        if len(name) + 2 > left:
            yield f"  {name}"
        else:
            lines[:1] = [f"  {name}".ljust(left + 2) + (lines[0].strip() if lines else "")]
        yield from lines


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    # Neither words nor options are cut: `--log-format` stays one word.
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
