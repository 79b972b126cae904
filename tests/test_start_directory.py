"""Where a job starts and whose it is, with a tree that knows its user: siblings of the kinds HOME, DIRECTORY and STATE."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli import run

FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndeploy:x:1004:1004::/home/deploy:/bin/bash\n",
    "etc/hostname": "web1\n",
    "etc/os-release": "ID=debian\n",
    "usr/bin/env": "",
}
# Something counts from the directory where cron starts the job.
RELATIVE = [
    "bin/console app:clean --env=prod",
    "./content.sh > /dev/null",
    "python3 worker.py --drain",
    "/usr/bin/php artisan schedule:run >> /dev/null 2>&1",
    "make -s nightly",
    "npm run --silent nightly",
    "RAILS_ENV=production bundle exec rake nightly",
    "/app/bin/report > report.html",
    "{ . ./env.sh; /app/bin/nightly; }",
    "sh -c 'scripts/nightly.sh all'",
    "find -name '*.tmp' -mtime +1 -delete",
    "ls | /app/bin/load",
    "/app/bin/load $(pwd)",
    "if [ -f go ]; then /app/bin/nightly; fi",
    "for f in in/*.csv; do /app/bin/load $f; done < list.txt",
    "tar czf /backup/x.tgz data",
    "git pull -q",
    "case a in a) cat data.csv | /app/bin/load;; esac",
]
# The text itself says where it works, or nothing counts from there.
ELSEWHERE = [
    "cd /srv/app && ./content.sh",
    "(cd /srv/app; make nightly)",
    "if true; then cd /srv/app; ls; fi",
    "/app/bin/nightly --all",
    "find /srv/x -name '*.tmp'",
    "tar czf /backup/x.tgz -C /srv data",
    "sh -c 'cd /srv/app && ./run'",
    "cd ~/shop && php artisan reports:daily",
    "~/venv/bin/python /app/report.py",
    "echo a.txt",
    "make -C /srv/app nightly",
    "curl -fsS https://api.example.com/a/b.json",
]


def jobs(tmp_path: Path, text: str, **more: str) -> list[dict[str, Any]]:
    for name, content in {**FILES, **more, "etc/cron.d/jobs": text}.items():
        path = tmp_path / "host" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        path.chmod(0o755)
    result = run("scan", "host", "--format", "json", "--timezone", "UTC", cwd=tmp_path)
    assert result.code == 0, result.err
    return list(result.document["jobs"])  # type: ignore[call-overload]


def test_a_home_that_is_known_is_where_the_container_starts(tmp_path: Path) -> None:
    text = "".join(f"0 4 * * * deploy {one}\n" for one in RELATIVE)
    for job in jobs(tmp_path, text):
        assert job["command"]["workingDirectory"] == "/home/deploy", job["line"]
        assert "C456" in {one["code"] for one in job["findings"]}, job["line"]


def test_the_tables_own_home_counts_before_the_users(tmp_path: Path) -> None:
    for job in jobs(tmp_path, "HOME=/srv/shop\n" + "".join(f"0 4 * * * deploy {one}\n" for one in RELATIVE)):
        assert job["command"]["workingDirectory"] == "/srv/shop", job["line"]


def test_nothing_is_said_where_the_text_says_it(tmp_path: Path) -> None:
    for job in jobs(tmp_path, "".join(f"0 4 * * * deploy {one}\n" for one in ELSEWHERE)):
        assert not (job["command"]["workingDirectory"] or "").startswith("/home/deploy/..")
        assert job["command"]["workingDirectory"] != "/home/deploy", job["line"]


HOMES = [
    "cd ~/shop && php artisan reports:daily",
    "~/venv/bin/python /app/report.py",
    "/bin/bash -lc 'cd \"$HOME/app\" && bundle exec rake nightly'",
    ". $HOME/.profile; /app/bin/nightly",
    "mysqldump --defaults-file=~/.my.cnf -h db.example.com app | aws s3 cp - s3://b/a.sql",
    "ssh -i ~/.ssh/deploy deploy@web2.example.com /usr/local/bin/rotate-keys",
    'rclone --config "$HOME/.config/rclone/rclone.conf" copy r2:a s3:b',
    "$HOME/.rbenv/shims/ruby /app/bin/nightly.rb",
    'if [ -d "$HOME/app" ]; then cd "$HOME/app" && npm run nightly; fi',
    "test -r $HOME/.env && . $HOME/.env && /app/bin/nightly",
    "/app/bin/load ~/in/data.csv",
]
STATES = [
    '/app/bin/sync --since "$(cat /var/lib/app/last)" && date +\\%s > /var/lib/app/last',
    "find /app/data -newer /var/lib/app/stamp | xargs -r /app/bin/send; touch /var/lib/app/stamp",
    "curl -fsS -b /var/lib/app/jar -c /var/lib/app/jar https://example.com/poll",
    "n=$(cat /var/lib/app/n); /app/bin/page $n; echo $((n+1)) > /var/lib/app/n",
    "diff /var/lib/app/old /var/lib/app/new; mv /var/lib/app/new /var/lib/app/old",
    "tar -c -g /var/lib/app/snar -f - /app/data | aws s3 cp - s3://bkt/inc.tar",
    "[ -e /home/deploy/done ] || { /app/bin/daily && touch /home/deploy/done; }",
    "sh -c 'curl -fsS https://example.com/price >> prices.csv'",
    "git -C /var/lib/app/mirror.git fetch -q --prune",
    "flock /home/deploy/l sqlite3 seen.db 'delete from seen'",
    "while read -r f; do [ -f done/$f ] || /app/bin/send $f; done < queue.txt",
]


@pytest.mark.parametrize("kind", ["HOME", "STATE"])
def test_what_lies_on_the_host_is_never_ready(tmp_path: Path, kind: str) -> None:
    for job in jobs(tmp_path, "".join(f"0 4 * * * deploy {one}\n" for one in (HOMES if kind == "HOME" else STATES))):
        assert job["status"] != "ready", job["line"]
        lacking = [one for one in job["needs"] if one["answer"] in ("unmet", "unknown", "changed")]
        assert lacking, job["line"]


@pytest.mark.parametrize("user", ["ghost", "www-data", "nobody2"])
def test_a_user_that_is_not_there(tmp_path: Path, user: str) -> None:
    (job,) = jobs(tmp_path, f"0 4 * * * {user} /app/bin/nightly\n")
    assert job["fate"] == "drop"
    assert "C469" in {one["code"] for one in job["findings"]}


def test_a_user_of_a_directory_service_may_be_there(tmp_path: Path) -> None:
    (job,) = jobs(tmp_path, "0 4 * * * ghost /app/bin/nightly\n", **{"etc/nsswitch.conf": "passwd: files sss\n"})
    assert "C469" not in {one["code"] for one in job["findings"]}


def test_a_test_of_the_host_in_a_tree(tmp_path: Path) -> None:
    text = (
        '0 4 * * * deploy [ "$(hostname)" = web1 ] && /app/bin/nightly\n'
        '0 5 * * * deploy [ "$(hostname)" = web2 ] && /app/bin/other\n'
        "0 6 * * * deploy if [ -f /etc/role ]; then /app/bin/third; fi\n"
        "0 7 * * * deploy case $(hostname) in web*) cd /srv/a && ./four;; esac\n"
    )
    first, second, third, fourth = jobs(
        tmp_path, text, **{"etc/hosts": "127.0.0.1 localhost\n", "etc/group": "root:x:0:\n"}
    )
    assert first["command"]["argv"] == ["/app/bin/nightly"]
    assert second["fate"] == third["fate"] == "drop"
    assert {"C468"} <= {one["code"] for one in second["findings"]}
    assert (fourth["command"]["argv"], fourth["command"]["workingDirectory"]) == (["./four"], "/srv/a")


@pytest.mark.parametrize("asks", ["$(hostname)", "`hostname -s`", "$(whoami)", "$(id -un)", "$(uname -n)"])
def test_who_and_where_is_another_answer_in_a_task(tmp_path: Path, asks: str) -> None:
    (job,) = jobs(tmp_path, f"0 4 * * * deploy /app/bin/nightly --tag {asks}\n")
    assert "C449" in {one["code"] for one in job["findings"]}
    assert job["status"] != "ready"


def test_an_edited_table_of_a_package_is_named_and_judged_by_its_work(tmp_path: Path) -> None:
    status = "Package: certbot\nStatus: install ok installed\nConffiles:\n /etc/cron.d/jobs 00000000000000000000000000000000\n"
    (job,) = jobs(
        tmp_path,
        "0 4 * * * root /app/bin/nightly\n",
        **{"var/lib/dpkg/status": status, "var/lib/dpkg/info/certbot.list": "/etc/cron.d/jobs\n"},
    )
    said = next(one["message"] for one in job["findings"] if one["code"] == "C482")
    assert "edited" in said
    assert job["fate"] == "decide"


def test_what_a_removed_package_left(tmp_path: Path) -> None:
    status = "Package: munin\nStatus: deinstall ok config-files\nConffiles:\n /etc/cron.d/jobs 0\n"
    (job,) = jobs(tmp_path, "0 4 * * * root /usr/bin/munin-cron\n", **{"var/lib/dpkg/status": status})
    assert job["fate"] == "drop"
    assert "removed" in next(one["message"] for one in job["findings"] if one["code"] == "C482")
