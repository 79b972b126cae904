"""What a command leans on, and what becomes of it: C4xx."""

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
    Code(
        "C460",
        "warning",
        "search for a running process",
        "It kept two runs apart. In a container it never finds one, so it becomes a lock.",
    ),
    Code(
        "C461",
        "warning",
        "search that finds itself",
        "`pgrep -f` and `ps` look at whole command lines, that of cron's own shell too. The job has never run; "
        "decide whether it should.",
    ),
    Code(
        "C462",
        "warning",
        "test of the host",
        "In a container files, tools and names differ, so the job may silently do nothing. Drop the test, or "
        "make it true there.",
    ),
    Code(
        "C463",
        "warning",
        "program that is kept running",
        "A scheduled task that never ends is an ECS service. Make it one.",
    ),
    Code(
        "C464",
        "info",
        "lines that differ only by a pause",
        "Together they run more than once a minute. EventBridge starts tasks once a minute at most: loop inside one task.",
    ),
    Code(
        "C465",
        "info",
        "ping of a monitor",
        "It still tells the monitor. Check the monitor's grace time: a task takes longer to begin than a process.",
    ),
    Code(
        "C466",
        "warning",
        "scheduler inside the job",
        "What it starts and when stands in the program. List its own schedule before you move it.",
    ),
    Code(
        "C467",
        "info",
        "test of the host that its files decide",
        "The tree that was read tells the answer, and the container would give another one. So the test is gone from the "
        "command, with what it kept from running.",
    ),
    Code(
        "C468",
        "warning",
        "job that never runs on its host",
        "By the host's own files the test in front of it keeps it from running: nothing is lost with it. If it runs on "
        "another host, scan that one; if the test is wrong, mend it.",
    ),
    Code(
        "C469",
        "warning",
        "user that the host does not have",
        "Cron starts nothing for a name that is not in the host's passwd file (it logs a bad username, or ORPHAN). Give the "
        "job to a user that is there if it is wanted, or drop it.",
    ),
    Code(
        "C470",
        "info",
        "path of the host",
        "Put it into the image, mount it from EFS, or fetch it from S3.",
    ),
    Code(
        "C471",
        "warning",
        "mail",
        "Send through SES, or let a notification tell of failures.",
    ),
    Code(
        "C472",
        "warning",
        "service of this machine",
        "localhost is the container itself. Give the job the real address of the database or service.",
    ),
    Code(
        "C473",
        "warning",
        "remote shell",
        "Keys belong into secrets, known hosts into the image; the task's network must reach the other side.",
    ),
    Code(
        "C474",
        "warning",
        "sudo inside the command",
        "A container's user is set once. Run the task as the right user and drop sudo.",
    ),
    Code(
        "C475",
        "warning",
        "service manager",
        "A container has no init system. Keep the job on a host, or replace it by a call to the platform.",
    ),
    Code(
        "C476",
        "warning",
        "container engine",
        "A task cannot steer the host's containers. Start the inner work as a task of its own.",
    ),
    Code(
        "C477",
        "warning",
        "state kept on the host",
        "A task begins with an empty disk and loses it at the end. Use EFS or S3 for what must stay.",
    ),
    Code(
        "C478",
        "warning",
        "directory of jobs",
        "Read the directory as well and move its jobs one by one.",
    ),
    Code(
        "C479",
        "warning",
        "care of the host itself",
        "The work belongs to the machine. If the machine goes, drop it; otherwise leave it there.",
    ),
    Code(
        "C480",
        "warning",
        "secret in clear",
        "Put each value into SSM Parameter Store under the name that ecs.yml gives, then change it: it has stood in a "
        "crontab. The execution role needs ssm:GetParameters on it.",
    ),
    Code(
        "C481",
        "warning",
        "secret that needs a hand",
        "Write the command so that it reads the secret from a variable, and add that variable under secrets in ecs.yml.",
    ),
    Code(
        "C482",
        "warning",
        "job of a package",
        "A package of the host brought it, so it serves that host; it is not moved with the jobs that people wrote. What takes "
        "its place on AWS stands beside it. Where the file was edited, look at what was added.",
    ),
    Code(
        "C483",
        "info",
        "what the job's script needs",
        "The script was found beside the crontab and read, never run. The image needs what it uses of its host.",
    ),
    Code(
        "C484",
        "info",
        "lock that the script takes by itself",
        "Its lock file guards nothing in a container, so ecs.yml has the lock; the script's own may stay, it does no harm.",
    ),
    Code(
        "C485",
        "error",
        "deleting where the data are not",
        "A mirror, a retention or a clean-up that runs where the data are not ends well and destroys the good copies, or "
        "leaves the real ones. Mount the data by EFS, work on S3 by its own means, or keep the job on its host; decide it "
        "for this job.",
    ),
    Code(
        "C486",
        "warning",
        "data on the host's disk",
        "A task begins with an empty disk. Bring the data by EFS or S3, or keep the job on the host that has them.",
    ),
    Code(
        "C487",
        "warning",
        "not in the image",
        "The image was read, and this is not in it. Build it in, or change the command.",
    ),
    Code(
        "C489",
        "warning",
        "name or address of the local network",
        "Give the task's subnets a route and a name server that know it, or write an address that they reach.",
    ),
    Code(
        "C490",
        "warning",
        "instance metadata",
        "Fargate has no instance metadata at 169.254.169.254. AWS_REGION, the task metadata endpoint and the task role take "
        "its place.",
    ),
    Code(
        "C491",
        "warning",
        "wants a terminal",
        "Neither cron nor a task has a terminal. Drop the option that asks for one; decide whether the job should run at all.",
    ),
    Code(
        "C492",
        "warning",
        "no CA certificates in the image",
        "Every https address fails without them. Install ca-certificates in the image.",
    ),
    Code(
        "C493",
        "warning",
        "program that nobody knows",
        "What it does stands in no manual that is known here, and nobody has read it. Give the tree that holds it, read the "
        "image, or decide by hand whether it serves the host.",
    ),
    Code(
        "C494",
        "warning",
        "what the image must hold",
        "A program or file that is missing in the image ends every run before it began. Look into the image, then say once "
        "for all jobs that it holds what they need; your word is kept as such.",
    ),
    Code(
        "C495",
        "warning",
        "job that was to live on by itself",
        "Under cron it ran on beside everything else, perhaps for ever. A task lasts as long as it does, and costs as long. "
        "Let it come to an end, or make it an ECS service.",
    ),
    Code(
        "C496",
        "warning",
        "ENTRYPOINT in front of the command",
        "A container starts ENTRYPOINT with the command behind it. Start the command itself with `entryPoint`, or change the "
        'image so that its entry script ends with `exec "$@"`.',
    ),
    Code(
        "C497",
        "warning",
        "job that has never run",
        "Cron could not start it as it stands, so nothing is lost with it. Mend the line if the job is wanted, or drop it.",
    ),
    Code(
        "C498",
        "warning",
        "value that cron takes as it stands",
        "Cron expands nothing in a value: no variable, no `~`, no `$( )`; the job got the text itself, and what was meant "
        "never worked. Write the value out.",
    ),
    Code(
        "C499",
        "warning",
        "image for another processor",
        "A program of another processor ends with `exec format error`. Say `architecture` in ecs.yml, or build the image for "
        "both.",
    ),
)
