"""What is made on AWS, and what it lacks: C5xx and C60x to C63x."""

from __future__ import annotations

from converters.findings.code import Code

CODES = (
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
    Code(
        "C553",
        "warning",
        "no start of it is watched one by one",
        "The watchman reads what each start of a workflow notes. Give the job a timeout or once: true, so that a workflow "
        "starts it, and a cron() expression, so that its minutes are known.",
    ),
    Code(
        "C554",
        "error",
        "more starts in a minute than the ceiling",
        "By the schedules of its jobs the environment comes to more starts in one minute than ceilings.startsPerMinute of "
        "cron2fargate.yml. Spread the jobs, raise the ceiling, or say --accept C554 to plan and register.",
    ),
    Code(
        "C555",
        "error",
        "more starts in an hour than the ceiling",
        "By the schedules of its jobs the environment comes to more starts in one hour than ceilings.startsPerHour of "
        "cron2fargate.yml. Start jobs less often, raise the ceiling, or say --accept C555 to plan and register.",
    ),
    Code(
        "C556",
        "error",
        "a month above the price that was set",
        "By the report's cost model the jobs come to more than ceilings.pricePerMonth of cron2fargate.yml. The report says "
        "which are dear; make them smaller, rarer or a service, raise the ceiling, or say --accept C556 to plan and register.",
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
        "The trust policy of the role must allow sts:AssumeRole to the service; without it nothing starts, and nothing "
        "says so.",
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
        "C622",
        "warning",
        "address that is told of all jobs",
        "A filter of SNS takes 150 names, a topic 200 filters. Put the address under notifications.email in cron2fargate.yml "
        "if it may hear of all, else give the jobs several addresses.",
    ),
    Code(
        "C623",
        "warning",
        "more rules than an account has by default",
        "An event bus takes 300 rules (100 in some regions) until more are asked for under Service Quotas (EventBridge). "
        "Schedules (schedule.timezone) have no such limit.",
    ),
    Code(
        "C624",
        "error",
        "role that may not do what the job needs",
        "Give the role of the settings the action on what is named, or let 'cron2fargate register --create' write the roles "
        "of the frame. Without it the start fails where nobody looks.",
    ),
    Code(
        "C625",
        "error",
        "image that is deleted before the next start",
        "A lifecycle policy of the repository takes the image away, and no task can pull it then. Give the image a tag that a "
        "keeping rule selects, or push it again before each release.",
    ),
    Code(
        "C626",
        "warning",
        "tag that was moved since the image was read",
        "What was read of the image is not what a task will pull. Read it again with 'cron2fargate image', then scan; or name "
        "the image by its digest.",
    ),
    Code(
        "C627",
        "warning",
        "image that a lifecycle policy deletes",
        "The image that jobs use grows old under a rule that deletes by age or number. From that day every start fails: let "
        "the policy keep the tags that are in use.",
    ),
    Code(
        "C628",
        "error",
        "role that may not do what its job asks of it",
        "The policies of the role, as they stand on AWS, do not allow a call that the start of the job makes; the start would "
        "fail where nobody looks. Add the statement that is named, or let 'cron2fargate register --create' write the role.",
    ),
    Code(
        "C629",
        "error",
        "role that its service may not take on",
        "The trust policy of the role does not let EventBridge, Scheduler, Step Functions or ECS take it on under the "
        "conditions that it names (aws:SourceAccount, aws:SourceArn). Mend the trust policy.",
    ),
    Code(
        "C630",
        "warning",
        "not known whether a role may do what its job asks",
        "A policy could not be read, or asks for something that shows only when the call is made. Nothing is taken for "
        "allowed: look at the statement that is named, or try one start.",
    ),
)
