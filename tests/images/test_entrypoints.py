"""What an ENTRYPOINT does with a command: five kinds of scripts, inits that hand on, programs that eat."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace

import pytest

from converters.images.entrypoints import Within, judged, wanted_by
from converters.images.tree import laid
from migrate.images.layers import Budget, read_layer
from tests.images.builder import ROOT, Entry, elf, layer


def kind(entrypoint: list[str], script: str | None = None, *more: Entry, **variables: str) -> str:
    entries = [*ROOT, ("usr/bin/aws", 0o755, elf()), ("sbin/tini", 0o755, elf()), *more]
    if script is not None:
        entries.append(("entry.sh", 0o755, script))
    tree = laid([read_layer(io.BytesIO(layer(*entries)), "layer", Budget()).layer])
    return judged(entrypoint, Within(tree, variables, "/app"))


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
    (["bash"], "unread"),
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
    ("rails server -b 0.0.0.0\n", "endless"),
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


# Of s6-overlay 3.1 and 2.2, shortened; of others only the places that tell them.
INIT_3 = (
    '#!/bin/sh -e\nif test -z "$PATH" ; then\n  PATH=/bin\nfi\nexec s6-overlay-suexec \\\n'
    "  ' /package/admin/s6-overlay-3.1.6.2/libexec/preinit' '' \\\n  /package/admin/s6-overlay-3.1.6.2/libexec/stage0 "
    '\\\n  "$@"\n'
)
S6_3: tuple[Entry, ...] = (("init", 0o755, INIT_3), ("command/with-contenv", 0o755, "#!/bin/sh\n"))
S6_2: tuple[Entry, ...] = (
    ("init", 0o755, "#!/bin/execlineb -S0\n"),
    ("etc/s6/init/init-stage2", 0o755, "#!/bin/execlineb -S0\nforeground { s6-setsid -gq -- with-contenv $@ }\n"),
)
PYTHON = "#!/usr/bin/python3\nimport sys\n"
SUPERVISED: tuple[tuple[list[str], tuple[Entry, ...], dict[str, str], str], ...] = (
    (["/init"], S6_3, {}, "bare"),
    (["/init"], S6_3, {"S6_KEEP_ENV": "1"}, "services"),
    (["/init"], S6_3, {"S6_KEEP_ENV": "0"}, "bare"),
    (["/init"], S6_3, {"S6_CMD_ARG0": "/command/with-contenv"}, "services"),
    (["/init", "with-contenv"], S6_3, {}, "services"),
    (["/init", "/command/with-contenv", "env"], S6_3, {}, "services"),
    (["/init", "with-contenv", "aws"], S6_3, {}, "eats"),
    (["/init"], S6_2, {}, "services"),
    (["/sbin/tini", "--", "/init"], S6_2, {}, "services"),
    # Another /init is read as the script that it is.
    (["/init"], (("init", 0o755, '#!/bin/sh\nexec "$@"\n'),), {}, "passes"),
    (
        ["/sbin/init"],
        (("lib/systemd/systemd", 0o755, elf()), ("sbin/init", 0o777, "->/lib/systemd/systemd")),
        {},
        "ignores",
    ),
    (["/lib/systemd/systemd"], (), {}, "ignores"),
    (["/sbin/my_init"], (("sbin/my_init", 0o755, PYTHON),), {}, "services"),
    (["/sbin/my_init", "--quiet", "--"], (("sbin/my_init", 0o755, PYTHON),), {}, "services"),
    (["/usr/bin/supervisord", "-n"], (("usr/bin/supervisord", 0o755, PYTHON),), {}, "eats"),
    (["/usr/bin/runsvdir", "-P", "/etc/service"], (), {}, "eats"),
    (["/sbin/runit"], (), {}, "ignores"),
    (["cron", "-f"], (), {}, "eats"),
    (["pm2-runtime"], (("usr/bin/pm2-runtime", 0o755, "#!/usr/bin/env node\n"),), {}, "eats"),
    # Wrappers, and what of them stands before no command.
    (["dumb-init", "gosu", "app"], (), {}, "passes"),
    (["catatonit", "--"], (), {}, "passes"),
    (["su-exec", "app:app"], (), {}, "passes"),
    (["wait-for-it.sh", "db:5432", "-t", "60", "--"], (), {}, "passes"),
    (["wait-for-it.sh", "db:5432"], (), {}, "eats"),
    (["bundle"], (), {}, "eats"),
    (["doppler", "run", "--"], (), {}, "passes"),
    (["s6-envdir", "/env"], (), {}, "passes"),
)


@pytest.mark.parametrize(("entrypoint", "files", "variables", "expected"), SUPERVISED)
def test_supervisors(entrypoint: list[str], files: tuple[Entry, ...], variables: dict[str, str], expected: str) -> None:
    assert kind(entrypoint, None, *files, **variables) == expected


def test_every_kind_has_its_sentence() -> None:
    from typing import get_args

    from converters.images.entry_arguments import Kind
    from converters.images.entrypoints import SENTENCES

    assert set(get_args(Kind)) == {"", "passes", *SENTENCES}


# entrypoint, files -> kind: scripts that hand on to scripts, places, options of shells
BASE = '#!/bin/sh\nset -e\nexec "$@"\n'
CHAINED: tuple[tuple[list[str], tuple[Entry, ...], str], ...] = (
    (
        ["/mine.sh"],
        (("mine.sh", 0o755, '#!/bin/sh\nmigrate\nexec /base.sh "$@"\n'), ("base.sh", 0o755, BASE)),
        "passes",
    ),
    (["/mine.sh"], (("mine.sh", 0o755, '#!/bin/sh\n/base.sh "$@"\necho x\n'), ("base.sh", 0o755, BASE)), "swallows"),
    (["/mine.sh"], (("mine.sh", 0o755, '#!/bin/sh\nexec base.sh "$@"\n'), ("usr/bin/base.sh", 0o755, BASE)), "passes"),
    (
        ["/mine.sh"],
        (("mine.sh", 0o755, '#!/bin/sh\nexec /base.sh "$@"\n'), ("base.sh", 0o755, "#!/bin/sh\nserve\n")),
        "ignores",
    ),
    (["/mine.sh"], (("mine.sh", 0o755, '#!/bin/sh\nexec /base.sh x "$@"\n'), ("base.sh", 0o755, BASE)), "eats"),
    (["/mine.sh"], (("mine.sh", 0o755, '#!/bin/sh\nexec /mine.sh "$@"\n'),), "unread"),
    (["/mine.sh"], (("mine.sh", 0o755, '#!/bin/sh\nexec /base.py "$@"\n'), ("base.py", 0o755, PYTHON)), "eats"),
    (["./entry.sh"], (("app/entry.sh", 0o755, BASE),), "passes"),
    (["bin/entry.sh"], (("app/bin/entry.sh", 0o755, BASE),), "passes"),
    (["sh", "-e", "/entry.sh"], (("entry.sh", 0o644, '#!/bin/sh\n"$@"\necho done\n'),), "passes"),
    (["sh", "/entry.sh"], (("entry.sh", 0o644, '#!/bin/sh\n"$@"\necho done\n'),), "swallows"),
    (["bash", "-eo", "pipefail", "/entry.sh"], (("entry.sh", 0o644, '#!/bin/sh\nexec "$@"\n'),), "passes"),
    (["sh", "entry.sh"], (("app/entry.sh", 0o644, '#!/bin/sh\nexec "$@"\n'),), "passes"),
    (["busybox", "sh", "/entry.sh"], (("entry.sh", 0o644, '#!/bin/sh\nexec "$@"\n'),), "passes"),
    (["/bin/busybox", "env"], (), "passes"),
    (["python3", "/entry.py"], (("entry.py", 0o644, "import os\n"), ("usr/bin/python3", 0o755, elf())), "unread"),
    (["python3", "-m", "server"], (("usr/bin/python3", 0o755, elf()),), "eats"),
    (["setsid"], (), "leaves"),
    (["setsid", "-w"], (), "passes"),
)


@pytest.mark.parametrize(("entrypoint", "files", "expected"), CHAINED)
def test_scripts_that_hand_on_to_others(entrypoint: list[str], files: tuple[Entry, ...], expected: str) -> None:
    assert kind(entrypoint, None, *files) == expected


# script -> variables, paths
WANTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ('#!/bin/sh\n: "${DATABASE_URL:?must be set}"\nexec "$@"\n', ("DATABASE_URL",), ()),
    ('#!/bin/sh\nset -eu\n: ${A?} "${B:?no}"\nexec env C="${C:?}" "$@"\n', ("A", "B", "C"), ()),
    ('#!/bin/sh\nexport URL="${URL:?}"\nexec "$@"\n', ("URL",), ()),
    ('#!/bin/sh\nif [ -n "$X" ]; then : "${A:?}"; fi\nexec "$@"\n', (), ()),
    ('#!/bin/sh\n[ "$1" = x ] && : "${A:?}"\nexec "$@"\n', (), ()),
    ('#!/bin/sh\necho \'${A:?}\' "${B:-x}"\nexec "$@"\n', (), ()),
    ('#!/bin/sh\nexec "$@"\n: "${A:?}"\n', (), ()),
    ('#!/bin/sh\ncd /nowhere && exec "$@"\n', (), ("/nowhere",)),
    ('#!/bin/sh\nset -e\ncd /nowhere\nexec "$@"\n', (), ("/nowhere",)),
    ('#!/bin/sh\ncd /nowhere\nexec "$@"\n', (), ()),
    ('#!/bin/sh\ncd /app && exec "$@"\n', (), ()),
    ('#!/bin/sh\n. /etc/app.env\nexec "$@"\n', (), ("/etc/app.env",)),
    ('#!/bin/bash\n. /etc/app.env\nexec "$@"\n', (), ()),
    ('#!/bin/sh\n[ -f /etc/app.env ] && . /etc/app.env\nexec "$@"\n', (), ()),
    ('#!/bin/sh\n. /etc/app.env || true\nexec "$@"\n', (), ()),
    # Under `set -u`: what nobody sets.
    ('#!/bin/sh\nset -eu\necho "$DB_HOST:${DB_PORT}"\nexec "$@"\n', ("DB_HOST", "DB_PORT"), ()),
    ('#!/bin/sh -u\n: ${#A} "${B#x}" $C\nexec "$@"\n', ("A", "B", "C"), ()),
    ('#!/bin/bash\nset -o nounset\nexport A=$B\nexec "$@"\n', ("B",), ()),
    ('#!/bin/bash\nset -euo pipefail\n: "$A"\nexec "$@"\n', ("A",), ()),
    ('#!/bin/sh\nset -u\nexec nice "$LOGNAME" "$@"\n', ("LOGNAME",), ()),
    ('#!/bin/sh\nset -e\necho "$A"\nexec "$@"\n', (), ()),
    ('#!/bin/sh\nset -u\nset +u\necho "$A"\nexec "$@"\n', (), ()),
    ('#!/bin/sh\nset -u\necho "${A:-}" "${B-x}" "${C+y}" "\\$D" \'$E\' $? $# $$ $- $0\nexec "$@"\n', (), ()),
    ('#!/bin/sh\nset -u\n: "${A:=1}"\nB=2; read C < /x\necho "$A" "$B" "$C"\nexec "$@"\n', (), ()),
    ('#!/bin/sh\nset -u\nfor A in 1; do :; done\necho "$A" "$HOME" "$PATH" "$PWD" "$HOSTNAME"\nexec "$@"\n', (), ()),
    ('#!/bin/bash\nset -u\necho "$UID $RANDOM $SHELL"\nexec "$@"\n', (), ()),
    ('#!/bin/sh\nset -u\necho "$UID"\nexec "$@"\n', ("UID",), ()),
    ('#!/bin/bash\nset -u\n. /app/env || true\necho "$A"\nexec "$@"\n', (), ()),
    ('#!/bin/sh\nset -u\necho "$A" | cat\nx=$(echo "$B")\nexec "$@"\n', (), ()),
    ('#!/bin/sh\nset -u\nexec "$@"\necho "$A"\n', (), ()),
)


@pytest.mark.parametrize(
    ("script", "variables", "_paths"), [row for row in WANTS if "set -u" in row[0] and "/app/env" not in row[0]]
)
def test_real_shells_end_without_these_variables(script: str, variables: tuple[str, ...], _paths: object) -> None:
    """dash and bash, with nothing but what a container gives: they come to the arguments when these are set, and only then."""
    shell = "bash" if "bash" in script.partition("\n")[0] else "dash"
    given = {"PATH": "/usr/bin:/bin", "HOME": "/", "HOSTNAME": "x"}
    for environment, passes in ((given, not variables), (given | dict.fromkeys(variables, ""), True)):
        text = script.replace("nice", "env").replace('"$LOGNAME"', 'X="$LOGNAME"').replace("/x", "/etc/passwd")
        done = subprocess.run(
            [shell, "-c", text, "entry", "sh", "-c", "exit 3"], env=environment, capture_output=True, check=False
        )
        assert (done.returncode == 3) is passes, (environment, done)


@pytest.mark.parametrize(("script", "variables", "paths"), WANTS)
@pytest.mark.parametrize("before", [[], ["/sbin/tini", "--"], ["sh", "-e"]])
def test_what_an_entry_script_ends_without(
    script: str, variables: tuple[str, ...], paths: tuple[str, ...], before: list[str]
) -> None:
    tree = laid([read_layer(io.BytesIO(layer(*ROOT, ("entry.sh", 0o755, script))), "layer", Budget()).layer])
    found = wanted_by([*before, "/entry.sh"], Within(tree))
    assert found == (variables, paths)


def test_a_variable_that_is_given_is_not_asked_for() -> None:
    from converters.images.facts import Image
    from converters.worlds.starting import of_start

    image = Image(
        "app:1", entrypoint=("/e",), entry="passes", wants=("A", "B", "C"), variables={"B": "x"}, lacks=("/x",)
    )
    said = [one.message for one in of_start(image, shell=None, user=None, directory=None, variables={"A": "1"})]
    assert len(said) == 2 and "ends where C is not set" in said[0] and "needs /x, which is not in the image" in said[1]


def test_an_entry_that_cannot_start_and_a_user_that_is_not_there() -> None:
    from converters.images.facts import Image
    from converters.worlds.starting import of_start

    there = {"root": 0, "app": 1000}
    whole = Image("app:1", programs=frozenset({"/e"}), entrypoint=("/e",), users=there, groups=there)
    cases = [
        (whole, ""),
        (replace(whole, broken={"/e": "it has no x bit"}), "its ENTRYPOINT `/e` cannot start: it has no x bit"),
        (replace(whole, user="app"), ""),
        (replace(whole, user="1234"), ""),
        (replace(whole, user="app:app"), ""),
        (replace(whole, user="web"), "its own passwd does not know `web`"),
        (replace(whole, user="app:web"), "its own group does not know `web`"),
        (replace(whole, user="web", users=None), ""),
    ]
    for image, text in cases:
        said = [one.message for one in of_start(image, shell=None, user=None, directory=None, variables={})]
        assert (text in " ".join(said)) if text else not said, (image.user, said)
    # Another user that the command names takes its place.
    image = replace(whole, user="web")
    assert list(of_start(image, shell=None, user="app", directory=None, variables={})) == []
