"""Documents made from the code: ``python -m tools.docs`` writes them, a test fails when they drift."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path

import click

from converters.specs import model as ecs
from migrate.cli import COMMANDS, cli
from migrate.settings import model as settings_model
from migrate.settings.loading import SCHEMA_FILES
from tools import finding_pages, helps

DOCS = Path(__file__).parent.parent / "docs"
WIDTH = 100


def commands() -> str:
    """The help of every command."""
    parts = ["# Commands", "", "Made from the help texts by `make docs`.", "", _help(cli, "cron2fargate", COMMANDS)]
    with click.Context(cli, info_name="cron2fargate") as context:
        for name in COMMANDS:
            command = cli.get_command(context, name)
            if command is not None:
                parts += ["", f"## {name}", "", _help(command, f"cron2fargate {name}")]
    return "\n".join(parts) + "\n"


def _help(command: click.Command, name: str, inner: dict[str, str] | None = None) -> str:
    return f"```text\n{helps.page(command, name, WIDTH, inner)}\n```"


# The wings of `converters` in the order of their imports: a wing may import the wings before it, never one after it.
WINGS = (
    "findings",
    "schedules",
    "tables",
    "expressions",
    "hosts",
    "secrets",
    "images",
    "commands",
    "programs",
    "worlds",
    "specs",
    "workflows",
    "artefact",
    "rights",
    "frame",
    "history",
    "opinions",
    "inventory",
)

# The rooms of `migrate`, in the order of their imports: what reads and keeps, what speaks with AWS, what people see.
ROOMS = (
    "terminal",
    "machine",
    "settings",
    "sources",
    "document",
    "workspace",
    "scan",
    "sites",
    "cross_check",
    "aws",
    "checks",
    "export",
    "images",
    "logs",
    "trying",
    "report",
    "review",
    "beginning",
    "cutover",
    "templates",
    "collect",
    "commands",
)

HOUSE = """# The house

Two packages, one direction: `migrate` may import `converters`; `converters` imports nothing of `migrate` and does no
I/O: no files, no clock, no AWS, no prompts. Text and values in, values out; so all that is hard can be tested as a table.
It reads two things that do not change while it runs: the tables of programs that it brings along, and time zone data.

```text
 a crontab's text                                                        what people see and what AWS gets
        |                                                                              ^
        v                                                                              |
 migrate/sources  ->  migrate/scan  ->  migrate/document   ->   review, report, workspace  ->  aws, export, cutover
        |                  |                                                           |
 - - - -|- - - - - - - - - | - - - - converters: pure - - - - - - - - - - - - - - - - -|- - - - - - - - - - - - - -
        v                  v                                                           v
     tables/   ->   schedules/  ->  expressions/     when: sets of days and minutes -> EventBridge, and the proof
        |                                                                              |
        +------->   secrets/    ->  commands/   ->  specs/  ->  workflows/, frame/      what: shell text -> ecs.yml -> AWS
                                                                                       |
     findings/  every code, under all of them       history/  what really ran          opinions/  what libraries think
```

The wings of `converters`, in the order of their imports (a wing imports only wings before it; `tests/test_house.py`):
"""

PACKAGES = {"converters": WINGS, "migrate": ROOMS}


def house() -> str:
    """The map: every room with its idea, in the words of its docstring."""
    root = DOCS.parent
    rows = [HOUSE]
    rows += _in_order(root, "converters")
    rows += ["", "The rooms of `migrate`, in the order of theirs, in which there is no circle either:", ""]
    rows += _in_order(root, "migrate")
    rows += ["", "This page is made from the modules' own first lines by `make docs`.", ""]
    for package in PACKAGES:
        for room in sorted({path.parent for path in (root / package).rglob("*.py")}, key=_place(root)):
            rows += [f"## `{room.relative_to(root)}/`", "", _first_line(room / "__init__.py"), ""]
            modules = [path for path in sorted(room.glob("*.py")) if path.name != "__init__.py"]
            rows += [f"- `{path.name}`: {_first_line(path)}" for path in modules]
            rows += [""] if modules else []
    rows += [
        "## Beside the packages",
        "",
        "- `tests/`: tables and properties; `models` slow referees; `real` the real daemon; `aws` an embedded AWS",
        "- `fixtures/`: crontabs written for the tests and the demo",
        "- `benchmarks/`: ratios against peers; `docs/speed.md` holds the latest",
        "- `tools/`: documents made from the code",
        "",
    ]
    return "\n".join(rows)


def _place(root: Path) -> Callable[[Path], tuple[str, int, Path]]:
    """Sorts rooms in their order, what stands inside of one behind it by name."""

    def place(room: Path) -> tuple[str, int, Path]:
        package, *inner = room.relative_to(root).parts
        return package, PACKAGES[package].index(inner[0]) + 1 if inner else 0, room

    return place


def _in_order(root: Path, package: str) -> list[str]:
    return [
        f"{n}. `{room}/`: {_first_line(root / package / room / '__init__.py')}"
        for n, room in enumerate(PACKAGES[package], 1)
    ]


def _first_line(path: Path) -> str:
    """The first paragraph of a module's docstring, as one line."""
    if not path.exists():
        return ""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("``", "`")


PAGES = {"commands.md": commands, "findings.md": finding_pages.index, "house.md": house}


SCHEMAS = {"ecs": ecs.json_schema, "settings": settings_model.json_schema}


def main() -> None:
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
    finding_pages.write(DOCS / "findings")
    for kind, schema in SCHEMAS.items():
        path = DOCS.parent / "migrate" / "templates" / SCHEMA_FILES[kind]
        path.write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
