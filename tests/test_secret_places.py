"""Secrets planted wherever a table and its scripts can hold one: in none of what scan, review and report print or write."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli import run

GITHUB = "gh" + "p_"  # joined here, so that no scanner takes this file for a leak
TABLE = rf"""# password for the api is LEAK01x9 ; curl -u bot:LEAK02x9 https://x.example/
SHELL=/bin/bash
MAILTO=https://bot:LEAK03x9@hooks.example.com/x
DB_PASSWORD=LEAK04x9
P=LEAK05x9
# cron2fargate: name=job-one timeout=60 token=LEAK06x9
0 4 * * * root mysql -u root -p$P shop
5 4 * * * root /opt/run.sh > /var/log/x-{GITHUB}LEAK07x9abcdefghijklmnopqrstuvwxyz01.log 2>&1
6 4 * * * root passwd --stdin bob <<< LEAK08x9
7 4 * * * root A=LEAK09x9 && sshpass -p $A ssh h ls
8 4 * * * root usermod -p '$6$saltLEAK10x9$LEAK10x9hashLEAK10x9' bob
9 4 * * * root curl -b 'PHPSESSID=LEAK11x9' https://x.example/cron.php
10 4 * * * root expect -c 'spawn ssh h; expect "assword:"; send "LEAK12x9\r"'
11 4 * * * root rails runner 'Api.sync(api_key: \%q(LEAK13x9))'
12 4 * * * root flock -n /tmp/{GITHUB}LEAK14x9abcdefghijklmnopqrstuvwxyz01.lock /opt/run.sh
13 4 * * * root chpasswd%bob:LEAK15x9
14 4 * * * root mail -s x ops@example.com%password: LEAK16x9
15 4 * * * root cd /srv/token=LEAK17x9 && ./x.sh
16 4 * * * root test -f /tmp/password=LEAK18x9 && /opt/run.sh --password LEAK19x9
99 4 * * * root mysql -pLEAK20x9 shop
17 4 * * * root curl -u LEAK21x9a1b2c3d4: https://x.example/
18 4 * * * root pgrep -f 'x --token LEAK22x9' || /opt/run.sh
mysql -pLEAK23x9 shop
19 4 * * * root echo "LEAK24x9" | sudo -S date
# cron2fargate: name=ok password=LEAK25x9 bogus
20 4 * * * root docker run --rm -e X_TOKEN=LEAK26x9 img
"""
SCRIPT = rf"""#!/bin/sh
export PGPASSWORD=LEAK30x9
curl -u bot:LEAK31x9 https://x.example/
mysql -h db1 -u root -pLEAK32x9 shop
flock -n /tmp/{GITHUB}LEAK33x9abcdefghijklmnopqrstuvwxyz.lock true
curl https://bot:LEAK34x9@h.example/x
cat /srv/{GITHUB}LEAK35x9abcdefghijklmnopqrstuvwxyz01/x
PW=LEAK36x9
wget --http-passwd LEAK37x9 https://x.example/
lwp-request -C bob:LEAK38x9 https://x.example/
kinit bob <<< LEAK39x9
qpdf --encrypt LEAK40x9 LEAK41x9 256 -- a.pdf b.pdf
mysql -p$PW shop
"""


def test_planted_secrets_are_in_nothing_that_is_printed_or_written(tmp_path: Path) -> None:
    for path, text in (("etc/cron.d/app", TABLE), ("opt/run.sh", SCRIPT)):
        (tmp_path / "tree" / path).parent.mkdir(parents=True)
        (tmp_path / "tree" / path).write_text(text, encoding="utf-8")
    texts = {}
    for words in (
        ("scan", "tree", "--details"),
        ("scan", "tree", "--format", "json"),
        ("review", "--list"),
        ("review", "--accept-defaults"),
        *(("report", "--format", form) for form in ("html", "md", "json")),
    ):
        shown = run(*words, cwd=tmp_path)
        assert shown.code == 0, shown.err
        texts[" ".join(words)] = shown.out + shown.err
    for written in (tmp_path / "migration").rglob("*"):
        if written.is_file():
            texts[str(written.relative_to(tmp_path))] = written.read_text(encoding="utf-8")
    leaks = {place: sorted(found) for place, text in texts.items() if (found := set(re.findall(r"LEAK\d\dx9", text)))}
    assert leaks == {}


def test_locks_apart_stay_apart_where_their_paths_hold_a_secret(tmp_path: Path) -> None:
    locks = [f"/tmp/{GITHUB}{letter * 36}.lock" for letter in "ab"]
    (tmp_path / "tab").write_text("".join(f"{n} 4 * * * flock -n {lock} /opt/x\n" for n, lock in enumerate(locks)))
    assert run("scan", "tab", "--user-crontab", cwd=tmp_path).code == 0
    specs = [path.read_text() for path in (tmp_path / "migration").rglob("ecs.yml")]
    names = {name for spec in specs for name in re.findall(r"name: \"?(/tmp/\S+?\.lock|\S*hidden\S*?)\"?\n", spec)}
    assert len(names) == 2
    assert not any(letter * 36 in name for name in names for letter in "ab")
