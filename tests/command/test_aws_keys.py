"""Keys of an AWS user in a table or a line: found, the rights that the command asks for, and left out where a role has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from converters.commands.idioms.aws_keys import rights
from migrate.review.agenda import open_questions
from migrate.review.book import open_book
from tests.review_world import question, scanned

RIGHTS = [
    ("aws s3 ls s3://b", "s3:ListBucket"),
    ("aws s3 cp a s3://b/a", "s3:GetObject s3:ListBucket s3:PutObject"),
    ("aws s3 sync /a s3://b --delete", "s3:DeleteObject s3:GetObject s3:ListBucket s3:PutObject"),
    ("aws --region eu-west-1 s3 rm s3://b/a", "s3:DeleteObject s3:ListBucket"),
    ("/usr/local/bin/aws --profile=x s3 mv a s3://b", "s3:DeleteObject s3:GetObject s3:ListBucket s3:PutObject"),
    ("aws s3api list-objects-v2 --bucket b", "s3:ListBucket"),
    ("aws s3api put-object --bucket b --key k", "s3:PutObject"),
    ("aws ec2 create-snapshot --volume-id v", "ec2:CreateSnapshot"),
    ("aws rds create-db-snapshot --x y", "rds:CreateDbSnapshot"),
    ("aws sqs purge-queue --queue-url u && aws sns publish --x", "sns:Publish sqs:PurgeQueue"),
    ("aws stepfunctions start-execution --x", "states:StartExecution"),
    ("aws elbv2 describe-load-balancers | jq .", "elasticloadbalancing:DescribeLoadBalancers"),
    ("aws ecr get-login-password | docker login", "ecr:GetAuthorizationToken"),
    ("aws sts get-caller-identity", ""),
    ("aws configure set region x", ""),
    ("/opt/app/run", ""),
    ("laws s3 ls", ""),
    ("echo /aws/s3 ls", ""),
]


@pytest.mark.parametrize(("text", "asked"), RIGHTS)
def test_the_rights_a_command_asks_for(text: str, asked: str) -> None:
    assert " ".join(rights(text)) == asked


KEYS = "AKIAIOSFODNN7EXAMPLQ", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzKEY"
ID, SECRET = f"AWS_ACCESS_KEY_ID={KEYS[0]}", f"AWS_SECRET_ACCESS_KEY={KEYS[1]}"
TABLES = [
    f"{ID}\n{SECRET}\n0 1 * * * aws s3 ls s3://b\n",
    f"0 1 * * * {ID} {SECRET} aws s3 ls s3://b\n",
    f"0 1 * * * export {ID} {SECRET}; aws s3 ls s3://b\n",
    f"0 1 * * * export {ID}; export {SECRET}; aws s3 ls s3://b\n",
    f"0 1 * * * env {ID} {SECRET} aws s3 ls s3://b\n",
    f"0 1 * * * sh -c '{ID} {SECRET} aws s3 ls s3://b'\n",
    f"{ID}\n0 1 * * * {SECRET} aws s3 ls s3://b\n",
    f"{ID}\n{SECRET}\nAWS_SESSION_TOKEN=FwoGZXIvYXdzEXAMPLEtoken12\n0 1 * * * aws s3 ls s3://b\n",
]


@pytest.mark.parametrize("table", TABLES)
def test_a_role_takes_the_place_of_keys(tmp_path: Path, table: str) -> None:
    out = scanned(tmp_path, table, "--image", "app:1")
    book = open_book(out)
    asked = question(book, "keys")
    assert asked.facts == ("The commands ask for s3:ListBucket.",)
    (job,) = asked.jobs
    before = (book.spec(job) or {})["containers"][0]
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= set(before["secrets"])
    book.settle(asked.settle("role", ""))
    made = (book.spec(job) or {})["containers"][0]
    assert made == {key: value for key, value in before.items() if key != "secrets"}
    assert [q.topic for q in open_questions(book) if q.topic in ("keys", "secrets")] == []
    assert not any(key in (out / "report.json").read_text() for key in KEYS)


def test_keys_may_be_kept_and_other_secrets_stay(tmp_path: Path) -> None:
    table = f"{ID}\n{SECRET}\nDB_PASSWORD=kOsh4aeYo2quaing\n0 1 * * * /opt/a\n0 2 * * * /opt/b\n"
    book = open_book(scanned(tmp_path, table, "--image", "app:1"))
    asked = question(book, "keys")
    assert (len(asked.jobs), asked.facts) == (2, ())
    book.settle(asked.settle("secrets", ""))
    assert len((book.spec(asked.jobs[0]) or {})["containers"][0]["secrets"]) == 3
    book.settle({job.id: {"awsKeys": "role"} for job in asked.jobs})
    assert list((book.spec(asked.jobs[0]) or {})["containers"][0]["secrets"]) == ["DB_PASSWORD"]
