"""Lines as people write them: what must be said of each, and what must not. Their kinds come from public crontabs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import run

# fate | command | what must stand in a finding (several by ` ; `, `-` before what must not)
SAID = """
drop | docker restart web | C476
decide | docker start nightly | C476
drop | docker rm old | C476
stay | wall "backup in five minutes" | logged in here
decide | curl --netrc https://x.example.com/export | ~/.netrc
decide | curl -sn https://x.example.com/export | ~/.netrc
move | curl -s https://x.example.com/export | -~/.netrc
decide | mysql -S /var/run/mysqld/mysqld.sock -e 'call x()' | asks /var/run/mysqld/mysqld.sock ; -localhost:3306
decide | mysqldump --socket=/tmp/my.sock shop | asks /tmp/my.sock ; -localhost:3306
move | ! /srv/app/check && /srv/app/alert | C434
decide | ! grep -q x /srv/f && /srv/app/alert | `! grep` skips ; -C488
decide | /srv/app/a; ! grep -q x /srv/f | `! grep` ends with status 1 ; -no line matched
decide | rsync -az root@100.88.28.10:'/var/lib/rancher/x/' /srv/in/ | C489 ; -C477
decide | /srv/app/export; gzip /srv/out.csv | only what this run itself has written
decide | mysqldump -u root -p shop > /srv/shop.sql | for the password at a terminal
decide | mysqldump -u root -p shop | gzip > /srv/shop.sql.gz | for the password at a terminal
decide | mysql -p shop </srv/in.sql | -for the password at a terminal
decide | psql -W -h db.example.com shop -c 'select 1' >/srv/o | for the password at a terminal
move | wp --path=/var/www/html cron event run --due-now | must hold `wp`, `/var/www/html`
move | drush -r /var/www/html cron | must hold `drush`, `/var/www/html`
"""
IS_IF = """
! /srv/app/check && /srv/app/alert | if ! /srv/app/check; then exec /srv/app/alert; fi
! grep -q x /srv/f && /srv/app/alert | if ! grep -q x /srv/f; then exec /srv/app/alert; fi
! /srv/app/check || exit; /srv/app/run | ! /srv/app/check || exit 0; exec /srv/app/run
"""


def _rows(text: str, columns: int) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line:
            cells = line.split(" | ")
            yield [cells[0], " | ".join(cells[1 : len(cells) - columns + 2]), cells[-1]] if columns == 3 else cells


def _scanned(tmp_path: Path, command: str) -> dict[str, object]:
    table = tmp_path / "table"
    table.write_text(f"0 2 * * * {command}\n")
    shown = run("scan", str(table), "--user-crontab", "--timezone", "UTC", "--format", "json", cwd=tmp_path)
    assert shown.code == 0, shown.err
    job = json.loads(shown.out)["jobs"][0]
    assert isinstance(job, dict)
    return job


@pytest.mark.parametrize(("fate", "command", "words"), [pytest.param(*row, id=row[1]) for row in _rows(SAID, 3)])
def test_what_is_said(tmp_path: Path, fate: str, command: str, words: str) -> None:
    job = _scanned(tmp_path, command)
    assert job["fate"] == fate
    findings = job["findings"]
    assert isinstance(findings, list)
    said = "\n".join(f"{one['code']} {one['message']}" for one in findings)
    for word in words.split(" ; "):
        if word.startswith("-"):
            assert word[1:] not in said
        else:
            assert word in said, said


@pytest.mark.parametrize(("command", "written"), list(_rows(IS_IF, 2)))
def test_a_test_that_is_turned_is_written_as_an_if(tmp_path: Path, command: str, written: str) -> None:
    assert _scanned(tmp_path, command)
    table = tmp_path / "table"
    image = ("--image", "registry.example.com/app:1")
    shown = run("scan", str(table), "--user-crontab", "--timezone", "UTC", "--out", "out", *image, cwd=tmp_path)
    assert shown.code == 0, shown.err
    (spec,) = (tmp_path / "out" / "jobs").glob("*/ecs.yml")
    assert written in spec.read_text()
