"""What differs between a job's host and its container, beside its command's own words: C425 to C429, C435."""

from __future__ import annotations

from converters.findings.code import Code

CODES = (
    Code(
        "C425",
        "info",
        "user of the table",
        "Cron changed to this user before it started the job. A task runs as its image's own user, root where the image says "
        "nothing, unless `user` in ecs.yml names another. Files on a shared volume then belong to somebody else.",
    ),
    Code(
        "C426",
        "warning",
        "user that the image has not",
        "The image that was read knows no such user, or runs as another one than root. A task that names an unknown user ends "
        "before it begins; a number (`user: 33:33`) always works, but has no home and no name. Decide who runs it.",
    ),
    Code(
        "C427",
        "info",
        "variables of the host's /etc/environment",
        "PAM reads /etc/environment for each of cron's jobs (pam_env), so the job had these variables without a word in its "
        "table. They go along into ecs.yml; take out what only the host meant.",
    ),
    Code(
        "C428",
        "warning",
        "file system of the network",
        "The host mounts this place from elsewhere, so its files outlive the host. A Fargate task can mount EFS under the same "
        "path (`volumes` in ecs.yml), and nothing else: other shares must be copied to EFS or S3, or reached by a program.",
    ),
    Code(
        "C429",
        "warning",
        "image that fills the task's disk",
        "A Fargate task has 20 GiB, in which its image lies packed and unpacked beside all that the job writes; a pull that "
        "does not fit ends the task before it begins (CannotPullContainerError: no space left on device). Ask for more with "
        "`ephemeralStorage` (21 to 200 GiB), or make the image smaller.",
    ),
    Code(
        "C435",
        "warning",
        "file that one job leaves for another",
        "On one host a file is the simplest way from one job to the next; two tasks have two disks. Send it to S3 at the end "
        "of the one and fetch it in the other, mount EFS in both (`volumes`), or let one job do both (`after` gives the order "
        "only).",
    ),
)
