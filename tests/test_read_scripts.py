"""What scripts say that jobs start: in a copied tree, in every language that is known here, and behind each other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.commands.idioms.code import commands_in, language_of, locks_in
from converters.commands.idioms.scripts import read_script
from converters.commands.idioms.sourcing import with_sourced
from converters.commands.shell.parse import Unparsable, read_tree
from converters.worlds.needs import needs_of
from tests.cli import run

FIXTURES = Path(__file__).parent.parent / "fixtures"

BESIDE = {
    "lib.sh": 'check() {\n  psql -c "select 1"\n}\n',
    "deep.py": "import os\nos.system('service nginx reload')\n",
}


def _blocks() -> list[Any]:
    text = (FIXTURES / "scripts.txt").read_text()
    rows = []
    for start, body, words in re.findall(r"^> (.*)\n((?:.*\n)*?)< (.*)$", text, re.M):
        rows.append(pytest.param(start, body.replace("<CR>", "\r"), words, id=f"{start}: {words}"))
    return rows


@pytest.mark.parametrize(("start", "text", "words"), _blocks())
def test_what_is_said_of_a_script(tmp_path: Path, start: str, text: str, words: str) -> None:
    tree = tmp_path / "tree"
    for place in ("etc/cron.d", "srv/app"):
        (tree / place).mkdir(parents=True)
    (tree / "etc/cron.d/jobs").write_text(f"0 3 * * * root {start}\n")
    name = re.findall(r"\bj\.\w+", start)[-1]
    for path, content in {**BESIDE, name: text}.items():
        script = tree / "srv/app" / path
        script.write_bytes(content.encode())
        script.chmod(0o755)
    shown = run("scan", str(tree), "--timezone", "UTC", "--format", "json", cwd=tmp_path)
    assert shown.code == 0, shown.err
    (job,) = json.loads(shown.out)["jobs"]
    said = "\n".join(f"{one['code']} {one['message']}" for one in job["findings"])
    for word in words.split(" ; "):
        if word.startswith("-"):
            assert word[1:] not in said
        else:
            assert word in said, said


def test_a_variable_of_the_table_names_the_script(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for place in ("etc/cron.d", "srv/app"):
        (tree / place).mkdir(parents=True)
    (tree / "etc/cron.d/jobs").write_text("APP=/srv/app\n0 3 * * * root $APP/one.sh\n")
    (tree / "srv/app/one.sh").write_text("#!/bin/sh\nexec $APP/two.sh\n")
    (tree / "srv/app/two.sh").write_text("#!/bin/sh\nservice nginx reload\n")
    shown = run("scan", str(tree), "--timezone", "UTC", "--format", "json", cwd=tmp_path)
    (job,) = json.loads(shown.out)["jobs"]
    assert {"C475", "C483"} <= {one["code"] for one in job["findings"]}


# Language | its text | the commands that it hands to a shell, by ` ; `
COMMANDS = r"""
python | subprocess.run(["docker", "exec", name, "ls -l"], check=True) | docker exec "$x" "ls -l"
python | subprocess.check_output(f"du -sh {d} | sort", shell=True) | du -sh $x | sort
python | # os.system("rm -rf /") |
python | subprocess.Popen(cmd) |
python | self.system("x"); model.run("y") |
php | $o = `ls -l /srv`; exec("tar czf $f /srv/data", $out); | ls -l /srv ; tar czf $f /srv/data
php | $pdo->exec("DELETE FROM x"); curl_exec($ch); DB::exec("y"); |
perl | system("rsync", "-a", "/srv/x/", $dst); my @x = qx{df -h}; | rsync -a /srv/x/ "$x" ; df -h
perl | $dbh->exec("x"); print `hostname`; | hostname
ruby | system("pg_dump #{db} > /srv/x.sql"); %x(uptime) | pg_dump $x > /srv/x.sql ; uptime
ruby | foo.system("x"); ecosystem "y" |
node | spawn("rsync", ["-a", src, "/mnt/x"]); /a/.exec("b"); | rsync -a "$x" /mnt/x
node | child_process.exec(`ls ${d}`, done) | ls $x
shell | system("x") |
"""


@pytest.mark.parametrize("row", [line for line in COMMANDS.splitlines() if line])
def test_commands_of_a_program(row: str) -> None:
    language, _, rest = row.partition(" | ")
    text, _, wanted = rest.rpartition(" |")
    if language == "python" and "sort" in row:
        text, wanted = rest.partition(", shell=True) | ")[::2]
        text += ", shell=True)"
    assert list(commands_in(text, language)) == [one for one in wanted.strip().split(" ; ") if one]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "text", "interpreter", "wanted"),
    [
        ("/srv/x.py", "import os\n", "", "python"),
        ("/srv/x.py", "import os\n", "python3.11", "python"),
        ("/srv/x", "#!/usr/bin/env -S ruby -w\n", "", "ruby"),
        ("/srv/x", "#!/usr/bin/env python3\r\n", "", "python"),
        ("/srv/x.sh", "#!/usr/bin/perl\n", "", "perl"),
        ("/srv/x.sh", "#!/usr/bin/perl\n", "bash", "shell"),
        ("/srv/x", "echo\n", "", "shell"),
        ("/srv/x", "\n<?php echo 1;", "", "php"),
        ("/srv/x", "#!/usr/bin/lua\n", "", ""),
    ],
)
def test_who_reads_it(path: str, text: str, interpreter: str, wanted: str) -> None:
    assert language_of(path, text, interpreter) == wanted


def test_locks_of_a_program_are_code_and_no_comment() -> None:
    assert list(locks_in("# fcntl.flock\nwith FileLock(x):\n", "python")) == ["FileLock"]
    assert list(locks_in("$mutex->flock(x);\n// flock($f)\n", "php")) == []


def test_what_is_read_in_is_read_three_deep_and_never_itself() -> None:
    files = {
        "/a/b.sh": '. "$(dirname "$0")/c.sh"\nb\n',
        "/a/c.sh": ". /a/b.sh\nc\n",
        "/a/x.sh": ". /a/x.sh\n. /a/b.sh\n",
    }
    whole = with_sourced(files["/a/x.sh"], "/a/x.sh", files.get)
    assert whole.startswith(". /a/x.sh\n")
    assert whole.count("c\n") == 1
    assert len(whole) < 400


@given(
    st.text("`\"'$(){}[]#%;|&<>\\\n\r flockexcsystem/srv0123", max_size=200),
    st.sampled_from(["py", "rb", "pl", "php", "js", "sh"]),
)
def test_any_text_is_read(text: str, ending: str) -> None:
    script = read_script(text, f"/srv/x.{ending}")
    list(commands_in(text, script.language))


@pytest.mark.parametrize("token", [")", "))", "<<<", "a=( ", "x()", "<<A\n", "||", "a) ", "|"])
def test_mistakes_without_end_are_no_shell_text(token: str) -> None:
    """tree-sitter takes hours for a quarter of a MiB of them."""
    with pytest.raises(Unparsable):
        read_tree(token * 60_000)


def test_a_long_script_is_read_like_a_short_one() -> None:
    part = 'if [ -f /srv/x ]; then\n  /srv/app/run --a "$(date +%F)" | gzip > /srv/o.gz\nfi\n'
    one, many = read_script(part, "/srv/x.sh"), read_script(part * 900, "/srv/x.sh")
    assert one.dependencies == many.dependencies
    assert needs_of(part).programs * 900 == needs_of(part * 900).programs
