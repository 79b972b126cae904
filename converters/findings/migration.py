"""Report, review, logs and the switch itself: C64x, C65x and C7xx."""

from __future__ import annotations

from converters.findings.code import Code

CODES = (
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
        "C643",
        "info",
        "jobs that are plain targets",
        "RunTask answers 200 with `failures` where Fargate has no room, and EventBridge counts that as a start. With start: "
        "workflow, in an ecs.yml or for all in an environment of cron2fargate.yml, such a start is made again, and one that "
        "fails is told; timeout and once, which make a workflow too, give a limit and drop a second start. A job whose ecs.yml "
        "says start: task is not counted here.",
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
        "C653",
        "warning",
        "name that another job has",
        "Two jobs cannot have one name, nor names that differ in case alone: each is a directory of the workspace. Give one "
        "of them another name in its comment.",
    ),
    Code(
        "C654",
        "warning",
        "same job on several hosts",
        "Nobody can tell from the lines whether the job is to run once for all hosts or on each of them: it may be a pair of "
        "which one stands by, a share of the work for each, or a copy that nobody meant. Decide that before any of them moves.",
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
        "A line is commented out as a whole, so all that it starts goes with it, save the scripts of run-parts, which leave "
        "one by one; and jobs of one lock exclude each other on one side only. --apart lets jobs of one lock go alone.",
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
        "C760",
        "warning",
        "decision about another line",
        "The line was changed since it was decided about, and a decision belongs to the line that was looked at. Answer in "
        "the review whether it still holds.",
    ),
    Code(
        "C761",
        "warning",
        "not decided",
        "Something that must be decided of the job is open, and no other finding tells of it. 'cron2fargate review' asks it.",
    ),
    Code(
        "C762",
        "warning",
        "time not proven",
        "It is not proven that AWS starts the job when cron does, and nobody said that this is all right. Look at its "
        "schedule in the report, then take it in the review.",
    ),
    Code(
        "C763",
        "warning",
        "effect not proven",
        "It is not proven that the job finds on AWS what it needs, and nobody said that this is all right. Read its image, "
        "then scan again; or take it in the review.",
    ),
    Code(
        "C764",
        "warning",
        "answers from another image",
        "What the job needs was answered from an image that is not the one which will run: ecs.yml names another, or it was "
        "read again since the scan. Read the image, then scan again.",
    ),
    Code(
        "C765",
        "warning",
        "an upgrade may bring the script back",
        "A script leaves run-parts by losing its x bits. dpkg keeps them off when the package is upgraded; rpm sets the mode "
        "of its files anew, and the job would run on both sides. Name the script in jobs.deny of its directory, or look at "
        "'cron2fargate status' after each upgrade.",
    ),
    Code(
        "C766",
        "warning",
        "line of another host that this job runs for",
        "The job was decided to run once, and its line is in use on another host too: enabled beside that, every run would be "
        "doubled. Comment the lines of the other hosts out first, while the job still runs on its own host, and scan again.",
    ),
)
