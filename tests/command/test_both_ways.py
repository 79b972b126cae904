"""What running jobs both ways showed: small things in which a task did otherwise than cron, each with its siblings."""

from __future__ import annotations

import pytest

from converters.commands.command import Understanding, understand
from converters.worlds.answer import Worlds
from converters.worlds.facts import Image
from converters.worlds.fates import effect_of
from converters.worlds.jobs import needs_of_job


def codes(found: Understanding) -> set[str]:
    return {finding.code for finding in found.findings}


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ('sudo -u u VAR=v cmd "$VAR"', True),
        ("sudo -u u VAR=v cmd ${VAR}", True),
        ("sudo VAR=v OTHER=w cmd $OTHER", True),
        ('sudo -u u FOO=v sh -c "echo $FOO"', True),
        ('sudo -u u VAR=v cmd "a/$VAR/b"', True),
        ("sudo -u u VAR=v cmd '$VAR'", False),
        ("sudo -u u VAR=v cmd \\$VAR", False),
        ("sudo -u u VAR=v cmd $VARIOUS", False),
        ("sudo -u u VAR=v cmd", False),
        ("sudo -u u sh -c 'VAR=v; cmd $VAR'", False),
    ],
)
def test_the_shell_expands_before_sudo(text: str, stays: bool) -> None:
    found = understand(text)
    assert ("sudo" in found.remaining) == stays
    assert not stays or "before sudo sets it" in "".join(finding.message for finding in found.findings)


@pytest.mark.parametrize(
    "text", ["cd /srv/d && app", "cd /srv/d; app", "cd /srv/d || exit 1; app", "cd /srv && cd d && app"]
)
def test_a_directory_that_a_container_would_make_is_asked_of_the_image(text: str) -> None:
    found = understand(text)
    needs = needs_of_job(found, {})
    assert "/srv/d" in effect_of(needs, Worlds()).open_image
    image = Image("x", programs=frozenset({"/usr/bin/app"}), files=frozenset({"/usr/bin/app"}))
    told = [one.message for one in effect_of(needs, Worlds(image=image)).findings if one.code == "C487"]
    assert told == ["The image x has no `/srv/d`, which `cd` needs."]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("stdbuf -oL /srv/x", "C423"),
        ("stdbuf -o0 -e0 /srv/x a", "C423"),
        ("cd /srv && stdbuf -i0 ./x", "C423"),
        ("nice stdbuf -oL /srv/x | tee -a /var/log/x.log", "C423"),
        ("chronic /srv/x", "C422"),
        ("cronic /srv/x a", "C422"),
        ("chronic -v /srv/x", "C422"),
    ],
)
def test_no_wrapper_goes_without_a_word(text: str, code: str) -> None:
    assert code in codes(understand(text))


@pytest.mark.parametrize(
    "text",
    [
        "bash -l x",
        "/bin/bash -l /srv/x.sh",
        "bash --login x",
        "sh -l /srv/x",
        "A=1 bash -lc 'x' || y",
        "x; bash -lc 'y; z' || q",
        "zsh -ic x",
        "x && bash -i -c y || z",
        "if bash -lc x; then y; fi",
        "bash -exl x",
    ],
)
def test_a_login_shell_that_stays_is_told(text: str) -> None:
    found = understand(text)
    assert "C451" in codes(found)
    assert any("-" in word for word in found.remaining.split())


@pytest.mark.parametrize(
    "text", ["bash x -l", "bash -c 'x -l'", "bash /srv/x.sh", "sh -x x", "bash --norc x", "ssh -l u h x"]
)
def test_no_login_shell_is_told_where_there_is_none(text: str) -> None:
    assert "C451" not in codes(understand(text))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/srv/x > /dev/pts/3", "/srv/x"),
        ("/srv/x >/dev/pts/12 2>&1", "/srv/x"),
        ("/srv/x > /dev/tty1", "/srv/x"),
        ("/srv/x > /dev/console", "/srv/x"),
        ("cd /srv; ./x > /dev/pts/0", "./x"),
        ('/srv/x >> "/var/log/x.log" 2>&1', "/srv/x"),
        ("/srv/x >> '/var/log/a b.log' 2>&1", "/srv/x"),
        ('/srv/x > "$HOME/log/x.log"', "/srv/x"),
        ('/srv/x > "$HOME"/x.log', "/srv/x"),
        ("/srv/x > /var/log/x-$(date +%F).log", "/srv/x"),
        ('/srv/x > "/var/log/x-$(date +%F).log" 2>&1', "/srv/x"),
        ("/srv/x >> /var/log/x-`date +%F`.log", "/srv/x"),
        ('/srv/x >> "$LOGS/x.$(date "+%F %T").log"', "/srv/x"),
    ],
)
def test_a_log_is_a_log_however_it_is_written(text: str, left: str) -> None:
    found = understand(text)
    assert found.remaining == left
    assert "C420" in codes(found)
    assert "C479" not in codes(found)
    assert found.original == text


@pytest.mark.parametrize(
    "text", ['/srv/x > "/srv/x-$(date +%F).sql"', "/srv/x > '/srv/a b.csv'", "/srv/x > /dev/sda", "/srv/x > /dev/ttyS0"]
)
def test_data_stays_data(text: str) -> None:
    assert understand(text).remaining == text


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("rsync -a /srv/a /srv/b", False),
        ("rsync -a a/ b/", False),
        ("rsync -a --delete /srv/a/ $HOME/b", False),
        ("rsync -a /srv/a h:/srv/b", True),
        ("rsync -a u@h:/srv/a /srv/b", True),
        ('rsync -a "$HOST:/srv/a" /srv/b', True),
        ("rsync -a -e ssh /srv/a /srv/b", True),
        ("rsync -a rsync://h/m /srv/b", True),
        ("scp a h:b", True),
        ("ssh h x", True),
    ],
)
def test_only_a_remote_copy_needs_keys(text: str, keys: bool) -> None:
    assert ("C473" in codes(understand(text))) == keys


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("echo $LOGNAME; x", "which cron sets and a container does not"),
        ("x ${LOGNAME}@h; y", "which cron sets and a container does not"),
        ("x $USER; y", "which cron does not set here"),  # Debian's does not
        ("x $NAME; y", "which cron does not set here"),
    ],
)
def test_what_cron_sets_is_said(text: str, words: str) -> None:
    assert words in next(finding.message for finding in understand(text).findings if finding.code == "C457")
