"""Where a program keeps what it works with: on this host's disk (C477), elsewhere (not), or where nothing here says."""

from __future__ import annotations

import pytest

from tests.test_worlds import effect

ELSEWHERE = [
    "restic -r s3:s3.example.com/b forget --keep-daily 7 --prune",
    "restic --repo sftp:u@h.example.com:/b forget --prune",
    "restic --repo=rest:https://h.example.com/ prune",
    "restic forget -r b2:bucket:path --prune",
    "RESTIC_REPOSITORY=s3:s3.example.com/b restic forget --prune",
    "export RESTIC_REPOSITORY=gs:b:/x; restic forget --prune",
    "RUSTIC_REPOSITORY=opendal:s3 rustic forget --prune",
    "borg prune ssh://u@h.example.com/./b --keep-daily 7",
    "borg prune --keep-daily 7 u@h.example.com:b",
    "borg -r ssh://u@h.example.com/./b prune --keep-daily 7",
    "borg delete u@h.example.com:b::old",
    "BORG_REPO=ssh://u@h.example.com/./b borg prune --keep-daily 7",
    "BORG_REPO=u@h.example.com:b borg compact",
    "attic prune u@h.example.com:b --keep-daily 7",
    "rclone delete s3:b/old --min-age 30d",
    "rclone purge remote:x",
    "duplicity remove-older-than 30D s3://b/x --force",
    "duplicity remove-all-but-n-full 3 boto3+s3://b/x --force",
    "duplicity remove-older-than 30D webdavs://u@h.example.com/x --force",
]
HERE = [
    "restic -r /srv/backup forget --prune",
    "RESTIC_REPOSITORY=/srv/backup restic forget --prune",
    "borg prune /srv/b --keep-daily 7",
    "BORG_REPO=/srv/b borg prune --keep-daily 7",
    "borg delete /srv/b::old",
    "rclone delete /srv/old --min-age 30d",
    "duplicity remove-older-than 30D file:///srv/x --force",
    # a cache or an index of its own, wherever the rest goes
    "tarsnap -c -f x /srv/data",
    "bup save -r h.example.com: -n x /srv",
    "kopia snapshot create /srv/data",
]
UNKNOWN = [
    ("restic forget --prune", "RESTIC_REPOSITORY"),
    ('restic -r "$REPO" forget --prune', "RESTIC_REPOSITORY"),
    ("borg prune --keep-daily 7", "BORG_REPO"),
    (". /srv/app/env; borg compact", "BORG_REPO"),
]
BY_SSH = [
    "borg prune ssh://u@h.example.com/./b",
    "borg create u@h.example.com:b::x /srv/data",
    "BORG_REPO=ssh://u@h.example.com/./b borg create ::x /srv/data",
    "restic -r sftp:u@h.example.com:/b prune",
    "duplicity remove-older-than 30D sftp://u@h.example.com/x",
    "rdiff-backup --remove-older-than 4W u@h.example.com::/b",
]


def said(text: str) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in effect(text).findings]


@pytest.mark.parametrize("text", ELSEWHERE)
def test_what_lies_elsewhere_is_no_state_of_this_host(text: str) -> None:
    assert "C477" not in [code for code, _ in said(text)]
    assert not [message for _, message in said(text) if "this host's disk" in message or "home directory" in message]


@pytest.mark.parametrize("text", HERE)
def test_what_lies_here_is(text: str) -> None:
    assert [message for code, message in said(text) if code == "C477" and "on this host's disk" in message]


@pytest.mark.parametrize(("text", "variable"), UNKNOWN)
def test_what_nothing_names_is_a_question(text: str, variable: str) -> None:
    assert [
        message for code, message in said(text) if code == "C477" and f"Nothing here names {'the place'}" in message
    ]
    assert any(variable in message for _, message in said(text))
    assert effect(text).fate == "decide"


@pytest.mark.parametrize("text", BY_SSH)
def test_keys_go_with_it(text: str) -> None:
    assert "C473" in [code for code, _ in said(text)]


@pytest.mark.parametrize(
    ("fate", "text"),
    [
        ("decide", "restic -r s3:x -p /etc/restic.pw backup /srv/data"),
        ("decide", "restic -r s3:x backup --exclude-file=/etc/restic/excludes /srv/data"),
        ("decide", "restic -r s3:x backup --exclude-file /etc/restic/excludes -v /srv/data"),
        ("decide", "tar czf /srv/x.tgz -T /etc/backup.list"),
        ("decide", "rsync -a --exclude-from=/etc/rsync.exclude /srv/x/ h.example.com:/x/"),
        ("stay", "restic -r s3:x backup /etc"),
        ("stay", "restic -r s3:x backup -v /etc"),
        ("stay", "tar czf /srv/x.tgz -T /srv/list /etc"),
    ],
)
def test_a_file_that_an_option_names_is_not_what_is_saved(fate: str, text: str) -> None:
    assert effect(text).fate == fate
