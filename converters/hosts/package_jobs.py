"""What the cron jobs of packages are for, as data: what becomes of each when its host goes, and what takes its place.

Every row names the files that it was read from, in the Debian packages of bookworm (``dpkg -L PACKAGE``). ``stay``: it serves
this host as long as that lives; ``drop``: the need ends with the host, or AWS sees to it; ``decide``: it is part of an
application, and goes where that goes. A package that is not here is its host's own, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Fate = Literal["stay", "drop", "decide"]


class PackageJob(NamedTuple):
    """``about`` completes "it ..", ``instead`` is a sentence; ``source`` is the file of the package that says so."""

    packages: str
    fate: Fate
    about: str
    instead: str
    source: str


_ROWS = (
    PackageJob(
        "certbot letsencrypt dehydrated acmetool getssl lego simp-le-client",
        "drop",
        "renews TLS certificates",
        "ACM issues and renews the certificates of load balancers and CloudFront.",
        "certbot: /etc/cron.d/certbot",
    ),
    PackageJob(
        "logrotate",
        "drop",
        "rotates the logs of this host",
        "CloudWatch Logs expires log events: set the retention of the log group.",
        "logrotate: /etc/cron.daily/logrotate",
    ),
    PackageJob(
        "mdadm",
        "stay",
        "checks the RAID arrays of this host",
        "Fargate and EBS have no array to check.",
        "mdadm: /etc/cron.d/mdadm, /etc/cron.daily/mdadm",
    ),
    PackageJob(
        "e2fsprogs util-linux xfsprogs btrfsmaintenance zfsutils-linux zfs-auto-snapshot sanoid lvm2 smartmontools quota "
        "quotatool",
        "stay",
        "cares for the disks and file systems of this host",
        "EBS, EFS and S3 are checked and repaired by AWS.",
        "e2fsprogs: /etc/cron.d/e2scrub_all; zfsutils-linux: /etc/cron.d/zfsutils-linux; quota: /etc/cron.daily/quota",
    ),
    PackageJob(
        "apt fwupd dnf dnf5 snapd "
        "apt-listbugs apt-show-versions apticron cron-apt unattended-upgrades dpkg debsums debsecan popularity-contest "
        "aptitude update-notifier-common ubuntu-advantage-tools needrestart debian-goodies apt-listchanges apt-file "
        "apt-xapian-index yum-cron dnf-automatic packagekit deborphan etckeeper how-can-i-help",
        "drop",
        "keeps the packages of this host, or its record of them",
        "Build the image anew with fresh packages; ECR scans images.",
        "apt: /etc/cron.daily/apt-compat; dpkg: /etc/cron.daily/dpkg; cron-apt: "
        "/etc/cron.d/cron-apt; debsums: /etc/cron.{daily,weekly,monthly}/debsums; etckeeper: /etc/cron.daily/etckeeper",
    ),
    PackageJob(
        "man-db plocate mlocate locate findutils bsdmainutils calendar ncal dlocate apropos debtags texlive-base",
        "drop",
        "keeps an index for the people who log in to this host",
        "Nobody logs in to a task.",
        "man-db: /etc/cron.{daily,weekly}/man-db; plocate: /etc/cron.daily/plocate; locate: /etc/cron.daily/locate",
    ),
    PackageJob(
        "php-common php5-common php7.0-common php-fpm",
        "drop",
        "clears old sessions of PHP from this host's disk",
        "A task's disk ends with it; shared sessions belong into ElastiCache or DynamoDB, which expire them.",
        "php-common: /etc/cron.d/php",
    ),
    PackageJob(
        "tmpreaper tmpwatch cruft systemd-tmpfiles",
        "drop",
        "clears temporary files of this host",
        "A task's disk ends with it.",
        "tmpreaper: /etc/cron.daily/tmpreaper",
    ),
    PackageJob(
        "sysstat atop acct collectl dstat nmon vnstat mrtg ntop sarg darkstat bandwidthd",
        "drop",
        "records how busy this host is",
        "CloudWatch and Container Insights record it for tasks.",
        "sysstat: /etc/cron.d/sysstat, /etc/cron.daily/sysstat; atop: /etc/cron.d/atop; acct: /etc/cron.daily/acct",
    ),
    PackageJob(
        "munin-node munin-plugins-core munin-plugins-extra xymon-client collectd ganglia-monitor zabbix-agent monit "
        "check-mk-agent nagios-nrpe-server prometheus-node-exporter",
        "drop",
        "watches this host",
        "CloudWatch and Container Insights watch tasks.",
        "munin-node: /etc/cron.d/munin-node",
    ),
    PackageJob(
        "munin cacti smokeping xymon nagios4 icinga2 pnp4nagios ganglia-webfrontend zabbix-server-mysql zabbix-server-pgsql",
        "stay",
        "is a part of a monitoring server on this host, and works on what that has measured",
        "The monitoring server's own move decides: it moves as a service, with its jobs, or CloudWatch takes its place.",
        "munin: /etc/cron.d/munin; cacti: /etc/cron.d/cacti",
    ),
    PackageJob(
        "logwatch awstats webalizer goaccess analog calamaris logcheck logtail swatch lire visitors pflogsumm",
        "drop",
        "reads the logs of this host",
        "CloudWatch Logs Insights, or Athena over access logs in S3, read them on AWS.",
        "logwatch: /etc/cron.daily/00logwatch; awstats: /etc/cron.d/awstats; logcheck: /etc/cron.d/logcheck; webalizer: "
        "/etc/cron.daily/webalizer",
    ),
    PackageJob(
        "aide aide-common rkhunter chkrootkit tiger tripwire samhain checksecurity lynis integrit stealth unhide ossec-hids",
        "drop",
        "looks for intruders on this host",
        "GuardDuty Runtime Monitoring watches tasks, and an image is read-only.",
        "rkhunter: /etc/cron.{daily,weekly}/rkhunter; chkrootkit: /etc/cron.daily/chkrootkit; tiger: /etc/cron.d/tiger; "
        "checksecurity: /etc/cron.{daily,weekly}/checksecurity",
    ),
    PackageJob(
        "ntp ntpsec ntpdate chrony fake-hwclock hwclock openntpd util-linux-extra",
        "drop",
        "keeps this host's clock",
        "Fargate keeps the clock.",
        "fake-hwclock: /etc/cron.hourly/fake-hwclock; ntpsec: /etc/cron.d/ntpsec",
    ),
    PackageJob(
        "exim4-base exim4 sendmail sendmail-base postfix dma nullmailer ssmtp greylistd amavisd-new spamassassin sa-compile "
        "razor pyzor clamav clamav-unofficial-sigs mailman mailman3 sympa cyrus-common dovecot-core mailgraph qpsmtpd "
        "opendkim sa-exim policyd-weight postgrey milter-greylist uucp",
        "stay",
        "serves the mail system of this host",
        "SES sends mail on AWS; a mail server moves as a service, with its jobs.",
        "exim4-base: /etc/cron.daily/exim4-base; spamassassin: /etc/cron.daily/spamassassin; amavisd-new: "
        "/etc/cron.d/amavisd-new; mailman3: /etc/cron.d/mailman3; dma: /etc/cron.d/dma",
    ),
    PackageJob(
        "anacron cron cronie cronie-anacron bcron systemd-cron run-one at",
        "drop",
        "starts other jobs of this host",
        "Each of those jobs is moved, or not, by itself; EventBridge starts them.",
        "anacron: /etc/cron.d/anacron, /etc/cron.daily/0anacron",
    ),
    PackageJob(
        "backupninja rsnapshot bacula-director bareos-director amanda-server burp backuppc rdiff-backup duplicity borgmatic "
        "restic automysqlbackup autopostgresqlbackup backup-manager dirvish tarsnap duply safekeep sbackup",
        "stay",
        "saves the disk of this host",
        "AWS Backup saves EBS, EFS and RDS; what is saved from this host needs this host.",
        "backupninja: /etc/cron.d/backupninja; rsnapshot: /etc/cron.d/rsnapshot; automysqlbackup: "
        "/etc/cron.daily/automysqlbackup",
    ),
    PackageJob(
        "lighttpd apache2 nginx squid squid-deb-proxy varnish apt-cacher-ng approx apt-cacher polipo privoxy tor",
        "stay",
        "cares for a server that runs on this host",
        "The server's own move decides: behind a load balancer or CloudFront its cache and logs are AWS's.",
        "lighttpd: /etc/cron.daily/lighttpd; apt-cacher-ng: /etc/cron.daily/apt-cacher-ng",
    ),
    PackageJob(
        "slapd krb5-kdc sssd nscd samba bind9 unbound isc-dhcp-server freeradius openvpn strongswan fail2ban shorewall "
        "geoip-database-contrib geoipupdate iptables-persistent arpwatch inn2 leafnode ocsinventory-agent "
        "fusioninventory-agent puppet puppet-agent chef cfengine3 salt-minion glpi-agent",
        "stay",
        "cares for the network or the administration of this host",
        "Nothing of it exists in a task.",
        "ocsinventory-agent: /etc/cron.daily/ocsinventory-agent; leafnode: /etc/cron.daily/leafnode; inn2: /etc/cron.d/inn2",
    ),
    PackageJob(
        "postgresql-common mysql-server mariadb-server redis-server mongodb-server elasticsearch couchdb influxdb pgagent "
        "percona-toolkit cassandra",
        "stay",
        "cares for a database on this host",
        "RDS, ElastiCache and OpenSearch care for theirs; the database's own move decides.",
        "no package of bookworm ships one; kept for those of vendors and older releases",
    ),
    PackageJob(
        "moodle nextcloud nextcloud-server roundcube-core roundcube phpmyadmin drupal7 wordpress mediawiki dokuwiki "
        "request-tracker4 request-tracker5 otrs2 znuny gitlab gitlab-ce redmine tt-rss matomo piwik egroupware-core "
        "horde kopano-core sogo ldap-account-manager zoneminder dspam gosa fusionforge sugarcrm limesurvey mantis bugzilla "
        "phplist icingaweb2 davical ampache owncloud-server zammad discourse",
        "decide",
        "is a part of an application",
        "It moves with the application: the image of the application runs it.",
        "roundcube-core: /etc/cron.d/roundcube-core; sogo: /etc/cron.d/sogo, /etc/cron.daily/sogo",
    ),
)

PACKAGE_JOBS: Mapping[str, PackageJob] = MappingProxyType({name: row for row in _ROWS for name in row.packages.split()})


def job_of_package(package: str) -> PackageJob | None:
    """What is known of a package's jobs, also of a version of it (``php8.2-common``, ``postgresql-common-15``)."""
    found = PACKAGE_JOBS.get(package)
    if found is None and package.startswith("php") and package.endswith("-common"):
        found = PACKAGE_JOBS["php-common"]
    return found


# Timers that distributions bring, by the package of Debian bookworm or Fedora that has the file below
# /usr/lib/systemd/system: `dpkg -L PACKAGE`, `rpm -ql PACKAGE`.
_TIMERS = (
    ("apt", "apt-daily apt-daily-upgrade"),
    ("dpkg", "dpkg-db-backup"),
    ("logrotate", "logrotate"),
    ("man-db", "man-db"),
    ("e2fsprogs", "e2scrub_all"),
    ("xfsprogs", "xfs_scrub_all"),
    ("util-linux", "fstrim"),
    ("systemd-tmpfiles", "systemd-tmpfiles-clean"),
    ("mdadm", "mdcheck_start mdcheck_continue mdmonitor-oneshot raid-check"),
    ("plocate", "plocate-updatedb"),
    ("mlocate", "mlocate-updatedb updatedb"),
    ("php-common", "phpsessionclean"),
    ("sysstat", "sysstat-collect sysstat-summary sysstat-rotate"),
    ("anacron", "anacron"),
    ("fwupd", "fwupd-refresh"),
    ("base-files", "motd-news"),
    ("update-notifier-common", "update-notifier-download update-notifier-motd"),
    ("ubuntu-advantage-tools", "ua-timer ua-messaging"),
    ("apport", "apport-autoreport"),
    ("snapd", "snapd.snap-repair"),
    ("dnf", "dnf-makecache dnf5-makecache"),
    ("dnf-automatic", "dnf-automatic dnf-automatic-install dnf-automatic-download dnf-automatic-notifyonly"),
    ("unbound", "unbound-anchor"),
    ("certbot", "certbot certbot-renew snap.certbot.renew"),
    ("exim4-base", "exim4-base"),
    ("spamassassin", "spamassassin-maintenance spamd-update sa-update"),
    ("chkrootkit", "chkrootkit"),
    ("aide", "dailyaidecheck"),
    ("btrfsmaintenance", "btrfs-balance btrfs-defrag btrfs-scrub btrfs-trim"),
    ("zfsutils-linux", "zfs-scrub-weekly@ zfs-scrub-monthly@ zfs-trim-weekly@ zfs-trim-monthly@"),
    ("ntpsec", "ntpsec-rotate-stats"),
    ("fake-hwclock", "fake-hwclock-save"),
    ("etckeeper", "etckeeper"),
    ("insights-client", "insights-client"),
    ("podman", "podman-auto-update"),
)
_PACKAGES_OF_TIMERS: Mapping[str, str] = MappingProxyType(
    {name: package for package, names in _TIMERS for name in names.split()}
)


def package_of_timer(name: str) -> str | None:
    """The package that a timer of this name (``logrotate.timer``) comes with; None for those that a person made."""
    stem = name.removesuffix(".timer")
    head, at, _instance = stem.partition("@")
    return _PACKAGES_OF_TIMERS.get(head + at)
