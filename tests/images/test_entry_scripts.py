"""Entry scripts in the forms that images have: what is said of each, and what a real shell does with a job that ends with 3."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.images.entry_arguments import Kind, of_script
from converters.images.entry_scripts import statements
from tests.effort import examples

# Of official images, shortened: redis, node, php, postgres, mysql, jenkins, grafana, vault, rabbitmq.
OFFICIAL = {
    "redis": (
        'set -e\nif [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then\n\tset -- redis-server "$@"\nfi\n'
        "if [ \"$1\" = 'redis-server' -a \"$(id -u)\" = '0' ]; then\n\tfind . \\! -user redis -exec true '{}' +\n"
        '\texec gosu redis "$0" "$@"\nfi\num="$(umask)"\nif [ "$um" = \'0022\' ]; then\n\tumask 0077\nfi\nexec "$@"\n',
        "passes",
    ),
    "node": (
        'set -e\nif [ "${1#-}" != "${1}" ] || [ -z "$(command -v "${1}")" ] || { [ -f "${1}" ] && ! [ -x "${1}" ]; }; then\n'
        '  set -- node "$@"\nfi\n\nexec "$@"\n',
        "passes",
    ),
    "php": (
        'set -e\n# first arg is `-f`\nif [ "${1#-}" != "$1" ]; then\n\tset -- php "$@"\nfi\n\nexec "$@"\n',
        "passes",
    ),
    "postgres": (
        '_is_sourced() {\n\t[ "${#FUNCNAME[@]}" -ge 2 ] && [ "${FUNCNAME[1]}" = \'_is_sourced\' ]\n}\n'
        '_main() {\n\tif [ "${1:0:1}" = \'-\' ]; then\n\t\tset -- postgres "$@"\n\tfi\n'
        '\tif [ "$1" = \'postgres\' ]; then\n\t\texec gosu postgres "$BASH_SOURCE" "$@"\n\tfi\n\texec "$@"\n}\n'
        'if ! _is_sourced; then\n\t_main "$@"\nfi\n',
        "passes",
    ),
    "jenkins": (
        'if [[ $# -lt 1 ]] || [[ "$1" == "--"* ]]; then\n  exec java -Dx=1 \\\n    -jar j.war "$@"\nfi\nexec "$@"\n',
        "passes",
    ),
    "grafana": (
        'PERMISSIONS_OK=0\nexec grafana server   \\\n  --homepath="$HOME" \\\n  "$@"   \\\n  cfg:default=1\n',
        "eats",
    ),
    "vault": (
        'set -e\nif [ "$1" = "server" ]; then\n  shift\n  set -- vault server "$@"\nelif [ "$1" = "version" ]; then\n'
        '  set -- vault "$@"\nelif vault --help "$1" 2>&1 | grep -q "vault $1"; then\n  set -- vault "$@"\nfi\nexec "$@"\n',
        "passes",
    ),
}
SCRIPTS: list[tuple[str, str]] = [
    # a server's own arguments
    ('exec java \\\n  -jar app.jar \\\n  "$@"\n', "eats"),
    ('java -jar app.jar "$@"\n', "eats"),
    ('python manage.py "$@"\n', "eats"),
    ("exec java $JAVA_OPTS -jar app.jar $@\n", "eats"),
    ('set -- python manage.py "$@"\nexec "$@"\n', "eats"),
    ('exec "$1"\n', "drops"),
    ('shift\nexec "$@"\n', "drops"),
    ('cmd=$1; shift; exec "$cmd" "$@"\n', "passes"),
    ('cmd="$1"\nshift\nexec nice -n 5 $cmd "$@"\n', "passes"),
    ('cmd=$1; shift; exec "$@"\n', "drops"),
    ('cmd=$1; shift; shift; exec "$cmd" "$@"\n', "drops"),
    ('mode=$1; exec "$@"\n', "passes"),
    # one that is put in front only for its own options
    ('[ "${1#-}" = "$1" ] || set -- java "$@"\nexec "$@"\n', "passes"),
    ('case "$1" in -*) set -- java "$@" ;; esac\nexec "$@"\n', "passes"),
    # arms
    ('case "$1" in\n  server) exec java ;;\n  *) exec "$@" ;;\nesac\n', "passes"),
    ('case "$1" in\n  server) exec java ;;\n  (shell) exec "$@" ;;\nesac\n', "ignores"),
    ('case "$1" in server|worker) exec java;; *) exec java "$@";; esac\n', "eats"),
    ('if [ "$1" = web ]; then\n  exec java\nelse\n  exec "$@"\nfi\n', "passes"),
    ('if [ $# -eq 0 ]; then\n  exec java\nfi\nexec "$@"\n', "passes"),
    ('if [ $# -gt 0 ]; then\n  exec "$@"\nelse\n  exec java\nfi\n', "passes"),
    ('if [ "$#" -gt 0 ]; then\n  exec java "$@"\nfi\nexec "$@"\n', "eats"),
    ('if [ -z "$1" ]; then exec java; fi; exec "$@"\n', "passes"),
    ('if [ -n "$1" ]; then "$@"; else java; fi\n', "passes"),
    ('test -n "$1" && exec "$@"\nexec java\n', "passes"),
    ('[ "$1" = web ] && exec java\nexec "$@"\n', "passes"),
    ('[ "$1" ] || exec java\nexec "$@"\n', "passes"),
    ('if command -v "$1" >/dev/null; then exec "$@"; fi\nexec java "$@"\n', "passes"),
    ('type "$1" >/dev/null 2>&1 && exec "$@"\nexec java\n', "passes"),
    ('[ -x "$(command -v "$1")" ] && exec "$@"\nexec java\n', "passes"),
    ('[ "$1" = "${1#-}" ] && exec "$@"\nexec java\n', "passes"),
    ('if [ -x "$1" ]; then exec "$@"; fi\nexec java\n', "unread"),
    ('if [ -f /etc/own ]; then exec "$@"; fi\nexec java "$@"\n', "unread"),
    ('set -- sh -c "$*"\nexec "$@"\n', "splits"),
    # one line, several commands
    ('test -f /nowhere && . /nowhere; exec "$@"\n', "passes"),
    ('cd / && exec "$@"\n', "passes"),
    ('umask 022; exec "$@" 2>&1\n', "passes"),
    ('{ exec "$@"; }\n', "passes"),
    ('( "$@" )\n', "passes"),
    # functions, arrays, variables
    ('main() { exec "$@"; }\nmain "$@"\n', "passes"),
    ('run() {\n  "$@"\n}\nrun "$@"\n', "passes"),
    ('run() { java "$@"; }\nrun "$@"\n', "eats"),
    ('run() { shift; "$@"; }\nrun job "$@"\n', "passes"),
    ('cmd="$*"\nexec $cmd\n', "splits"),
    ('CMD="$@"\neval "$CMD"\n', "splits"),
    ('eval "$@"\n', "splits"),
    ('sh -c "$*"\n', "splits"),
    ("for x in $@; do :; done\nexec $*\n", "splits"),
    # statuses
    ('"$@" || true\n', "swallows"),
    ('"$@" | cat\n', "swallows"),
    ('if "$@"; then echo well; fi\n', "swallows"),
    ('"$@" &\nwait\n', "swallows"),
    ('"$@" &\nwait $!\n', "passes"),
    ('"$@" &\npid=$!\nwait "$pid"\n', "passes"),
    ("trap 'kill $p' TERM\n\"$@\" &\np=$!\nwait $p\nexit $?\n", "passes"),
    ('"$@" &\np=$!\nwait $p\nrc=$?\necho done\nexit $rc\n', "passes"),
    ('"$@" &\np=$!\nwait $p\necho done\n', "swallows"),
    ('"$@"\nexit $?\n', "passes"),
    ('"$@"\nrc=$?\necho done\nexit $rc\n', "passes"),
    ('"$@"\nrc=$?\necho done\n', "swallows"),
    ('set -e\n"$@"\necho done\n', "passes"),
    ('"$@"; echo done\n', "swallows"),
    ('"$@" || exit $?\n', "passes"),
    # inits and runners
    ('exec tini -g -- "$@"\n', "passes"),
    ('exec /usr/bin/env A=1 "$@"\n', "passes"),
    ('exec bundle exec "$@"\n', "passes"),
    ('exec nice -n 5 "$@"\n', "passes"),
    ('exec env -i SAID="$SAID" "$@"\n', "passes"),
    ('exec gosu app "$@"\n', "root"),
    ('chown -R 0 . && exec su-exec app:app "$@"\n', "root"),
    ('if [ "$(id -u)" = 0 ]; then exec gosu app "$@"; fi\nexec "$@"\n', "passes"),
    ('exec flock -n /tmp/lock "$@"\n', "passes"),
    ('exec setsid -w "$@"\n', "passes"),
    ('setsid "$@"\n', "passes"),
    # defaults, substitutions, texts that read them
    ('exec "${@:-java}"\n', "passes"),
    ('out=$("$@")\n', "passes"),
    ('out=$("$@")\necho "$out"\n', "swallows"),
    ('set -e\nout=$("$@")\necho "$out"\n', "passes"),
    ('echo "$("$@")"\n', "swallows"),
    ('sh -c \'"$@"\' sh "$@"\n', "passes"),
    ('exec sh -c \'"$0" "$@"\' "$@"\n', "passes"),
    ("exec sh -c 'exec java' sh \"$@\"\n", "ignores"),
    ('"$@" &\n', "leaves"),
    # what only looks like it
    ('cat <<EOF\nexec "$@"\nEOF\nexec java\n', "ignores"),
    ("echo 'exec \"$@\"'\njava\n", "ignores"),
    ('# exec "$@"\njava\n', "ignores"),
    ('exec java # "$@"\n', "ignores"),
    ('exec >/dev/null\nexec "$@"\n', "passes"),
    ('exec java -jar x\nexec "$@"\n', "ignores"),
]
BASH: list[tuple[str, str]] = [
    ('exec -a job "$@"\n', "passes"),
    ('exec -- "$@"\n', "passes"),  # dash knows no `--` there
    ('exec bash -lc \'"$0" "$@"\' "$@"\n', "passes"),
    ('if [ "${1:0:1}" = - ]; then set -- java "$@"; fi\nexec "$@"\n', "passes"),
    ('args=("$@")\nexec "${args[@]}"\n', "passes"),
    ('set -o pipefail\n"$@" | cat\n', "passes"),
    ('exec > >(cat) 2>&1\nexec "$@"\n', "passes"),
    ('if [[ "$1" == "web" && -n "$1" ]]; then exec java; fi\nexec "${@}"\n', "passes"),
    ('function go {\n  exec "$@"\n}\ngo "$@"\n', "passes"),
    ('if (( $# == 0 )); then exec java; fi\nexec "$@"\n', "passes"),
]
ALL = [(text, kind, "sh") for text, kind in SCRIPTS] + [(text, kind, "bash") for text, kind in BASH]
ALL += [(text, kind, "bash") for text, kind in OFFICIAL.values()]


@pytest.mark.parametrize(("text", "kind", "shell"), ALL, ids=[f"{n}-{one[1]}" for n, one in enumerate(ALL)])
def test_what_is_said(text: str, kind: str, shell: str) -> None:
    assert of_script(f"#!/bin/{shell}\n{text}") == kind, text


STUBS = {
    "gosu": 'shift\nexec "$@"',
    "su-exec": 'shift\nexec "$@"',
    "tini": 'while [ "$1" != -- ]; do shift; done\nshift\nexec "$@"',
    "bundle": 'shift\nexec "$@"',
    **dict.fromkeys(("java", "python", "grafana", "vault", "node", "php", "chown"), "exit 0"),
}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("programs")
    for name, body in STUBS.items():
        (place / name).write_text(f"#!/bin/sh\n{body}\n")
        (place / name).chmod(0o755)
    (place / "job").write_text('#!/bin/sh\necho $# > "$SAID"\nexit 3\n')
    (place / "job").chmod(0o755)
    return place


def really(programs: Path, place: Path, text: str, shell: str) -> set[str]:
    """What kinds a run of the script would be: a job with one argument of two words, which ends with 3."""
    script, said = place / "entry", place / "said"
    script.write_text(f"#!/bin/{shell}\n{text}")
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "SAID": str(said), "HOME": str(place)}
    words = [shutil.which("dash" if shell == "sh" else shell) or shell, str(script), str(programs / "job"), "two words"]
    done = subprocess.run(words, env=environment, cwd=place, capture_output=True, timeout=30, check=False)
    if done.returncode == 0 and " &\n" in text and "wait" not in text:
        return {"leaves"}
    if not said.exists():
        return {"eats", "ignores", "drops"}
    if said.read_text() != "1\n":
        return {"splits", "eats", "drops"}
    return {"passes", "root"} if done.returncode == 3 else {"swallows"}


@pytest.mark.real
def test_what_is_said_is_what_a_shell_does(programs: Path, tmp_path: Path) -> None:
    wrong = []
    for number, (text, kind, shell) in enumerate(ALL):
        place = tmp_path / str(number)
        place.mkdir()
        found = really(programs, place, text, shell)
        if kind != "unread" and kind not in found:
            wrong.append((text, kind, found))
    assert not wrong, wrong


PIECES = [
    'exec "$@"',
    '"$@"',
    "if",
    "then",
    "fi",
    "case",
    "esac",
    "in",
    "*)",
    ";;",
    "(",
    ")",
    "{",
    "}",
    "&&",
    "||",
    "|",
    "\n",
    ";",
]
PIECES += [
    "<<EOF",
    "EOF",
    "'",
    '"',
    "`",
    "$(",
    "${",
    "\\",
    "#",
    "a=(",
    "x",
    "set --",
    "shift",
    "f()",
    "function",
    "!",
    "do",
    "done",
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))
@examples(300)
def test_any_text_is_read(text: str) -> None:
    assert of_script(text) in set(get_args(Kind)) - {"", "services", "bare"}
    assert all(one.words for one in statements(text))


def test_a_long_script_takes_no_long_time() -> None:
    import time

    begun = time.process_time()
    of_script("if [ x ]; then\n" * 5000)
    of_script('f() { "$@"; }\n' * 800 + 'f "$@"\n')
    of_script('"' * 30_000)
    of_script("$(" * 8_000)
    assert time.process_time() - begun < 10
