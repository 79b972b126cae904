"""A command as work for a container: what the spec says, what the schedule takes over, and that no secret gets out."""

from __future__ import annotations

import json
import textwrap
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from converters.commands.forwarding import around, stays_and_tells
from converters.commands.groups import Member, lock_groups, orders, twin_groups
from converters.commands.lock_names import ANYWHERE, lock_name
from converters.commands.work import Work, guarded_schedule, work_of
from converters.expressions.judgement import Place
from converters.schedules import days
from converters.schedules.daemon import Window
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule
from converters.secrets.parameters import Held, parameters
from converters.specs.making import ecs_spec, without_secrets
from converters.specs.model import load_spec
from converters.tables.crontab import Entry, read
from tests.cli import run
from tests.test_secrets import planted, shapes

DEBIAN = DIALECTS["debian"]
INIT = "linuxParameters: {initProcessEnabled: true}"


def told(text: str) -> str:
    """The text below a shell that hands SIGTERM on: what stays in front of a job does so."""
    return around(stays_and_tells(text, ("/bin/sh", "-c")) or "")


PATH_THERE = f"environment: {{PATH: '/opt/r/bin:/bin'}}, workingDirectory: /a, {INIT}"
# The lines of a table, the home of user app by the host's passwd file, and what the container gets besides its command.
PLACES = [
    # the directory where cron starts, where something is found by it
    ("0 3 * * * ./bin/poll.sh --once", "/home/app", "workingDirectory: /home/app"),
    ("HOME=/srv/shop\n0 3 * * * ./bin/poll.sh", "/home/app", "workingDirectory: /srv/shop"),
    ("0 3 * * * php artisan/run.php", "/home/app", "workingDirectory: /home/app"),
    ("0 3 * * * tar czf /b/x.tgz data/", "/home/app", "workingDirectory: /home/app"),
    ("0 3 * * * tar czf /b/x.tgz .", "/home/app", "workingDirectory: /home/app"),
    ("0 3 * * * /opt/x < in.txt", "/home/app", f"workingDirectory: /home/app, {INIT}"),
    ("0 3 * * * bin/a; cd /srv; bin/b", "/home/app", f"workingDirectory: /home/app, {INIT}"),
    ("0 3 * * * /opt/a; cd app && bin/b", "/home/app", f"workingDirectory: /home/app, {INIT}"),
    ("0 3 * * * cd app && bin/b", "/home/app", "workingDirectory: /home/app/app"),
    ("0 3 * * * cd && bin/b", "/home/app", "workingDirectory: /home/app"),
    ("0 3 * * * sudo -u web ./bin/x", "/home/app", "workingDirectory: /home/app, user: web"),
    ("0 3 * * * ./bin/poll.sh", None, ""),
    ("HOME=somewhere\n0 3 * * * ./bin/poll.sh", "/home/app", ""),
    ("0 3 * * * cd /srv && bin/b", "/home/app", "workingDirectory: /srv"),
    ("0 3 * * * /opt/a; cd /srv; bin/b", "/home/app", INIT),
    ("0 3 * * * /opt/x --all", "/home/app", ""),
    ("0 3 * * * curl -s https://example.com/a.html", "/home/app", ""),
    ("0 3 * * * sed -i s/a/b/ /srv/x", "/home/app", ""),
    ("0 3 * * * rsync -a /srv/ host:data/", "/home/app", ""),
    # what the text reads
    ("0 3 * * * x $HOME/y", "/home/app", f"environment: {{HOME: /home/app}}, {INIT}"),
    ("0 3 * * * x ~/y", "/home/app", f"environment: {{HOME: /home/app}}, {INIT}"),
    ("0 3 * * * cd $WHERE && x", "/home/app", f"environment: {{HOME: /home/app}}, {INIT}"),
    ("0 3 * * * x $LOGNAME $SHELL", None, f"environment: {{LOGNAME: app, SHELL: /bin/sh}}, {INIT}"),
    ("SHELL=/bin/bash\n0 3 * * * x ${SHELL}", None, f"environment: {{SHELL: /bin/bash}}, {INIT}"),
    ("LOGNAME=web\n0 3 * * * x '$LOGNAME'", None, ""),
    # PATH, where a bare word may need it
    ("PATH=/opt/r/bin:/bin\n0 3 * * * rake x", None, "environment: {PATH: '/opt/r/bin:/bin'}"),
    ("PATH=/opt/r/bin:/bin\n0 3 * * * cd /a && rake $X", None, PATH_THERE),
    ("PATH=/opt/r/bin:/bin\n0 3 * * * /opt/r/bin/rake x", None, ""),
    ("PATH=/opt/r/bin:/bin\n0 3 * * * find /srv -name x", None, ""),
    ("PATH=/usr/local/bin:/usr/bin:/bin\n0 3 * * * rake x", None, ""),
    ("PATH=$PATH:/opt/r/bin\n0 3 * * * rake x", None, ""),
    # bash reads a file first
    ("SHELL=/bin/bash\nBASH_ENV=/etc/app.env\n0 3 * * * x", None, f"environment: {{BASH_ENV: /etc/app.env}}, {INIT}"),
    ("BASH_ENV=/etc/app.env\n0 3 * * * bash -c 'x; y'", None, f"environment: {{BASH_ENV: /etc/app.env}}, {INIT}"),
    ("BASH_ENV=/etc/app.env\n0 3 * * * x", None, "environment: {BASH_ENV: /etc/app.env}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "home", "wanted"), PLACES, ids=[text[-60:] for text, _, _ in PLACES])
def test_what_cron_set_up_goes_along(text: str, home: str | None, wanted: str) -> None:
    spec = spec_of(text, home=home)
    del spec["command"]
    assert spec == yaml.safe_load(f"{{{wanted}}}")


def test_bash_stays_where_it_reads_a_file_first() -> None:
    bash = "SHELL=/bin/bash\nBASH_ENV=/etc/app.env\n0 3 * * * "
    assert spec_of(bash + "php x.php")["command"] == ["/bin/bash", "-c", told("php x.php")]
    assert spec_of(bash + "a; b")["command"] == ["/bin/bash", "-c", told("a; b")], "it may read a function or a trap"
    assert spec_of("BASH_ENV=/etc/app.env\n0 3 * * * php x.php")["command"] == ["php", "x.php"], "sh reads none"
    entry = entry_of(bash + "php x.php")
    assert "C452" in {finding.code for finding in work_of(entry, user="app", own_clock=True).findings}


NEVER = [
    ("SHELL=/bin/bash -l\n0 3 * * * x", "C497"),
    ("0 3 * * * -l /srv/x", "C497"),
    ("0 3 * * * %x", "C497"),
    ("PATH=$PATH:/opt/bin\n0 3 * * * x", "C498"),
    ("PATH=~/bin:/usr/bin\n0 3 * * * x", "C498"),
    ("PATH=/usr/bin:${HOME}/bin\n0 3 * * * x", "C498"),
    ("APP=$HOME/app\n0 3 * * * x", "C498"),
    ("BASE=/srv\nAPP=$BASE/app\n0 3 * * * x", "C498"),
    ("LD_LIBRARY_PATH=/x:$LD_LIBRARY_PATH\n0 3 * * * x", "C498"),
    ("DAY=`date +%F`\n0 3 * * * x", "C498"),
    ("DAY=$(date)\n0 3 * * * x", "C498"),
    ("SHELL=/bin/bash\n0 3 * * * x", None),
    ("SHELL=/bin/bash\n0 3 * * * x%-l", None),
    ("PATH=/opt/bin:/usr/bin\n0 3 * * * x", None),
    ("DB_PASSWORD=pa$sw0rd$1\n0 3 * * * x", None),
    ("MESSAGE=a ~ b\n0 3 * * * x", None),
]


@pytest.mark.parametrize(("text", "code"), NEVER, ids=[text for text, _ in NEVER])
def test_what_a_table_cannot_mean_is_told(text: str, code: str | None) -> None:
    work = work_of(entry_of(text), user="app", own_clock=True)
    assert {finding.code for finding in work.findings} & {"C497", "C498"} == ({code} if code else set())
    assert "pa$sw0rd" not in "".join(finding.message for finding in work.findings)


def entry_of(text: str) -> Entry:
    found = [line.entry for line in read(textwrap.dedent(text) + "\n", DEBIAN, system=False).lines if line.entry]
    return found[0]


def spec_of(text: str, *, backend: str = "rule", zone: str = "UTC", home: str | None = None) -> dict[str, Any]:
    """The spec of the first entry, without what every spec has."""
    entry = entry_of(text)
    window = Window(0, 10 * 365 * 1440)
    place = Place(ZoneInfo(zone), zone, window, DEBIAN, backend)  # type: ignore[arg-type]
    work = work_of(entry, user="app", home=home, own_clock=True)
    schedule = guarded_schedule(entry.schedule, work.guards) if isinstance(entry.schedule, Schedule) else entry.schedule
    spec = ecs_spec(
        name="job",
        entry=entry,
        work=work,
        target=place.judge(schedule).target,
        timezone=zone,
        image="app:1",
        cluster="cron",
        place=ANYWHERE,
        parameters=parameters("o", [Held("job", "t", "t", without_secrets(work, zone).values)], {})["job"],
        legacy={},
    )
    container = spec["containers"][0]
    kept = {key: container[key] for key in container if key not in ("name", "cpu", "memory", "image")}
    more = {
        key: spec[key] for key in spec if key not in ("type", "cluster", "name", "containers", "schedule", "legacy")
    }
    return {**kept, **more, **{k: v for k, v in spec["schedule"].items() if k == "flexibleWindow"}}


# Entry, and what its ecs.yml says of it.
SPECS = [
    ("0 3 * * * /opt/app/run --all", "command: [/opt/app/run, --all]"),
    ("0 3 * * * cd /app && bin/run 'a b'", "{command: [bin/run, a b], workingDirectory: /app}"),
    (
        "0 3 * * * cd /app && bin/run $X",
        f"{{command: [/bin/sh, -c, exec bin/run $X], workingDirectory: /app, {INIT}}}",
    ),
    ("0 3 * * * a && b", f"{{command: [/bin/sh, -c, {json.dumps(told('a && exec b'))}], {INIT}}}"),
    ("SHELL=/bin/bash\n0 3 * * * a && b", f"{{command: [/bin/bash, -c, {json.dumps(told('a && exec b'))}], {INIT}}}"),
    ("0 3 * * * a | b", f"{{command: [/bin/sh, -c, {json.dumps(told('a | b'))}], {INIT}}}"),
    ("A=1\n0 3 * * * env B=2 x", "{command: [x], environment: {A: '1', B: '2'}}"),
    ("HOME=/srv\n0 3 * * * x ~/y", f"{{command: [/bin/sh, -c, exec x ~/y], environment: {{HOME: /srv}}, {INIT}}}"),
    ("HOME=/srv\n0 3 * * * x y", "command: [x, y]"),
    ("0 3 * * * sudo -u web x", "{command: [x], user: web}"),
    ("0 3 * * * flock -n /tmp/x.lock x", "{command: [x], lock: {name: /tmp/x.lock}}"),
    ("0 3 * * * flock /tmp/x.lock x", "{command: [x], lock: {name: /tmp/x.lock, wait: forever}}"),
    ("0 3 * * * flock -w 30 -s /tmp/x.lock x", "{command: [x], lock: {name: /tmp/x.lock, wait: 30, shared: true}}"),
    (
        "0 3 * * * flock -n '/tmp/a b' timeout 1h x",
        "{command: [x], lock: {name: /tmp/a-b-6e94c0bd9a58}, timeout: 3600}",
    ),
    ("0 3 * * * timeout -k 30 90 x", "{command: [x], timeout: {seconds: 90, killAfter: 30}}"),
    ("0 3 * * * timeout -k 1h 90 x", "{command: [x], timeout: {seconds: 90, killAfter: 120}}"),
    ("0 3 * * * timeout -s INT 90 x", "command: [timeout, -s, INT, '90', x]"),
    ("0 3 * * * sleep 30; timeout 60 x", f"{{command: [/bin/sh, -c, sleep 30; exec x], timeout: 90, {INIT}}}"),
    ("0 3 * * * x >> /var/log/x.log 2>&1", "command: [x]"),
    (
        "0 3 * * * x%line",
        "{command: [/bin/sh, -c, \"{ exec x\\n} <<'END_OF_STANDARD_INPUT'\\nline\\nEND_OF_STANDARD_INPUT\"], "
        + INIT
        + "}",
    ),
    ("MAILTO=a@example.com,root\n0 3 * * * x", "{command: [x], notify: {email: [a@example.com]}}"),
    ("MAILTO=root\n0 3 * * * x", "command: [x]"),
    (
        "0 3 * * * mysqldump -psecr3tPassw0rd shop",
        "{command: [/bin/sh, -c, 'exec mysqldump -p\"$MYSQL_PASSWORD\" shop'], "
        "secrets: {MYSQL_PASSWORD: /cron2fargate/o/MYSQL_PASSWORD}, " + INIT + "}",
    ),
    ("0 3 1-7 * * [ $(date +\\%u) = 1 ] && x", "command: [x]"),
]


@pytest.mark.parametrize(("text", "wanted"), SPECS, ids=[text[-50:] for text, _ in SPECS])
def test_the_spec_of_a_command(text: str, wanted: str) -> None:
    assert spec_of(text) == yaml.safe_load(wanted)


def test_a_random_pause_is_a_flexible_window() -> None:
    text = "SHELL=/bin/bash\n0 3 * * * sleep $((RANDOM \\% 600)); x"
    assert spec_of(text, backend="scheduler", zone="Asia/Tokyo")["flexibleWindow"] == 10
    assert spec_of(text)["command"] == ["x"]


def test_the_zone_is_given_to_the_container() -> None:
    assert spec_of("0 3 * * * x", zone="Asia/Tokyo")["environment"] == {"TZ": "Asia/Tokyo"}


# --- tests of the date -----------------------------------------------------------------------------------------------

GUARDED = """
0 3 1-7 * *    [ $(date +%u) = 1 ] && x                    UTC         cron(0 3 ? * MON#1 *)
0 3 1-7 * *    [ $(date +%u) = 1 ] && x                    Asia/Tokyo  cron(0 18 ? * SUN *) guard
0 3 * * 1      [ $(date +%d) -le 07 ] && x                 UTC         cron(0 3 ? * MON#1 *)
0 3 28-31 * *  [ $(date -d tomorrow +%d) = 01 ] && x       UTC         cron(0 3 L * ? *)
0 22 28-31 * * [ $(date -d tomorrow +%d) = 01 ] && x       -05         cron(0 3 1 * ? *)
0 3 * * *      [ $(date +%u) -lt 6 ] && x                  UTC         cron(0 3 ? * MON,TUE,WED,THU,FRI *)
0 3 * * 1      [ $(( $(date +%-V) % 2 )) -eq 0 ] && x      UTC         cron(0 3 ? * MON *) text
"""


@pytest.mark.parametrize("row", GUARDED.strip().splitlines())
def test_tests_of_the_date_become_schedule(row: str) -> None:
    fields, rest = row[:15], row[15:]
    test, tail = rest[:44].strip(), rest[44:]
    zone, _, wanted = tail.partition(" ")
    wanted = wanted.strip()
    place = _place({"-05": "Etc/GMT+5"}.get(zone, zone))
    entry = entry_of(f"{fields} {test}".replace("%", "\\%"))
    assert isinstance(entry.schedule, Schedule)
    work = work_of(entry, user="app", own_clock=True)
    assert len(work.guards) == 1
    narrowed = guarded_schedule(entry.schedule, work.guards)
    if wanted.endswith(" text"):
        assert not place.can_say(narrowed)
        left = work_of(entry, user="app", own_clock=True, guards=False)
        assert not left.guards
        assert "date" in left.understanding.remaining
        narrowed = entry.schedule
    judgement = place.judge(narrowed)
    target = judgement.target
    said = " ".join(map(str, target.expressions)) + (" guard" if target.guard else "")
    assert said == wanted.removesuffix(" text").replace("MON,TUE,WED,THU,FRI", "MON-FRI")
    assert judgement.parity is not None
    assert judgement.parity.exact
    assert judgement.parity.before > 0


def _place(zone: str) -> Place:
    first = days.day_number(date(2026, 1, 1)) * 1440
    return Place(ZoneInfo(zone), zone, Window(first, first + 3653 * 1440), DEBIAN)


def test_under_another_clock_the_test_stays() -> None:
    entry = entry_of("0 3 * * * [ $(date +\\%u) = 1 ] && x")
    work = work_of(entry, user=None, own_clock=False)
    assert not work.guards
    assert "date" in work.understanding.remaining


@given(st.integers(0, 2**31 - 1), st.integers(0, 2**12 - 1), st.integers(0, 127), st.booleans(), st.integers(1, 7))
def test_a_guarded_schedule_has_the_days_of_both(dom: int, months: int, dow: int, either: bool, weekday: int) -> None:
    schedule = Schedule("x", 1, 1, dom << 1, months << 1, dow, either, False)
    guards = work_of(entry_of(f"* * * * * [ $(date +\\%u) = {weekday} ] && x"), user=None, own_clock=True).guards
    assert guarded_schedule(schedule, guards).days() == schedule.days() & days.day_of_week(weekday % 7)


# --- groups ----------------------------------------------------------------------------------------------------------


def members(text: str) -> list[Member]:
    found = []
    for line in read(textwrap.dedent(text).strip() + "\n", DEBIAN, system=False).lines:
        if line.entry is not None:
            work: Work = work_of(line.entry, user="app", own_clock=True)
            schedule = line.entry.schedule
            lock = lock_name(work.lock) if work.lock is not None else None
            found.append(Member(f"j{line.number}", "t", lock, "app", schedule, line.entry.command, work))
    return found


def test_jobs_of_one_lock_are_a_group() -> None:
    jobs = members("""
        0 3 * * * flock -n /tmp/a.lock x
        0 4 * * * flock /tmp/a.lock timeout 60 y
        0 5 * * * flock /tmp/b.lock z
        """)
    assert lock_groups(jobs) == [("/tmp/a.lock", ["j1", "j2"])]


def test_lines_that_differ_by_a_pause_are_twins() -> None:
    jobs = members("""
        * * * * * /opt/x
        * * * * * sleep 30; /opt/x
        * * * * * /opt/y
        """)
    assert twin_groups(jobs) == [(["j1", "j2"], [0.0, 30.0])]


ORDERS = [
    ("0 3 * * * /opt/a > /var/lib/x.csv", "20 3 * * * /opt/b /var/lib/x.csv", "which the other writes"),
    ("0 3 * * * cd /app && x", "10 3 * * * cd /app && y", "both belong to `/app`"),
    ("0 3 * * * flock /l/a x", "10 3 * * * flock /l/a y", "both take the lock `/l/a`"),
    ("0 3 * * * cd /app && x", "10 5 * * * cd /app && y", None),  # too far apart
    ("0 3 * * 1 cd /app && x", "10 3 * * 2 cd /app && y", None),  # other days
    ("0 3 * * * cd /app && x", "10 3 * * * cd /bpp && y", None),  # nothing in common
    ("0 3,4 * * * cd /app && x", "10 3 * * * cd /app && y", None),  # more than once a day
]


@pytest.mark.parametrize(("first", "second", "why"), ORDERS)
def test_an_order_written_as_times_is_suggested(first: str, second: str, why: str | None) -> None:
    found = orders(members(f"{first}\n{second}"))
    assert [(job, before) for job, before, _ in found] == ([("j2", "j1")] if why else [])
    assert why is None or why in found[0][2]


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_planted_secrets_are_in_no_output(tmp_path: Path) -> None:
    """Every shape as a job and, where it can be, as a variable: not in the table, the JSON, or any file."""
    secrets, lines = set(), []
    for number, (_, text) in enumerate(shapes()):
        line, secret, _ = planted(text)
        if "\n" in line:
            continue
        secrets.add(secret)
        lines.append(f"{number % 60} {number % 24} * * * " + line.replace("%", "\\%"))
    assert len(lines) >= 200
    (tmp_path / "tab").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shown = [
        run("scan", "tab", "--user-crontab", "--details", cwd=tmp_path),
        run("scan", "tab", "--format", "json", cwd=tmp_path),
    ]
    texts = {"table": shown[0].out + shown[0].err, "json": shown[1].out + shown[1].err}
    for path in (tmp_path / "migration").rglob("*"):
        if path.is_file():
            texts[str(path.relative_to(tmp_path))] = path.read_text(encoding="utf-8")
    assert len(json.loads(shown[1].out)["jobs"]) == len(lines)
    for place, text in texts.items():
        found = {secret for secret in secrets if secret in text}
        assert not found, f"{place}: {sorted(found)[:3]}"


def test_a_script_in_the_tree_is_read_and_never_run(tmp_path: Path) -> None:
    tree = tmp_path / "server"
    (tree / "etc").mkdir(parents=True)
    (tree / "opt/app").mkdir(parents=True)
    (tree / "etc/crontab").write_text("0 3 * * * root /opt/app/close.sh --all\n", encoding="utf-8")
    ran = tmp_path / "ran"
    script = (
        f"#!/bin/sh\ntouch {ran}\nexec 9>/var/lock/close\nflock -n 9 || exit\nmysql -h localhost | mail -s x root\n"
    )
    (tree / "opt/app/close.sh").write_text(script, encoding="utf-8")
    (tree / "opt/app/close.sh").chmod(0o755)
    (job,) = run("scan", "server", "--format", "json", cwd=tmp_path).document["jobs"]
    codes = {finding["code"]: finding["message"] for finding in job["findings"]}
    assert "local service `localhost`" in codes["C483"]
    assert "/var/lock/close" in codes["C484"]
    assert job["wishes"]["lock"]["name"] == "server:/run/lock/close"
    assert {"kind": "mail", "name": "mail"} in job["command"]["script"]
    assert "lock:" in (tmp_path / "migration/jobs/close-all/ecs.yml").read_text(encoding="utf-8")
    assert not ran.exists()


def test_what_starts_at_boot_is_a_service_that_waits_for_a_decision(tmp_path: Path) -> None:
    (job,) = run("scan", "-", "--format", "json", cwd=tmp_path, data=b"@reboot /opt/app/worker\n").document["jobs"]
    assert job["status"] == "blocked"
    spec = load_spec((tmp_path / "migration/jobs/worker/ecs.yml").read_text(encoding="utf-8"), "ecs.yml")
    assert spec.service is not None
    assert (spec.service.desired_count, spec.expressions) == (0, [])


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("php x.php >& /dev/null", "C450"),
        ("[ ! -d /run/systemd/system ] && x", "C462"),
        ("x%", "C445"),
    ],
)
def test_what_is_said_of_it(command: str, code: str) -> None:
    table = read(f"0 1 * * * {command}\n", DEBIAN, system=False)
    entry = table.lines[0].entry
    assert entry is not None
    found = {finding.code for finding in work_of(entry, user=None, own_clock=True).findings}
    assert code in found and "C477" not in found
