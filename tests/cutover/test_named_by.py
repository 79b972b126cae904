"""Which jobs a line of a check is about: a name counts whole, and never as a part of another."""

from __future__ import annotations

import pytest

from migrate.cutover.asking import _is_named

ARN = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/prod/db"
SECRET = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf"


@pytest.mark.parametrize(
    ("token", "name", "same"),
    [
        ("app:1", "app:1", True),
        ("app:10", "app:1", False),
        ("team/app:1", "app:1", False),
        (ARN, ARN, True),
        (ARN + "-password", ARN, False),
        (ARN, "/prod/db", True),
        (ARN, "/db", False),
        (SECRET, SECRET + ":password::", True),
        (SECRET + "x", SECRET + ":password::", False),
    ],
)
def test_names_count_whole(token: str, name: str, same: bool) -> None:
    assert _is_named(token, name) == same
