"""What a command says, and what becomes of its text: C404 to C459."""

from __future__ import annotations

from converters.findings.code import Code

CODES = (
    Code(
        "C404",
        "info",
        "MAILTO becomes a notification",
        "Cron mailed whatever a run printed. On AWS output goes to CloudWatch Logs, and these addresses are told of "
        "failures; set notify.output to be told of output too.",
    ),
    Code(
        "C408",
        "warning",
        "mail to a user of the host",
        "Nobody reads a container's local mail. Set notify.email to an address, or decide that nobody needs to be told.",
    ),
    Code(
        "C409",
        "warning",
        "address cut at an unquoted &",
        "To the shell & ends a command and puts it into the background, also inside an address. What stands behind it was "
        "never sent. Quote the address, and see whether the job should do from now on what was meant.",
    ),
    Code(
        "C410",
        "warning",
        "lock that waits without bound",
        "Late runs pile up behind a slow one. Choose: skip a run that finds the lock taken, or wait a stated time.",
    ),
    Code(
        "C411",
        "warning",
        "lock that stays in the command",
        "A lock file guards nothing in a container. Write `lock:` in ecs.yml if one run at a time is meant.",
    ),
    Code(
        "C412",
        "warning",
        "wrapper that stays in the command",
        "This use of it is not taken over, so the text is as it was. Check that the image has the tool and "
        "that it still makes sense.",
    ),
    Code(
        "C416",
        "info",
        "background job that is waited for",
        "A container ends when its first process does, so the job runs in the foreground.",
    ),
    Code(
        "C417",
        "warning",
        "background job that would be killed",
        "The container's shell ends at once and takes the rest with it. End the command with `wait`.",
    ),
    Code(
        "C418",
        "warning",
        "lock without a time limit",
        "On AWS a lock is a lease that ends after the time limit, its retries and a margin; without a limit it ends after a "
        "day. Set timeout in ecs.yml (or lock.lease), longer than the job has ever taken.",
    ),
    Code(
        "C419",
        "info",
        "PATH of the crontab",
        "A container's PATH is its image's, unless environment in ecs.yml has one. Install the programs where it looks; add "
        "the image's own directories where they are missing.",
    ),
    Code(
        "C420",
        "info",
        "log file becomes CloudWatch Logs",
        "Nothing writes that file any more: look for what reads or rotates it.",
    ),
    Code(
        "C421",
        "warning",
        "output that stays a file",
        "It is written inside the container and gone with it. If it is data, write to S3 or EFS; if it is a "
        "log, drop the redirection.",
    ),
    Code(
        "C422",
        "info",
        "output no longer thrown away",
        "It was sent to /dev/null to keep cron from mailing it. In CloudWatch Logs it helps when a run fails.",
    ),
    Code(
        "C423",
        "info",
        "wrapper that is gone",
        "It changed how the job ran on its host and not what it did. Write it into ecs.yml again if it is wanted there; the "
        "image must hold it then.",
    ),
    Code(
        "C424",
        "warning",
        "shell of the host",
        "The table names a shell that only this host has. A shell of the image takes its place: see whether the job did "
        "anything that the host's shell forbade, or changed.",
    ),
    Code(
        "C430",
        "info",
        "pause before the job",
        "Start offsets and random pauses belong to the schedule: shift its minute, or use a flexible time window.",
    ),
    Code(
        "C431",
        "warning",
        "random pause that has never worked",
        "`$RANDOM` is empty in dash, the arithmetic fails and the command ends there. Decide whether the job "
        "should run from now on.",
    ),
    Code(
        "C432",
        "warning",
        "random pause that is always the same",
        "RANDOM is empty in dash and counts as 0. Use a flexible time window if spreading is meant.",
    ),
    Code(
        "C436",
        "warning",
        "files read by a group",
        "On the host the user reads these files only because the group file makes it a member of their group. A task starts as "
        "one uid and one gid. Name that group's number in `user`, or make the user a member in the image's own /etc/group.",
    ),
    Code(
        "C437",
        "info",
        "answer that is left as a file",
        "wget without -O writes what a server answers into a file where it starts, one more at each run. In a task that file "
        "ends with the disk, and where the user may not write, wget fails. If it is wanted, name it and send it to S3; if "
        "not, write `-O /dev/null`, or use curl.",
    ),
    Code(
        "C438",
        "info",
        "file of variables, as ECS would read it",
        "Write the lines as ECS reads them before the file goes to S3: NAME=VALUE, no quotes, no variables, no `export`.",
    ),
    Code(
        "C439",
        "warning",
        "keys of an AWS user",
        "Give the task role the rights and leave the keys out: a role has nothing to store, to rotate or to lose. Name "
        "the role as taskRole in cron2fargate.yml.",
    ),
    Code(
        "C440",
        "info",
        "test of the date becomes schedule",
        "The comparison of runs before and after is made with the days on which the test was true.",
    ),
    Code(
        "C441",
        "warning",
        "test of the date or time that stays",
        "It is asked in the container, at the moment it starts. There TZ must name the zone, and the image must hold zone data "
        "(package tzdata): without them `date` prints UTC and says nothing. Try `TZ=Asia/Tokyo date` in the image.",
    ),
    Code(
        "C442",
        "warning",
        "test that is never true",
        "The job has never run. Remove it, or mend the test.",
    ),
    Code(
        "C443",
        "warning",
        "test that fails with 08 and 09",
        "Shell arithmetic reads a leading zero as octal. Use `date +%-V` or `10#`; decide whether the "
        "skipped runs should come back.",
    ),
    Code(
        "C444",
        "warning",
        "command cut at an unescaped %",
        "In a crontab % ends the command and begins standard input, even inside quotes. The job has never "
        "done what it says.",
    ),
    Code(
        "C445",
        "info",
        "% passes standard input",
        "The text after the first % is the job's standard input; it is passed on in the same way.",
    ),
    Code(
        "C446",
        "warning",
        "command that reads the clock",
        "Cron's machine had a zone of its own. Set TZ in the container's environment, or dates near midnight are wrong.",
    ),
    Code(
        "C447",
        "warning",
        "date that takes no such option",
        "Each system has a `date` of its own: GNU takes -d, FreeBSD -v, BusyBox and OpenBSD neither. What the job did here is "
        "not what its author meant. Drop the test, or mend it for the image's own `date`.",
    ),
    Code(
        "C448",
        "info",
        "clock read in a zone",
        "TZ names a zone, but what it means stands in files (package tzdata; Debian's slim images and Alpine lack them). "
        "Without them `date` prints UTC and says nothing: `TZ=Asia/Tokyo date` in the image shows it.",
    ),
    Code(
        "C449",
        "warning",
        "asks who or where it is",
        "The answer goes into a name, a file or a message, and is another one in a task. Write out what is meant, give the "
        "task its user, or accept the new answer.",
    ),
    Code(
        "C450",
        "warning",
        "bash syntax under sh",
        "Cron runs commands with /bin/sh. Where that is dash, the line failed or did something else. Use "
        "SHELL=/bin/bash, or mend it.",
    ),
    Code(
        "C451",
        "warning",
        "login shell",
        "Profile files of the host gave it PATH and other variables. Set them in the image, or as environment.",
    ),
    Code(
        "C452",
        "warning",
        "shell settings read from a file",
        "Name an object of S3 under environmentFiles, put the variables into ecs.yml (secrets as references), or the file "
        "into the image. ECS takes NAME=VALUE as it stands: quotes stay, nothing is expanded, an empty value is left out, "
        "`export` is not known.",
    ),
    Code(
        "C453",
        "warning",
        "change of user",
        "The container runs as that user from the start. sudo also clears the environment: check what the job reads.",
    ),
    Code(
        "C454",
        "info",
        "version manager taken off",
        "An image holds one version of a runtime; build the one that the host used into it.",
    ),
    Code(
        "C455",
        "info",
        "deploy tool's current release",
        "In the image the program stands in one place; set workingDirectory to it.",
    ),
    Code(
        "C456",
        "info",
        "path from the home directory",
        "Cron starts every job in the user's home directory. Set workingDirectory, or write the whole path.",
    ),
    Code(
        "C457",
        "info",
        "variable that is not set here",
        "Cron gives HOME, LOGNAME, SHELL and PATH; the rest must come from the table or the container.",
    ),
    Code(
        "C458",
        "warning",
        "carriage return at the end",
        "Save the file with Unix line endings. Until then the last word of the command ends with an invisible character.",
    ),
    Code(
        "C459",
        "warning",
        "command that cannot be read",
        "It is carried over exactly as it stands. If quotes do not match, the shell refused it too, and it has never run.",
    ),
)
