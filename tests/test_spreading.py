"""Words that a shell makes of variables and arrays: what is read of a text against what real shells hand to the program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from converters.commands.shell.parse import parse
from converters.images.facts import Image
from converters.worlds.answer import Worlds
from converters.worlds.needs import needs_of
from converters.worlds.program_answers import of_program
from converters.worlds.walk import walk
from tests.test_worlds import needed

# `job` prints its words; a text's first one is asked for.
BOTH = [
    "O='-a --delete'; job $O x",
    "O='-a --delete'; job \"$O\" x",
    "O=-a; job $O x",
    "O=' -a  b '; job $O x",
    "C='job -v'; $C x",
    "C='job -v x'; $C",
    "A=1 B='2 3'; job $A $B",
    "A='x y'; B=$A; job $B",
    'A=\'x y\'; B="$A z"; job $B "$B"',
    "export O='-a -b'; job $O",
    "O='-a -b' && job $O",
    "if true; then O='-a -b'; fi; job x",
    "sh -c \"job 'a b' c\" x",
    "P=$(which job); $P a",
    "P=$(command -v job); $P 'a b'",
    "`which job` a",
    "$(which job 2>/dev/null) a",
    '"$(command -v job)" a',
]
BASH = [
    'a=(x y); job "${a[@]}"',
    "a=(x 'y z'); job \"${a[@]}\" w",
    'a=(job -v); "${a[@]}" x',
    "a=(x y); job ${a[0]} $a",
    'a=(); job "${a[@]}" w',
    'a=(x); a+=(y z); job "${a[@]}"',
    'a=x; a+=(y); job "${a[@]}"',
    'declare -a a=(x y); job "${a[@]}"',
    'a=( x\ty ); job "${a[@]}"',
    'b=v; a=("$b" w); job "${a[@]}"',
    'a=(x # no\n y); job "${a[@]}"',
    'a=(x y) && job "${a[@]}"',
]


def handed(shell: str, text: str, stubs: Path) -> list[str]:
    done = subprocess.run(
        [shell, "-c", text], env={"PATH": f"{stubs}:/usr/bin:/bin"}, capture_output=True, check=False, timeout=20
    )
    return done.stdout.decode().split("\n")[0].split("\x1f")[:-1]


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("stubs")
    (place / "job").write_text("#!/bin/sh\nfor one; do printf '%s\\037' \"$one\"; done\necho\n")
    (place / "job").chmod(0o755)
    return place


@pytest.mark.parametrize(
    ("shell", "text"),
    [*((shell, text) for shell in ("dash", "bash") for text in BOTH), *(("bash", one) for one in BASH)],
)
def test_what_the_program_gets(shell: str, text: str, stubs: Path) -> None:
    place = shutil.which(shell)
    assert place is not None
    calls = [call for call in walk(text) if call.name == "job"] or [
        inner for call in walk(text) if call.name == "sh" for inner in walk(call.said(2)) if inner.name == "job"
    ]
    assert len(calls) == 1
    assert [calls[0].said(at) for at in range(1, len(calls[0].words))] == handed(place, text, stubs)


SAME = [
    ("O='-a --delete'; rsync $O /srv/x/ web1:/y", "rsync -a --delete /srv/x/ web1:/y"),
    ('O=(-a --delete); rsync "${O[@]}" /srv/x/ web1:/y', "rsync -a --delete /srv/x/ web1:/y"),
    ("C='rm -rf /srv/x'; $C", "rm -rf /srv/x"),
    ('C=(rm -rf); C+=(/srv/x); "${C[@]}"', "rm -rf /srv/x"),
    ("D='/srv/a /srv/b'; rm -rf $D", "rm -rf /srv/a /srv/b"),
    ("T='tar -czf'; $T /srv/o.tgz /srv/x", "tar -czf /srv/o.tgz /srv/x"),
    ("`which php` /app/x.php", "php /app/x.php"),
    ("P=$(command -v php); $P -q /app/x.php", "php -q /app/x.php"),
    ("M='mysqldump -h localhost app'; $M > /srv/d.sql", "mysqldump -h localhost app > /srv/d.sql"),
    ("sh -c 'O=\"-a --delete\"; rsync $O /srv/x/ web1:/y'", "rsync -a --delete /srv/x/ web1:/y"),
    ("a=($(ls /srv/x)); :", ": $(ls /srv/x)"),
]


@pytest.mark.parametrize(("text", "plain"), SAME)
def test_a_variable_hides_no_need(text: str, plain: str) -> None:
    assert needed(text) - {("program", "php", "asks")} == needed(plain)


@pytest.mark.parametrize(
    "text", ["a[0]=1", "x+=3", "a[i+1]=$b", "x+=(1 2)", "declare -A m=([a]=1 [b]=2)", "local y=(a)"]
)
def test_setting_a_part_of_a_variable_starts_nothing(text: str) -> None:
    parse(text)
    assert needed(f"{text}; job") == needed("job")


@pytest.mark.parametrize("word", ["$X", '"${cmd[@]}"', "${JOB:-/app/job}", "`cat /app/name`", "$(cat /app/name)", "$0"])
def test_no_image_lacks_what_is_named_when_it_runs(word: str) -> None:
    """What it is called then is asked; that the image has no file of such a name says nothing."""
    needs = [one for one in needs_of(f"{word} x").needs if one.kind == "program" and one.subject != "cat"]
    answers = [of_program(one, Worlds(image=Image("app:1"))) for one in needs]
    assert answers
    assert all(one.answer == "unknown" and one.code in ("C457", "") and not one.image for one in answers)
