"""The cron jobs of real Debian packages: each names its package and its fate, and none is ready to be moved."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import pytest

from tests.cli import run
from tests.real import debian_packages


class Scanned(NamedTuple):
    """The jobs of the tree, and by package the files that it ships for cron."""

    jobs: list[dict[str, Any]]
    shipped: dict[str, list[str]]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    downloaded, root = tmp_path_factory.mktemp("debs"), tmp_path_factory.mktemp("host")
    if reason := debian_packages.missing(downloaded):
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    shipped = debian_packages.build(root, downloaded)
    result = run("scan", str(root), "--format", "json", "--timezone", "UTC", cwd=tmp_path_factory.mktemp("work"))
    assert result.code == 0, result.err
    return Scanned(list(result.document["jobs"]), shipped)  # type: ignore[call-overload]


def owner(job: dict[str, Any]) -> str:
    """The sentence that names the job's package."""
    return next((one["message"] for one in job["findings"] if one["code"] == "C482"), "")


def test_each_job_is_its_packages_own(scanned: Scanned) -> None:
    shipping = {name for name, paths in scanned.shipped.items() if paths}
    assert len(shipping) >= 25
    assert len(scanned.jobs) >= 40
    for job in scanned.jobs:
        assert owner(job), job["line"]
        assert job["status"] != "ready"
        assert job["fate"] in ("stay", "drop", "decide")
        assert job["proof"]["effect"] == "open"
    named = {name for name in shipping if any(f"package {name}'s own job" in owner(job) for job in scanned.jobs)}
    # anacron's own scripts only set its stamps; rsnapshot's table has nothing but comments.
    assert shipping - named <= {"anacron", "rsnapshot"}


@pytest.mark.parametrize(
    ("package", "fate", "instead"),
    [
        ("certbot", "drop", "ACM"),
        ("logrotate", "drop", "CloudWatch Logs"),
        ("mdadm", "stay", "array"),
        ("php-common", "drop", "sessions"),
        ("backupninja", "stay", "AWS Backup"),
        ("munin", "stay", "CloudWatch"),
    ],
)
def test_what_becomes_of_it(scanned: Scanned, package: str, fate: str, instead: str) -> None:
    jobs = [job for job in scanned.jobs if f"the package {package}'s own" in owner(job)]
    assert jobs
    for job in jobs:
        assert (job["fate"], instead in owner(job)) == (fate, True)
