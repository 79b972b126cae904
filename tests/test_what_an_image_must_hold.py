"""What the image must hold of a line, guards and zones included, and which addresses of this machine are a question."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import run

# Command -> what the image must hold beside what it always said, or must not be asked for.
HOLDS = """
curl -fs https://example.com/up && /srv/app/x | curl, CA certificates, /srv/app/x
grep -q ready /srv/app/state && /srv/app/x | grep, /srv/app/x
if ping -c1 example.com; then /srv/app/x; fi | ping, /srv/app/x
TZ=Asia/Tokyo /srv/app/x | /srv/app/x, zone data
TZ=:Asia/Tokyo /srv/app/x | /srv/app/x, zone data
env TZ="Europe/Berlin" /srv/app/x | /srv/app/x, zone data
export TZ=America/New_York; /srv/app/x | /srv/app/x, zone data
cd /srv/app && TZ='Asia/Tokyo' date | date, zone data
TZ=Asia/Tokyo; export TZ; /srv/app/x | /srv/app/x, zone data
"""
NOT_ASKED = """
TZ=UTC /srv/app/x | zone data
export TZ=Etc/UTC; /srv/app/x | zone data
TZ=JST-9 /srv/app/x | zone data
/srv/app/x --TZ=Asia/Tokyo | zone data
[ -x /usr/bin/y ] && /srv/app/x | /usr/bin/y
command -v y && /srv/app/x | y
"""
HERE = """
/srv/app/x --db-host=localhost
/srv/app/x -H 127.0.0.1
python3 -c 'import requests; requests.get("http://localhost:9000/x")'
node -e 'require("http").get("http://127.0.0.1:3000/x")'
php -r 'file_get_contents("http://localhost/cron.php");'
"""


def _rows(text: str) -> list[tuple[str, set[str]]]:
    rows = [line.rpartition(" | ")[::2] for line in text.splitlines() if line]
    return [(command, set(words.split(", "))) for command, words in rows]


def _job(tmp_path: Path, command: str, shell: str = "/bin/sh") -> dict[str, object]:
    table = tmp_path / "table"
    table.write_text(f"SHELL={shell}\n0 2 * * * {command}\n")
    shown = run("scan", str(table), "--user-crontab", "--timezone", "UTC", "--format", "json", cwd=tmp_path)
    assert shown.code == 0, shown.err
    job = json.loads(shown.out)["jobs"][0]
    assert isinstance(job, dict)
    return job


def _asked(job: dict[str, object]) -> set[str]:
    needs = job["needs"]
    assert isinstance(needs, list)
    return {one["subject"] for one in needs if one.get("image")}


@pytest.mark.parametrize("command,words", _rows(HOLDS))
def test_the_image_must_hold(tmp_path: Path, command: str, words: set[str]) -> None:
    assert words <= _asked(_job(tmp_path, command))


@pytest.mark.parametrize("command,words", _rows(NOT_ASKED))
def test_nobody_asks_for(tmp_path: Path, command: str, words: set[str]) -> None:
    assert not words & _asked(_job(tmp_path, command))


@pytest.mark.parametrize("command", HERE.split("\n")[1:-1])
def test_an_address_of_this_machine_is_a_question_whatever_asks_it(tmp_path: Path, command: str) -> None:
    job = _job(tmp_path, command)
    assert job["fate"] == "decide"
    assert job["status"] != "ready"


# A file that is only locked is no output, no state and no input of the job, in whatever form it is opened.
LOCKED = """
exec 9>/tmp/l; flock -n 9 && /srv/app/a
( flock -n 9 && /srv/app/a ) 9>/tmp/x; ( flock -n 8 && /srv/app/b ) 8>/tmp/y
{ flock -w 5 7; /srv/app/a; } 7<>/var/tmp/k
{ flock -s 7 && /srv/app/a; } 7</var/tmp/k
flock -n /tmp/a /srv/app/a; flock -n /tmp/b /srv/app/b
"""


@pytest.mark.parametrize("command", LOCKED.split("\n")[1:-1])
def test_a_lock_is_a_lock_and_no_file_of_the_job(tmp_path: Path, command: str) -> None:
    job = _job(tmp_path, command)
    findings = job["findings"]
    assert isinstance(findings, list)
    codes = {one["code"] for one in findings}
    assert "C411" in codes or "C418" in codes
    assert not codes & {"C421", "C477", "C486", "C459"}
    assert job["fate"] == "move"


# Command -> its fate, and the code that tells of what it is handed.
HANDED = """
FILE=/srv/in/a.csv /srv/app/load | decide C486
PGPASSFILE=/root/.pgpass psql -h db.example.com -c 'select 1' | decide C486
CONFIG=/srv/app/etc/prod.yml /srv/app/bin/x | move C494
BUNDLE_GEMFILE=/srv/app/Gemfile JAVA_HOME=/srv/java /srv/app/bin/x | move C494
psql service=prod -c 'select 1' | decide C473
taskset -c 0 chrt -i 0 /srv/app/x | move C494
java -Dkeys=/srv/keys.jks -jar /opt/app/app.jar | decide C486
"""


@pytest.mark.parametrize("row", HANDED.split("\n")[1:-1])
def test_what_is_handed_by_a_variable_or_a_property(tmp_path: Path, row: str) -> None:
    command, _, rest = row.rpartition(" | ")
    fate, code = rest.split()
    job = _job(tmp_path, command)
    findings = job["findings"]
    assert isinstance(findings, list)
    assert (job["fate"], code in {one["code"] for one in findings}) == (fate, True)


def test_a_socket_of_bash_is_an_address(tmp_path: Path) -> None:
    """bash(1), REDIRECTION: ``/dev/tcp/HOST/PORT`` is no device."""
    here = _job(tmp_path, "echo flush_all > /dev/tcp/127.0.0.1/11211", shell="/bin/bash")
    assert here["fate"] == "decide"
    needs = _job(tmp_path, "echo x > /dev/tcp/graphite.example.com/2003", shell="/bin/bash")["needs"]
    assert isinstance(needs, list)
    assert "graphite.example.com" in {one["subject"] for one in needs if one["kind"] == "host"}
