"""Tests of the host, decided by its files in every form; a real dash on a host of that name says what runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.commands.host_decisions import Decision, decide
from converters.hosts.facts import Host, Standing, User
from tests.effort import DEEP

NO = Standing("absent")
PATHS = {
    "/etc/role": Standing("file", 0o644, 4, "web\n"),
    "/etc/none": NO,
    "/usr/bin/y": NO,
    "/usr/bin/env": Standing("file", 0o755, 9),
    "/bin/y": NO,
}
USERS = {
    "deploy": User("deploy", 1004, 1004, "/home/deploy", "/bin/bash"),
    "root": User("root", 0, 0, "/root", "/bin/sh"),
}


def host(name: str = "web1", sh: str = "dash") -> Host:
    return Host(users=USERS, hostname=name, os="debian", sh=sh, paths=PATHS)


def on_web1(command: str) -> Decision:
    return decide(command, host(), user="deploy", variables={"HOME": "/home/deploy"})


# A test that holds on web1, in the forms that people write; JOB is what it guards.
HOLD = [
    '[ "$(hostname)" = web1 ] && JOB',
    "[ `hostname` = web1 ] && JOB",
    "[ $(hostname) = web1 ] && JOB",
    "test $(hostname -s) = web1 && JOB",
    'test "$(/bin/hostname)" = "web1" && JOB',
    '[ "x$(hostname)" = "xweb1" ] && JOB',
    "[ web1 = $(hostname) ] && JOB",
    '[ -n "$(hostname)" ] && JOB',
    '[ "$(hostname)" = web1 -o "$(hostname)" = web2 ] && JOB',
    '[ "$(hostname)" = web1 ] || exit; JOB',
    '[ "$(hostname)" = web1 ] || exit 0; JOB',
    '[ "$(hostname)" != web1 ] && exit 0; JOB',
    '[ "$(hostname)" != web1 ] || JOB',
    '! [ "$(hostname)" = web2 ] && JOB',
    '[ ! "$(hostname)" = web2 ] && JOB',
    'if [ "$(hostname)" = web1 ]; then JOB; fi',
    'if ! [ "$(hostname)" = web2 ]; then JOB; fi',
    'if [ "$(hostname)" != web1 ]; then exit 0; fi; JOB',
    'if [ "$(hostname)" = web2 ]; then OTHER; else JOB; fi',
    'if [ "$(hostname)" = web2 ]; then OTHER; elif [ "$(hostname)" = web1 ]; then JOB; fi',
    "if hostname | grep -q web1; then JOB; fi",
    "hostname | grep -q ^web && JOB",
    "uname -n | grep -q web1 && JOB",
    "hostname | cut -d. -f1 | grep -qx web1 && JOB",
    '[ "$(hostname | cut -c1-3)" = web ] && JOB',
    "case $(hostname) in web1) JOB;; esac",
    'case "$(hostname)" in web*|app*) JOB;; *) OTHER;; esac',
    "case `uname -n` in db*) exit 0;; esac; JOB",
    "H=$(hostname); [ $H = web1 ] && JOB",
    'H=$(hostname -s); case "$H" in web1) JOB;; *) exit 1;; esac',
    '( [ "$(hostname)" = web1 ] && JOB )',
    '{ [ "$(hostname)" = web1 ] && JOB; }',
    'cd / && [ "$(hostname)" = web1 ] && JOB',
    'cd /; if [ "$(hostname)" = web1 ]; then JOB; fi > /dev/null 2>&1',
    "sh -c '[ \"$(hostname)\" = web1 ] && JOB'",
    'nice sh -c "case \\$(hostname) in web1) JOB;; esac"',
    '[ "$(hostname)" = web1 ] && JOB || true',
    '[ "$(hostname)" = web1 ] && { cd / ; JOB; }',
    '[ "$(hostname)" = web1 ] && (cd /; JOB) && true',
]


@pytest.mark.parametrize("form", HOLD)
def test_a_test_that_holds_goes(form: str) -> None:
    found = on_web1(form.replace("JOB", "/app/job").replace("OTHER", "/app/other"))
    assert "/app/job" in found.text
    assert "hostname)" not in found.text.removeprefix("H=$(hostname)").replace("-s)", ")").removeprefix("H=$(hostname)")
    assert "/app/other" not in found.text
    assert found.decided
    assert not found.never
    assert not found.questions


@pytest.mark.parametrize("form", HOLD)
def test_the_same_test_fails_elsewhere(form: str) -> None:
    command = form.replace("JOB", "/app/job").replace("OTHER", "echo not here")
    found = decide(command, host("db7"), user="deploy")
    if "-n" in form and "uname" not in form:
        return  # it asks only whether there is a name
    if "web2" in form and "exit" not in form and "= web1" not in form and "case" not in form:
        assert found.text.endswith("/app/job")  # not web2, so it runs here too
    elif "!= web1 ] || " in form or "cut -c1-3" in form or form.startswith("! "):
        assert found.decided
    else:
        assert found.never, form
        assert found.text == command


@pytest.mark.parametrize("form", HOLD)
def test_where_nobody_looked_it_is_a_question(form: str) -> None:
    command = form.replace("JOB", "/app/job").replace("OTHER", "/app/other")
    found = decide(command, Host())
    assert found.questions
    assert (found.text, found.never, found.decided) == (command, False, ())


# What runs on web1, by a real shell: the same with the command as it stands and as it was decided.
MORE = [
    *HOLD,
    "/bin/echo a > $OUT/A; [ $(hostname) = web2 ] && JOB; OTHER",
    "OTHER && [ $(hostname) = web2 ] && JOB",
    "OTHER && [ $(hostname) = web2 ] || JOB",
    "OTHER || [ $(hostname) = web1 ] && JOB",
    "false || [ $(hostname) = web1 ] && JOB",
    "false && [ $(hostname) = web1 ] && JOB",
    "[ $(hostname) == web1 ] && JOB",
    "[[ $(hostname) = web1 ]] && JOB",
    '[ "$HOSTNAME" = web1 ] && JOB',
    "if [ $(hostname) = web1 ]; then JOB; else OTHER; fi; OTHER",
    "if [ $(hostname) = web2 ]; then OTHER; elif [ -d / ]; then JOB; else OTHER; fi",
    "if true; then [ $(hostname) = web2 ] && JOB; OTHER; fi",
    "case $(hostname) in web2) OTHER;; esac; JOB",
    "case x in x) [ $(hostname) = web1 ] && JOB;; esac",
    "(exit 3); [ $(hostname) = web1 ] && JOB",
    "[ $(hostname) = web2 ] || { JOB; exit; }; OTHER",
    "[ $(hostname) = web2 ] && exit || JOB; OTHER",
    "H=web2; [ $H = $(hostname) ] && JOB; OTHER",
    "H=$(hostname); H=x$H; [ $H = xweb1 ] && JOB",
    "eval '[ $(hostname) = web1 ] && JOB'; OTHER",
    "for i in 1 2; do [ $(hostname) = web1 ] && JOB; done",
    "[ $(hostname) = web1 ] && JOB & wait",
    "[ $(hostname) = web1 ] && { OTHER & JOB; wait; }",
]


def ran(text: str, place: Path) -> set[str]:
    out = place / "out"
    out.mkdir(exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    environment = {"PATH": f"{place}/bin:/usr/bin:/bin", "OUT": str(out)}
    subprocess.run(["dash", "-c", text], env=environment, capture_output=True, timeout=20, check=False, cwd="/")
    return {one.name for one in out.iterdir()}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PATH on which the host is called web1."""
    root = tmp_path_factory.mktemp("host")
    (root / "bin").mkdir()
    scripts = {"hostname": "echo web1", "uname": "echo web1", "job": ': > "$OUT/J"', "other": ': > "$OUT/O"'}
    for name, body in scripts.items():
        script = root / "bin" / name
        script.write_text(f"#!/bin/dash\n{body}\n", encoding="utf-8")
        script.chmod(0o755)
    return root


def same(command: str, place: Path) -> None:
    shown = command.replace("/bin/hostname", "hostname").replace("JOB", "job").replace("OTHER", "other")
    found = on_web1(shown)
    assert (ran(shown, place) & {"J", "O"}) == (set() if found.never else ran(found.text, place) & {"J", "O"}), found


@pytest.mark.parametrize("command", MORE)
def test_dash_runs_the_same(command: str, place: Path) -> None:
    same(command, place)


ATOMS = st.sampled_from(
    ["[ $(hostname) = web1 ]", "[ $(hostname) = web2 ]", "hostname | grep -q 1", "true", "false", "JOB", "OTHER"]
)


def lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from([" && ", " || ", "; "]), inner).map("".join),
        inner.map("! {}".format).filter(
            lambda text: not text.startswith("! !") and text.count(" && ") + text.count(";") == 0
        ),
        inner.map("( {} )".format),
        inner.map("{{ {}; }}".format),
        st.tuples(inner, inner).map(lambda two: f"if {two[0]}; then {two[1]}; fi"),
        st.tuples(inner, inner, inner).map(lambda three: f"if {three[0]}; then {three[1]}; else {three[2]}; fi"),
        st.tuples(inner, inner).map(lambda two: f"case $(hostname) in web2) {two[0]};; *) {two[1]};; esac"),
        st.tuples(inner, st.just(" || exit; "), inner).map("".join),
    )


@settings(max_examples=1500 if DEEP else 40, deadline=None)
@given(st.recursive(ATOMS, lists, max_leaves=7))
def test_any_text_runs_the_same(place: Path, text: str) -> None:
    same(text, place)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("[ -f /etc/role ] && /app/job", "/app/job"),
        ("[ ! -e /etc/none ] && /app/job", "/app/job"),
        ("[ -x /usr/bin/env ] && /app/job", "/app/job"),
        ("[ -s /etc/role ] && /app/job", "/app/job"),
        ("if [ -f /etc/role ]; then . /etc/role; fi; /app/job", ". /etc/role; /app/job"),
        ("grep -q web /etc/role && /app/job", "/app/job"),
        ('[ "$(cat /etc/role)" = web ] && /app/job', "/app/job"),
        ("[ $(head -1 /etc/role) = web ] && /app/job", "/app/job"),
        ("command -v env >/dev/null && /app/job", "/app/job"),
        ("which y >/dev/null || /app/job", "/app/job"),
        ('[ "$(whoami)" = deploy ] && /app/job', "/app/job"),
        ("[ $(id -u) -eq 1004 ] && /app/job", "/app/job"),
        ("[ `id -un` = root ] || /app/job", "/app/job"),
        ("getent passwd ghost >/dev/null || /app/job", "/app/job"),
        ("id ghost >/dev/null 2>&1 || /app/job", "/app/job"),
    ],
)
def test_what_its_files_answer(command: str, text: str) -> None:
    found = on_web1(command)
    assert (found.text, found.never, found.wanted) == (text, False, ())


@pytest.mark.parametrize(
    "command",
    [
        "test -x /usr/bin/y && /usr/bin/y",
        "[ -f /etc/none ] && /app/job",
        "[ -x /usr/bin/y ] || exit 0; /app/job",
        "grep -q db /etc/role && /app/job",
        "which y >/dev/null 2>&1 && y",
        "[ $(id -u) = 0 ] || exit 1; /app/job",
        '[ "$(whoami)" = root ] && /app/job',
        "if [ ! -f /etc/role ]; then /app/job; fi",
    ],
)
def test_what_never_runs(command: str) -> None:
    assert on_web1(command).never


@pytest.mark.parametrize(
    "command",
    [
        "[ -f /srv/app/in.csv ] && /app/job",
        "[ -f /etc/nologin ] || /app/job",
        "[ -e /etc/app/maintenance ] && exit; /app/job",
        "[ -f /tmp/stop ] || /app/job",
        "[ -d /run/systemd/system ] || /app/job",
        "[ -S /var/run/app.sock ] && /app/job",
        "ip addr | grep -q 10.0.0.5 && /app/job",
        "if ip a s eth0 | grep -q 'inet 10.0.0.5'; then /app/job; fi",
        "ifconfig | grep 10.0.0.5 > /dev/null || exit 0; /app/job",
        "[ $(hostname -i) = 10.0.0.5 ] && /app/job",
        "[ $(hostname -f) = web1.example.com ] && /app/job",
        "case $(hostname -d) in example.com) /app/job;; esac",
        "systemctl is-active -q keepalived && /app/job",
        "mountpoint -q /mnt/nas && /app/job",
        "for i in 1 2; do [ $(hostname) = web1 ] && /app/job $i; done",
        'while read h; do [ "$(hostname)" = $h ] && /app/job; done < /etc/primary',
    ],
)
def test_what_no_copy_of_a_disk_tells(command: str) -> None:
    """What comes and goes while a host runs, its addresses, its domain: a question, and the command stays."""
    found = on_web1(command)
    assert found.questions
    assert (found.text, found.never) == (command, False)


@pytest.mark.parametrize(
    "command",
    [
        "/app/job",
        "cd /app && ./job",
        "ssh db1 '[ $(hostname) = db1 ] && /app/job'",
        "docker exec app sh -c '[ $(hostname) = web1 ] && job'",
        "mysql -e 'select 1' || exit 1; /app/job",
        "true && /app/job",
        "[ $(date +%u) = 1 ] && /app/job",
        "echo hostname | mail -s x a@example.com",
        "if [ a = a ]; then /app/job; fi",
        "find / -type f -name hostname -print",
        "[ $(hostname) = web1",
        "case $(hostname in",
    ],
)
def test_what_asks_no_host_stays(command: str) -> None:
    assert on_web1(command) == Decision(command)


def test_paths_are_asked_for() -> None:
    bare = Host(hostname="web1")
    assert decide("[ -f /etc/role ] && x", bare).wanted == ("/etc/role",)
    assert decide("command -v y && y", bare).wanted == ("/usr/bin/y", "/bin/y")
    assert decide("command -v y && y", bare, variables={"PATH": "/opt/z:/bin"}).wanted == ("/opt/z/y", "/bin/y")
    assert decide("[ -f /srv/data ] && x", bare).wanted == ()


@pytest.mark.parametrize(("sh", "never"), [("dash", True), ("bash", False)])
def test_whose_shell_it_is(sh: str, never: bool) -> None:
    """`==` and HOSTNAME are bash's: where sh is dash, the job has never run."""
    assert decide("[ $(hostname) == web1 ] && job", host(sh=sh)).never is never
    assert decide('[ "$HOSTNAME" = web1 ] && job', host(sh=sh)).never is never


def test_files_of_others_are_no_roots() -> None:
    """Root reads all; of others the permission bits say it only where everybody may."""
    facts = Host(paths={"/etc/s": Standing("file", 0o600, 1, "x")}, users=USERS)
    assert decide("[ -r /etc/s ] && job", facts, user="root").text == "job"
    assert decide("[ -r /etc/s ] && job", facts, user="deploy").questions


def test_no_text_of_a_file_is_shown() -> None:
    facts = Host(paths={"/etc/token": Standing("file", 0o644, 9, "s3cr3tvalue\n")})
    found = decide("grep -q s3 /etc/token && job", facts, user="root")
    assert found.decided
    assert "s3cr3tvalue" not in repr(found)
