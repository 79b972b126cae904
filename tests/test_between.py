"""What one job leaves on the host's disk for another: two lines, what each is told of the other, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.workspaces import scanned

# The writer, the reader, and what the reader is told; `-` where neither is told anything. Each pair has a place of its own.
PAIRS = """
/app/export > /tmp/a1.csv // /app/import /tmp/a1.csv // writes `/tmp/a1.csv`, which this job is given
curl -s https://example.com/x -o /tmp/a2.csv // /app/import < /tmp/a2.csv // writes `/tmp/a2.csv`, which this job reads
cd /srv/a3 && wget -q https://example.com/feed.xml // /app/import /srv/a3/feed.xml // which this job is given
/app/export | gzip > /srv/a4/x.gz // zcat /srv/a4/x.gz | /app/import // which this job reads
pg_dump -h db.example.com a > /srv/a5/a-$(date +\\%F).sql // aws s3 sync /srv/a5/ s3://b/ // which this job reads
pg_dump -h db.example.com a > /srv/a6/a-$(date +\\%F).sql // aws s3 cp /srv/a6/a-*.sql s3://b/ // which this job reads
pg_dump -h db.example.com a > /srv/a7/a.sql // rsync -a /srv/a7 h.example.com:/b/ // which this job reads
touch /tmp/a8.flag // [ -f /tmp/a8.flag ] && /app/go // which this job asks for
mysqldump -h db.example.com -r /srv/a9/b.sql b // (cd /srv/a9; gzip b.sql) // which this job
sh -c "/app/export > /tmp/a10.csv" // if true; then /app/import /tmp/a10.csv; fi // which this job is given
/app/gen -o /tmp/a11.sql // psql -h db.example.com -f /tmp/a11.sql // is given `/tmp/a11.sql`, which this job reads
/app/gen --out=/tmp/a12.sql // /app/use --in=/tmp/a12.sql // is given `/tmp/a12.sql`, as this job is
/app/work >> /var/log/a13.log 2>&1 // grep -c error /var/log/a13.log // the log of
cp /srv/a14/x /tmp/a14.x // tar czf /tmp/a14.tgz -C /tmp a14.x // which this job reads
/app/export > ~/a15.csv // /app/import ~/a15.csv // which this job is given
cd /srv/a16 && gzip -f x.csv // aws s3 cp /srv/a16/x.csv.gz s3://b/ // writes `/srv/a16/x.csv.gz`, which this job reads
touch /tmp/a17.flag // [ -f /tmp/a17.flag ] && rm /tmp/a17.flag && /app/go // which this job
find /srv/b10 -name '*.gz' | xargs /app/load // cp /srv/b10/*.gz /mnt/ // -
/app/export > /tmp/b1.csv // /app/import /tmp/b1.tsv // -
/app/x > /tmp/b2.csv && /app/import /tmp/b2.csv // /app/other > /tmp/b2.txt // -
/app/x --config /etc/b3.yml // /app/y --config /etc/b3.yml // -
flock -n /tmp/b4.lock /app/x // flock -n /tmp/b4.lock /app/y // -
/app/x >> /var/log/b5.log // /app/y >> /var/log/b5.log // -
/app/x > /tmp/b6-a // /app/y < /tmp/c6-a // -
/app/x > /tmp/b7 && aws s3 cp /tmp/b7 s3://b/ // /app/y > /tmp/b7 && aws s3 cp /tmp/b7 s3://b/ // -
cd /srv/b9 && /srv/b9/bin/x // cd /srv/b9 && /srv/b9/bin/y // -
"""


def rows() -> list[list[str]]:
    return [line.split(" // ") for line in PAIRS.strip().splitlines()]


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Any]]:
    place = tmp_path_factory.mktemp("between")
    lines = [f"{at % 60} {at // 60} * * * {one}" for at, row in enumerate(rows()) for one in row[:2]]
    (place / "lines").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {job["source"]["line"]: job for job in scanned(place, "lines", "--user-crontab")["jobs"]}


@pytest.mark.parametrize("at", range(len(rows())))
def test_two_jobs_and_a_file(at: int, jobs: dict[int, dict[str, Any]]) -> None:
    writer, reader = jobs[2 * at + 1], jobs[2 * at + 2]
    said = rows()[at][2]
    of_writer, of_reader = (
        [one["message"] for one in job["findings"] if one["code"] == "C435"] for job in (writer, reader)
    )
    if said == "-":
        assert not of_writer and not of_reader
        return
    assert any(said in one and f"`{writer['name']}`" in one for one in of_reader), of_reader
    assert reader["fate"] != "move"
    # Who is given a file, as the other is, may be the one that reads it.
    if "as this job is" not in said:
        assert any(f"`{reader['name']}`" in one for one in of_writer), of_writer
    if "log of" not in said:
        assert "move" not in (writer["fate"] if "as this job" not in said else "", reader["fate"])


def test_two_writers_are_a_plural(tmp_path: Path) -> None:
    lines = ["/app/one > /tmp/d1.csv", "/app/two > /tmp/d1.csv", "/app/load < /tmp/d1.csv"]
    (tmp_path / "lines").write_text(
        "".join(f"{at} 1 * * * {line}\n" for at, line in enumerate(lines)), encoding="utf-8"
    )
    job = scanned(tmp_path, "lines", "--user-crontab")["jobs"][2]
    (said,) = [one["message"] for one in job["findings"] if one["code"] == "C435"]
    assert said.startswith("`one` and `two` write `/tmp/d1.csv`, which this job reads")
