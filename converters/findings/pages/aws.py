"""Pages of what is made on AWS and what it lacks: C55x and C60x to C63x. No line raises them; the account does."""

from __future__ import annotations

from converters.findings.pages.page import told

_CHECK = "`cron2fargate check` looks at the account: "
_NEVER = "Never: no run would begin."

PAGES = {
    "C550": told(
        "`register` makes an alarm for runs that did not come, and the job's runs are more than seven days apart.",
        "Where a missed run is noticed by those who wait for its result.",
    ),
    "C551": told(
        "The job is a schedule of Scheduler without a workflow, whose metrics are those of a whole group. `once: "
        "true` in ecs.yml makes a workflow.",
        "Where the job calls a heartbeat service.",
    ),
    "C552": told(
        "The schedule takes more than ten rules, and an alarm adds up ten metrics. `once: true` in ecs.yml makes "
        "one workflow of them.",
        "Where the job calls a heartbeat service.",
    ),
    "C553": told(
        "`watch:` is on and the job is started by a rule itself, or by rate(). `once: true` and a cron() "
        "expression make its starts known one by one.",
        "Where an alarm for the job as a whole is enough.",
    ),
    "C554": told(
        "`ceilings: {startsPerMinute: N}` stands in the environment, and in some minute of the year ahead the schedules of "
        "all jobs of the workspace start more. `check`, `plan` and `register` count them.",
        "Where that minute is meant: `--accept C554` lets `register` write. A start of a workflow above the ceiling is "
        "refused all the same when it comes.",
    ),
    "C555": told(
        "`ceilings: {startsPerHour: N}` stands in the environment, and in some hour (UTC) of the year ahead the schedules of "
        "all jobs of the workspace start more.",
        "Where that hour is meant: `--accept C555` lets `register` write. A start of a workflow above the ceiling is "
        "refused all the same when it comes.",
    ),
    "C556": told(
        "`ceilings: {pricePerMonth: USD}` stands in the environment, and the cost model of the report comes to more for all "
        "jobs of the workspace.",
        "Where the model assumes more than is true: `--accept C556`, or measure the runs (cron's log) and scan again.",
    ),
    "C600": told(_CHECK + "a call was refused. The line names the permission.", "Where somebody else has looked."),
    "C601": told(_CHECK + "the cluster of the settings is not there. `register --create` makes it.", _NEVER),
    "C602": told(
        _CHECK + "the cluster has no such capacity provider. `aws ecs put-cluster-capacity-providers` adds it.", _NEVER
    ),
    "C603": told(_CHECK + "the repository or its tag is not there. Push it.", _NEVER),
    "C604": told(
        _CHECK + "the image is in another registry, account or region. `cron2fargate run JOB` tries the pull.",
        "Where the registry is open to the task.",
    ),
    "C605": told(
        _CHECK + "the image has no manifest for the processor of the task. Build it for both.",
        "Never: it cannot start.",
    ),
    "C606": told(_CHECK + "a role that ecs.yml or the settings name is not there.", _NEVER),
    "C607": told(
        _CHECK + "the role's trust policy names another service.", "Never: nothing starts, and nothing says so."
    ),
    "C608": told(_CHECK + "your credentials may not pass the role on.", "Where somebody else registers."),
    "C609": told(_CHECK + "your credentials lack actions that `register` needs.", "Where somebody else registers."),
    "C610": told(_CHECK + "a parameter or secret that ecs.yml names is not there.", _NEVER),
    "C611": told(
        _CHECK + "the secret is of another account or region. `cron2fargate run JOB` tries it.",
        "Where that account lets the execution role read it.",
    ),
    "C612": told(_CHECK + "a text or a number is over a limit of AWS. The line names it.", "Never: AWS refuses it."),
    "C613": told(_CHECK + "a subnet or security group is not there, or they are of two VPCs.", _NEVER),
    "C614": told(
        _CHECK + "the default route leads to a transit gateway, a VPN or an instance. `cron2fargate run JOB` tries it.",
        "Where other tasks of the subnet pull their images.",
    ),
    "C615": told(_CHECK + "the subnets have neither NAT nor a public address nor all endpoints.", _NEVER),
    "C616": told(
        _CHECK + "pulls go through a NAT gateway, which asks for each gigabyte. An endpoint of S3 ends most of it.",
        "Where the starts are few.",
    ),
    "C617": told(
        _CHECK + "more than a hundred jobs start in one minute. Spread them.",
        "Where a delay of some seconds does no harm.",
    ),
    "C618": told(
        _CHECK + "the jobs of one minute ask for more vCPU than the quota.", "Never: what is over it is lost."
    ),
    "C619": told(_CHECK + "the subnets have fewer free addresses than tasks at once.", "Where the jobs never meet."),
    "C620": told(_CHECK + "the bus would hold more rules than its quota.", "Never: `register` would stop half-way."),
    "C621": told("`check` asked AWS about an expression, and AWS refused it.", "Never: report it."),
    "C622": told(
        "More jobs name the same address than the filters of SNS can tell apart.",
        "Where the address may hear of all jobs.",
    ),
    "C623": told(
        "The export or plan makes more rules than an account has by default.", "Where the quota was raised already."
    ),
    "C624": told(_CHECK + "the role of the settings lacks an action for what ecs.yml asks.", _NEVER),
    "C625": told(
        _CHECK + "a rule of the repository's lifecycle policy takes the image before the job's next start.",
        "Where each release pushes a new tag before that.",
    ),
    "C626": told(
        _CHECK + "the tag points to another image than `cron2fargate image` read.",
        "Where what changed is known, and touches no job.",
    ),
    "C627": told(
        _CHECK + "a rule of the repository's lifecycle policy counts or ages the image that jobs use.",
        "Where releases come more often than the rule deletes.",
    ),
    "C628": told(_CHECK + "the policies of a role do not allow a call that a start makes.", _NEVER),
    "C629": told(_CHECK + "the trust policy has conditions that the service does not meet.", _NEVER),
    "C630": told(
        _CHECK + "a policy could not be read, or has a condition that shows only when the call is made.",
        "Where one start has been tried.",
    ),
}
