"""Ways to run the collector on many hosts: a playbook for Ansible, a document for Systems Manager's Run Command."""

from __future__ import annotations

import json

import yaml


def playbook(days: int) -> str:
    """A playbook that runs collect.sh from beside itself; it needs no Python of ours on the hosts, and leaves nothing there."""
    place = "{{ made.path }}"
    tasks = [
        {
            "name": "A directory of its own",
            "ansible.builtin.tempfile": {"state": "directory", "prefix": "cron2fargate."},
            "register": "made",
        },
        {
            "name": "Collect",
            # The script module copies a local file and removes it again (ansible.builtin.script).
            "ansible.builtin.script": {"cmd": f"collect.sh -o {place}/host.tar -d {days}", "executable": "sh"},
            "changed_when": False,
        },
        {
            "name": "Bring it here",
            "ansible.builtin.fetch": {
                "src": f"{place}/host.tar",
                "dest": "collections/{{ inventory_hostname }}.tar",
                "flat": True,
            },
        },
    ]
    leave = {
        "name": "Leave nothing",
        "ansible.builtin.file": {"path": place, "state": "absent"},
        "when": "made.path is defined",
    }
    play = {
        "name": "What the hosts tell of their cron jobs",
        "hosts": "all",
        "become": True,
        "gather_facts": False,
        "tasks": [{"block": tasks, "always": [leave]}],
    }
    head = (
        "# cron2fargate collect --script > collect.sh    (read it, and keep it beside this playbook)\n"
        "# ansible-playbook -i INVENTORY collect.yml && cron2fargate scan collections\n"
    )
    return head + yaml.safe_dump([play], sort_keys=False, width=120)


def document(script: str, days: int) -> str:
    """A document of schema 2.2 (Systems Manager user guide, "Schemas, features, and examples").

    Standard output of Run Command is cut at 24,000 characters, so each host puts its tar into the bucket; that needs the AWS
    CLI there, and s3:PutObject in the instance's role.
    """
    lines = [
        "set -eu",
        "umask 077",
        "work=$(mktemp -d /tmp/collect.XXXXXX)",
        "trap 'rm -rf \"$work\"' EXIT",
        "cat > \"$work/collect.sh\" << 'END-OF-COLLECTOR'",
        *script.rstrip("\n").split("\n"),
        "END-OF-COLLECTOR",
        f'sh "$work/collect.sh" -o "$work/host.tar" -d {days}',
        'aws s3 cp --only-show-errors "$work/host.tar" "{{ Destination }}/$(uname -n).tar"',
    ]
    made = {
        "schemaVersion": "2.2",
        "description": "Collect what this host tells of its cron jobs, for cron2fargate scan.",
        "parameters": {
            "Destination": {
                "type": "String",
                "description": "Where the tars go, such as s3://bucket/collections",
                "allowedPattern": "^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*$",
            }
        },
        "mainSteps": [
            {
                "action": "aws:runShellScript",
                "name": "collect",
                "precondition": {"StringEquals": ["platformType", "Linux"]},
                "inputs": {"timeoutSeconds": "600", "runCommand": lines},
            }
        ],
    }
    return json.dumps(made, indent=2) + "\n"
