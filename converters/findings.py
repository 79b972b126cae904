"""Every code the tool can report, with its severity and its help.

A code is stable: it is never renumbered and never reused. C1xx reading, C2xx schedules, C3xx clocks and parity,
C4xx commands, C5xx ecs.yml, C6xx AWS, C7xx what the logs tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Code:
    """What ``explain CODE`` prints: ``error`` blocks a job, ``warning`` asks for a decision, ``info`` only informs."""

    code: str
    severity: Severity
    title: str
    help: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing said of one job or line: a code of the catalogue and a sentence about this very case."""

    code: str
    message: str

    @property
    def severity(self) -> Severity:
        return CATALOGUE[self.code].severity

    @property
    def help(self) -> str:
        return CATALOGUE[self.code].help

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "severity": self.severity, "message": self.message, "help": self.help}


_CODES = [
    Code(
        "C101",
        "error",
        "not a line of a crontab",
        "The daemon cannot read this line, so it starts nothing. Mend it, or make it a comment with #.",
    ),
    Code(
        "C102",
        "warning",
        "file that the daemon ignores as a whole",
        "One mistake costs the whole file on this daemon, so its jobs may never have run. Look at cron's log, then decide "
        "which of them you want.",
    ),
    Code(
        "C103",
        "warning",
        "empty value that older Debian refuses",
        "Cron before 3.0pl1-187 (Debian 12, Ubuntu 22.04) takes NAME= for a bad minute and ignores the whole file. "
        'Write NAME="" to be safe; scan with --dialect debian-12 to see the effect.',
    ),
    Code(
        "C104",
        "warning",
        "bytes that are not UTF-8",
        "AWS takes text in UTF-8 only. Convert the file (iconv -f EUC-JP -t UTF-8, or its real encoding) and scan again.",
    ),
    Code(
        "C105",
        "info",
        "setting that changes no schedule on this daemon",
        "Only cronie heeds CRON_TZ and RANDOM_DELAY. On other daemons the line is a variable of the job and nothing more.",
    ),
    Code(
        "C106",
        "warning",
        "CRON_TZ that names no time zone",
        "The C library takes an unknown zone for UTC, and so does this scan. Mend the name.",
    ),
    Code(
        "C110",
        "warning",
        "file with a name that cron ignores",
        "The daemon has never run these lines. Give the file by name to read it all the same.",
    ),
    Code(
        "C111",
        "warning",
        "file that the daemon does not accept",
        "Its owner, mode or links keep cron from reading it, so its jobs may never have run. Decide if they should.",
    ),
    Code(
        "C112",
        "warning",
        "file that could not be read",
        "Its jobs are missing here. Run with sudo, or pipe the table: crontab -l | cron2fargate scan -",
    ),
    Code(
        "C113",
        "info",
        "started on a schedule, but no line of a crontab",
        "No line read here starts it. To move it, write a crontab line that starts it when you want.",
    ),
    Code("C114", "info", "file given twice", "It is read once, so nothing is counted double."),
    Code(
        "C115",
        "info",
        "file passed over",
        "In a directory, hidden files, documents, scripts and special files are not read. Name the file to read it.",
    ),
    Code(
        "C116",
        "warning",
        "user column not certain",
        "The place of the file does not tell whether its lines name a user. Say it: --system or --user-crontab.",
    ),
    Code(
        "C120",
        "warning",
        "time that anacron does not keep to the minute",
        "Anacron starts what is due some minutes after it is called, and after downtime it catches up. EventBridge starts at "
        "one stated minute and makes up for nothing. Check the minute; where a run may not be missed, watch for it.",
    ),
    Code(
        "C121",
        "info",
        "line whose jobs stand on their own",
        "The scripts of its directory, or the jobs of anacron's table, are jobs of their own; the line makes "
        "no further one.",
    ),
    Code(
        "C122",
        "error",
        "line that does more than start its directory",
        "The scripts became jobs of their own, so this line is not carried over. Make a job of what else it does.",
    ),
    Code(
        "C123",
        "info",
        "file that run-parts passes over",
        "It has never run from this directory. Rename it, or make it executable, if it should.",
    ),
    Code(
        "C124",
        "warning",
        "anacron is not installed here",
        "Its table is left over, so this job does not run any more. Drop it, or decide that it should.",
    ),
    Code(
        "C125",
        "info",
        "scripts that ran one after the other",
        "As jobs of their own they start in the same minute, in no order. Where one needs what another makes, move its "
        "schedule, or let one job run both.",
    ),
    Code(
        "C126",
        "warning",
        "period counted from the last run",
        "Anacron counts days from the last run, a schedule names dates. Choose the weekday or date that suits the job.",
    ),
    Code(
        "C127",
        "error",
        "job that anacron never starts",
        "No hour of the day satisfies the table's own limits. Decide when it should run.",
    ),
    Code(
        "C201",
        "error",
        "@reboot has no schedule",
        "What runs at boot is a service or a preparation step: ecs.yml has it as an ECS service with desiredCount 0. Set 1 "
        "if it keeps running; put it into the image or the deployment if it prepares something; or leave it on the host.",
    ),
    Code(
        "C202",
        "error",
        "interval after the last run",
        "A task that waits for its own end is a service: make it an ECS service that loops, or choose a fixed schedule.",
    ),
    Code(
        "C203",
        "error",
        "schedule that never comes",
        "No date fits (30 February, or a range that runs backwards). The job has never run: drop it, or say when it should.",
    ),
    Code(
        "C204",
        "warning",
        "time drawn by the daemon",
        "The daemon draws the time at each load of the table. Choose one time, or use a flexible time window on AWS.",
    ),
    Code(
        "C205",
        "warning",
        "field that the daemon reads otherwise than it looks",
        "The conversion follows the daemon. If that is not what was meant, mend the line before you move it.",
    ),
    Code(
        "C206",
        "info",
        "day of month OR day of week",
        "Neither day field starts with *, so cron runs on dates that match either. This is kept.",
    ),
    Code(
        "C207",
        "info",
        "day of month AND day of week",
        "One of the day fields starts with *, so cron runs only on dates that match both. This is kept.",
    ),
    Code(
        "C209",
        "warning",
        "dates that need a guard",
        "EventBridge cannot say these dates in a few expressions. It starts on more dates, and a guard in the target lets "
        "only the right ones run. Simplify the schedule if you can.",
    ),
    Code(
        "C210",
        "info",
        "more than one expression",
        "The schedule becomes several rules of one job. Together they start each run exactly once.",
    ),
    Code(
        "C208",
        "warning",
        "start delayed at random by the daemon",
        "Parity is counted without the delay. On AWS a flexible time window does the same; or accept the exact time.",
    ),
    Code("C211", "info", "no log of starts", "Verify such a job by its own traces; cron's log does not name it."),
    Code(
        "C212",
        "warning",
        "daemon that never overlaps runs",
        "EventBridge starts a task whether or not the last one has ended. Give the job a lock, or make sure "
        "that it ends in time.",
    ),
    Code(
        "C214",
        "info",
        "schedule that daemons read differently",
        "The conversion follows the dialect of this scan. If the machine runs another daemon, scan with --dialect.",
    ),
    Code(
        "C215",
        "warning",
        "seasonal rules that end",
        "Rules with years follow every clock change up to the end of the window and then stop. Scan again well before, with a "
        "later --until, or use --backend scheduler.",
    ),
    Code(
        "C216",
        "info",
        "mail only on failure",
        "Subscribe to failures on AWS instead; the output is in CloudWatch Logs.",
    ),
    Code(
        "C301",
        "warning",
        "runs that move with the clocks",
        "A UTC rule stays where it is when the clocks change. Accept it, or use --backend scheduler, which keeps local time "
        "but skips what falls into the lost hour.",
    ),
    Code(
        "C302",
        "warning",
        "runs that are lost",
        "The daemon caught these runs up, or made them twice; AWS does not. Check that the job can miss a run.",
    ),
    Code(
        "C303",
        "warning",
        "runs that are added",
        "AWS starts these where the daemon did not. Check that the job can run once more.",
    ),
    Code(
        "C304",
        "info",
        "undocumented: the repeated hour on Scheduler",
        "AWS says a schedule runs only once in autumn; whether that holds for hourly ones is not documented. Where it "
        "matters, use a UTC rule, or watch one clock change.",
    ),
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
        "C413",
        "warning",
        "failure hidden by `|| true`",
        "Under cron nobody looked at the exit status; on AWS alarms and retries do. Remove `|| true` unless it is meant.",
    ),
    Code(
        "C414",
        "warning",
        "failure hidden by a pipe",
        "A pipe ends as its last command does. Use `set -o pipefail` with bash, or drop the pipe.",
    ),
    Code(
        "C415",
        "info",
        "failure no longer hidden by a pipe",
        "The pipe into a logger is gone, since output goes to CloudWatch Logs; the task ends as the job does.",
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
        "On AWS a lock is a lease that ends after the time limit, its retries and a margin. Set timeout in ecs.yml (or "
        "lock.lease), longer than the job has ever taken.",
    ),
    Code(
        "C419",
        "info",
        "PATH of the crontab",
        "A container's PATH is its image's. Install the programs where that PATH looks, or set PATH in environment.",
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
        "C440",
        "info",
        "test of the date becomes schedule",
        "The comparison of runs before and after is made with the days on which the test was true.",
    ),
    Code(
        "C441",
        "warning",
        "test of the date or time that stays",
        "It is asked in the container's zone, UTC unless TZ is set, at the moment the container starts.",
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
        "Put the variables into ecs.yml (secrets as references), or the file into the image.",
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
        "pgrep that finds itself",
        "`pgrep -f` looks at whole command lines, that of cron's own shell too. The job has never run; "
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
        "C650",
        "warning",
        "unknown key in a cron2fargate comment",
        "The comment `# cron2fargate: ...` above the job's line has a key that is not known, and it says nothing. Mend it, or "
        "decide in the review.",
    ),
    Code(
        "C651",
        "warning",
        "value in a cron2fargate comment that cannot be used",
        "Write `# cron2fargate: KEY=VALUE ...` above the job's line; values with blanks stand in quotes.",
    ),
    Code(
        "C652",
        "warning",
        "cron2fargate comment above no job",
        "Such a comment speaks of the line right below it, and that is no job. Move it, or remove it.",
    ),
    Code(
        "C640",
        "info",
        "job that costs less as a service",
        "Every task pays for a minute at least and for the pull of its image. A process that sleeps between its rounds, kept "
        "running by service: in ecs.yml, costs less and starts without delay.",
    ),
    Code(
        "C641",
        "info",
        "images through a NAT gateway",
        "Fargate keeps no images, so each start pulls one. An S3 gateway endpoint (free) with endpoints for ECR, or a public "
        "address, takes the pulls off the NAT gateway; a smaller image helps everywhere.",
    ),
    Code(
        "C642",
        "info",
        "region whose prices are not known",
        "Write the region's own prices under prices: of the environment in cron2fargate.yml; the report shows the keys.",
    ),
    Code(
        "C700",
        "warning",
        "never ran in the whole log",
        "The line was due again and again while cron was logged, and never started: its table may be ignored, or its user "
        "gone. Move it only if somebody misses it; else remove the line.",
    ),
    Code(
        "C701",
        "info",
        "runs that did not start",
        "Cron was alive and the table in force, and yet these runs are not in the log: the machine slept, or the clock was "
        "set. On AWS such runs start; make sure that the job bears more runs than it had.",
    ),
    Code(
        "C702",
        "info",
        "how long it takes",
        "Measured in cron's log from start to end. A time limit of twice the longest run ends what hangs, and nothing else: "
        "write `timeout: SECONDS` into ecs.yml.",
    ),
    Code(
        "C703",
        "warning",
        "runs that overlap",
        "Cron starts a run while the one before is still going. Give the job a `lock` if that is not meant, or a rarer "
        "schedule; without one, two tasks run side by side on AWS too.",
    ),
    Code(
        "C704",
        "info",
        "runs skipped because one was going on",
        "A lock, or the daemon itself, kept these runs from starting. Keep the `lock` in ecs.yml, or the schedule is too "
        "dense for what the job does.",
    ),
    Code(
        "C705",
        "info",
        "several lines log the same command",
        "The log names user and command, not the line. Each run is counted for the line that was due in that minute; where "
        "more than one was due, any of them.",
    ),
    Code(
        "C706",
        "info",
        "runs that failed",
        "The daemon logged an exit status other than 0. Cron does not care; on AWS a failed run is told to whom `notify` "
        "names, so mend the job first or expect messages.",
    ),
    Code(
        "C750",
        "info",
        "length of a run not known",
        "A switch waits until the last run of the old side is over. Scan with --log, or give the job a timeout, and the "
        "safe minute follows from that; otherwise an hour, or half of the time to the next run, is taken.",
    ),
    Code(
        "C751",
        "warning",
        "no safe minute",
        "The job starts so often that a daemon's delay in reading its table and AWS's in heeding a switch meet a run. With "
        "--accept-loss the old side stops first and the new one starts some minutes later: runs are lost, none is doubled.",
    ),
    Code(
        "C752",
        "warning",
        "run may go on across the switch",
        "Runs last as long as the time between them, so one may still be going here when the next starts there. A lock of "
        "the host does not hold on AWS: look that nothing is running, or stop it, before you switch.",
    ),
    Code(
        "C754",
        "info",
        "jobs that go together",
        "A line is commented out as a whole, so all that it starts goes with it; and jobs of one lock exclude each other on "
        "one side only. --apart lets jobs of one lock go alone.",
    ),
    Code(
        "C755",
        "error",
        "both sides live",
        "The crontab and AWS start the same job. Disable the rule, or comment the line out: 'cron2fargate rollback JOB' "
        "disables and keeps the line.",
    ),
    Code(
        "C756",
        "warning",
        "switch cut short",
        "A cutover or rollback ended between two steps. 'cron2fargate cutover --resume' finishes it the way it was going; "
        "'cron2fargate rollback JOB' takes it back.",
    ),
    Code(
        "C757",
        "warning",
        "not as it was left",
        "Somebody switched a rule or edited the line after the cutover. Find out why; 'cron2fargate enable', 'disable' or "
        "'rollback' brings the job to one side again.",
    ),
    Code(
        "C758",
        "info",
        "what a shadow cannot override",
        "A rule's target can replace the command of a container, not its entry point. Use --shadow with images that have "
        "none, or a shell's; otherwise the job itself may run.",
    ),
    Code(
        "C600",
        "warning",
        "check that could not be made",
        "AWS did not let the tool look. The line names the permission that is missing; ask for it, or look yourself.",
    ),
    Code(
        "C601",
        "error",
        "no such cluster",
        "Make the cluster (register --create does), or name another one in cron2fargate.yml. Clusters cost nothing.",
    ),
    Code(
        "C602",
        "error",
        "capacity provider that the cluster does not have",
        "Add it: aws ecs put-cluster-capacity-providers. FARGATE_SPOT has to be added once to each cluster.",
    ),
    Code(
        "C603",
        "error",
        "image that is not there",
        "Push it, or change the tag: every run would end with CannotPullContainerError before the job starts.",
    ),
    Code(
        "C604",
        "warning",
        "image that could not be checked",
        "Only ECR of the same account and region can be asked. 'cron2fargate run JOB' shows whether it can be pulled.",
    ),
    Code(
        "C605",
        "error",
        "image for another processor",
        "Build it for the architecture of the task (docker buildx build --platform), or set architecture in ecs.yml.",
    ),
    Code(
        "C606",
        "error",
        "role that is not there",
        "Make the role (register --create, export or cron2fargate iam show what it needs), or name another one.",
    ),
    Code(
        "C607",
        "error",
        "role that trusts somebody else",
        "The trust policy of the role must allow sts:AssumeRole to the service; without it nothing starts, and nothing says so.",
    ),
    Code(
        "C608",
        "error",
        "role that may not be passed",
        "Whoever registers needs iam:PassRole on the role, for the service that takes it on.",
    ),
    Code(
        "C609",
        "error",
        "permissions missing for a registration",
        "Ask for the actions named, or register with other credentials.",
    ),
    Code(
        "C610",
        "error",
        "secret that is not there",
        "Make the secret or parameter, or mend its name: every run would end with ResourceInitializationError.",
    ),
    Code(
        "C611",
        "warning",
        "secret elsewhere",
        "A secret of another account or region is not looked at. 'cron2fargate run JOB' shows whether it can be read.",
    ),
    Code(
        "C612",
        "error",
        "too large, too long or not allowed",
        "AWS would refuse it, or take it and fail at night. The line names the limit.",
    ),
    Code(
        "C613",
        "error",
        "network that is not there",
        "Subnets and security groups must be there, in one VPC. Mend them in cron2fargate.yml.",
    ),
    Code(
        "C614",
        "warning",
        "way out that could not be followed",
        "The route leads to a transit gateway, a VPN or an instance. 'cron2fargate run JOB' shows whether images come in.",
    ),
    Code(
        "C615",
        "error",
        "no way to pull an image",
        "A task needs a public IP in a subnet with an internet gateway, or NAT, or endpoints for ecr.api, ecr.dkr, logs and "
        "S3 (and for the secrets it uses); its security groups must let it out to port 443.",
    ),
    Code(
        "C616",
        "warning",
        "images that are pulled through NAT",
        "Fargate keeps no images, so each start pulls one. The gateway endpoint of S3 costs nothing and takes the layers of "
        "ECR; a smaller image and fewer starts help as well.",
    ),
    Code(
        "C617",
        "warning",
        "more starts in one minute than Fargate launches at once",
        "Fargate launches 100 tasks at once, then 20 a second; the last ones start late. Spread the jobs over more minutes.",
    ),
    Code(
        "C618",
        "error",
        "more vCPU at once than the quota",
        "What is over the quota does not start. Ask for more under Service Quotas (AWS Fargate), or spread the jobs.",
    ),
    Code(
        "C619",
        "error",
        "too few free addresses",
        "Each task takes an address of its subnet. Name more subnets in cron2fargate.yml, or spread the jobs.",
    ),
    Code(
        "C620",
        "error",
        "too many rules",
        "Ask for more under Service Quotas (EventBridge), or let jobs be schedules (schedule.timezone), which have no such "
        "limit.",
    ),
    Code(
        "C621",
        "error",
        "expression that AWS refuses",
        "Report it: expressions made by this tool should all be accepted. Until then, write another one into ecs.yml.",
    ),
    Code(
        "C550",
        "warning",
        "no alarm for a missed run: runs too far apart",
        "CloudWatch looks back seven days at most. Let the job call a heartbeat service at its end, or look at verify.",
    ),
    Code(
        "C551",
        "warning",
        "no alarm for a missed run: Scheduler does not count single schedules",
        "Its metrics are those of a whole group. Give the job a timeout or once: true, so that a workflow runs it and is "
        "counted; or let it call a heartbeat service at its end.",
    ),
    Code(
        "C552",
        "warning",
        "no alarm for a missed run: too many rules",
        "An alarm adds up ten metrics. Give the job a timeout or once: true, so that one workflow runs it and is counted.",
    ),
]

CATALOGUE: dict[str, Code] = {code.code: code for code in _CODES}
