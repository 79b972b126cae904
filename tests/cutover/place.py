"""A host's tables, a workspace made from them by ``scan``, and the jobs registered on an embedded AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrate.aws.inputs import load_specs
from migrate.cli import cli
from migrate.machine.now import Clock
from migrate.review.book import open_book
from migrate.settings.model import parse_settings
from tests.aws.surroundings import furnish
from tests.aws.world import World

NOW = 1_790_000_000 // 3600 * 3600 + 1800  # half past an hour in September 2026, UTC


@dataclass
class TestClock(Clock):
    """Time that passes only by waiting, and a little with every look."""

    __test__ = False
    second: float = NOW
    each_look: float = 0.0
    slept: float = 0.0

    def now(self) -> float:
        self.second += self.each_look
        return self.second

    def sleep(self, seconds: float) -> None:
        self.second += seconds
        self.slept += seconds


def take_all(out: Path) -> None:
    """What stays on its host or ends with it has no ecs.yml; here somebody took it all the same."""
    proposed = json.loads((out / ".cron2fargate/proposed.json").read_text())
    for job in json.loads((out / "report.json").read_text())["jobs"]:
        spec = out / "jobs" / job["name"] / "ecs.yml"
        if job["fate"] in ("stay", "drop") and job["name"] in proposed and not spec.exists():
            spec.parent.mkdir(parents=True, exist_ok=True)
            spec.write_text(proposed[job["name"]])


def answer_all(out: Path) -> None:
    """What a review would leave: every job is taken, and all that its findings say is accepted as it is."""
    book = open_book(out)
    codes = {job.id: job.codes("error", "warning") for job in book.jobs}
    for job in book.jobs:
        asked = [code for code in codes[job.id] if code != "C135"]
        policy = {"lock": job.wishes.lock.wait or "skip"} if job.wishes.lock is not None else {}
        book.settle({job.id: {"decision": "take", "accepted": [*dict.fromkeys([*asked, "C418", "secrets"])], **policy}})


@dataclass
class Place:
    """``tree`` is the host's root; ``out`` the workspace; ``answered``: a review of each scan was held."""

    world: World
    tree: Path
    out: Path
    clock: TestClock = field(default_factory=TestClock)
    scan_tree: bool = False
    answered: bool = True
    backend: str = "rule"
    image: str = "example/app:1"

    def table(self, name: str = "etc/cron.d/app") -> Path:
        return self.tree / name

    def call(self, *arguments: str | Path) -> int:
        code = cli.main([str(argument) for argument in arguments], standalone_mode=False)
        return code if isinstance(code, int) else 0

    def scan(self) -> dict[str, Any]:
        paths = [self.table()] if self.table().exists() and not self.scan_tree else [self.tree]
        self.call(
            "scan",
            *paths,
            "--out",
            self.out,
            "--image",
            self.image,
            "--timezone",
            "UTC",
            "--quiet",
            "--backend",
            self.backend,
        )
        found: dict[str, Any] = json.loads((self.out / "report.json").read_text())
        take_all(self.out)
        if self.answered:
            answer_all(self.out)
        return found

    def forward(self, *jobs: str, **wishes: Any) -> int:
        from migrate.cutover.forward import forward
        from migrate.cutover.session import Wishes

        wishes = {"yes": True, "root": self.tree, "everything": not jobs, **wishes}
        # example/app:1 lies in a registry that nobody can ask.
        wishes["accept"] = (*wishes.get("accept", ()), *(("C604",) if self.answered else ()))
        if wishes.get("resume") or wishes.get("receipt"):
            wishes["everything"] = False
        return forward(Wishes(jobs, **wishes), self.out, None, None, self.clock)

    def backward(self, *jobs: str, **wishes: Any) -> int:
        from migrate.cutover.backward import backward
        from migrate.cutover.session import Wishes

        wishes = {"yes": True, "root": self.tree, "everything": not jobs, **wishes}
        if wishes.get("receipt"):
            wishes["everything"] = False
        return backward(Wishes(jobs, **wishes), self.out, None, None, self.clock)

    def runs(self, *options: str) -> dict[str, str]:
        """Name -> where status says that it runs."""
        from migrate.aws.side import side_of
        from migrate.cutover.standing import standing
        from migrate.sites.site import open_site

        site = open_site(self.out, root=self.tree, clock=self.clock)
        aws = self.world.connect(read_only=True)
        look = None if "--offline" in options else lambda name: side_of(aws, self.world.owner, name)
        return {name: standing(site, name, look).runs for name in site.jobs}

    def phase(self, name: str) -> str:
        from migrate.workspace.journal import Journal

        return Journal(self.out).phase(name)

    def enabled(self) -> set[str]:
        rules = self.world.client("events").list_rules()["Rules"]
        return {rule["Name"] for rule in rules if rule["State"] == "ENABLED"}


@contextmanager
def new_place(
    world: World,
    tmp_path: Path,
    tables: dict[str, bytes],
    *,
    scan_tree: bool = False,
    answered: bool = True,
    backend: str = "rule",
    image: str = "example/app:1",
) -> Iterator[Place]:
    """Tables below a tree, scanned, with every job registered on AWS and disabled there."""
    place = Place(
        world,
        tmp_path / "host",
        tmp_path / "migration",
        scan_tree=scan_tree,
        answered=answered,
        backend=backend,
        image=image,
    )
    for name, data in tables.items():
        path = place.table(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o644)
    place.scan()
    settings = furnish(world)
    (place.out / "cron2fargate.yml").write_text(settings)
    world.environment = parse_settings(settings, "cron2fargate.yml").environments["sandbox"]
    world.register(*(spec for _path, spec in load_specs(place.out, ())), create=True)
    yield place
