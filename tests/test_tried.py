"""What is read of a trace, what ECS makes of an end, and the evidence as a file: tables, without any engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from converters.images.traces import Trace, query
from converters.images.tried import MAX_LISTED, Tried, as_mapping, from_mapping
from converters.specs.model import Spec, load_spec
from converters.workflows.endings import Ending, is_good, made_of
from migrate.errors import UserError
from migrate.images.store import file_name
from migrate.trying import store
from migrate.trying.container import Wanted, checked_network, create_words
from migrate.trying.engine import Engine, EngineError, last_error
from migrate.trying.judging import the_job
from migrate.trying.running import _never_begins
from migrate.trying.values import read_values
from tests.cli import run

SPEC = """\
type: "FARGATE"
name: "{name}"
containers:
- name: app
  cpu: 256
  memory: 512
  image: registry.example.com/app:1
{container}
schedule:
  scheduleExpression: "rate(1 hour)"
{rest}
"""


def spec(container: str = '  command: ["job"]', rest: str = "", name: str = "nightly") -> Spec:
    return load_spec(SPEC.format(container=container, rest=rest, name=name), "ecs.yml")


TRACE = """\
10 execve("/bin/sh", ["sh", "-c", "x"], 0xc0 /* 5 vars */ <unfinished ...>
11 +++ exited with 0 +++
10 <... execve resumed>)             = 0
10 openat(AT_FDCWD</app>, "/etc/ld.so.preload", O_RDONLY) = -1 ENOENT (No such file or directory)
10 openat(AT_FDCWD</app>, "config/app.yml", O_RDONLY) = -1 ENOENT (No such file or directory)
10 openat(AT_FDCWD</app>, "/data/later", O_RDONLY) = -1 ENOENT (No such file or directory)
10 openat(AT_FDCWD</app>, "/data/later", O_WRONLY|O_CREAT, 0666) = 3</data/later>
10 newfstatat(AT_FDCWD</app>, "/usr/local/bin/job", 0x7f, 0) = -1 ENOENT (No such file or directory)
10 newfstatat(AT_FDCWD</app>, "/usr/bin/gone", 0x7f, 0) = -1 ENOENT (No such file or directory)
10 newfstatat(AT_FDCWD</app>, "/bin/gone", 0x7f, 0) = -1 ENOENT (No such file or directory)
12 execve("/usr/bin/job", ["job", "it's \\"so\\""], 0xb /* 7 vars */) = 0
12 openat(AT_FDCWD</app>, "/srv/\\343\\201\\202.csv", O_RDONLY) = -1 ENOENT (No such file or directory)
12 connect(3<socket:[1]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.1")}, 16) = 0
12 write(3<socket:[1]>, "9\\245\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\7example\\3com\\0\\0\\1\\0\\1", 29) = 29
12 connect(3<socket:[1]>, {sa_family=AF_INET, sin_port=htons(3306), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 ECONNREFUSED
12 connect(4, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::1", \
&sin6_addr), sin6_scope_id=0}, 28) = -1 ENETUNREACH (Network is unreachable)
12 connect(5, {sa_family=AF_UNIX, sun_path="/run/mysqld/mysqld.sock"}, 110) = -1 ENOENT (No such file or directory)
13 execve("/usr/sbin/daemon", ["daemon"], 0xb /* 7 vars */) = 0
12 +++ exited with 0 +++
14 execve("/bin/early", ["early"], 0xb /* 7 vars */) = 0
14 +++ killed by SIGKILL +++
10 --- SIGCHLD {si_signo=SIGCHLD} ---
10 exit_group(3)                     = ?
13 +++ killed by SIGKILL +++
10 +++ exited with 3 +++
"""


def test_a_trace_of_strace() -> None:
    trace = Trace(10)
    for line in TRACE.splitlines():
        trace.read(line)
    assert trace.began
    assert list(trace.executed) == ["/bin/sh", "/usr/bin/job", "/usr/sbin/daemon", "/bin/early"]
    assert trace.not_found() == ["/app/config/app.yml", "gone", "/srv/あ.csv", "/run/mysqld/mysqld.sock"]
    assert list(trace.asked) == ["example.com", "127.0.0.1:3306", "[2001:db8::1]:443"]
    assert list(trace.left) == ["/usr/sbin/daemon"]


def test_before_the_payload_nothing_is_its_own_and_much_is_bounded() -> None:
    trace = Trace(10)
    trace.read('10 openat(AT_FDCWD</>, "/early", O_RDONLY) = -1 ENOENT (No such file or directory)')
    assert not trace.began and trace.not_found() == []
    trace.read('10 execve("/app", ["app"], 0x0 /* 1 var */) = 0')
    for number in range(5000):
        trace.read(f'10 openat(AT_FDCWD</>, "/data/{number}", O_RDONLY) = -1 ENOENT (No such file or directory)')
        trace.read(f"{number + 20} read(3, <unfinished ...>")
    assert len(trace.not_found()) == 200
    for line in (
        "",
        "x",
        "10",
        "10 (",
        '10 openat("',
        "10 <... gone resumed>) = 0",
        "1e9 open",
        '10 openat(1, "a"...) = -1 E',
    ):
        trace.read(line)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (r"\1\2\1\0\0\1\0\0\0\0\0\0\3www\7example\2jp\0\0\34\0\1", "www.example.jp"),
        (r"\0\35\1\2\1\0\0\1\0\0\0\0\0\0\2db\0\0\1\0\1", "db"),  # over TCP
        (r"\1\2\201\200\0\1\0\0\0\0\0\0\2db\0\0\1\0\1", None),  # an answer
        (r"\1\2\1\0\0\1\0\0\0\0\0\0\77db\0\0\1\0\1", None),  # a label that is cut
        ("hello world, this is text", None),
        ("", None),
    ],
)
def test_queries_of_names(text: str, name: str | None) -> None:
    assert query(text) == name


ENDS = [
    # status, memory, timed out, rest of ecs.yml -> good, a piece of what is said
    (0, False, False, "", True, "exit code 0"),
    (1, False, False, "", False, "failure rule"),
    (1, False, False, "success: [0, 1]", True, "takes 1 for well"),
    (2, False, False, "success: [0, 1]", False, "The workflow ends as a failure"),
    (1, False, False, "retry: {attempts: 2}", False, "2 more times"),
    (None, False, False, "", False, "CannotStartContainerError"),
    (127, False, False, "", False, "did not find a program"),
    (126, False, False, "", False, "could not execute"),
    (139, False, False, "", False, "SIGSEGV"),
    (137, True, False, "", False, "OutOfMemoryError"),
    (143, False, True, "timeout: 60", False, "stopped at its limit"),
    (143, False, True, "", False, "nothing would end it"),
    (0, False, True, "timeout: 60", False, "stopped at its limit"),
]


@pytest.mark.parametrize(("status", "memory", "late", "rest", "good", "said"), ENDS)
def test_what_ecs_and_the_workflow_make_of_an_end(
    status: int | None, memory: bool, late: bool, rest: str, good: bool, said: str
) -> None:
    ending = Ending(status, memory, late)
    assert is_good(spec(rest=rest), ending) is good
    assert said in " ".join(made_of(spec(rest=rest), ending))


FULL = Tried(
    job="a", image="i", digests=("sha256:1", "sha256:2"), spec="sha256:3", status=0, written=(), memory=7, passed=3
)


def test_the_evidence_and_back() -> None:
    assert from_mapping(json.loads(json.dumps(as_mapping(FULL)))) == FULL
    assert from_mapping({"version": 1, "job": "a", "image": "i"}).missing is None
    long = from_mapping({**as_mapping(FULL), "missing": ["x"] * 1000})
    assert long.missing is not None and len(long.missing) == MAX_LISTED


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"job": ""},
        {"job": 1},
        {"status": "0"},
        {"status": True},
        {"good": 1},
        {"missing": [1]},
        {"seconds": "x"},
    ],
)
def test_evidence_from_anybody_is_checked(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"version|kind|names no job|list of texts"):
        from_mapping({**as_mapping(FULL), **change})


def test_evidence_tells_of_one_ecs_yml_and_one_image(tmp_path: Path) -> None:
    from converters.images.facts import Image

    one = spec()
    tried = Tried(job="nightly", image="x", digests=("sha256:1",), spec=store.fingerprint(one))
    assert store.save(tmp_path, tried) == "tries/nightly.json"
    assert store.load(tmp_path) == {"nightly": tried}
    same = spec(rest="lock: other")
    assert store.why_stale(tried, same, {}) == ""
    assert "ecs.yml" in store.why_stale(tried, spec('  command: ["other"]'), {})
    name = one.containers[0].image
    assert store.why_stale(tried, one, {name: Image(name, digest="sha256:1")}) == ""
    assert "digest" in store.why_stale(tried, one, {name: Image(name, digest="sha256:2")})
    (tmp_path / "tries" / "bad.json").write_text("{")
    with pytest.raises(UserError, match=r"bad\.json.*cron2fargate try"):
        store.load(tmp_path)
    assert file_name("x") == "x.json"


PODMAN, DOCKER = Engine("podman", (), "podman", "4"), Engine("docker", (), "docker", "24")


@pytest.mark.parametrize(
    ("container", "podman", "docker"),
    [
        ('  command: ["-x", "a b", "it\'s\\n"]', ["-x", "a b", "it's\n"], ["-x", "a b", "it's\n"]),
        ('  entryPoint: ["sh", "-c"]\n  command: ["x"]', ["x"], ["-c", "x"]),
        ("  entryPoint: []\n  command: []", [], []),
    ],
)
def test_words_for_an_engine(container: str, podman: list[str], docker: list[str]) -> None:
    one = spec(container)
    for engine, after in ((PODMAN, podman), (DOCKER, docker)):
        words, _environment = create_words(engine, Wanted(one, the_job(one), {}), "n")
        at = words.index("--")
        assert words[at + 1 :] == ["registry.example.com/app:1", *after]
        assert "--network=none" in words and "--pull=never" in words
        assert not any(word.startswith(("-v", "--volume", "--privileged", "--pid")) for word in words)
        assert {"--memory=512m", "--memory-swap=512m", "--cpus=0.25"} <= set(words)
        entry = [word for word in words if word.startswith("--entrypoint")]
        assert entry == (
            [] if "sh" not in container else ['--entrypoint=["sh", "-c"]' if engine is PODMAN else "--entrypoint=sh"]
        )


def test_secrets_go_by_the_environment_of_the_client() -> None:
    one = spec('  secrets: {PW: "/x/pw", PATH: "/x/path", "ODD NAME": "/x/o"}\n  environment: {A: "b=c"}')
    words, environment = create_words(PODMAN, Wanted(one, the_job(one), {"PW": "s3cret", "PATH": "/p"}), "n")
    assert environment == {"PW": "s3cret"}
    assert "--env=PW" in words and "s3cret" not in " ".join(words)
    # These would steer podman itself.
    assert "--env=PATH=/p" in words and "--env=ODD NAME=placeholder-of-ODD NAME" in words and "--env=A=b=c" in words


@pytest.mark.parametrize("network", ["host", "ns:/proc/1/ns/net", "container:db"])
def test_never_the_hosts_network(network: str) -> None:
    with pytest.raises(EngineError, match="host's own network"):
        checked_network(network)
    assert checked_network(None) == checked_network("none") == "" and checked_network("bridge") == "bridge"


@pytest.mark.parametrize(
    ("said", "the_jobs"),
    [
        (
            'runc: runc create failed: unable to start container process: exec: "sh": executable file not found in $PATH',
            True,
        ),
        (
            "crun: executable file `x` not found in $PATH: No such file or directory: OCI runtime attempted to invoke",
            True,
        ),
        ('runc create failed: unable to start container process: exec: "/app/plain": permission denied', True),
        ("unable to find user nobody1: no matching entries in passwd file", True),
        ("error setting rlimit type 7: operation not permitted", False),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", False),
    ],
)
def test_whose_fault_it_is_that_nothing_begins(said: str, the_jobs: bool) -> None:
    assert _never_begins(said) is the_jobs


def test_the_line_that_says_what_is_wrong() -> None:
    assert last_error("WARN[0000] x\nError: no such image\n") == "no such image"
    assert last_error("a\nb\n") == "b" and last_error("") == ""


def test_values_of_an_env_file(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text('# a comment\n\nA=b=c\nQ="q"\n E = x\n')
    assert read_values(path) == {"A": "b=c", "Q": '"q"', "E": " x"}
    path.write_text("A=1\nhunter2\n")
    with pytest.raises(UserError, match=r"env:2: not NAME=VALUE") as caught:
        read_values(path)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(UserError, match="no such file"):
        read_values(tmp_path / "none")


def workspace(place: Path, *texts: str) -> Path:
    for number, text in enumerate(texts):
        folder = place / "migration" / "jobs" / f"job{number}"
        folder.mkdir(parents=True)
        (folder / "ecs.yml").write_text(text)
    return place


def test_without_an_engine_one_sentence(tmp_path: Path) -> None:
    workspace(tmp_path, SPEC.format(name="nightly", container='  command: ["job"]', rest=""))
    told = run("try", "nightly", cwd=tmp_path, env={"PATH": str(tmp_path)})
    assert told.code == 2 and told.err.count("\n") == 1 and "neither podman nor docker is here" in told.err
    told = run("try", "nightly", "--engine", "/no/engine", cwd=tmp_path)
    assert told.code == 2 and "/no/engine is not here" in told.err


ANSWERS = 'case "$1" in --version) echo podman version 9;; version) echo 9;; '
IMAGE = """image) echo '[{"Id": "ab"}]';; """
FAILS = "*) echo 'Error: storage is broken' >&2; exit 125;; esac"
MOUNTS = (
    """create) echo x;; inspect) echo '[{"Mounts": [{"Type": "bind", "Source": "/srv/data"}]}]';; *) exit 0;; esac"""
)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 1", "does not answer"),
        (ANSWERS + FAILS, "has no image"),
        (ANSWERS + IMAGE + FAILS, "storage is broken; the engine cannot run containers so"),
        (ANSWERS + IMAGE + MOUNTS, "puts /srv/data of this machine into each container"),
    ],
)
def test_an_engine_that_fails_is_one_sentence(tmp_path: Path, script: str, said: str) -> None:
    workspace(tmp_path, SPEC.format(name="nightly", container='  command: ["job"]', rest=""))
    engine = tmp_path / "engine"
    engine.write_text(f"#!/bin/sh\n{script}\n")
    engine.chmod(0o755)
    told = run("try", "nightly", "--engine", str(engine), cwd=tmp_path)
    assert told.code == 2 and said in told.err and told.err.count("\n") == 1, told.err
    assert not (tmp_path / "migration" / "tries").exists()
    if "has no image" in said:
        told = run("try", "--all", "--engine", str(engine), cwd=tmp_path)
        assert told.code == 1 and "nightly: not tried" in told.out


@pytest.mark.parametrize("words", [(), ("a", "--all"), ("none",)])
def test_one_job_or_all(tmp_path: Path, words: tuple[str, ...]) -> None:
    workspace(tmp_path, SPEC.format(name="nightly", container='  command: ["job"]', rest=""))
    told = run("try", *words, cwd=tmp_path)
    assert told.code == 2 and told.err.count("\n") == 1


def test_a_try_answers_needs_and_stands_in_the_report_until_ecs_yml_changes(tmp_path: Path) -> None:
    table = b"5 4 * * * /opt/app/bin/nightly-report --all\n"
    words = ("scan", "-", "--user-crontab", "--timezone", "UTC", "--image", "app:1", "--format", "json")
    before = run(*words, cwd=tmp_path, data=table).document["jobs"][0]
    assert before["proof"]["effect"] == "open" and "tried" not in before
    path = tmp_path / "migration" / "jobs" / before["name"] / "ecs.yml"
    tried = Tried(
        job=before["name"],
        image="app:1",
        digests=("sha256:0123456789abcdef",),
        spec=store.fingerprint(load_spec(path.read_text(), "x")),
        at="2026-11-29T10:00:00Z",
        status=0,
        good=True,
        executed=("/opt/app/bin/nightly-report",),
    )
    store.save(tmp_path / "migration", tried)
    after = run(*words, cwd=tmp_path, data=table).document["jobs"][0]
    answers = {one["subject"]: (one["answer"], one["evidence"]) for one in after["needs"]}
    assert answers["/opt/app/bin/nightly-report"] == ("met", "tried"), after["needs"]
    assert after["proof"]["effect"] == "proven"
    line = "tried 2026-11-29, image sha256:0123456789ab: exit 0"
    assert line in (tmp_path / "migration" / "report.md").read_text()
    # Another image was not tried.
    other = [one if one != "app:1" else "app:2" for one in words]
    again = run(*other, "--out", str(tmp_path / "other"), cwd=tmp_path, data=table).document["jobs"][0]
    assert again["needs"] == before["needs"]
    path.write_text(path.read_text().replace("--all", "--none"))
    assert run("report", cwd=tmp_path).code == 0
    for name in ("report.md", "report.html"):
        text = (tmp_path / "migration" / name).read_text()
        assert "stale: ecs.yml has changed since" in text.replace("&#39;", "'"), name
    stale = run(*words, cwd=tmp_path, data=table).document["jobs"][0]
    assert stale["needs"] == before["needs"] and stale["tried"]["stale"]
