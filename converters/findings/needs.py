"""What a command leans on of its host, and what becomes of it: C460 to C499."""

from __future__ import annotations

from converters.findings.code import Code

CODES = (
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
