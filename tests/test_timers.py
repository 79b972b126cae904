"""Timers of systemd become jobs: unit texts -> what the job is and what is said of it; those that do not run are named, and so
is at's queue. And a tree tells whose cron reads its tables."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from converters.artefact.origin import Origin
from converters.schedules.daemon import Window, listed
from converters.specs.model import load_spec
from converters.tables import timers
from converters.tables.timers import Timer
from converters.tables.units import Unit, UnitText
from migrate.cutover.standing import standing
from migrate.document.from_json import read_document
from migrate.document.model import TableRead
from migrate.errors import UserError
from migrate.sites.site import Site
from migrate.sites.tables import commented, restored, table_of
from migrate.sites.times import old_starts, sides_of
from migrate.sources import read_sources
from migrate.workspace.journal import Journal

SHELLS = [one for one in ("dash", "busybox") if shutil.which(one)]
DAILY = "[Timer]\nOnCalendar=daily\n"
ONESHOT = "[Service]\nType=oneshot\nExecStart=/srv/x\n"


def read(timer: str, service: str, name: str = "b") -> timers.Read:
    unit = Unit(f"{name}.timer", (UnitText("b.timer", timer),))
    return timers.read(Timer(unit, Unit(f"{name}.service", (UnitText("b.service", service),)), "db1"), timer)


# [Timer] lines, [Service] lines -> schedule, text.
JOBS = [
    ("OnCalendar=daily", "ExecStart=/srv/x", "daily", "/srv/x"),
    ("OnCalendar=06:00\nOnCalendar=18:30", "ExecStart=/srv/x a", "06:00; 18:30", "/srv/x a"),
    ("OnCalendar=daily\nOnCalendar=\nOnCalendar=weekly", "ExecStart=/srv/x", "weekly", "/srv/x"),
    ("OnBootSec=5min\nOnCalendar=\nOnCalendar=weekly", "ExecStart=/srv/x", "weekly", "/srv/x"),
    ("OnBootSec=5min\nOnUnitActiveSec=1h 30min", "ExecStart=/srv/x", "OnBootSec=5min OnUnitActiveSec=1h30min", "/srv/x"),
    ("OnUnitActiveSec=2h\nOnUnitActiveSec=30min", "ExecStart=/srv/x", "OnUnitActiveSec=30min", "/srv/x"),
    ("OnCalendar=Mon..Fri \\\n 10:00", "ExecStart=/srv/x", "Mon..Fri  10:00", "/srv/x"),
    ("OnCalendar=daily", "Type=oneshot\nExecStart=/a\nExecStart=-/b", "daily", "/a && { /b || true; }"),
    ("OnCalendar=daily", "ExecStart=/a\nExecStart=\nExecStart=@-/b name c", "daily", "/b c || true"),
    ("OnCalendar=daily", "ExecStartPre=/p\nExecStart=/m\nExecStartPost=/q", "daily", "/p && /m && /q"),
    ("OnCalendar=daily", "WorkingDirectory=/srv/a b\nExecStart=./run %p %H", "daily", "cd '/srv/a b' && ./run b db1"),
    ("OnCalendar=daily", "WorkingDirectory=~\nUser=www\nExecStart=/x %u", "daily", "cd ~ && /x www"),
    ("OnCalendar=daily", "Environment=A=1 'B=x *'\nExecStart=/x $A $B ${B}", "daily", "/x $A x '*' \"${B}\""),
]  # fmt: skip


@pytest.mark.parametrize(("timer", "service", "schedule", "text"), JOBS)
def test_units_make_a_job(timer: str, service: str, schedule: str, text: str) -> None:
    found = read(f"[Timer]\n{timer}\n", f"[Service]\n{service}\n")
    [line] = [one for one in found.lines if one.kind == "job"]
    assert line.entry is not None
    assert (line.entry.schedule.text, line.entry.command) == (schedule, text)
    assert line.text.startswith("On")


# [Timer] lines, [Service] lines -> a code and a part of its sentence; all with the file and line of the setting.
SAID = [
    ("OnCalendar=daily\nPersistent=yes", "ExecStart=/x", "C231", "b.timer:3"),
    ("OnCalendar=daily\nRandomizedDelaySec=1h", "ExecStart=/x", "C232", "b.timer:3"),
    ("OnCalendar=daily\nAccuracySec=1h", "ExecStart=/x", "C232", "b.timer:3"),
    ("OnCalendar=daily\nOnBootSec=1h", "ExecStart=/x", "C230", "OnBootSec=1h (b.timer:3)"),
    ("OnCalendar=daily", "RemainAfterExit=yes\nExecStart=/x", "C143", "b.service:2"),
    ("OnCalendar=daily", "Type=forking\nExecStart=/x", "C142", "b.service:2"),
    ("OnCalendar=daily", "ExecStart=+/x", "C141", "`/x` runs as root"),
    ("OnCalendar=daily", "ExecStart=/x $A", "C141", "$A"),
    ("OnCalendar=daily", "WorkingDirectory=-/srv\nExecStart=/x", "C141", "b.service:2"),
    ("OnCalendar=daily", "Group=adm\nExecStart=/x", "C141", "b.service:2"),
    ("OnCalendar=daily", "Nice=5\nExecStart=/x", "C145", "b.service:2"),
    ("OnCalendar=daily", "ExecStart=/x %m", "C140", "`%m` (b.service:2)"),
    ("OnCalendar=daily", "ExecCondition=/c\nExecStart=/x", "C144", "b.service:2"),
    ("OnCalendar=daily", "EnvironmentFile=-/etc/x\nExecStart=/x", "C452", "`/etc/x` where it is there (b.service:2)"),
]


@pytest.mark.parametrize(("timer", "service", "code", "part"), SAID)
def test_what_no_task_has_is_said(timer: str, service: str, code: str, part: str) -> None:
    found = read(f"[Timer]\n{timer}\n", f"[Service]\n{service}\n")
    assert [one for one in found.findings if one.code == code and part in one.message], found.findings
    assert not read(DAILY, ONESHOT).findings


# What systemd refuses, and what nobody can read, is an invalid line that says why.
REFUSED = [
    ("OnCalendar=25:00", "ExecStart=/x", "there is no such hour"),
    ("OnCalendar=1:00 UTC\nOnCalendar=2:00 Asia/Tokyo", "ExecStart=/x", "several time zones"),
    ("OnCalendar=daily", "ExecStart=/x 'open", "b.service:2: a quote is not closed"),
    ("OnCalendar=daily", "User=x", "no ExecStart="),
    ("OnCalendar=daily", "ExecStart=/a\nExecStart=/b", "Type=oneshot only"),
    ("OnUnitActiveSec=soon", "ExecStart=/x", "no span of time"),
]


@pytest.mark.parametrize(("timer", "service", "why"), REFUSED)
def test_what_systemd_refuses_is_no_job(timer: str, service: str, why: str) -> None:
    [line] = [one for one in read(f"[Timer]\n{timer}\n", f"[Service]\n{service}\n").lines if one.kind == "invalid"]
    assert line.fault is not None
    assert why in line.fault.message


def test_a_time_that_systemd_passes_over_leaves_the_others() -> None:
    found = read("[Timer]\nOnCalendar=25:00\nOnCalendar=6:00\n", ONESHOT)
    assert [one.kind for one in found.lines] == ["environment", "invalid", "job"]
    entry = found.lines[2].entry
    assert entry is not None
    assert entry.schedule.text == "6:00"


# Type and limits -> seconds and seconds to the kill.
LIMITS = [
    ("Type=oneshot", None),
    ("Type=oneshot\nTimeoutStartSec=2h", (7200, 90)),
    ("Type=oneshot\nTimeoutSec=10", (10, 10)),
    ("Type=oneshot\nTimeoutStartSec=infinity", None),
    ("TimeoutStartSec=2h", None),
    ("RuntimeMaxSec=5min\nTimeoutStopSec=20", (300, 20)),
    ("Type=oneshot\nRuntimeMaxSec=5min", None),
]


@pytest.mark.parametrize(("service", "wanted"), LIMITS)
def test_the_limit_of_a_run(service: str, wanted: tuple[float, float] | None) -> None:
    found = read(DAILY, f"[Service]\n{service}\nExecStart=/x\n").service
    assert found is not None
    assert found.limit == wanted


# A tree -> the timers that become jobs, and parts of the sentences about those that do not. `->` is a link.
WANTS = "timers.target.wants"
TREES: list[tuple[dict[str, str], list[str], list[str]]] = [
    ({"b.timer": DAILY, "b.service": ONESHOT, f"{WANTS}/b.timer": "->../b.timer"}, ["b.timer"], []),
    ({"b.timer": DAILY, "b.service": ONESHOT}, [], ["b.timer is not enabled"]),
    ({"b.timer": DAILY, f"{WANTS}/b.timer": "->../b.timer"}, [], ["b.timer starts b.service at OnCalendar=daily"]),
    ({"b.timer": "->/dev/null", f"{WANTS}/b.timer": "->../b.timer"}, [], ["b.timer is masked"]),
    ({"b.timer": "", "b.service": ONESHOT}, [], ["b.timer is masked"]),
    (
        {"b@.timer": DAILY, "b@.service": ONESHOT, f"{WANTS}/b@one.timer": "->../b@.timer"},
        ["b@one.timer"],
        [],
    ),
    ({"b@.timer": DAILY, "b@.service": ONESHOT}, [], ["template of which nothing wants an instance"]),
    ({"/usr/lib/systemd/system/b.timer": DAILY, "/usr/lib/systemd/system/b.service": ONESHOT}, [], []),
    (
        {
            "/usr/lib/systemd/system/b.timer": DAILY,
            "/usr/lib/systemd/system/b.service": ONESHOT,
            f"/usr/lib/systemd/system/{WANTS}/b.timer": "->../b.timer",
        },
        ["b.timer"],
        [],
    ),
    (
        {"b.timer": "[Timer]\nUnit=c.service\nOnCalendar=daily\n", "c.service": ONESHOT, f"{WANTS}/b.timer": "->/x/b.timer"},
        ["b.timer"],
        [],
    ),
    ({"fstrim.timer": DAILY}, [], []),
    ({"a.timer": "->/etc/systemd/system/b.timer", "b.timer": DAILY, "b.service": ONESHOT,
      f"{WANTS}/b.timer": "->../b.timer"}, ["b.timer"], []),
]  # fmt: skip


def tree(root: Path, files: dict[str, str]) -> Path:
    (root / "etc/cron.d").mkdir(parents=True)
    (root / "etc/cron.d/x").write_text("0 5 * * * root /srv/job\n")
    for name, text in files.items():
        place = root / (name[1:] if name.startswith("/") else f"etc/systemd/system/{name}")
        place.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("->"):
            place.symlink_to(text[2:])
        else:
            place.write_text(text)
    return root


@pytest.mark.parametrize(("files", "jobs", "wanted"), TREES)
def test_which_timers_become_jobs(files: dict[str, str], jobs: list[str], wanted: list[str], tmp_path: Path) -> None:
    found = read_sources([str(tree(tmp_path / "host", files))], stdin=io.BytesIO())
    assert [one.timer.unit.name for one in found.tables if one.timer is not None] == jobs
    said = [one.reason for one in found.skipped if one.code in ("C113", "C146")]
    assert len(said) == len(wanted), said
    assert all(part in sentence for part, sentence in zip(wanted, said, strict=True)), said


# Drop-ins of a timer and their place -> the schedule.
DROPPED = [
    ({"b.timer.d/x.conf": "[Timer]\nOnCalendar=\nOnCalendar=hourly\n"}, "hourly"),
    ({"b.timer.d/x.conf": "[Timer]\nOnCalendar=6:00\n"}, "daily; 6:00"),
    ({"b.timer.d/2.conf": "[Timer]\nOnCalendar=\n", "b.timer.d/3.conf": "[Timer]\nOnCalendar=9:00\n"}, "9:00"),
    (
        {
            "b.timer.d/x.conf": "[Timer]\nOnCalendar=\nOnCalendar=1:00\n",
            "/usr/lib/systemd/system/b.timer.d/x.conf": "[Timer]\nOnCalendar=\nOnCalendar=2:00\n",
        },
        "1:00",
    ),
    (
        {"b.timer.d/x.conf": "->/dev/null", "/run/systemd/system/b.timer.d/x.conf": "[Timer]\nOnCalendar=2:00\n"},
        "daily",
    ),
    ({"timer.d/x.conf": "[Timer]\nOnCalendar=3:00\n"}, "daily; 3:00"),
]


@pytest.mark.parametrize(("files", "schedule"), DROPPED)
def test_drop_ins_are_read_where_systemd_reads_them(files: dict[str, str], schedule: str, tmp_path: Path) -> None:
    host = tree(
        tmp_path / "host", {"b.timer": DAILY, "b.service": ONESHOT, f"{WANTS}/b.timer": "->../b.timer", **files}
    )
    [job] = [one for one in scanned(host, tmp_path / "out")["jobs"] if one["dialect"] == "systemd"]
    assert job["schedule"] == schedule
    assert job["source"]["line"] == 2 or schedule in ("hourly", "9:00", "1:00")


SECRETS = (
    "[Service]\nEnvironment='DB_PASSWORD=hunter2secret*' 'OTHER_PASSWORD=a hunter2*'\n"
    "ExecStartPre=/srv/login $DB_PASSWORD $OTHER_PASSWORD\n"
    "ExecStart=/usr/bin/mysqldump -u root -phunter2secret --all\n"
)


def test_a_secret_of_a_unit_stands_in_no_document(tmp_path: Path) -> None:
    host = tree(tmp_path / "host", {"b.timer": DAILY, "b.service": SECRETS, f"{WANTS}/b.timer": "->../b.timer"})
    document = scanned(host, tmp_path / "out")
    [job] = [one for one in document["jobs"] if one["dialect"] == "systemd"]
    assert "mysqldump" in job["line"]
    assert "mysqldump" in job["command"]["text"]
    assert not any(b"hunter2" in file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file())


def scanned(host: Path, out: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "migrate.cli", "scan", str(host), "--out", str(out)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "hunter2" not in done.stdout + done.stderr
    found: dict[str, Any] = json.loads((out / "report.json").read_text())
    return found


def test_a_host_of_timers_alone(tmp_path: Path) -> None:
    """No cron at all; a unit's own zone, its lock, its limit and its user reach the document and ecs.yml."""
    service = "[Service]\nType=oneshot\nUser=shop\nTimeoutStartSec=10min\nExecStart=/srv/x --all\n"
    host = tree(
        tmp_path / "host",
        {
            "b.timer": "[Timer]\nOnCalendar=02:30 Asia/Tokyo\nRandomizedDelaySec=5min\n",
            "b.service": service,
            f"{WANTS}/b.timer": "->../b.timer",
            f"{WANTS}/logrotate.timer": "->/lib/systemd/system/logrotate.timer",
            "/lib/systemd/system/logrotate.timer": DAILY,
            "/lib/systemd/system/logrotate.service": "[Service]\nExecStart=/usr/sbin/logrotate /etc/logrotate.conf\n",
            "/etc/timezone": "Europe/Berlin\n",
        },
    )
    (host / "etc/cron.d/x").unlink()
    (host / "etc/cron.d").rmdir()
    first, second = sorted(scanned(host, tmp_path / "out")["jobs"], key=lambda job: str(job["source"]["path"]))
    assert (first["timezone"], first["user"], first["target"]["expressions"]) == (
        "Asia/Tokyo",
        "shop",
        ["cron(30 17 * * ? *)"],
    )
    assert first["parity"]["exact"]
    assert first["wishes"]["lock"]["policy"] == "skip"
    assert first["wishes"]["lock"]["name"].startswith("host:b.service")
    assert first["wishes"]["timeout"] == {"seconds": 600, "killAfter": 90}
    assert first["wishes"]["delay"] == {"kind": "random", "seconds": 300}
    assert (second["fate"], {one["code"] for one in second["findings"]} >= {"C482"}) == ("drop", True)
    [spec] = (tmp_path / "out/jobs").glob("*/ecs.yml")
    assert 'dialect: "systemd"' in spec.read_text()


def test_several_expressions_start_a_minute_once(tmp_path: Path) -> None:
    timer = "[Timer]\nOnCalendar=*:0/10\nOnCalendar=*:0/15\nOnCalendar=Sat 9:05\n"
    host = tree(tmp_path / "host", {"b.timer": timer, "b.service": ONESHOT, f"{WANTS}/b.timer": "->../b.timer",
                                    "/etc/timezone": "UTC\n"})  # fmt: skip
    [job] = [one for one in scanned(host, tmp_path / "out")["jobs"] if one["dialect"] == "systemd"]
    assert job["parity"]["exact"]
    # 8 minutes of an hour are a multiple of 10 or of 15, and once a week there is one more.
    assert job["target"]["expressions"] == ["cron(0,10,15,20,30,40,45,50 * * * ? *)", "cron(5 9 ? * SAT *)"]


def test_a_test_of_the_date_is_the_timers_own(tmp_path: Path) -> None:
    """What ecs.yml keeps of a timer tells its runs again: the test in its command stood on its host too."""
    service = "[Service]\nExecStart=/bin/sh -c '[ $$(date +%%u) = 1 ] && /srv/x'\n"
    timer = "[Timer]\nOnCalendar=06:00 Europe/London\n"
    host = tree(tmp_path / "host", {"b.timer": timer, "b.service": service, f"{WANTS}/b.timer": "->../b.timer",
                                    "/etc/timezone": "Europe/Berlin\n"})  # fmt: skip
    scanned(host, tmp_path / "out")
    [spec] = [one for one in (tmp_path / "out/jobs").glob("*/ecs.yml") if "dialect" in one.read_text()]
    origin = Origin.read(yaml.safe_load(spec.read_text())["legacy"])
    window = Window(29_600_000, 29_600_000 + 28 * 1440)
    place = origin.place(window)
    _work, schedule = origin.at(place)
    assert len(listed(place.before(schedule), window)) == 4


WHOLE = {
    "/etc/os-release": "ID=debian\n",
    "/etc/hostname": "db1\n",
    "/etc/timezone": "Asia/Tokyo\n",
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "a.timer": "[Timer]\nUnit=work.service\nOnCalendar=1:00\n",
    f"{WANTS}/a.timer": "->../a.timer",
    "/usr/lib/systemd/system/work.service": ONESHOT,
    "/usr/lib/systemd/system/work.service.d/one.conf": "[Service]\nTimeoutStartSec=5min\n",
    "/usr/lib/systemd/system/b@.timer": "[Timer]\nOnCalendar=2:00\n",
    "/usr/lib/systemd/system/b@.service": "[Service]\nType=oneshot\nExecStart=/srv/b %i\n",
    f"{WANTS}/b@x.timer": "->/usr/lib/systemd/system/b@.timer",
    "b@x.timer.d/late.conf": "[Timer]\nRandomizedDelaySec=5min\n",
    "/usr/lib/systemd/system/c.timer": "[Timer]\nOnCalendar=3:00\n",
    "/usr/lib/systemd/system/c.service": "[Service]\nDynamicUser=yes\nUser=made-up\nExecStart=/srv/c\n",
    f"/usr/lib/systemd/system/{WANTS}/c.timer": "->../c.timer",
    "/usr/lib/systemd/system/never.timer": "[Timer]\nOnCalendar=4:00\n",
    "/usr/lib/systemd/system/never.service": ONESHOT,
}
COLLECT = Path(__file__).parents[1] / "migrate/collect/collect.sh"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_collection_tells_the_same_timers(shell: str, tmp_path: Path) -> None:
    host = tree(tmp_path / "host", WHOLE)
    start = ["busybox", "sh"] if shell == "busybox" else [shell]
    made = [*start, str(COLLECT), "-r", str(host), "-o", str(tmp_path / "host.tar")]
    subprocess.run(made, check=True, timeout=120, stdin=subprocess.DEVNULL)
    with tarfile.open(tmp_path / "host.tar") as tar:
        assert not [one.name for one in tar if "never" in one.name]
        tar.extractall(tmp_path / "collected", filter="tar")
    direct, collected = (
        [
            (one["name"], one["schedule"], one["line"], one["wishes"], one["fate"], one["timezone"])
            for one in scanned(tmp_path / place, tmp_path / f"out-{place}")["jobs"]
        ]
        for place in ("host", "collected")
    )
    assert [one[1] for one in direct] == ["0 5 * * *", "1:00", "2:00", "3:00"]
    assert direct == collected
    assert "C469" not in {one["code"] for job in scanned(tmp_path / "host", tmp_path / "again")["jobs"]
                          for one in job["findings"]}  # fmt: skip


def test_a_job_is_called_as_its_timer(tmp_path: Path) -> None:
    files = {
        "/etc/hostname": "db1\n",
        "nightly-billing.timer": DAILY,
        "nightly-billing.service": "[Service]\nExecStart=/bin/sh -c 'cd /srv && ./run'\n",
        f"{WANTS}/nightly-billing.timer": "->../nightly-billing.timer",
        "report@.timer": DAILY,
        "report@.service": ONESHOT,
        f"{WANTS}/report@sales.timer": "->../report@.timer",
    }
    jobs = scanned(tree(tmp_path / "host", files), tmp_path / "out")["jobs"]
    assert [one["name"] for one in jobs if one["dialect"] == "systemd"] == ["nightly-billing", "report-sales"]


def test_a_switch_says_what_to_type(tmp_path: Path) -> None:
    host = tree(tmp_path / "host", {"b.timer": DAILY, "b.service": ONESHOT, f"{WANTS}/b.timer": "->../b.timer"})
    path = str(host / "etc/systemd/system/b.timer")
    table = table_of(path, TableRead(path=path, kind="timer"), "systemd", host)
    for switch in (lambda: commented(table, table.read(), {2: ["x"]}), lambda: restored(table, table.read(), [2])):
        with pytest.raises(UserError, match=r"systemctl disable --now b\.timer"):
            switch()
    scanned(host, tmp_path / "out")
    [job] = [one for one in read_document(tmp_path / "out").jobs if one.dialect == "systemd"]
    [file] = [one for one in (tmp_path / "out/jobs").glob("*/ecs.yml") if "dialect" in one.read_text()]
    with pytest.raises(UserError, match=r"systemctl disable --now b\.timer"):
        sides_of(job, load_spec(file.read_text(), str(file)), 1_776_000_000)
    # When it starts is known all the same.
    assert len(old_starts(job, Window(29_600_000, 29_600_000 + 10 * 1440))) == 10


def test_the_status_of_a_timer_is_whether_something_wants_it(tmp_path: Path) -> None:
    host = tree(tmp_path / "host", {"b.timer": DAILY, "b.service": ONESHOT, f"{WANTS}/b.timer": "->../b.timer"})
    out = tmp_path / "out"
    scanned(host, out)
    [job] = [one for one in read_document(out).jobs if one.dialect == "systemd"]
    site = Site(out, read_document(out), Journal(out), host)
    assert standing(site, job.name, None).old.live is True
    (host / "etc/systemd/system" / WANTS / "b.timer").unlink()
    assert standing(site, job.name, None).old.live is False


def test_the_queue_of_at_is_named(tmp_path: Path) -> None:
    host = tree(tmp_path / "host", {"/var/spool/cron/atjobs/a00001": "secret=1\n"})
    found = read_sources([str(host)], stdin=io.BytesIO())
    assert any("1 job waits in at's queue" in one.reason for one in found.skipped)


def test_no_timer_is_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    with pytest.raises(UserError, match="no crontab"):
        read_sources([str(tmp_path)], stdin=io.BytesIO())


SYSTEMS = {
    "freebsd": ("ID=freebsd\n", "freebsd"),
    "openbsd": ("ID=openbsd\n", "openbsd"),
    "alpine": ("ID=alpine\n", "busybox"),
    "debian": ("ID=debian\n", None),
    "rocky": ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "cronie"),
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_tree_tells_whose_cron_reads_it(system: str, tmp_path: Path) -> None:
    release, dialect = SYSTEMS[system]
    root = tree(tmp_path / "host", {"/etc/os-release": release, "/usr/local/etc/cron.d/y": "0 5 * * * root /srv/y\n"})
    tables = read_sources([str(root)], stdin=io.BytesIO()).tables
    assert {one.dialect for one in tables} == {dialect}
    assert all(one.server is not None and one.server.root == root for one in tables)
