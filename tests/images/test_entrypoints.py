"""What an ENTRYPOINT does with a command: five kinds of scripts, inits that hand on, programs that eat."""

from __future__ import annotations

import io

import pytest

from converters.images.entrypoints import judged
from converters.images.tree import laid
from migrate.images.layers import Budget, read_layer
from tests.images.builder import ROOT, elf, layer


def kind(entrypoint: list[str], script: str | None = None) -> str:
    entries = [*ROOT, ("usr/bin/aws", 0o755, elf()), ("sbin/tini", 0o755, elf())]
    if script is not None:
        entries.append(("entry.sh", 0o755, script))
    return judged(tuple(entrypoint), laid([read_layer(io.BytesIO(layer(*entries)), "layer", Budget()).layer]))


PROGRAMS = (
    ([], ""),
    (["/usr/bin/aws"], "eats"),
    (["aws"], "eats"),
    (["python", "job.py"], "eats"),
    (["/sbin/tini", "--"], "passes"),
    (["tini", "-g", "-p", "SIGTERM", "--"], "passes"),
    (["dumb-init", "--rewrite", "15:2", "--"], "passes"),
    (["docker-init", "--"], "passes"),
    (["/usr/bin/env"], "passes"),
    (["env", "A=1", "-u", "B"], "passes"),
    (["tini", "--", "aws"], "eats"),
    (["gosu", "app"], "passes"),
    (["nice", "-n", "10"], "passes"),
    (["/bin/sh", "-c"], "splits"),
    (["/bin/sh", "-c", "exec /app/server"], "ignores"),
    (["/bin/sh", "-c", 'exec "$@"', "sh"], "passes"),
    (["bash"], "eats"),
    (["/nowhere.sh"], "eats"),
)


@pytest.mark.parametrize(("entrypoint", "expected"), PROGRAMS, ids=[" ".join(one[0]) for one in PROGRAMS])
def test_programs(entrypoint: list[str], expected: str) -> None:
    assert kind(entrypoint) == expected


SCRIPTS = (
    ('set -e\nexec "$@"\n', "passes"),
    ('set -e\nexec "${@}"\n', "passes"),
    ('if [ "$1" = server ]; then\n  migrate\nfi\nexec "$@"\n', "passes"),
    ('wait-for db && exec "$@"\n', "passes"),
    ('exec tini -- "$@"\n', "passes"),
    ('exec dumb-init "$@"\n', "passes"),
    ('exec env A=1 "$@"\n', "passes"),
    ('. /etc/profile\n"$@"\n', "passes"),
    ("exec $@\n", "splits"),
    ("exec $*\n", "splits"),
    ('exec sh -c "$*"\n', "splits"),
    ("rails server -b 0.0.0.0\n", "ignores"),
    ("exec nginx -g 'daemon off;'\n", "ignores"),
    ('echo "starting $@"\nexec /app/server\n', "ignores"),
    ('exec bundle exec "$@"\n', "passes"),
    ('exec /app/bin/manage "$@"\n', "eats"),
    ('"$@"\necho done\n', "swallows"),
    ('"$@"\ncurl -s http://metrics/x\nexit 0\n', "swallows"),
    ('exec su-exec app "$@"\n', "root"),
    ('chown -R app /data\nexec gosu app "$@"\n', "root"),
    ('# exec "$@"\nexec /app/server\n', "ignores"),
)


@pytest.mark.parametrize(("script", "expected"), SCRIPTS, ids=[one[0].strip().splitlines()[-1] for one in SCRIPTS])
@pytest.mark.parametrize("before", [[], ["/sbin/tini", "--"]])
def test_entry_scripts(script: str, expected: str, before: list[str]) -> None:
    assert kind([*before, "/entry.sh"], "#!/bin/sh\n" + script) == expected


def test_a_script_that_no_shell_reads() -> None:
    assert kind(["/entry.sh"], "#!/usr/bin/python3\nimport os, sys\n") == "unread"
