"""Jobs tried in a real engine: how each ends, what is seen of it, and that nothing is left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli import ROOT, Result, run
from tests.images.builder import Entry, layer, layout, parts, scratch

pytestmark = pytest.mark.real

BUSYBOX = Path("/bin/busybox")
APPLETS = "sh env cat true false echo sleep tee yes dd setsid kill ls rm touch head tr awk nslookup"
PASSWD = "root:x:0:0:root:/:/bin/sh\napp:x:1000:1000::/app:/bin/sh\n"
# As root in a container: vfs needs no overlay, runc no user namespace; limits as low as the outer container's.
CONFIGURATION = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
"""


def entries() -> list[Entry]:
    return [
        ("bin/busybox", 0o755, BUSYBOX.read_bytes()),
        *((f"bin/{name}", 0o777, "->busybox") for name in APPLETS.split()),
        ("etc/passwd", 0o644, PASSWD),
        ("etc/group", 0o644, "root:x:0:\napp:x:1000:\n"),
        ("tmp/", 0o1777, ""),
        ("app/three", 0o755, "#!/bin/sh\nexit 3\n"),
        ("app/crlf", 0o755, "#!/bin/sh\r\nexit 3\r\n"),
        ("entry/passes", 0o755, '#!/bin/sh\nset -e\nexec "$@"\n'),
        ("entry/swallows", 0o755, '#!/bin/sh\n"$@"\necho done\n'),
        ("entry/ignores", 0o755, "#!/bin/sh\nexec /bin/true\n"),
    ]


IMAGES: dict[str, dict[str, Any]] = {
    "plain": {},
    "passes": {"Entrypoint": ["/entry/passes"]},
    "swallows": {"Entrypoint": ["/entry/swallows"]},
    "ignores": {"Entrypoint": ["/entry/ignores"]},
    "shell": {"Entrypoint": ["/bin/sh", "-c"]},
}


@dataclass(frozen=True)
class Store:
    """A store of its own, with the images in it."""

    place: Path
    environment: dict[str, str]

    @property
    def options(self) -> list[str]:
        return ["--storage-driver=vfs", f"--root={self.place / 'root'}", f"--runroot={self.place / 'runroot'}"]

    def podman(self, *words: str) -> str:
        done = subprocess.run(
            ["podman", *self.options, *words],
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout

    def write(self, place: Path, name: str, container: dict[str, Any], **rest: Any) -> None:
        """The ecs.yml of a job."""
        usual = {"name": "app", "cpu": 256, "memory": 64, "image": "registry.example.com/plain:1"}
        schedule = {"scheduleExpression": "rate(1 hour)"}
        value = {"type": "FARGATE", "name": name, "containers": [usual | container], "schedule": schedule, **rest}
        folder = place / "migration" / "jobs" / name
        folder.mkdir(parents=True)
        (folder / "ecs.yml").write_text(yaml.safe_dump(value))

    def run(self, place: Path, *words: str) -> Result:
        given = [word for one in self.options for word in ("--engine-option", one)]
        return run("try", *words, *given, cwd=place, env=self.environment)

    def tried(self, place: Path, container: dict[str, Any], *words: str, **rest: Any) -> dict[str, Any]:
        """What comes of one job."""
        self.write(place, "job", container, **rest)
        told = self.run(place, "job", "--format", "json", *words)
        assert told.code in (0, 1), told.err
        found: dict[str, Any] = told.document["jobs"][0]
        assert told.code == (0 if found["good"] else 1)
        stored = json.loads((place / "migration" / "tries" / "job.json").read_text())
        assert stored == {key: value for key, value in found.items() if key not in ("means", "notes")}
        return found


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    # podman refuses a runroot of more than 50 characters, and pytest's own directories are longer.
    place = scratch()
    (place / "run").mkdir(mode=0o700)
    (place / "containers.conf").write_text(CONFIGURATION)
    environment = {
        "HOME": str(place),
        "XDG_RUNTIME_DIR": str(place / "run"),
        "CONTAINERS_CONF": str(place / "containers.conf"),
    }
    found = Store(place, environment)
    for name, config in IMAGES.items():
        made = layout(place / name, (parts([layer(*entries())], config), "amd64"), attested=False)
        identity = found.podman("pull", "-q", f"oci:{made}").split()[-1]
        found.podman("tag", identity, f"registry.example.com/{name}:1")
    yield found
    assert found.podman("ps", "-a", "-q") == "", "a container was left behind"
    assert found.podman("volume", "ls", "-q") == "", "a volume was left behind"
    shutil.rmtree(place, ignore_errors=True)


def sh(text: str) -> dict[str, Any]:
    return {"command": ["sh", "-c", text]}


def of(image: str, *command: str) -> dict[str, Any]:
    return {"image": f"registry.example.com/{image}:1", "command": list(command)}


# container -> status (None: it never begins), what comes back for `exit 3`
ENDS: dict[str, tuple[dict[str, Any], int | None, int | None]] = {
    "a status": (sh("exit 7"), 7, 3),
    "the engine's own statuses": (sh("exit 125"), 125, 3),
    "and the shell's": (sh("exit 126"), 126, 3),
    "the largest": (sh("exit 255"), 255, 3),
    "children that go on hold nothing up": (sh("sleep 300 & exit 6"), 6, 6),
    "a pipe hides it": (sh("/app/three | cat"), 0, 0),
    "a script by its path": (of("plain", "/app/three"), 3, 3),
    "a program that is not there": (of("plain", "nothing"), None, None),
    "a script with CR": (of("plain", "/app/crlf"), None, None),
    "a shell that finds no program": (sh("nothing"), 127, 3),
    "quotes, blanks and lines": (
        of("plain", "sh", "-c", 'test "$1" = "it\'s\n\\"x\\" " && exit 4; exit 9', "sh", 'it\'s\n"x" '),
        4,
        9,
    ),
    "an entry script": (of("passes", "sh", "-c", "/app/three"), 3, 3),
    "an entry script that swallows": (of("swallows", "/app/three"), 0, 0),
    "an entry script that ignores": (of("ignores", "/app/three"), 0, 0),
    "an ENTRYPOINT that is a shell": (of("shell", "cd /app && ./three"), 3, 3),
    "entryPoint of ecs.yml": (of("swallows", "exit 5") | {"entryPoint": ["sh", "-c"]}, 5, 3),
    "a user that is not there": (of("plain", "true") | {"user": "nobody1"}, None, None),
    "a user": (sh("exit $(id -u | head -c 2)") | {"user": "app"}, 10, 3),
    "its own signal, which the kernel keeps from a first process": (sh("kill -SEGV $$; exit 8"), 8, 8),
    "a signal to a child": (sh("sh -c 'kill -TERM $$'; exit $?"), 143, 3),
}


@pytest.mark.parametrize("name", ENDS)
def test_how_it_ends_and_whether_a_status_comes_through(store: Store, tmp_path: Path, name: str) -> None:
    container, status, passed = ENDS[name]
    found = store.tried(tmp_path, container, "--no-trace" if "CR" not in name else "--trace")
    assert (found["status"], found["passed"]) == (status, passed), found
    assert (found["status"] is None) == bool(found["error"])


def test_what_is_seen_of_a_run(store: Store, tmp_path: Path) -> None:
    text = (
        "cat /srv/none.csv; gone; nslookup db.example.com >/dev/null 2>&1; cat /srv/none.csv; mkdir -p /data; "
        "echo x > /data/out; "
        "rm /app/crlf; (setsid sleep 100 &); sleep 0.5; echo $PW; exit 3"
    )
    (tmp_path / "env").write_text("PW=hunter2-is-secret\nOTHER=1\n")
    container = sh(text) | {"secrets": {"PW": "/x/pw", "MORE": "/x/more"}}
    found = store.tried(tmp_path, container, "--env-file", str(tmp_path / "env"), "--once")
    assert found["status"] == 3 and not found["good"] and found["image"] == "registry.example.com/plain:1"
    assert found["written"] == ["/app/crlf", "/data/out"] and found["writtenCount"] == 2
    assert found["passed"] is None and found["stopped"] == ""
    assert all("hunter2" not in path.read_text() for path in (tmp_path / "migration").rglob("*") if path.is_file())
    notes = " ".join(found["notes"])
    assert "placeholders stood for the secrets MORE" in notes and "OTHER, which is no secret of this job" in notes
    if not found["traced"]:
        assert "were not looked at" in notes
        pytest.skip("strace cannot attach here")
    assert found["missing"] == ["/srv/none.csv", "gone"]
    assert found["asked"] == ["db.example.com"]
    assert found["left"] == ["sleep"]
    # Shown to whoever ran it, masked.
    told = store.run(tmp_path, "job", "--env-file", str(tmp_path / "env"), "--once", "--no-trace")
    assert "hunter2" not in told.out and "***" in told.out and "not looked at" in told.out and "exit 3" in told.out


def test_memory_and_its_end(store: Store, tmp_path: Path) -> None:
    # Slow enough to be seen near its limit: the peak is looked at while the group is there, and ends with its last process.
    eats = "x=; while :; do x=$x$(yes 0123456789 | head -c 1000000); sleep 0.05; done"
    found = store.tried(tmp_path, sh(eats), "--once", "--no-trace")
    if not found["limited"]:
        pytest.skip("no memory limit here")
    assert not found["good"] and found["status"] == 137 and found["memory"] <= 64 << 20
    assert found["memoryKilled"] and "OutOfMemoryError" in found["means"][0]


# container, rest of ecs.yml -> status, what the stop signal did
STOPS: dict[str, tuple[dict[str, Any], dict[str, Any], int, str]] = {
    "a first process without a handler hears nothing": (sh("exec sleep 30"), {}, 137, "killed"),
    "an init hands it on": (sh("exec sleep 30") | {"linuxParameters": {"initProcessEnabled": True}}, {}, 143, "ended"),
    "a handler": (sh("trap 'exit 5' TERM; sleep 30 & wait"), {}, 5, "ended"),
}


@pytest.mark.parametrize("name", STOPS)
def test_what_the_stop_signal_does_at_the_limit(store: Store, tmp_path: Path, name: str) -> None:
    container, rest, status, stopped = STOPS[name]
    if "linuxParameters" in container and shutil.which("catatonit") is None and shutil.which("tini") is None:
        pytest.skip("the engine has no init here")
    found = store.tried(tmp_path, container, "--once", **rest, timeout={"seconds": 1, "killAfter": 2})
    assert (found["status"], found["stopped"], found["timedOut"]) == (status, stopped, True), found
    assert found["good"] is False and found["seconds"] < 6


def test_the_stop_signal_in_a_run_of_its_own(store: Store, tmp_path: Path) -> None:
    found = store.tried(tmp_path, sh("trap 'exit 5' TERM; for i in 1 2 3; do sleep 0.5; done"), "--no-trace")
    assert (found["status"], found["stopped"], found["timedOut"]) == (0, "ended", False)
    other = tmp_path / "other"
    found = store.tried(other, sh("for i in 1 2 3; do sleep 0.5; done"), "--no-trace")
    assert (found["status"], found["stopped"]) == (0, "unheard")


def test_output_without_end_is_counted_and_not_kept(store: Store, tmp_path: Path) -> None:
    text = "head -c 50000000 /dev/zero | tr '\\0' '\\377'; printf '\\033[2J\\0end'"
    found = store.tried(tmp_path, sh(text), "--once", "--no-trace")
    assert found["status"] == 0 and found["output"] == 50_000_008
    told = store.run(tmp_path, "job", "--once", "--no-trace")
    assert "\x1b" not in told.out and len(told.out) < 40_000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_no_container(store: Store, tmp_path: Path, number: signal.Signals) -> None:
    store.write(tmp_path, "job", sh("sleep 60"))
    given = [word for one in store.options for word in ("--engine-option", one)]
    process = subprocess.Popen(
        [sys.executable, "-m", "migrate.cli", "try", "job", *given],
        cwd=tmp_path,
        env=os.environ | store.environment | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for _ in range(200):
        if "Up" in store.podman("ps", "--format", "{{.Status}}"):
            break
        time.sleep(0.1)
    process.send_signal(number)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in err and "Traceback" not in err
    assert store.podman("ps", "-a", "-q") == ""


def test_an_engine_that_is_killed_midway_is_no_exit_0(store: Store, tmp_path: Path) -> None:
    store.write(tmp_path, "job", sh("sleep 60"))
    given = [word for one in store.options for word in ("--engine-option", one)]
    process = subprocess.Popen(
        [sys.executable, "-m", "migrate.cli", "try", "job", "--no-trace", "--once", *given],
        cwd=tmp_path,
        env=os.environ | store.environment | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for _ in range(300):
        if "Up" in store.podman("ps", "--format", "{{.Status}}"):
            break
        time.sleep(0.1)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    attached = [pid for pid in children if b"--attach" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
    assert len(attached) == 1, children
    os.kill(int(attached[0]), signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2 and "was ended before the job" in err and "Traceback" not in err, (out, err)
    assert not (tmp_path / "migration" / "tries").exists()
    assert store.podman("ps", "-a", "-q") == ""


def test_files_of_variables_are_stood_for(store: Store, tmp_path: Path) -> None:
    (tmp_path / "env").write_text("REGION=tokyo\nMODE=full\nPW=hunter2-is-secret\n")
    container = sh('test "$REGION $MODE" = "tokyo quick" && exit 4') | {
        "environment": {"MODE": "quick"},
        "environmentFiles": ["arn:aws:s3:::shop/a.env"],
    }
    found = store.tried(tmp_path, container, "--env-file", str(tmp_path / "env"), "--once", "--no-trace")
    assert found["status"] == 4
    assert any("was not read, for it lies in S3" in note for note in found["notes"])
    assert all("hunter2" not in path.read_text() for path in (tmp_path / "migration").rglob("*") if path.is_file())


def test_all_jobs_as_a_table(store: Store, tmp_path: Path) -> None:
    store.write(tmp_path, "well", sh("true"))
    store.write(tmp_path, "status-1", sh("exit 1"), success=[0, 1])
    store.write(tmp_path, "fails", sh("cat /none | cat; exit 2"))
    store.write(tmp_path, "no-image", of("none", "true"))
    store.write(
        tmp_path,
        "efs",
        sh("echo x > /mnt/efs/y") | {"mountPoints": [{"volume": "v", "path": "/mnt/efs"}]},
        volumes=[{"name": "v", "fileSystemId": "fs-12345678"}],
    )
    told = store.run(tmp_path, "--all", "--once")
    lines = {line.split()[1].rstrip(":"): line for line in told.out.splitlines()}
    assert told.code == 1 and "4 jobs tried, 3 ended well" in told.out
    assert lines["well"].startswith("OK") and lines["status-1"].startswith("OK") and lines["efs"].startswith("OK")
    assert lines["fails"].startswith("NG") and "exit 2" in lines["fails"]
    assert "has no image registry.example.com/none:1" in lines["no-image"]
    assert len(list((tmp_path / "migration" / "tries").iterdir())) == 4


def test_live_data_is_never_mounted(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "containers.conf"
    other.write_text(CONFIGURATION.replace("[containers]", '[containers]\nvolumes = ["/srv:/srv"]'))
    store.write(tmp_path, "job", sh("ls /srv"))
    given = [word for one in store.options for word in ("--engine-option", one)]
    told = run("try", "job", *given, cwd=tmp_path, env=store.environment | {"CONTAINERS_CONF": str(other)})
    assert told.code == 2 and "puts /srv of this machine into each container" in told.err


def test_podman_as_docker(store: Store, tmp_path: Path) -> None:
    """podman-docker answers to the name of docker; and docker's own words are such as podman takes too."""
    fake = tmp_path / "docker"
    fake.write_text(
        '#!/bin/sh\ncase "$1 $2" in *--version*) echo Docker version 24;; version*) echo 24;;\n'
        f'*) exec podman {" ".join(store.options)} "$@";; esac\n'
    )
    fake.chmod(0o755)
    store.write(tmp_path, "job", of("swallows", "exit 5") | {"entryPoint": ["sh", "-c"]})
    told = run("try", "job", "--engine", str(fake), "--format", "json", cwd=tmp_path, env=store.environment)
    found = told.document["jobs"][0]
    assert found["engine"] == "docker 24" and (found["status"], found["passed"]) == (5, 3)
    assert found["missing"] is None and any("docker starts a container at once" in note for note in found["notes"])
