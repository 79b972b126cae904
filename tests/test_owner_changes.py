"""Whoever writes a line: what has to be changed there is said exactly, for every owner that is known."""

from __future__ import annotations

import pytest

from converters.tables.owners import OWNERS, Owned

# What of the change must be said, for each owner.
CHANGES = {
    "ansible": "`state: absent` in the task (ansible.builtin.cron) named 'NAME'",
    "ansible-file": "template or file that Ansible writes to /etc/cron.d/x",
    "ansible-block": "blockinfile task 'NAME' for /etc/cron.d/x",
    "puppet": "`ensure => absent` in the cron resource 'NAME'",
    "puppet-file": "file resource of /etc/cron.d/x",
    "chef": "`action :delete` in the cron resource 'NAME'",
    "chef-file": "`action :delete` in the cron_d resource of /etc/cron.d/x",
    "salt": "`cron.absent` for 'NAME'",
    "salt-file": "file.managed of /etc/cron.d/x",
    "whenever": "out of schedule.rb ('NAME'), and run `whenever --update-crontab`",
    "forge": "under Scheduler in Forge's panel ('NAME')",
    "cpanel": "under Cron Jobs in cPanel",
    "plesk": "under Scheduled Tasks in Plesk",
    "hestia": "`v-suspend-cron-job USER JOB`",
    "acme.sh": "`acme.sh --uninstall-cronjob`",
    "package": "remove the package 'NAME'",
    "terraform": "resource that writes /etc/cron.d/x",
    "cfengine": "promise that edits /etc/cron.d/x",
    "rudder": "directive that writes /etc/cron.d/x",
    "ispconfig": "under Sites, Cron Jobs in ISPConfig",
    "directadmin": "under Cronjobs in DirectAdmin",
    "froxlor": "under Cronjob settings in Froxlor",
    "webmin": "in Webmin's module",
    "aapanel": "under Cron in the panel",
    "cloud-init": "write_files in the user data",
    "magento": "`bin/magento cron:remove`",
    "django-crontab": "CRONJOBS in the settings of 'NAME'",
    "backintime": "in Back In Time",
    "nix": "services.cron.systemCronJobs",
}


def test_each_owner_has_a_row() -> None:
    assert set(CHANGES) == set(OWNERS)


@pytest.mark.parametrize("by", OWNERS)
def test_the_exact_change_is_named(by: str) -> None:
    owned = Owned(by, "NAME")
    assert CHANGES[by] in owned.change("/etc/cron.d/x")
    assert owned.owner.title and owned.owner.does
