"""From a host without an image to a job that was tried in one: drafted, built with real packages, read, scanned, tried; and
three images of three kinds against the jobs of a tree.

The base is a Debian made by mmdebstrap from the mirror that apt uses here, under the name that the draft gives to Debian's own.
It takes minutes and that mirror, so it belongs to the deep run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli import run
from tests.images.builder import Entry, layer, layout, parts, scratch
from tests.real.test_trying import CONFIGURATION

pytestmark = pytest.mark.real

TOOLS = ("mmdebstrap", "buildah", "podman", "runc")
REPORT = """#!/bin/sh
set -e
echo '{"orders": [1, 2, 3]}' > data.json
test "$(jq '.orders | length' data.json)" = 3
sqlite3 orders.db 'create table o (n); insert into o values (3);'
test "$(TZ=Asia/Tokyo date +%Z)" = JST
test -s /etc/ssl/certs/ca-certificates.crt
exit "$(sqlite3 orders.db 'select n from o')"
"""
FILES = {
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\napp:x:1001:1002::/opt/app:/bin/sh\n",
    "etc/group": "root:x:0:\napp:x:1002:\n",
    "etc/crontab": (
        "5 4 * * * app cd /opt/app && ./bin/report\n"
        "6 4 * * * app cd /opt/app && jq -e .missing /opt/app/settings.json\n"
        "7 4 * * * app cd /opt/app && sqlite3 :memory: 'select 1'\n"
    ),
    "opt/app/bin/report": REPORT,
    "opt/app/settings.json": "{}\n",
    "var/lib/dpkg/info/jq.list": "/usr/bin/jq\n",
    "var/lib/dpkg/info/sqlite3.list": "/usr/bin/sqlite3\n",
    "var/lib/dpkg/status": "".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"
        for name in ("jq", "sqlite3")
    ),
}


class Machine:
    """A store of images of its own, a host's tree and a workspace."""

    def __init__(self, place: Path) -> None:
        self.place, self.tree, self.out = place, place / "host", place / "migration"
        (place / "run").mkdir(mode=0o700)
        (place / "containers.conf").write_text(CONFIGURATION)
        self.environment = {
            "HOME": str(place),
            "XDG_RUNTIME_DIR": str(place / "run"),
            "CONTAINERS_CONF": str(place / "containers.conf"),
        }
        self.options = ["--storage-driver=vfs", f"--root={place / 'root'}", f"--runroot={place / 'runroot'}"]
        self.engine = [word for one in self.options for word in ("--engine-option", one)]
        for path, text in FILES.items():
            (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / path).write_text(text)
        (self.tree / "opt/app/bin/report").chmod(0o755)

    def do(self, *words: str | Path) -> str:
        environment = os.environ | self.environment
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=1800, check=False, env=environment, cwd=self.place
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip()

    def buildah(self, *words: str | Path) -> str:
        return self.do("buildah", *self.options, *words)

    def tool(self, *words: str | Path) -> Any:
        return run(*map(str, words), cwd=self.place, env=self.environment)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    if lacks := [one for one in TOOLS if shutil.which(one) is None]:
        pytest.skip(f"no {', '.join(lacks)} here")
    place = scratch()
    try:
        found = Machine(place)
        # usr-is-merged: else Debian 12 pulls perl in to merge /usr, which a new root has merged from its beginning.
        fast = ["--variant=apt", "--include=usr-is-merged", "--dpkgopt=force-unsafe-io"]
        given = os.environ.get("DEBIAN_BASE_TAR")
        if given is None:
            # Without a mirror mmdebstrap takes Debian's own.
            mirror = [named] if (named := os.environ.get("DEBIAN_MIRROR")) else []
            found.do("mmdebstrap", "--mode=root", *fast, "bookworm", place / "base.tar", *mirror)
        container = found.buildah("from", "scratch")
        found.buildah("add", "-q", container, Path(given or place / "base.tar"), "/")
        found.buildah("commit", "-q", "--rm", container, "docker.io/library/debian:12-slim")
        yield found
    finally:
        shutil.rmtree(place, ignore_errors=True)


def test_from_a_host_to_a_job_that_was_tried(machine: Machine) -> None:
    out, image = machine.out, "registry.example.com/app:1"
    assert machine.tool("scan", machine.tree, "--timezone", "UTC").code == 0
    told = machine.tool("image", "--draft", "--host", machine.tree)
    assert told.code == 0, told.err
    (draft,) = (out / "images").glob("*/Dockerfile")
    text = draft.read_text()
    assert "FROM debian:12-slim" in text and "      jq \\\n      sqlite3 \\" in text
    context = f"application={machine.tree / 'opt/app'}"
    machine.buildah(
        "bud", "-q", "--isolation", "chroot", "--pull-never", "--build-context", context, "-t", image, draft.parent
    )
    told = machine.tool("image", f"podman:{image}", *machine.engine)
    assert told.code == 0, told.err
    told = machine.tool("scan", machine.tree, "--timezone", "UTC", "--image", image, "--format", "json")
    jobs = {job["line"].rpartition("&& ")[2].split()[0]: job for job in told.document["jobs"]}
    assert len(jobs) == 3
    for job in jobs.values():
        assert not {one["code"] for one in job["findings"]} & {"C487", "C494", "C496"}, job["findings"]
        assert {one["answer"] for one in job["needs"] if one["kind"] == "program"} <= {"met"}, job["needs"]
    # What is said of each is what happens; `jq -e` ends with 1 where it finds null.
    wanted = {"./bin/report": (3, 3), "jq": (1, 3), "sqlite3": (0, 3)}
    for line, (status, passed) in wanted.items():
        spec = yaml.safe_load((out / "jobs" / jobs[line]["name"] / "ecs.yml").read_text())
        assert spec["containers"][0]["image"] == image
        told = machine.tool("try", jobs[line]["name"], "--format", "json", *machine.engine)
        assert told.code in (0, 1), told.err
        found = told.document["jobs"][0]
        assert (found["status"], found["passed"]) == (status, passed), found
        if line == "./bin/report":
            assert found["written"] == ["/opt/app/data.json", "/opt/app/orders.db"]


JOBS = {
    "a script by cd": "cd /opt/app && ./bin/report-3",
    "perl": "perl -e 'exit 3'",
    "bash -c": "bash -c 'exit 3'",
    "a script of bash": "/opt/app/bin/bash-3",
    "a local hour": 'test "$(date +%Z)" = JST && exit 3',
    "what is nowhere": "/opt/app/bin/none",
    "a program of the base": "/usr/bin/env true; exit 3",
}
SCRIPTS = {"report-3": "#!/bin/sh\nexit 3\n", "bash-3": '#!/bin/bash\n[[ -n "$BASH" ]] && exit 3\n'}
# image -> the jobs that end with 3 there; those that fail must have been said to, in so many words.
WELL = {
    "debian": {"a script by cd", "perl", "bash -c", "a script of bash", "a program of the base"},
    "busybox": {"a script by cd", "a program of the base"},
    "eats": set[str](),
    "static": set[str](),
}


def small(machine: Machine, name: str, config: dict[str, Any], *entries: Entry) -> None:
    made = layout(machine.place / name, (parts([layer(*entries)], config), "amd64"), attested=False)
    identity = machine.buildah("pull", "-q", f"oci:{made}").split()[-1]
    machine.buildah("tag", identity, f"registry.example.com/{name}:1")


def make_images(machine: Machine) -> None:
    scripts: list[Entry] = [(f"opt/app/bin/{name}", 0o755, text) for name, text in SCRIPTS.items()]
    busybox = Path("/bin/busybox").read_bytes()
    applets: list[Entry] = [
        (f"{path}", 0o777, "->/bin/busybox") for path in ("bin/sh", "bin/date", "bin/test", "usr/bin/env")
    ]
    whole: list[Entry] = [("bin/busybox", 0o755, busybox), *applets, ("bin/true", 0o777, "->busybox"), *scripts]
    small(machine, "busybox", {}, *whole)
    small(machine, "eats", {"Entrypoint": ["/bin/busybox", "echo"]}, *whole)
    small(machine, "static", {}, ("opt/app/bin/busybox", 0o755, busybox))
    container = machine.buildah("from", "--pull-never", "docker.io/library/debian:12-slim")
    for name, text in SCRIPTS.items():
        path = machine.place / name
        path.write_text(text)
        machine.buildah("add", "-q", "--chmod", "755", container, path, f"/opt/app/bin/{name}")
    machine.buildah("config", "--user", "www-data", "--workingdir", "/opt/app", container)
    machine.buildah("commit", "-q", "--rm", container, "registry.example.com/debian:1")


def test_what_is_said_of_a_tree_s_jobs_in_real_images_is_what_happens(machine: Machine) -> None:
    make_images(machine)
    tree = machine.place / "jobs"
    (tree / "etc").mkdir(parents=True)
    rows = [f"{n} 4 * * * www-data {job}" for n, job in enumerate(JOBS.values())]
    (tree / "etc/crontab").write_text("\n".join(["SHELL=/bin/sh", *rows, ""]))
    wrong = []
    for name, well in WELL.items():
        out, image = machine.place / f"ws-{name}", f"registry.example.com/{name}:1"
        told = machine.tool("image", f"podman:{image}", "--out", out, *machine.engine)
        assert told.code == 0, told.err
        told = machine.tool(
            "scan", tree, "--timezone", "Asia/Tokyo", "--image", image, "--out", out, "--format", "json"
        )
        by_line = {job["line"].partition("www-data ")[2]: job for job in told.document["jobs"]}
        for label, line in JOBS.items():
            job = by_line[line]
            against = [one["message"] for one in job["findings"] if one["code"] in ("C487", "C496")]
            # No image here has zone data, which is said of each job that carries TZ, and harms the one that asks for the hour.
            against = [one for one in against if "zone data" not in one or label == "a local hour"]
            told = machine.tool(
                "try", job["name"], "--once", "--no-trace", "--format", "json", "--out", out, *machine.engine
            )
            status = told.document["jobs"][0]["status"]
            if (status == 3) != (label in well) or bool(against) == (label in well):
                wrong.append((name, label, status, against))
    assert not wrong, wrong
