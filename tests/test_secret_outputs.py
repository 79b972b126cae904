"""Every kind of planted secret, in a table's lines and in the scripts they start, through every output there is.

The values are those marked in `vectors/secret_shapes*.txt`. A push tries one batch, which has shapes of every list and kind;
the deep run tries all of them, on the host and on AWS. Nothing depends on the day. Looked for in each text: the value, the
beginning of a long one, and the ways it may be written (in an address, in base64, behind backslashes, in JSON).
"""

from __future__ import annotations

import base64
import io
import json
import re
import sys
import urllib.parse
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from botocore.client import BaseClient

from converters.secrets.names import PROSE
from converters.secrets.search import MASK, mask
from migrate import cli as entrance
from migrate.cli import cli
from migrate.errors import UserError
from migrate.terminal import log
from tests.aws.conftest import world
from tests.aws.world import SETTINGS, World
from tests.cutover.place import new_place
from tests.effort import DEEP
from tests.test_secret_shapes import ALL, Shape

__all__ = ["world"]

SAMPLE = 40
"""Shapes of one batch on the host."""
ON_AWS = 90 if DEEP else 4
"""Shapes of one batch on AWS: few worlds for all of them, but no more rules than a bus takes by default (C623)."""
PLANTED = [shape for shape in ALL if shape.marked]


def batches(size: int) -> list[list[Shape]]:
    """All planted shapes in parts of at most ``size``; a push takes one part.

    Shapes of one kind stand beside each other in the vectors, so every n-th is one of each kind.
    """
    count = -(-len(PLANTED) // size)
    return [PLANTED[start::count] for start in range(count if DEEP else 1)]


class Planted(NamedTuple):
    """``value`` stands for a secret in ``shape``."""

    value: str
    shape: str


def values(shape: Shape) -> Iterator[Planted]:
    for start, end in shape.marked:
        value = shape.text[start:end]
        # Shorter ones, and words of our own sentences, stand in a long text by chance.
        if len(value) >= 5 and value not in PROSE and not value.startswith("123456"):
            yield Planted(value, shape.text)


def disguises(value: str) -> set[str]:
    """The ways in which a value may stand in a text."""
    forms = {value, urllib.parse.quote(value, safe=""), json.dumps(value)[1:-1], re.sub(r"(\W)", r"\\\1", value)}
    forms |= {base64.b64encode(value.encode()).decode().rstrip("=")}
    return forms | ({value[:12]} if len(value) >= 16 else set())


def crontab(batch: list[Shape]) -> bytes:
    """Each shape as a job; what is an assignment stands above them, and some stand in a script that a job starts."""
    # Every other batch under cron's own shell: of what only bash knows there is more to say then.
    lines = ["SHELL=/bin/bash"] if len(batch[0].text) % 2 else []
    lines += [shape.text for shape in batch if shape.environment_line and "\n" not in shape.text]
    for number, shape in enumerate(shape for shape in batch if not shape.environment_line):
        command = f"/opt/s{number}.sh" if in_script(number, shape) else re.sub(r"(?<!\\)%", r"\%", shape.text)
        lines.append(f"{number % 60} {number // 60 + 3} * * * root {command}")
    return "\n".join([*lines, ""]).encode()


def in_script(number: int, shape: Shape) -> bool:
    return number % 4 == 3 or "\n" in shape.text


def tables(batch: list[Shape]) -> dict[str, bytes]:
    jobs = enumerate(shape for shape in batch if not shape.environment_line)
    scripts = {f"opt/s{n}.sh": f"#!/bin/sh\n{shape.text}\n".encode() for n, shape in jobs if in_script(n, shape)}
    return {"etc/cron.d/app": crontab(batch), **scripts}


def stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def told(said: io.TextIOWrapper) -> str:
    said.seek(0)
    return said.read()


class Outputs:
    """What every command said, by its words, and what was sent to AWS."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def call(self, *words: str, codes: tuple[int, ...] = (0, 1)) -> None:
        said = stream()
        code: object = 0
        with redirect_stdout(said), redirect_stderr(said):
            try:
                code = cli.main([*words], standalone_mode=False) or 0
            except (UserError, click.ClickException) as error:
                code = 2
                log.failed(str(error), 2)
        text = self.texts[" ".join(words)[:120]] = told(said)
        assert code in codes, (words, code, text[-600:])

    def files(self, top: Path) -> None:
        for path in top.rglob("*"):
            if path.is_file():
                self.texts[f"file {path.relative_to(top)}"] = path.read_text(encoding="utf-8", errors="replace")


def planted(batch: list[Shape]) -> list[Planted]:
    """The secrets of a batch, but for those that another of its shapes shows where nothing makes them one: the identifier of
    a key is a secret only beside its key."""
    shown = [visible(shape) for shape in batch]
    return [one for shape in batch for one in values(shape) if not any(one.value in text for text in shown)]


def visible(shape: Shape) -> str:
    text, end = "", 0
    for start, stop in sorted(shape.marked):
        text, end = f"{text}{shape.text[end:start]}\n", stop
    return text + shape.text[end:]


def leaks(secrets: list[Planted], texts: dict[str, str]) -> list[tuple[str, str, str]]:
    """(value, shape, where it stands and how)."""
    found = []
    for one in secrets:
        for form in disguises(one.value):
            for place, text in texts.items():
                if form in text:
                    at = text.index(form)
                    found.append((one.value, one.shape, f"{place}: {text[max(0, at - 60) : at + 60]!r}"))
    return found


@pytest.mark.parametrize("batch", batches(SAMPLE), ids=lambda batch: batch[0].text[:40])
def test_no_report_or_spec_holds_a_planted_secret(batch: list[Shape], tmp_path: Path) -> None:
    for path, data in tables(batch).items():
        (tmp_path / "host" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "host" / path).write_bytes(data)
    outputs = Outputs()
    _on_the_host(outputs, tmp_path / "host", tmp_path / "out", crontab(batch).decode())
    outputs.files(tmp_path / "out")
    assert leaks(planted(batch), outputs.texts) == []


@pytest.mark.parametrize("batch", batches(ON_AWS), ids=lambda batch: batch[0].text[:40])
def test_nothing_sent_or_said_of_aws_holds_a_planted_secret(
    batch: list[Shape], world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = Outputs()
    sent = _sent(monkeypatch)
    said = stream()
    with redirect_stdout(said), redirect_stderr(said):
        with new_place(world, tmp_path, tables(batch), scan_tree=True) as place:
            pass
        outputs.texts["scan"] = told(said)
    _on_aws(outputs, place.tree, place.out)
    outputs.texts["sent"] = "\n".join(sent)
    outputs.files(place.out)
    assert leaks(planted(batch), outputs.texts) == []


def _sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    really = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(self: Any, operation: str, given: dict[str, Any]) -> Any:
        sent.append(f"{operation} {json.dumps(given, default=str, ensure_ascii=False)}")
        return really(self, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    return sent


def _on_the_host(outputs: Outputs, tree: Path, out: Path, table: str) -> None:
    place = ("--out", str(out))
    scan = ("scan", str(tree), "--image", "example/app:1", "--timezone", "UTC", *place)
    outputs.call(*scan, "--details")
    outputs.call(*scan, "--format", "json", "--verbose")
    outputs.call("review", "--list", *place)
    outputs.call("verify", "--log", str(_log(out.parent, table)), "--timezone", "UTC", *place)
    for line in table.splitlines():
        outputs.call("explain", "--system", "--timezone", "UTC", line, codes=(0, 1, 2))
    outputs.call("review", "--accept-defaults", *place)
    outputs.call("status", "--offline", "--details", "--root", str(tree), *place)
    (out / "cron2fargate.yml").write_text(SETTINGS)
    outputs.call("export", "cloudformation", *place)
    outputs.call("export", "terraform", *place)
    for form in ("md", "json", "html"):
        outputs.call("report", "--format", form, *place)


def _on_aws(outputs: Outputs, tree: Path, out: Path) -> None:
    place = ("--out", str(out))
    host = ("--root", str(tree), "--accept", "C604", "--accept-loss")
    outputs.call("plan", "--create", "--details", "--verbose", *place)
    outputs.call("plan", "--rehearse", "--format", "json", *place)
    outputs.call("register", "--rehearse", "--create", "--details", *place)
    outputs.call("check", *place)
    outputs.call("cutover", "--all", "--dry-run", *host, *place)
    outputs.call("cutover", "--all", "--print", "--yes", *host, *place, codes=(0, 1, 2))


def _log(directory: Path, table: str) -> Path:
    """Cron's log of a morning on which every job ran."""
    path = directory / "cron.log"
    jobs = [line.split(None, 6) for line in table.splitlines() if " * * * root " in line]
    path.write_text(
        "".join(f"Nov 29 {int(job[1]):02}:{int(job[0]):02}:01 h CRON[1]: (root) CMD ({job[6]})\n" for job in jobs)
    )
    return path


def test_an_internal_error_tells_nothing_of_the_line_that_caused_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "5 4 * * * root mysql -u root -pLEAK50x9 shop"

    def broken(*_given: object, **_more: object) -> None:
        raise ValueError(f"cannot read {line}")

    (tmp_path / "tab").write_text(f"{line}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("migrate.scan.scanning.scan", broken)
    monkeypatch.setattr("migrate.commands.scan._scan_and_write", broken)
    monkeypatch.delenv("CRON2FARGATE_DEBUG", raising=False)
    monkeypatch.setattr(sys, "argv", ["cron2fargate", "scan", "tab"])
    assert entrance._run() == 70
    shown = capsys.readouterr()
    assert "internal error (ValueError" in shown.err
    assert "LEAK50" not in shown.out + shown.err


def test_a_refusal_that_quotes_the_line_hides_its_secret(capsys: pytest.CaptureFixture[str]) -> None:
    log.failed("tab:1: 'mysql -u root -pLEAK51x9 shop' cannot be read; mend the line", 2)
    assert (
        capsys.readouterr().err == f"cron2fargate: tab:1: 'mysql -u root -p{MASK} shop' cannot be read; mend the line\n"
    )


def test_only_private_files_of_a_cutover_hold_the_original_line(world: World, tmp_path: Path) -> None:
    """A table can be put back only from a copy of it, so a backup holds what the table held: for its owner alone."""
    table = b"SHELL=/bin/sh\n30 3 * * * root mysqldump -u root -pLEAK52x9 shop\n"
    with new_place(world, tmp_path, {"etc/cron.d/app": table}) as place:
        assert place.forward(accept=("C610",)) == 0
        holding = [path for path in place.out.rglob("*") if path.is_file() and b"LEAK52x9" in path.read_bytes()]
        assert holding
        for path in holding:
            assert ".cron2fargate" in path.parts
            assert path.stat().st_mode & 0o077 == 0, path


HARMLESS = [shape for shape in ALL if not shape.marked and not shape.environment_line and MASK not in shape.text]


def test_harmless_lines_make_specs_that_run_what_cron_ran(tmp_path: Path) -> None:
    """No reference made of harmless text: in no ecs.yml a mask, or a secret of AWS."""
    lines = [shape.text for shape in HARMLESS if "\n" not in shape.text][:: 1 if DEEP else 4]
    lines = [re.sub(r"(?<!\\)%", r"\%", line) for line in lines]
    outputs = Outputs()
    # A variable that one line of a table uses as a secret is one in all of them: what uses variables stands apart.
    for table in ("uses", "sets"):
        chosen = [line for line in lines if ("$" in line) == (table == "uses")]
        numbered = [f"{n % 60} {n // 60 % 24} {n // 1440 + 1} * * {line}" for n, line in enumerate(chosen)]
        (tmp_path / table).write_text("\n".join(["SHELL=/bin/bash", *numbered, ""]))
    tables = (str(tmp_path / "uses"), str(tmp_path / "sets"))
    outputs.call("scan", *tables, "--user-crontab", "--timezone", "UTC", "--out", str(tmp_path / "out"))
    proposed = json.loads((tmp_path / "out/.cron2fargate/proposed.json").read_text())
    assert len(proposed) > len(lines) // 2
    alarms = [text.rpartition("text: ")[2] for text in proposed.values() if "  secrets:" in text or MASK in text]
    assert alarms == []


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("51 1 1 * * squeue -u ops -p gpu2", "51 1 1 * * squeue -u ops -p gpu2"),
        ("51 1 1 * * root squeue -u ops -p gpu2", "51 1 1 * * root squeue -u ops -p gpu2"),
        ("@daily root sudo -u svc -p 'pw: ' /opt/x", "@daily root sudo -u svc -p 'pw: ' /opt/x"),
        ("51 1 1 * * root mycli -u ops -p gpu2x9", f"51 1 1 * * root mycli -u ops -p {MASK}"),
    ],
)
def test_the_program_stands_behind_the_fields_of_a_line(line: str, shown: str) -> None:
    assert mask(line) == shown


GLUED = """
mysql -ubob -pgeheim -h db.example.com x
mongodump -h db.example.com -u bob -pgeheim
sqlplus -S bob/geheim@ORCL @/srv/q.sql
exp bob/geheim file=/srv/x.dmp
gpg --batch --passphrase geheim -c /srv/a
qpdf --encrypt geheim geheim 256 -- /srv/a.pdf /srv/b.pdf
envdir /etc/app mysql -pgeheim x
parallel mysql -ubob -pgeheim -e {} ::: a b
redis-cli -ageheim PING
"""


def test_a_plain_word_is_hidden_where_its_program_is_not_beside_it(tmp_path: Path) -> None:
    """A word of the arguments, the path that a word was read as, and what is said of either."""
    (tmp_path / "table").write_text("".join(f"0 1 * * * {command}\n" for command in GLUED.strip().splitlines()))
    outputs = Outputs()
    outputs.call("scan", "--user-crontab", "--timezone", "UTC", "--out", str(tmp_path / "out"), str(tmp_path / "table"))
    outputs.files(tmp_path / "out")
    assert not [name for name, text in outputs.texts.items() if "geheim" in text]
