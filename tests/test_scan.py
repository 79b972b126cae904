"""``scan`` as a whole: the JSON contract, the workspace, a second scan, and input of every bad kind."""

from __future__ import annotations

import array
import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import termios
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from converters.expressions.eventbridge import parse
from tests.cli import FIXTURES, ROOT, run

LEGACY = FIXTURES / "legacy-rails"
WINDOW = ("--from", "2026-01-01", "--until", "2036-01-01")


def scan(tmp_path: Path, text: str | bytes, *options: str, code: int = 0) -> dict[str, object]:
    """The document of a scan of one table given on standard input."""
    data = text.encode() if isinstance(text, str) else text
    result = run("scan", "-", "--format", "json", *WINDOW, *options, cwd=tmp_path, data=data)
    assert result.code == code, result.err
    return result.document


# --- the contract -----------------------------------------------------------------------------------------------------


def test_contract(tmp_path: Path) -> None:
    document = scan(tmp_path, "# c\nA=1\n\n0 3 1 * * cd /app && x\nbad\n", "--user-crontab", "--image", "app:1")
    assert document["version"] == 1
    assert document["timezone"] == "Asia/Tokyo"
    assert document["window"] == {"from": "2026-01-01T00:00:00Z", "until": "2036-01-01T00:00:00Z"}
    assert document["lines"] == {"total": 5, "job": 1, "environment": 1, "comment": 1, "blank": 1, "invalid": 1}
    (job,) = document["jobs"]  # type: ignore[misc]
    assert {key: job["source"][key] for key in ("path", "line")} == {"path": "-", "line": 4}
    assert job["source"]["sha256"] == hashlib.sha256(b"0 3 1 * * cd /app && x").hexdigest()
    assert job["command"]["workingDirectory"] == "/app"
    assert job["command"]["argv"] == ["x"]
    assert (job["schedule"], job["timezone"], job["dialect"]) == ("0 3 1 * *", "Asia/Tokyo", "debian")
    assert job["line"] == "0 3 1 * * cd /app && x"
    assert job["target"] == {"backend": "rule", "timezone": "UTC", "expressions": ["cron(0 18 L * ? *)"], "guard": None}
    assert job["parity"] == {
        "exact": True,
        "before": 120,
        "after": 120,
        "lost": 0,
        "extra": 0,
        "moved": 0,
        "moves": [],
        "first_differences": [],
    }
    assert job["status"] == "review"  # one bad line: Debian ignores the whole file
    assert {finding["code"] for finding in job["findings"]} >= {"C102"}
    assert all(set(finding) == {"code", "severity", "message", "help"} for finding in job["findings"])
    problems = document["problems"]
    assert [(p["line"], p["code"]) for p in problems] == [(5, "C101"), (5, "C102")]  # type: ignore[attr-defined]
    assert set(problems[0]) == {"path", "line", "text", "code", "message"}  # type: ignore[index]


def test_report_json_is_what_was_printed(tmp_path: Path) -> None:
    result = run("scan", str(LEGACY), "--format", "json", *WINDOW, cwd=tmp_path)
    assert json.loads((tmp_path / "migration/report.json").read_text(encoding="utf-8")) == result.document


@pytest.mark.parametrize(
    ("line", "zone", "backend", "before", "lost", "extra", "moves"),
    [
        ("30 2 * * *", "America/New_York", "rule", 365, 0, 0, {-60: 127, -30: 1}),  # the summer offset holds longest
        ("30 2 * * *", "America/New_York", "scheduler", 365, 1, 0, {}),
        ("0 * * * *", "America/New_York", "rule", 8760, 0, 0, {}),
        ("0 * * * *", "Europe/Berlin", "auto", 8760, 0, 0, {}),
        ("0 0-23 * * *", "America/New_York", "rule", 8760, 1, 1, {}),
        ("30 2 * * *", "Asia/Tokyo", "rule", 365, 0, 0, {}),
        ("*/15 * * * *", "Australia/Lord_Howe", "rule", 35040, 0, 0, {}),
    ],
)
def test_a_year_of_parity(
    tmp_path: Path, line: str, zone: str, backend: str, before: int, lost: int, extra: int, moves: dict[int, int]
) -> None:
    text = f"{line} x\n"
    options = ["--timezone", zone, "--backend", backend, "--from", "2026-01-01", "--until", "2027-01-01"]
    (job,) = scan(tmp_path, text, *options)["jobs"]  # type: ignore[misc]
    parity = job["parity"]
    found = {move["minutes"]: move["runs"] for move in parity["moves"]}
    assert found == moves
    assert (parity["before"], parity["lost"], parity["extra"]) == (before, lost, extra)
    assert parity["before"] - parity["lost"] - parity["moved"] == parity["after"] - parity["extra"] - parity["moved"]


@pytest.mark.parametrize(
    ("own", "zone", "said"),
    [
        ("JST-9", "Etc/GMT-9", None),
        ("<+0530>-5:30", "UTC", "a rule of its own is not read here; name the zone"),
        ("UTC0", "Etc/GMT", None),
        (":Asia/Tokyo", ":Asia/Tokyo", None),
        ("CET-1CEST", "UTC", "a rule of its own is not read here; name the zone"),
        ("Asia/Tokio", "UTC", "there is no such zone"),
    ],
)
def test_the_zone_of_cron_tz_is_read_as_the_c_library_does(
    tmp_path: Path, own: str, zone: str, said: str | None
) -> None:
    text = f"CRON_TZ={own}\n0 9 * * * x\n"
    document = scan(tmp_path, text, "--dialect", "cronie", "--timezone", "Europe/Berlin")
    (job,) = document["jobs"]  # type: ignore[misc]
    assert (document["timezone"], job["timezone"]) == ("Europe/Berlin", zone)
    found = [one["message"] for one in job["findings"] if one["code"] == "C106"]
    assert found == ([f"CRON_TZ={own}: {said}"] if said else [])


RULES = ["CET-1CEST", "CET-1CEST,M3.5.0,M10.5.0/3", "<+0530>-5:30", "EST5EDT4", "<-03>3<-02>,M10.3.0/0,M2.3.0/0"]


@pytest.mark.parametrize("rule", RULES)
def test_no_job_of_a_rule_that_is_not_read_is_exact(tmp_path: Path, rule: str) -> None:
    """glibc follows the rule, so a scan that compares with UTC proves nothing."""
    text = f"CRON_TZ={rule}\n0 9 * * * x\nCRON_TZ=CET\n0 9 * * * y\n"
    document = scan(tmp_path, text, "--dialect", "cronie", "--timezone", "UTC", "--backend", "scheduler")
    job, other = document["jobs"]  # type: ignore[misc]
    assert "C106" in {one["code"] for one in job["findings"]}
    assert (job["status"], job["parity"]["exact"], job["proof"]["time"]) == ("review", False, "open")
    assert (other["parity"]["exact"], other["proof"]["time"]) == (True, "proven")
    done = run(
        "scan", "-", "--user-crontab", "--dialect", "cronie", "--timezone", rule, cwd=tmp_path, data=text.encode()
    )
    assert done.code == 2
    assert "there is no such time zone" in done.err


def test_auto_takes_what_differs_least(tmp_path: Path) -> None:
    document = scan(tmp_path, "30 2 * * * x\n0 * * * * y\n", "--timezone", "Europe/Berlin", "--backend", "auto")
    targets = [(job["target"]["backend"], job["target"]["timezone"]) for job in document["jobs"]]  # type: ignore[index, attr-defined]
    assert targets == [("scheduler", "Europe/Berlin"), ("rule", "UTC")]


def test_special_lines(tmp_path: Path) -> None:
    document = scan(tmp_path, "@reboot a\n0 0 30 2 * b\n0 0 13 * 5 c\n* * * * * /app/d\n", "--timezone", "UTC")
    jobs = document["jobs"]
    assert [job["status"] for job in jobs] == ["blocked", "blocked", "review", "review"]  # type: ignore[index, attr-defined]
    assert jobs[0]["target"]["expressions"] == []  # type: ignore[index]
    assert jobs[2]["target"]["guard"]["once"] is True  # type: ignore[index]
    assert jobs[3]["target"]["expressions"] == ["rate(1 minute)"]  # type: ignore[index]
    assert sorted(p.parent.name for p in tmp_path.glob("migration/jobs/*/ecs.yml")) == sorted(
        job["name"]
        for job in jobs
        if job["target"]["expressions"] or job["schedule"] == "@reboot"  # type: ignore[index, attr-defined]
    )


# --- the workspace ----------------------------------------------------------------------------------------------------


def test_specs_load_and_say_what_the_document_says(tmp_path: Path) -> None:
    from converters.specs.model import load_spec

    document = run("scan", str(LEGACY), "--image", "app:1", "--format", "json", *WINDOW, cwd=tmp_path).document
    for job in document["jobs"]:
        path = tmp_path / "migration/jobs" / job["name"] / "ecs.yml"
        if job["fate"] in ("stay", "drop"):
            assert not path.exists()
            continue
        text = path.read_text(encoding="utf-8")
        spec = load_spec(text, str(path))
        assert (spec.service is not None) == (job["schedule"] == "@reboot")
        assert list(spec.expressions) == job["target"]["expressions"]
        assert yaml.safe_load(text)["legacy"]["id"] == job["id"]
        for expression in spec.expressions:
            parse(expression)


def test_a_second_scan_changes_nothing_and_keeps_edits(tmp_path: Path) -> None:
    first = run("scan", str(LEGACY), *WINDOW, cwd=tmp_path)
    assert first.code == 0
    before = {p: p.read_bytes() for p in (tmp_path / "migration").rglob("*") if p.is_file()}
    edited = sorted((tmp_path / "migration/jobs").glob("*/ecs.yml"))[0]
    edited.write_bytes(edited.read_bytes().replace(b"memory: 512", b"memory: 1024"))
    settings = tmp_path / "migration/cron2fargate.yml"
    settings.write_text("# mine\n")
    second = run("scan", str(LEGACY), *WINDOW, "--timezone", "UTC", cwd=tmp_path)
    assert b"memory: 1024" in edited.read_bytes()
    assert edited.with_name("ecs.yml.new").exists()
    assert "which was edited" in second.out
    assert settings.read_text() == "# mine\n"
    edited.with_name("ecs.yml.new").unlink()
    edited.write_bytes(before[edited])
    run("scan", str(LEGACY), *WINDOW, cwd=tmp_path)
    after = {p: p.read_bytes() for p in (tmp_path / "migration").rglob("*") if p.is_file()}
    assert {p: b for p, b in after.items() if "jobs" in p.parts} == {
        p: b for p, b in before.items() if "jobs" in p.parts
    }


def test_names_stay_when_the_schedule_changes(tmp_path: Path) -> None:
    first = scan(tmp_path, "0 3 * * * /opt/backup.sh --full\n0 4 * * * /opt/backup.sh --full\n")
    again = scan(tmp_path, "30 5 * * * /opt/backup.sh --full\n0 4 * * * /opt/backup.sh --full\n")
    names = [[(job["id"], job["name"]) for job in document["jobs"]] for document in (first, again)]  # type: ignore[attr-defined]
    assert names[0] == names[1]
    assert len({name for _, name in names[0]}) == 2


def test_strict(tmp_path: Path) -> None:
    good, bad = b"0 5 * * * /app/x\n", b"@reboot true\n"
    # That somebody named an image does not say that it holds the program: that is asked, once.
    assert run("scan", "-", "--strict", "--image", "a:1", cwd=tmp_path, data=good).code == 1
    assert run("review", "--accept-defaults", cwd=tmp_path).code == 0
    assert run("scan", "-", "--strict", "--image", "a:1", cwd=tmp_path, data=good).code == 0
    assert run("scan", "-", "--strict", cwd=tmp_path, data=good).code == 1
    assert run("scan", "-", "--strict", "--image", "a:1", cwd=tmp_path, data=bad).code == 1


def test_system_and_user_tables(tmp_path: Path) -> None:
    line = "0 5 * * * root /bin/x\n"
    (tmp_path / "cron.d").mkdir()
    (tmp_path / "cron.d/app").write_text(line)
    (tmp_path / "mine").write_text(line)
    by_place = run("scan", "cron.d/app", "mine", "--format", "json", cwd=tmp_path).document
    assert by_place["jobs"][0]["user"] == "root"
    forced = run("scan", "cron.d/app", "--user-crontab", "--format", "json", cwd=tmp_path).document
    assert forced["jobs"][0]["user"] != "root"


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_the_table_fits_eighty_columns_without_colour(tmp_path: Path) -> None:
    result = run("scan", str(LEGACY), cwd=tmp_path, env={"NO_COLOR": "1"})
    assert "\x1b[" not in result.out
    assert "24 jobs:" in result.out
    assert "67 lines read" in result.out


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    result = run(
        "scan", "-", cwd=tmp_path, data=b"0 5 * * * echo \x1b[31mred\x07 \xe2\x80\xae\n\x1b]0;title bad line\n"
    )
    assert "\x1b" not in result.out
    assert "\x07" not in result.out
    assert "\u202e" not in result.out


def test_secrets_do_not_appear(tmp_path: Path) -> None:
    planted = "s3cr3tPassw0rd"
    lines = [f"0 5 * * * mysqldump -u root -p{planted} shop", f"DB_PASSWORD={planted}", "0 6 * * * x"]
    lines.append(f"bad --password={planted}")
    text = "\n".join(lines) + "\n"
    result = run("scan", "-", cwd=tmp_path, data=text.encode())
    printed = run("scan", "-", "--format", "json", cwd=tmp_path, data=text.encode())
    written = "".join(p.read_text(encoding="utf-8") for p in (tmp_path / "migration").rglob("*") if p.is_file())
    for where in (result.out, result.err, printed.out, written):
        assert planted not in where


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nothere"], "no such file"),
        (["."], "no crontab in this directory"),
        (["/dev/zero"], "a device"),
        (["binary"], "binary data"),
        (["empty", "--timezone", "Asia/Tokio"], "did you mean Asia/Tokyo"),
        (["empty", "--from", "soon"], "not a date"),
        (["empty", "--from", "2030", "--until", "2029"], "is not after"),
        (["empty", "--until", "2300"], "the years EventBridge knows"),
        (["empty", "--out", "empty"], "a file, not a directory"),
        (["empty", "--dialect", "solaris"], "solaris"),
    ],
)
def test_bad_usage_is_one_sentence(tmp_path: Path, args: list[str], words: str) -> None:
    place = tmp_path / "here"
    place.mkdir()
    if args[0] != ".":
        (place / "empty").touch()
        (place / "binary").write_bytes(bytes(range(256)) * 8)
    result = run("scan", *args, cwd=place)
    assert result.code == 2
    assert words in result.err
    assert not (place / "migration").exists()


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", {}),
        (b"\n", {"blank": 1}),
        (b"0 5 * * * caf\xe9\n", {"job": 1}),
        (b"0 5 * * * x\r\n\r\n", {"job": 1, "invalid": 1}),
        (b"0 5 * * * x", {"job": 1}),
        (b"0 5 * * * " + b"x" * 5_000_000 + b"\n", {"invalid": 1}),
        (b"\xef\xbb\xbf0 5 * * * x\n", {"invalid": 1}),
    ],
)
def test_odd_input_is_counted(tmp_path: Path, data: bytes, lines: dict[str, int]) -> None:
    document = scan(tmp_path, data)
    found = {kind: n for kind, n in document["lines"].items() if n and kind != "total"}  # type: ignore[attr-defined]
    assert found == lines
    assert document["lines"]["total"] == sum(lines.values())  # type: ignore[index]


def test_process_substitution_is_read(tmp_path: Path) -> None:
    fifo = tmp_path / "table"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(b"0 5 * * * x\n"))
    writer.start()
    assert run("scan", "table", "--format", "json", cwd=tmp_path).document["lines"]["job"] == 1
    writer.join()


def test_a_closed_reader_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "table").write_text("".join(f"{i % 60} 5 * * * job-{i}\n" for i in range(2000)))
    command = f"{sys.executable} -m migrate.cli scan table --format json | head -n 1"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.stdout == b"{\n"
    assert done.stderr == b""


def _wait_until_read(pipe: int) -> None:
    """Until nothing is left in a pipe: whoever reads it has come so far, however slow the machine is."""
    left = array.array("i", [1])
    deadline = time.monotonic() + 60
    while left[0]:
        assert time.monotonic() < deadline, "nobody reads"
        time.sleep(0.01)
        fcntl.ioctl(pipe, termios.FIONREAD, left)


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C while it waits for input: one sentence, exit code 130, nothing written."""
    process = subprocess.Popen(
        [sys.executable, "-m", "migrate.cli", "scan", "-"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdin is not None
    process.stdin.write(b"* * * * * root true\n")
    process.stdin.flush()
    _wait_until_read(process.stdin.fileno())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"interrupted" in err
    assert b"Traceback" not in err
    assert not (tmp_path / "migration").exists()


# --- real crontabs ----------------------------------------------------------------------------------------------------


def test_real_crontabs_where_they_are(tmp_path: Path) -> None:
    """Real tables nobody here wrote, where a collection of them stands beside the project: every line is counted."""
    corpus = ROOT.parent / "shared" / "corpus"
    for pattern, kind in (("*/*.crontab", "--user-crontab"), ("*/*.crond", "--system")):
        paths = sorted(corpus.glob(pattern)) or [LEGACY / "etc/crontab"]
        result = run("scan", *map(str, paths), kind, "--format", "json", "--out", str(tmp_path / "out"), cwd=tmp_path)
        assert result.code == 0, result.err
        lines = result.document["lines"]
        texts = [path.read_bytes() for path in paths]
        assert lines["total"] == sum(text.count(b"\n") + (not text.endswith(b"\n") and text != b"") for text in texts)
        assert lines["total"] == sum(n for kind, n in lines.items() if kind != "total")


# --- cron's own log ---------------------------------------------------------------------------------------------------


SESSION = "pam_unix(cron:session): session"


def test_the_log_tells_how_long_jobs_take_and_which_never_ran(tmp_path: Path) -> None:
    rows = []
    for hour in range(24 * 5):
        at = datetime(2026, 1, 1) + timedelta(hours=hour)
        end = at + timedelta(seconds=90)
        rows += [
            f"{at.isoformat()}+09:00 web1 CRON[{hour + 9}]: {SESSION} opened for user app(uid=1) by (uid=0)",
            f"{at.isoformat()}+09:00 web1 CRON[{hour + 999}]: (app) CMD (/opt/hourly)",
            f"{end.isoformat()}+09:00 web1 CRON[{hour + 9}]: {SESSION} closed for user app",
        ]
    (tmp_path / "syslog").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "tab").write_text("0 * * * * app /opt/hourly\n30 2 * * * app /opt/dead\n", encoding="utf-8")
    result = run("scan", "tab", "--system", "--log", "syslog", "--format", "json", cwd=tmp_path)
    hourly, dead = result.document["jobs"]
    assert hourly["history"]["durations"] == {"p50": 90.0, "p95": 90.0, "max": 90.0}
    assert (hourly["history"]["starts"], hourly["history"]["missed"]) == (120, 0)
    assert dead["history"]["never"] is True
    assert "C700" in {finding["code"] for finding in dead["findings"]}
    assert dead["status"] == "review"


def test_the_log_is_of_one_host(tmp_path: Path) -> None:
    for host in ("a", "b"):
        (tmp_path / host / "etc").mkdir(parents=True)
        (tmp_path / host / "etc/crontab").write_text("0 * * * * root x\n", encoding="utf-8")
    (tmp_path / "syslog").write_text("", encoding="utf-8")
    result = run("scan", "a", "b", "--log", "syslog", cwd=tmp_path)
    assert result.code == 2
    assert "one host" in result.err


def test_a_relative_program_starts_in_the_home_that_the_tree_knows(tmp_path: Path) -> None:
    """cron starts a user's jobs in that user's home; the first line of a name in passwd counts (getpwnam)."""
    etc = tmp_path / "server1" / "etc"
    etc.mkdir(parents=True)
    (etc / "passwd").write_text(
        "root:x:0:0:root:/root:/bin/sh\n# no line\ndeploy:x:7:7::/srv/deploy:/bin/sh\ndeploy:x:8:8::/x:/x\n"
    )
    (etc / "crontab").write_text(
        "5 * * * * deploy ./bin/poll.sh --once\n6 * * * * nobody-knows ./bin/poll.sh --twice\n"
    )
    assert run("scan", etc.parent, "--timezone", "UTC", "--out", tmp_path / "out", cwd=tmp_path).code == 0
    specs = sorted((tmp_path / "out" / "jobs").glob("*/ecs.yml"))
    assert ['workingDirectory: "/srv/deploy"' in path.read_text() for path in specs].count(True) == 1


def test_a_summary_names_every_job_by_fate_and_counts_as_the_table_does(tmp_path: Path) -> None:
    """``--format summary``: who moves, who stays, in a few lines; its totals are the table's own."""
    told = run("scan", str(LEGACY), "--format", "summary", *WINDOW, cwd=tmp_path).out.splitlines()
    rows = {line.split()[0]: int(line.split()[1]) for line in told[1:5]}
    jobs = scan_of(tmp_path)["jobs"]
    assert isinstance(jobs, list)
    assert rows == {fate: sum(job["fate"] == fate for job in jobs) for fate in ("move", "decide", "stay", "drop")}
    table = run("scan", str(LEGACY), *WINDOW, cwd=tmp_path).out.splitlines()
    (totals,) = [line for line in told if line.startswith(f"{len(jobs)} jobs: ")]
    assert totals in table
    assert len([line for line in told if line]) <= 12, told


def scan_of(tmp_path: Path) -> dict[str, object]:
    """The document of the legacy server's tree."""
    return run("scan", str(LEGACY), "--format", "json", *WINDOW, cwd=tmp_path).document


def test_what_follows_another_job_is_never_called_exact(tmp_path: Path) -> None:
    # Its ecs.yml has `after` and no schedule, so the schedule that was compared is not what starts it.
    table = (
        "# cron2fargate: name=lead\n0 3 * * * /opt/lead\n# cron2fargate: after=lead\n0 4 * * * /opt/follow\n"
        "# cron2fargate: name=x\n0 5 * * * /opt/x\n"
    )
    document = scan(tmp_path, table, "--user-crontab", "--timezone", "Asia/Tokyo")
    jobs: Any = document["jobs"]
    told = {
        job["name"]: (
            job["parity"]["exact"],
            job["proof"]["time"],
            any(one["code"] == "C309" for one in job["findings"]),
        )
        for job in jobs
    }
    assert told == {
        "lead": (True, "proven", False),
        "follow": (False, "accepted", True),
        "x": (True, "proven", False),
    }
    shown = run("scan", "-", "--user-crontab", "--timezone", "Asia/Tokyo", cwd=tmp_path, data=table.encode()).out
    row = next(line for line in shown.splitlines() if " follow " in line)
    assert "after lead" in row and "cron(" not in row and "exact" not in row
