"""A script of run-parts goes by itself: it loses its x bits (a link its name), line and siblings stay, and all comes back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from migrate.sites import scripts
from tests.aws.world import World
from tests.cutover.place import Place, new_place

TABLE = b"SHELL=/bin/sh\n17 * * * * root cd / && run-parts --report /etc/cron.hourly\n"
TEXT = b"#!/bin/sh\necho ran\n"
DIRECTORY = "etc/cron.hourly"


def plant(tree: Path, files: dict[str, int | str], under: str = DIRECTORY) -> None:
    """Files by name: a mode, or what a link leads to."""
    directory = tree / under
    directory.mkdir(parents=True, exist_ok=True)
    for name, what in files.items():
        if isinstance(what, str):
            (directory / name).symlink_to(what)
        else:
            (directory / name).write_bytes(TEXT + name.encode())
            (directory / name).chmod(what)


def shape(tree: Path, under: str = DIRECTORY) -> dict[str, Any]:
    """Name -> where a link leads, else mode, bytes, owner and time of the last write."""
    found: dict[str, Any] = {}
    for path in sorted((tree / under).iterdir()):
        status = path.lstat()
        found[path.name] = (
            str(path.readlink())
            if path.is_symlink()
            else (oct(status.st_mode & 0o7777), path.read_bytes(), status.st_uid, status.st_mtime_ns)
        )
    return found


def started(tree: Path) -> list[str]:
    """What Debian's run-parts starts."""
    program = shutil.which("run-parts")
    assert program is not None, "install debianutils"
    done = subprocess.run([program, "--test", str(tree / DIRECTORY)], capture_output=True, text=True, check=True)
    return [line.rpartition("/")[2] for line in done.stdout.splitlines()]


def by_script(place: Place) -> dict[str, str]:
    """Name of a script -> name of its job."""
    jobs = json.loads((place.out / "report.json").read_text())["jobs"]
    return {job["script"].rpartition("/")[2]: job["name"] for job in jobs if "script" in job}


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o700, 0o555, 0o4755, 0o711])
def test_a_script_goes_alone_and_comes_back_as_it_was(world: World, tmp_path: Path, mode: int) -> None:
    plant(tmp_path / "host", {"alpha": 0o755, "beta": mode, "gamma": 0o755})
    with new_place(world, tmp_path, {"etc/crontab": TABLE}, scan_tree=True) as place:
        job, before = by_script(place), shape(place.tree)
        assert started(place.tree) == ["alpha", "beta", "gamma"]
        assert place.forward(job["beta"]) == 0
        assert started(place.tree) == ["alpha", "gamma"]
        assert (place.tree / DIRECTORY / "beta").stat().st_mode & 0o7777 == mode & ~0o111
        assert place.table("etc/crontab").read_bytes() == TABLE
        assert place.enabled() == {job["beta"]}
        assert place.runs() == {job["alpha"]: "old", job["beta"]: "new", job["gamma"]: "old"}
        assert place.backward(job["beta"]) == 0
        assert shape(place.tree) == before
        assert place.enabled() == set()
        assert set(place.runs().values()) == {"old"}
        # And again: what an earlier move left in the journal is not in the way.
        assert place.forward(job["beta"]) == place.forward(job["alpha"]) == 0
        assert started(place.tree) == ["gamma"]
        assert place.backward() == 0
        assert shape(place.tree) == before


LINKS: dict[str, dict[str, int | str]] = {
    "relative": {"link": "../../opt/job"},
    "absolute, meant in its tree": {"link": "/opt/job"},
    "through another link": {"link": "/opt/way"},
}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_loses_its_name_and_what_it_names_is_left_alone(world: World, tmp_path: Path, name: str) -> None:
    tree = tmp_path / "host"
    plant(tree, {"job": 0o755, "way": "job"}, "opt")
    plant(tree, {**LINKS[name], "alpha": 0o755})
    with new_place(world, tmp_path, {"etc/crontab": TABLE}, scan_tree=True) as place:
        job, before, named = by_script(place), shape(tree), shape(tree, "opt")
        assert place.forward(job["link"]) == 0
        assert sorted(shape(tree)) == [".link.cron2fargate", "alpha"]
        assert (shape(tree, "opt"), place.runs()[job["link"]]) == (named, "new")
        assert started(tree) == ["alpha"]
        assert place.backward(job["link"]) == 0
        assert (shape(tree), shape(tree, "opt")) == (before, named)


def test_a_file_with_a_second_name_keeps_its_mode(world: World, tmp_path: Path) -> None:
    tree = tmp_path / "host"
    plant(tree, {"alpha": 0o755, "beta": 0o755})
    (tree / "opt").mkdir()
    (tree / "opt/same").hardlink_to(tree / DIRECTORY / "beta")
    with new_place(world, tmp_path, {"etc/crontab": TABLE}, scan_tree=True) as place:
        before = shape(tree)
        assert place.forward(by_script(place)["beta"]) == 0
        assert (tree / "opt/same").stat().st_mode & 0o777 == 0o755
        assert started(tree) == ["alpha"]
        assert place.backward(by_script(place)["beta"]) == 0
        assert shape(tree) == before


def test_no_link_leads_out_of_the_tree(world: World, tmp_path: Path) -> None:
    """The directory is swapped, after the scan, for a link to one outside of --root."""
    tree, outside = tmp_path / "host", tmp_path / "outside"
    plant(tree, {"alpha": 0o755})
    with new_place(world, tmp_path, {"etc/crontab": TABLE}, scan_tree=True) as place:
        outside.mkdir()
        shutil.copy2(tree / DIRECTORY / "alpha", outside / "alpha")
        shutil.rmtree(tree / DIRECTORY)
        (tree / DIRECTORY).symlink_to(outside)
        before = shape(tmp_path, "outside")
        assert place.forward(by_script(place)["alpha"]) == 1
        assert (shape(tmp_path, "outside"), place.enabled()) == (before, set())


def edit(path: Path) -> None:
    path.write_bytes(b"#!/bin/sh\nsomething else\n")


def bare(path: Path) -> None:
    path.chmod(0o644)


def gone(path: Path) -> None:
    path.unlink()


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("deed", "told"),
    [(edit, "edited since"), (bare, "not executable"), (gone, "no such script"), (fifo, "no plain file")],
)
def test_what_was_changed_since_the_scan_is_refused(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], deed: Any, told: str
) -> None:
    plant(tmp_path / "host", {"alpha": 0o755, "beta": 0o755})
    with new_place(world, tmp_path, {"etc/crontab": TABLE}, scan_tree=True) as place:
        deed(place.tree / DIRECTORY / "beta")
        assert place.forward() == 1
        assert told in capsys.readouterr().out
        # The other goes all the same.
        assert place.enabled() == {by_script(place)["alpha"]}


@pytest.mark.parametrize(
    ("deed", "told"),
    [(gone, "the script is gone"), (lambda path: path.chmod(0o600), "its mode was 0644"), (fifo, "no plain file")],
)
def test_what_cannot_be_as_it_was_is_told_and_nothing_is_disabled(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], deed: Any, told: str
) -> None:
    plant(tmp_path / "host", {"alpha": 0o755, "beta": 0o755})
    with new_place(world, tmp_path, {"etc/crontab": TABLE}, scan_tree=True) as place:
        job = by_script(place)["beta"]
        place.forward(job)
        deed(place.tree / DIRECTORY / "beta")
        assert place.backward(job) == 1
        assert told in capsys.readouterr().out
        assert place.enabled() == {job}


def test_an_upgrade_that_brings_it_back_is_seen(world: World, tmp_path: Path) -> None:
    plant(tmp_path / "host", {"alpha": 0o755, "beta": 0o755})
    with new_place(world, tmp_path, {"etc/crontab": TABLE}, scan_tree=True) as place:
        job, script = by_script(place)["beta"], place.tree / DIRECTORY / "beta"
        place.forward(job)
        # dpkg: other bytes with the mode of those that stood there.
        script.write_bytes(TEXT)
        assert place.runs()[job] == "new"
        script.chmod(0o755)  # rpm
        assert place.runs()[job] == "both"
        assert place.backward(job) == 0
        assert (place.runs()[job], script.stat().st_mode & 0o777) == ("old", 0o755)


def test_the_plan_says_which_stay_and_changes_nothing(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(tmp_path / "host", {"alpha": 0o755, "beta": 0o755, "gamma": 0o755})
    with new_place(world, tmp_path, {"etc/crontab": TABLE}, scan_tree=True) as place:
        job, before = by_script(place), shape(place.tree)
        capsys.readouterr()
        assert place.forward(job["beta"], dry_run=True) == 0
        said = capsys.readouterr().out
        assert "mode 0755 becomes 0644, so that run-parts passes over it" in said.replace("\n", " ").replace("  ", " ")
        assert f"its line and {job['alpha']}, {job['gamma']} stay" in said
        assert "C765" not in said
        assert shape(place.tree) == before
        (place.tree / "var/lib/rpm").mkdir(parents=True)
        place.forward(job["beta"], dry_run=True)
        assert "C765" in capsys.readouterr().out


def test_kept_siblings_are_neither_moved_nor_told_to_register(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from migrate.review.book import open_book

    plant(tmp_path / "host", {"alpha": 0o755, "beta": 0o755})
    with new_place(world, tmp_path, {"etc/crontab": TABLE}, scan_tree=True) as place:
        job = by_script(place)
        book = open_book(place.out)
        book.settle({one.id: {"decision": "keep"} for one in book.jobs if one.name == job["alpha"]})
        assert place.forward() == 0
        said = capsys.readouterr().out
        assert "not registered" not in said
        assert f"stays where it is, as decided: {job['alpha']}" in said
        assert (place.enabled(), started(place.tree)) == ({job["beta"]}, ["alpha"])


def test_who_calls_the_script_by_its_name_goes_along(world: World, tmp_path: Path) -> None:
    plant(tmp_path / "host", {"alpha": 0o755, "beta": 0o755})
    table = TABLE + b"40 3 * * * root /etc/cron.hourly/beta --full >/dev/null\n"
    with new_place(world, tmp_path, {"etc/crontab": table}, scan_tree=True) as place:
        job = by_script(place)
        assert place.forward(job["beta"], accept_loss=True) == 0
        assert len(place.enabled()) == 2
        assert job["alpha"] not in place.enabled()
        assert place.backward(job["beta"], accept_loss=True) == 0
        assert (place.table("etc/crontab").read_bytes(), place.enabled()) == (table, set())


def test_the_rest_of_a_line_takes_its_scripts_along(world: World, tmp_path: Path) -> None:
    plant(tmp_path / "host", {"alpha": 0o755, "beta": 0o755})
    table = b"17 * * * * root run-parts /etc/cron.hourly; /usr/bin/curl -fsS https://ping.example.com/x\n"
    with new_place(world, tmp_path, {"etc/crontab": table}, scan_tree=True) as place:
        job = by_script(place)
        assert place.forward(job["beta"]) == 0
        assert (started(place.tree), place.table("etc/crontab").read_bytes()) == (["alpha"], table)


@pytest.mark.parametrize("files", [{"alpha": 0o755, "beta": 0o4750}, {"alpha": 0o755, "beta": "/opt/job"}])
@pytest.mark.parametrize("shell", ["dash", "busybox"])
def test_a_printed_script_does_the_same(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, int | str], shell: str
) -> None:
    tree = tmp_path / "host"
    plant(tree, {"job": 0o755}, "opt")
    plant(tree, files)
    with new_place(world, tmp_path, {"etc/crontab": TABLE}, scan_tree=True) as place:
        job, before = by_script(place)["beta"], shape(tree)
        capsys.readouterr()
        assert place.forward(job, printing=True, root=None) == 0
        receipt = run_there(capsys.readouterr().out, tree, shell)
        assert run_there_again(tree, shell) == receipt
        assert started(tree) == ["alpha"]
        assert place.phase(job) == "commenting"
        assert place.forward(receipt=receipt) == 0
        assert (place.enabled(), place.runs()[job]) == ({job}, "new")
        capsys.readouterr()
        assert place.backward(job, printing=True, root=None) == 0
        receipt = run_there(capsys.readouterr().out, tree, shell)
        assert place.backward(receipt=receipt) == 0
        assert (shape(tree), place.runs()[job], place.enabled()) == (before, "old", set())


def run_there(text: str, tree: Path, shell: str) -> str:
    """The receipt of a script that is run with the tree in the place of the host's root, in its safe minute."""
    for path in ("/etc/", "/opt/"):
        text = text.replace(path, f"{tree}{path}")
    text = text.replace("/var/backups", f"{tree}/var/backups").replace("between_reads\n\n", "\n")
    script = tree / "run.sh"
    script.write_text(
        "\n".join(
            ":" if row.startswith(("in_time '", "between_reads")) and "{" not in row else row
            for row in text.split("\n")
        )
    )
    return run_there_again(tree, shell)


def run_there_again(tree: Path, shell: str) -> str:
    done = subprocess.run(
        ["busybox", "sh", str(tree / "run.sh")] if shell == "busybox" else [shell, str(tree / "run.sh")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.rpartition("receipt ")[2].strip()


def test_a_name_that_is_taken_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    directory = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with pytest.raises(FileExistsError):
            scripts._rename_new(directory, "a", "b")
        scripts._rename_new(directory, "a", "c")
    finally:
        os.close(directory)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"c": "a", "b": "b"}
