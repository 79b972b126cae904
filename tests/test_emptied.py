"""Deleting, mirroring and overwriting by a name that may come out empty: an error in every form, and nothing beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import run
from tests.test_worlds import effect

DESTROYS = """
D=$(date -d yesterday +%F); rm -rf /srv/backup/$D
rm -rf /srv/backup/$(cat /srv/current)/*
cd $D && rm -rf *
cd "$(cat /srv/where)" && rm -rf ./*
cd /srv/x; cd $(ls -t | tail -1); rm -rf *
find $D -delete
find "$DIR" -mtime +3 -exec rm {} \\;
D=$(cat /srv/d); find $D -mtime +3 | xargs rm -f
for d in $DIRS; do rm -rf $d/*; done
while read d; do rm -rf /srv/$d; done < /srv/list
rsync -a --delete $S/ dest/
rsync -a --del "$SRC"/ user@host.example.com:/dst/
rsync -a --delete-excluded $(cat src)/ /dst/
aws s3 sync --delete /srv/data s3://bucket/
aws s3 sync $D s3://bucket/ --delete
aws s3 rm --recursive s3://b/$D
aws s3 rm s3://b/$(date -d '90 days ago' +%F) --recursive
aws s3 mv --recursive $D s3://b/
rclone sync /srv/data remote:x
rclone sync $D remote:x
rclone purge remote:$D
rclone delete remote:x/$D
rclone move /srv/data remote:x
gsutil -m rsync -d -r $D gs://b/
gsutil rm -r gs://b/$D
azcopy sync /srv/data https://a.blob.core.windows.net/c --delete-destination=true
azcopy rm "https://a.blob.core.windows.net/c/$D" --recursive
mc mirror --remove /srv/data s3/b
s3cmd sync --delete-removed /srv/data s3://b/
lftp -e "mirror -R --delete /srv/data /x; bye" ftp.example.com
lftp -c "open ftp.example.com; mirror --reverse -e /srv/data /x"
tar --remove-files -czf /b/x.tgz $D
tar czf - --remove-files /srv/data | aws s3 cp - s3://b/x.tgz
mv $D/* /srv/archive/
mv /srv/in/$(date +%F) /srv/out/
ssh h.example.com rm -rf /srv/$D
ssh h.example.com "find $D -delete"
ssh h.example.com "cd /srv && rm -rf $(cat list)"
psql -h db.example.com -c "delete from t where d > '$(date -d yesterday +%F)'"
mysql -h db.example.com -e "drop table x_$Y"
curl -X DELETE "https://es.example.com/$INDEX"
curl --request DELETE https://es.example.com/logs-$(date -d '30 days ago' +%F)
pg_dump -h db.example.com app | aws s3 cp - s3://b/db-$(date -d yesterday +%F).sql
scp /tmp/f h.example.com:/b/`cat /srv/name`
"""
HARMLESS = """
rclone sync --dry-run /tmp/x remote:y
rclone sync remote:x remote:y
rclone copy /tmp/x remote:y
aws s3 sync s3://a s3://b --delete
rsync -a --delete web1:/srv/www/ web2:/srv/
aws s3 rm s3://b/old --recursive
curl -X DELETE "https://h.example.com/x?key=$K"
curl -X DELETE https://es.example.com/logs-old
curl -X POST "https://es.example.com/$INDEX"
ssh h.example.com 'rm -rf /srv/$D'
ssh h.example.com "systemctl restart x; echo $D"
ssh h.example.com "find /srv -name x -print | mail $X"
psql -h db.example.com -c 'delete from t where id = $1'
psql -h db.example.com -c "delete from t where d < now()"
psql -h db.example.com -c "select '$D'"
aws s3 cp /tmp/x s3://b/$(date +%F)
aws s3 cp /tmp/x s3://b/db-$(hostname).sql
scp /tmp/f h.example.com:/b/$(date +%F)
lftp -e "mirror --delete /x /y" ftp.example.com
"""


def lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


@pytest.mark.parametrize("command", lines(DESTROYS))
def test_what_destroys_is_an_error(command: str) -> None:
    found = effect(command)
    assert found.fate != "move"
    assert any(one.code == "C485" for one in found.findings), found.findings


@pytest.mark.parametrize("command", lines(HARMLESS))
def test_what_does_not_is_none(command: str) -> None:
    assert not any(one.code == "C485" for one in effect(command).findings)


def test_no_default_settles_it(tmp_path: Path) -> None:
    """`review --accept-defaults` takes no job that destroys: each waits for a person."""
    jobs = lines(DESTROYS)
    text = "".join(f"{n % 60} {n // 60} * * * {one.replace('%', chr(92) + '%')}\n" for n, one in enumerate(jobs))
    (tmp_path / "t.crontab").write_text(text)
    run("scan", "t.crontab", "--timezone", "UTC", "--image", "example/app:1", cwd=tmp_path)
    run("review", "--accept-defaults", cwd=tmp_path)
    jobs_after = json.loads((tmp_path / "migration" / "report.json").read_text())["jobs"]
    assert len(jobs_after) == len(jobs)
    assert [one["line"] for one in jobs_after if one["status"] == "ready"] == []
    decided = tmp_path / "migration" / "decisions.yml"
    assert not decided.exists() or "decision: take" not in decided.read_text()
