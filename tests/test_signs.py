"""Scratch files that are signs, or another program's products, and work that is done beside clearing them away."""

from __future__ import annotations

import pytest

from tests.test_worlds import effect

SIGNS = [
    "if [ -e {f} ]; then rm -f {f}; {job}; fi",
    "if test -f {f}; then rm -f {f}; {job}; fi",
    "if [[ -e {f} ]]; then rm {f}; {job}; fi",
    "[ -e {f} ] && rm {f} && {job}",
    "[ -s {f} ] && {{ rm -f {f}; {job}; }}",
    "test -r {f} && rm -f {f} && {job}",
    "[ ! -e {f} ] || {{ rm -f {f}; {job}; }}",
    "[ -e {f} ] || exit 0; rm -f {f}; {job}",
    "[ ! -f {f} ] && exit; rm {f}; {job}",
    "if [ ! -f {f} ]; then exit 0; fi; rm {f}; {job}",
    "if [ -e /etc/no ]; then :; elif [ -e {f} ]; then rm {f}; {job}; fi",
    "if [ ! -e {f} ]; then :; else rm {f}; {job}; fi",
    "while [ -e {f} ]; do rm -f {f}; {job}; done",
    "until [ ! -e {f} ]; do rm -f {f}; {job}; done",
    "case $(ls {f}) in {f}) rm -f {f}; {job};; esac",
    'case "$(cat {f})" in go) rm -f {f}; {job};; esac',
    "go() {{ [ -e {f} ] && rm -f {f} && {job}; }}; go",
    "go() {{ [ -e {f} ] || return; rm -f {f}; {job}; }}; go",
    "for i in 1 2; do [ -e {f} ] || continue; rm {f}; {job}; done",
    "F={f}; [ -e $F ] && rm $F && {job}",
    "(cd /tmp; [ -e {f} ] && rm {f} && {job})",
    "sh -c '[ -e {f} ] && rm {f} && {job}'",
    "[ -e {f} ] && sh -c 'rm {f}; {job}'",
    "sudo sh -c 'if [ -e {f} ]; then rm {f}; {job}; fi'",
    "find {f} -mmin -5 | grep -q . && rm {f} && {job}",
    '[ -n "$(find {f} -mmin -5)" ] && rm {f} && {job}',
    '[ "$(ls -A {f})" ] && rm -rf {f} && {job}',
    '[ "$(cat {f})" = go ] && rm -f {f} && {job}',
    "stat {f} >/dev/null 2>&1 && rm {f} && {job}",
    "ls {f} >/dev/null 2>&1 && {{ rm {f}; {job}; }}",
    "grep -q go {f} && rm {f} && {job}",
    "rm {f} 2>/dev/null && {job}",
    "if rm {f}; then {job}; fi",
    "rm {f} || exit 0; {job}",
    "[ -e {f} ] && {job} && rm -f {f}",
]
JOBS = ["curl -fsS https://h.example.com/go", "/srv/app/run", "python3 /srv/app/run.py", "php -r 'run();'"]


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("form", SIGNS)
def test_what_is_asked_for_is_no_rubbish(form: str, job: str) -> None:
    text = form.format(
        f="/tmp/go", job=job.replace("'", '"') if "'[" in form or "'rm" in form or "'if" in form else job
    )
    found = effect(text)
    assert found.fate == "decide"
    assert [one.code for one in found.findings if "/tmp/go" in one.message and one.code != "C434"] == ["C462"]


@pytest.mark.parametrize("form", SIGNS)
def test_a_sign_anywhere(form: str) -> None:
    for place in ("/run/app/go", "/var/tmp/go", "/srv/app/tmp/go", "/srv/site/go"):
        found = effect(form.format(f=place, job="/srv/app/run"))
        assert found.fate == "decide"
        assert "C462" in [one.code for one in found.findings]
        assert "C479" not in [one.code for one in found.findings]


COURTESIES = [
    ("drop", "[ -f /tmp/x ] && rm /tmp/x"),
    ("drop", "if [ -d /tmp/cache ]; then rm -rf /tmp/cache; fi"),
    ("drop", "if [ -d /tmp/cache ]; then echo clearing; rm -rf /tmp/cache; fi"),
    ("drop", "test -d /tmp/a && rm -rf /tmp/a /tmp/b"),
    ("drop", "[ -d /tmp/a ] && find /tmp/a -mtime +3 -delete"),
    ("drop", "for f in /tmp/a/*; do [ -f $f ] && rm $f; done"),
    ("drop", "[ -d /tmp ] && rm -f /tmp/x.*"),
    ("move", "[ -f /tmp/x ] && rm /tmp/x; /srv/app/run"),
    ("move", "if [ -d /tmp/c ]; then rm -rf /tmp/c; fi; /srv/app/run"),
    ("move", "([ -d /tmp/c ] || exit; rm -rf /tmp/c); /srv/app/run"),
    ("move", "clear() { [ -d /tmp/c ] || return; rm -rf /tmp/c; }; clear; /srv/app/run"),
    ("move", "rm -f /tmp/x && /srv/app/run"),
    ("move", "[ -e /tmp/app.lock ] && rm -f /tmp/app.lock; /srv/app/run"),
    (
        "move",
        "[ -d /tmp/w ] || mkdir /tmp/w; /srv/app/run > /tmp/w/o; curl -T /tmp/w/o https://h.example.com/; rm -r /tmp/w",
    ),
    ("move", "/srv/app/run > /tmp/o && [ -s /tmp/o ] && curl -T /tmp/o https://h.example.com/ && rm /tmp/o"),
]


@pytest.mark.parametrize(("fate", "text"), COURTESIES)
def test_a_question_about_what_is_cleared_alone(fate: str, text: str) -> None:
    found = effect(text)
    assert found.fate == fate
    assert "C462" not in [one.code for one in found.findings]


BESIDE = [
    ("move", "rm -f /tmp/x; curl -fsS https://h.example.com/go"),
    ("move", "curl -fsS https://h.example.com/go && rm -f /tmp/x"),
    ("move", "curl -fsS -X POST https://h.example.com/go; find /tmp -mtime +3 -delete"),
    ("move", "rm -f /tmp/x; wget -q -O /dev/null https://h.example.com/go"),
    ("move", "rm -f /tmp/x; python3 /srv/app/job.py"),
    ("move", "rm -f /tmp/x; python3 -c 'import job; job.run()'"),
    ("move", "rm -f /tmp/x; perl /srv/app/job.pl"),
    ("move", "rm -f /tmp/x; sh /srv/app/job.sh"),
    ("move", "rm -f /tmp/x; sudo -u www bash /srv/app/job.sh"),
    ("decide", "rm -f /tmp/x; rm -rf /srv/y"),
    ("decide", "rm -rf /tmp/x /srv/y"),
    ("decide", "sh -c 'rm -f /tmp/x; rm -rf /srv/y'"),
    ("decide", "find /tmp -mtime +3 -delete; find /srv/up -mtime +30 -delete"),
    ("decide", "find /tmp /srv/up -mtime +3 -delete"),
    ("decide", "rm -f /var/log/app/*.gz; mv /srv/in/*.csv /srv/done/"),
    # a product that another program left there
    ("decide", "mv /tmp/export.csv /srv/in/"),
    ("decide", "rsync -a --remove-source-files /tmp/out/ web1.example.com:/in/"),
    ("decide", "aws s3 mv /tmp/out s3://b/ --recursive"),
    ("decide", "[ -s /tmp/q ] && curl -fsS --data-binary @/tmp/q https://h.example.com/ && rm /tmp/q"),
    ("decide", "for f in /tmp/q/*; do curl -T $f https://h.example.com/ && rm $f; done"),
    # telling and asking is no work
    ("drop", "rm -rf /tmp/c; curl -fsS https://hc-ping.com/abc"),
    ("drop", "find /tmp -mtime +7 -delete; curl -fsS -d text=cleaned https://hooks.slack.com/services/x"),
    ("drop", "curl -fsS https://h.example.com || systemctl restart app"),
    (
        "drop",
        "S=$(curl -s -o /dev/null -w '%{http_code}' https://h.example.com); [ $S = 200 ] || systemctl restart app",
    ),
    ("drop", '[ "$(curl -s https://h.example.com)" = ok ] || systemctl restart app'),
    ("drop", "curl -s https://h.example.com | grep -q ok || systemctl restart app"),
    (
        "decide",
        "curl -s https://h.example.com | grep -q ok || systemctl restart app; curl -d a=b https://h.example.com/go",
    ),
    ("drop", "mv /tmp/a.log /tmp/a.log.1"),
    # a copy of what lies elsewhere clears nothing
    ("decide", "rsync -a --delete web1.example.com:/x/ /tmp/x/"),
    ("decide", "rsync -a --delete web1.example.com:/var/log/ /srv/logs/"),
    ("decide", "rsync -a --delete web1.example.com:/x/ /srv/cache/x/"),
]


@pytest.mark.parametrize(("fate", "text"), BESIDE)
def test_work_beside_care_is_work(fate: str, text: str) -> None:
    assert effect(text).fate == fate
