"""How a command ends: failures that are hidden, and statuses that are no failure: C413 to C415, C433, C434, C488."""

from __future__ import annotations

from converters.findings.code import Code

CODES = (
    Code(
        "C413",
        "warning",
        "failure hidden by what follows it",
        "Under cron nobody looked at the exit status; on AWS alarms and retries do. "
        "Let the text end with the job's own status (`|| exit 1`, `set -e`) unless it is meant.",
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
        "C433",
        "info",
        "failure of one command among several",
        "A list ends as its last command does. `set -e` at its beginning, or `&&` between the commands, lets the task fail.",
    ),
    Code(
        "C434",
        "info",
        "skipped run that ends well",
        "`TEST && JOB` ends with 1 where the test is false. Cron asks nobody for it; on AWS it would be a failed run, told and "
        "tried again. `if TEST; then JOB; fi` ends with 0 there, and with the job's own status where it runs.",
    ),
    Code(
        "C488",
        "warning",
        "status that is no failure",
        "Cron asks nobody for the exit status; on AWS a status other than 0 fails the run, tells people and is tried again. "
        "State the statuses that are well under `success` in ecs.yml.",
    ),
)
