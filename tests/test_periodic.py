"""Scripts of run-parts directories and anacron's jobs become jobs of their own: the right ones, when they run, once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from converters.tables.run_parts import Call, Rules, Started, in_order, started_by, why_passed_over
from migrate.scan.periodic import why_not_run
from migrate.sources.server import Server
from tests.cli import FIXTURES, run
from tests.effort import examples

TREES = FIXTURES / "periodic"
SCRIPT = "#!/bin/sh\nexit 0\n"


def scan(cwd: Path, *paths: object, code: int = 0, zone: str = "Asia/Tokyo") -> dict[str, Any]:
    window = ("--from", "2026-01-01", "--until", "2027-01-01")
    result = run("scan", *map(str, paths), "--format", "json", *window, "--timezone", zone, cwd=cwd)
    assert result.code == code, result.err
    return result.document


def plant(root: Path, files: dict[str, str]) -> Path:
    """Files by path; what begins with ``#!`` is executable."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    return root


def below(document: dict[str, Any], root: Path) -> dict[str, str]:
    """What became no job: path below the root -> code."""
    return {one["path"].removeprefix(f"{root}/"): one["code"] for one in document["skipped"]}


def scripts(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [("/".join(job["script"].split("/")[-2:]), job["schedule"]) for job in document["jobs"] if "script" in job]


# --- what a line starts -----------------------------------------------------------------------------------------------

# f: the directories are followed; o: nothing else is in the line; y: it yields to anacron; a: it calls anacron.
STARTS = r"""
cd / && run-parts --report /etc/cron.hourly                                            | fo | /etc/cron.hourly
test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }           | foy | /etc/cron.daily
test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )            | foy | /etc/cron.daily
[ ! -f /etc/cron.hourly/0anacron ] && run-parts /etc/cron.daily                        | foy | /etc/cron.daily
if [ ! -x /usr/sbin/anacron ]; then run-parts /etc/cron.daily; fi                      | foy | /etc/cron.daily
! test -x /usr/sbin/anacron && run-parts /etc/cron.daily                               | foy | /etc/cron.daily
[ -x /usr/sbin/anacron ] && run-parts /etc/cron.daily                                  |  | /etc/cron.daily
[ -d /etc/cron.15min ] && run-parts /etc/cron.15min                                    | fo | /etc/cron.15min
nice run-parts /etc/cron.daily                                                         | fo | /etc/cron.daily
/usr/bin/ionice -c 3 nice -n 19 /usr/bin/run-parts /etc/cron.daily/ >/dev/null 2>&1    | fo | /etc/cron.daily
LANG=C run-parts "/srv/my jobs" # nightly                                              | fo | /srv/my jobs
run-parts /a; run-parts /b                                                             | fo | /a /b
run-parts /a && curl -fsS https://monitor.example.com/1                                | f | /a
[ $(date +%d) -le 7 ] && run-parts /a                                                  |  | /a
[ -f /etc/maintenance ] || run-parts /a                                                |  | /a
sleep 60; run-parts /a                                                                 |  | /a
run-parts --test /a                                                                    |  |
run-parts --regex '^x' /a                                                              |  |
run-parts $HOME/jobs                                                                   |  |
run-parts jobs                                                                         |  |
run-parts '/a                                                                          |  |
echo run-parts /a                                                                      |  |
/usr/sbin/anacron -s                                                                   | oa |
anacron -t $HOME/anacrontab -S $HOME/spool                                             |  |
anacron -u cron.daily                                                                  |  |
systemctl start anacron                                                                | oa |
[ -x /etc/init.d/anacron ] && if [ ! -d /run/systemd/system ]; then /usr/sbin/invoke-rc.d anacron start >/dev/null; fi | oa |
/usr/local/bin/backup                                                                  |  |
"""


@pytest.mark.parametrize("row", STARTS.strip("\n").split("\n"), ids=lambda row: row.partition("  ")[0])
def test_what_a_line_starts(row: str) -> None:
    command, marks, directories = (part.strip() for part in row.rsplit("|", 2))
    found = started_by(command)
    assert " ".join(call.directory for call in found.calls) == directories
    if found.calls or found.anacron:
        shown = {"f": found.followed, "o": found.only, "y": found.yields, "a": found.anacron}
        assert "".join(mark for mark, holds in shown.items() if holds) == marks


def test_options_of_run_parts() -> None:
    line = "run-parts --lsbsysinit --reverse --exit-on-error --arg=start -a 'b c' -u 022 -- /etc/x"
    assert started_by(line).calls == (Call("/etc/x", ("start", "b c"), True, True, True),)


@given(st.text(alphabet="run-parts anacron/etc;&|{}()<>'\"\\$ #!\n", max_size=60))
@examples(100)
def test_any_text_can_be_asked(text: str) -> None:
    assert isinstance(started_by(f"run-parts {text}"), Started)


# --- which scripts run ------------------------------------------------------------------------------------------------

# name                debian redhat busybox lsb
NAMES = """
logrotate             yes    yes    yes     yes
0report_x-Y           yes    yes    yes     no
0report-x             yes    yes    yes     yes
org.example-a.dpkg-old no    yes    no      no
backup.sh             no     yes    no      no
man-db.dpkg-old       no     yes    no      no
org.example-cleanup   no     yes    no      yes
.hidden               no     no     no      no
notes~                no     no     no      no
x,                    no     no     no      no
x,v                   no     no     no      no
x.rpmsave             no     no     no      no
x.rpmnew              no     no     no      no
x.rpmorig             no     no     no      no
x.swp                 no     no     no      no
x.cfsaved             no     no     no      no
日次                  no     yes    no      no
"""


@pytest.mark.parametrize("row", NAMES.strip("\n").split("\n")[0:], ids=lambda row: row.split()[0])
def test_names(row: str) -> None:
    name, *wanted = row.split()
    rules: tuple[Rules, ...] = ("debian", "redhat", "busybox")
    found = [why_passed_over(name, one) is None for one in rules] + [why_passed_over(name, "debian", lsb=True) is None]
    assert ["yes" if one else "no" for one in found] == wanted


def test_a_blank_in_a_name() -> None:
    assert why_passed_over("two words", "redhat") is not None
    assert why_passed_over("two words", "debian") is not None


def debians_run_parts(*arguments: str) -> list[str]:
    """What Debian's own program would start. Where another program has its name, CI fails."""
    program = shutil.which("run-parts")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False) if program else None
    if program is None or said is None or "Debian run-parts" not in said.stdout:
        if os.environ.get("CI"):
            pytest.fail("Debian's run-parts (debianutils) is missing")
        pytest.skip("run-parts here is not Debian's")
    done = subprocess.run([program, "--test", *arguments], capture_output=True, check=True)
    return [os.fsdecode(line) for line in done.stdout.splitlines()]


@pytest.mark.real
@pytest.mark.parametrize("tree", ["debian", "debian-anacron", "redhat"])
@pytest.mark.parametrize("period", ["hourly", "daily", "weekly", "monthly"])
def test_run_parts_starts_the_scripts_that_are_named(tree: str, period: str) -> None:
    path = TREES / tree / f"etc/cron.{period}"
    directory = Server(TREES / tree / "etc", TREES / tree).directory(f"/etc/cron.{period}")
    assert directory is not None
    named = [str(one.path) for one in directory.scripts if why_not_run(one, directory, "debian") is None]
    assert named == debians_run_parts(str(path))


PIECES = st.sampled_from(["a", "Z", "0", "_", "-", ".", "~", "sh", "dpkg-old", "dpkg-dist", "é", " ", "+", ","])
FILE_NAMES = st.lists(PIECES, min_size=1, max_size=4).map("".join).filter(lambda name: name not in {".", ".."})


@pytest.mark.real
@given(
    st.dictionaries(FILE_NAMES, st.sampled_from(["755", "644", "700", "directory", "link", "dangling"]), max_size=12)
)
@examples(150, database=None)
def test_run_parts_agrees_on_any_directory(tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]) -> None:
    root = tmp_path_factory.mktemp("tree")
    here = root / "etc/cron.daily"
    here.mkdir(parents=True)
    plant(root, {"usr/lib/job": SCRIPT})
    for name, what in files.items():
        if what == "directory":
            (here / name).mkdir()
        elif what in {"link", "dangling"}:
            (here / name).symlink_to("../../usr/lib/job" if what == "link" else "nowhere")
        else:
            (here / name).write_text(SCRIPT)
            (here / name).chmod(int(what, 8))
    directory = Server(root / "etc", root).directory("/etc/cron.daily")
    assert directory is not None
    by_name = {one.name: one for one in directory.scripts}
    for lsb, options in ((False, []), (True, ["--lsbsysinit"])):
        for reverse in (False, True):
            running = [
                str(by_name[name].path)
                for name in in_order(by_name, reverse=reverse)
                if why_not_run(by_name[name], directory, "debian", lsb) is None
            ]
            assert running == debians_run_parts(*options, *["--reverse"] * reverse, str(here))


# --- a server without anacron -----------------------------------------------------------------------------------------


def proposal(tmp_path: Path, name: str) -> dict[str, Any]:
    """What was proposed for a job, whether its fate let it be written or not."""
    known = json.loads((tmp_path / "migration/.cron2fargate/proposed.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = yaml.safe_load(known[name])
    return found


def test_debian(tmp_path: Path) -> None:
    root = TREES / "debian"
    document = scan(tmp_path, root)
    assert scripts(document) == [
        ("cron.hourly/sync-stock", "17 * * * *"),
        ("cron.daily/0report", "25 6 * * *"),
        ("cron.daily/Backup_db", "25 6 * * *"),
        ("cron.daily/logrotate", "25 6 * * *"),
        ("cron.daily/man-db", "25 6 * * *"),
        ("cron.weekly/man-db", "47 6 * * 7"),
        ("cron.monthly/invoices", "52 6 1 * *"),
    ]
    assert len(document["jobs"]) == 7  # the lines themselves are no further jobs
    assert document["lines"] == {"total": 8, "job": 4, "environment": 2, "comment": 1, "blank": 1, "invalid": 0}
    assert below(document, root) == {
        **{f"etc/crontab:{line}": "C121" for line in (5, 6, 7, 8)},
        **{f"etc/cron.daily/{name}": "C123" for name in ("README", "apt-compat.dpkg-dist", "backup.sh", "disabled")},
    }
    daily = document["jobs"][1]
    assert (daily["source"]["path"], daily["source"]["line"]) == (f"{root}/etc/crontab", 6)
    assert daily["line"].startswith("25 6\t* * *\troot\ttest -x /usr/sbin/anacron ||")
    assert (daily["user"], daily["name"], daily["parity"]["exact"]) == ("root", "0report", True)
    assert [one["code"] for one in daily["findings"] if one["code"].startswith("C12")] == ["C125"]
    assert {job["id"] for job in document["jobs"]} == {job["id"] for job in scan(tmp_path, root)["jobs"]}
    assert len({job["id"] for job in document["jobs"]}) == len({job["name"] for job in document["jobs"]}) == 7
    spec = proposal(tmp_path, "logrotate")
    assert spec["containers"][0]["command"] == ["/etc/cron.daily/logrotate"]
    assert spec["legacy"]["script"].endswith("etc/cron.daily/logrotate")


def test_a_lone_crontab_keeps_its_lines(tmp_path: Path) -> None:
    document = scan(tmp_path, TREES / "debian/etc/crontab")
    assert [job["schedule"] for job in document["jobs"]] == ["17 * * * *", "25 6 * * *", "47 6 * * 7", "52 6 1 * *"]
    assert scripts(document) == []
    assert document["skipped"] == []


def test_etc_alone_is_enough(tmp_path: Path) -> None:
    assert len(scripts(scan(tmp_path, TREES / "debian/etc"))) == 7
    named_otherwise = tmp_path / "etc-of-host1"
    shutil.copytree(TREES / "debian/etc", named_otherwise)
    plant(named_otherwise, {"passwd": "x\n", "cron.d/app": "0 5 * * * root x\n"})
    assert len(scripts(scan(tmp_path, named_otherwise))) == 7


def test_lines_that_do_more_or_may_not_run(tmp_path: Path) -> None:
    root = plant(
        tmp_path / "host",
        {
            "etc/crontab": "5 1 * * * root run-parts /etc/cron.daily && curl -fsS https://monitor.example.com/1\n"
            "6 1 * * * root [ $(date +\\%d) -le 7 ] && run-parts /srv/jobs\n"
            "7 1 * * * root run-parts /srv/missing\n"
            "8 1 * * * root run-parts --arg=full /srv/more\n",
            "etc/cron.daily/a": SCRIPT,
            "srv/jobs/b": SCRIPT,
            "srv/more/c": SCRIPT,
        },
    )
    jobs = scan(tmp_path, root)["jobs"]
    assert [(job["source"]["line"], "script" in job, job["status"] == "blocked") for job in jobs] == [
        *((1, True, False), (1, False, True), (2, False, False), (3, False, False), (4, True, False))
    ]
    assert jobs[1]["target"]["expressions"] == []
    assert "C122" in {one["code"] for one in jobs[1]["findings"]}
    assert not any("migration/jobs/" + jobs[1]["name"] in str(path) for path in tmp_path.rglob("ecs.yml"))
    spec = yaml.safe_load((tmp_path / "migration/jobs" / jobs[4]["name"] / "ecs.yml").read_text(encoding="utf-8"))
    assert spec["containers"][0]["command"] == ["/srv/more/c", "full"]


def test_what_no_line_starts_is_named(tmp_path: Path) -> None:
    root = plant(
        tmp_path / "host",
        {
            "etc/crontab": "0 5 * * * root x\n",
            "etc/cron.daily/rotate": SCRIPT,
            "etc/cron.weekly/backup.sh": SCRIPT,
            "etc/cron.weekly/.placeholder": "",
            "etc/periodic/15min/poll": SCRIPT,
        },
    )
    document = scan(tmp_path, root)
    reasons = {one["path"].removeprefix(f"{root}/etc/"): one["reason"] for one in document["skipped"]}
    assert set(reasons) == {"cron.daily/rotate", "cron.weekly/backup.sh", "periodic/15min/poll"}
    assert "add a line for it" in reasons["cron.daily/rotate"]
    assert "may never have run" in reasons["cron.weekly/backup.sh"]
    assert len(document["jobs"]) == 1


def test_alpine(tmp_path: Path) -> None:
    root = plant(
        tmp_path / "host",
        {
            "etc/crontabs/root": "*/15 * * * * run-parts /etc/periodic/15min\n0 2 * * * run-parts /etc/periodic/daily\n",
            "etc/alpine-release": "3.20.1\n",
            "etc/periodic/15min/poll": SCRIPT,
            "etc/periodic/daily/report.sh": SCRIPT,
        },
    )
    document = scan(tmp_path, root)
    assert scripts(document) == [("15min/poll", "*/15 * * * *")]
    assert below(document, root) == {
        **{"etc/crontabs/root:1": "C121", "etc/crontabs/root:2": "C121"},
        "etc/periodic/daily/report.sh": "C123",
    }
    assert document["jobs"][0]["dialect"] == "busybox"


def test_links_are_followed_in_the_tree_only(tmp_path: Path) -> None:
    root = plant(
        tmp_path / "host", {"etc/crontab": "0 5 * * * root run-parts /etc/cron.daily\n", "usr/lib/job": SCRIPT}
    )
    daily = root / "etc/cron.daily"
    daily.mkdir()
    for name, target in {
        **{"inside": "/usr/lib/job", "relative": "../../usr/lib/job", "loop": "loop"},
        **{"outside": "/usr/bin/env", "above": "../../../../../../../../../usr/bin/env"},
    }.items():
        (daily / name).symlink_to(target)
    document = scan(tmp_path, root)
    assert [name for name, _ in scripts(document)] == ["cron.daily/inside", "cron.daily/relative"]
    assert {name for name, code in below(document, root).items() if code == "C123"} == {
        *(f"etc/cron.daily/{name}" for name in ("loop", "outside", "above"))
    }


# --- anacron ----------------------------------------------------------------------------------------------------------


def test_debian_with_anacron(tmp_path: Path) -> None:
    root = TREES / "debian-anacron"
    document = scan(tmp_path, root)
    assert scripts(document) == [
        ("cron.hourly/sync-stock", "17 * * * *"),
        ("cron.daily/0report", "35 7 * * *"),
        ("cron.daily/Backup_db", "35 7 * * *"),
        ("cron.daily/logrotate", "35 7 * * *"),
        ("cron.daily/man-db", "35 7 * * *"),
        ("cron.weekly/man-db", "40 7 * * 3"),  # its stamp is of a Wednesday
        ("cron.monthly/invoices", "45 7 1 * *"),
    ]
    (own,) = (job for job in document["jobs"] if "script" not in job)
    assert (own["source"]["path"], own["source"]["line"]) == (f"{root}/etc/anacrontab", 13)
    assert (own["schedule"], own["user"], own["status"]) == ("0 8 1,4,7,10,13,16,19,22,25,28 * *", "root", "review")
    found = below(document, root)
    assert {path for path, code in found.items() if code == "C121"} == {
        *(f"etc/crontab:{line}" for line in (5, 6, 7, 8)),
        *(f"etc/anacrontab:{line}" for line in (9, 10, 11)),
        *(f"etc/cron.{period}/0anacron" for period in ("daily", "weekly", "monthly")),
        "etc/cron.d/anacron:4",
    }
    # The package's own header names it; Debian's anacron knows no @daily.
    assert [(one["line"], one["code"]) for one in document["problems"]] == [(4, "C135"), (15, "C101")]
    assert document["lines"]["total"] == sum(n for kind, n in document["lines"].items() if kind != "total")
    for job in document["jobs"][1:]:
        codes = {one["code"] for one in job["findings"]}
        assert "C120" in codes
        assert job["parity"]["exact"] is False  # nothing is proven of times that are not kept
        assert job["status"] == "review"
    assert document["summary"]["exact"] == 1


def test_red_hat(tmp_path: Path) -> None:
    root = TREES / "redhat"
    document = scan(tmp_path, root)
    assert scripts(document) == [
        ("cron.daily/backup.sh", "6 3 * * *"),
        ("cron.daily/logrotate", "6 3 * * *"),
        ("cron.weekly/98-zfs-fuse-scrub.cron", "26 3 * * 0"),
        ("cron.monthly/kept", "46 3 1 * *"),
    ]
    assert len(document["jobs"]) == 4
    assert {job["dialect"] for job in document["jobs"]} == {"cronie"}
    found = below(document, root)
    assert {path: code for path, code in found.items() if code == "C123"} == {
        **{"etc/cron.daily/.hidden": "C123", "etc/cron.daily/logrotate.rpmsave": "C123"},
        "etc/cron.monthly/barred": "C123",
    }
    assert found["etc/cron.hourly/0anacron"] == found["etc/cron.d/0hourly:5"] == "C121"
    message = next(one["message"] for one in document["jobs"][0]["findings"] if one["code"] == "C120")
    assert "03:06 to 03:51" in message
    spec = proposal(tmp_path, "logrotate")
    assert spec["containers"][0]["command"] == ["/etc/cron.daily/logrotate"]
    assert set(spec["containers"][0]["environment"]) == {"TZ"}  # anacron's own variables steer anacron only


def test_only_named_jobs_on_red_hat(tmp_path: Path) -> None:
    root = tmp_path / "host"
    shutil.copytree(TREES / "redhat", root)
    plant(root, {"etc/cron.daily/jobs.allow": "logrotate\n"})
    assert [name for name, _ in scripts(scan(tmp_path, root))][:2] == [
        "cron.daily/logrotate",
        "cron.weekly/98-zfs-fuse-scrub.cron",
    ]


def test_a_table_left_over_by_a_removed_anacron(tmp_path: Path) -> None:
    root = tmp_path / "host"
    shutil.copytree(TREES / "debian-anacron", root)
    (root / "usr/sbin/anacron").rename(root / "usr/sbin/other")
    document = scan(tmp_path, root)
    assert [schedule for name, schedule in scripts(document) if name == "cron.daily/logrotate"] == ["25 6 * * *"]
    (own,) = (job for job in document["jobs"] if job["source"]["path"].endswith("anacrontab"))
    assert "C124" in {one["code"] for one in own["findings"]}


def test_lines_that_leave_a_directory_to_an_anacron_without_a_table(tmp_path: Path) -> None:
    root = tmp_path / "host"
    shutil.copytree(TREES / "debian-anacron", root)
    (root / "etc/anacrontab").unlink()
    document = scan(tmp_path, root)
    assert [name for name, _ in scripts(document)] == ["cron.hourly/sync-stock"]
    assert below(document, root)["etc/cron.daily/logrotate"] == "C113"


def test_where_only_etc_was_copied_the_package_s_files_tell(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    shutil.copytree(TREES / "debian-anacron/etc", etc)
    assert ("cron.daily/logrotate", "35 7 * * *") in scripts(scan(tmp_path, etc))
    for name in ("cron.d/anacron", "cron.hourly/0anacron"):
        (etc / name).unlink(missing_ok=True)
    assert ("cron.daily/logrotate", "25 6 * * *") in scripts(scan(tmp_path, etc))


@pytest.mark.parametrize("name", ["anacrontab", "host1.anacrontab"])
def test_a_lone_anacrontab(tmp_path: Path, name: str) -> None:
    shutil.copy(TREES / "redhat/etc/anacrontab", tmp_path / name)
    document = scan(tmp_path, tmp_path / name)
    assert [(job["schedule"], job["dialect"]) for job in document["jobs"]] == [
        *(("6 3 * * *", "cronie"), ("26 3 * * 0", "cronie"), ("46 3 1 * *", "cronie"))
    ]
    assert document["lines"] == {"total": 13, "job": 3, "environment": 5, "comment": 4, "blank": 1, "invalid": 0}
    assert document["skipped"] == []


def test_a_job_that_anacron_never_starts(tmp_path: Path) -> None:
    (tmp_path / "anacrontab").write_text("START_HOURS_RANGE=3-3\n1 5 never /usr/local/sbin/x\n")
    (job,) = scan(tmp_path, tmp_path / "anacrontab")["jobs"]
    assert job["status"] == "blocked"
    assert "C127" in {one["code"] for one in job["findings"]}
    assert job["target"]["expressions"] == []


def test_the_usual_directories_are_no_tables(tmp_path: Path) -> None:
    result = run("scan", str(TREES / "debian/etc/cron.daily"), cwd=tmp_path)
    assert result.code == 2
    assert "run-parts starts what is in it; name the server's tree" in result.err
