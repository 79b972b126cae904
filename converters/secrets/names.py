"""Secrets known by the name of their variable, option, header, parameter or key, as data."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEEDLES = (
    "pass",
    "pw",
    "secret",
    "token",
    "key",
    "auth",
    "cred",
    "hook",
    "sig",
    "psk",
    "jwt",
    "bearer",
    "senha",
    "pin",
)
"""One of these stands in every name of a secret but the weak ones, whose values are long."""

PARTS = _words(
    """pass password passwords passwd passwort pwd passphrase passcode passkey pw secret secrets token credential
    credentials creds cred apikey apitoken accesskey secretkey privatekey psk jwt bearer authtoken senha storepass keypass
    srcstorepass deststorepass"""
)
INSIDE = r"""(?x)pass(?:w(?:or)?d|phrase) | secret | webhook | token$ | authorization$ | private_?token | auth_?token
    | (?:api|access|auth|private|secret|master|encryption|encrypt|signing|storage|account|deploy|license|cipher|cron|service
        |app|integration|routing)_?key$
    | _pwd$ | (?:github|gitlab|gh|gl|azure|ado|devops|git)_pat$
    | (?:secret|password|signing|encryption)_salt$
    | (?:user|db|my|mysql|sql|pg|pgsql|root|admin|ftp|smtp|ssh|sudo|mail|ldap|redis|app|u|o|su|sa|owner|bind|adm|key
      |store|cert|proxy|vpn|wifi|web|http|imap|rcon|mqtt|api)pwd?$
    | [a-z]{2}pass$ | redis(?:cli)?_auth$ | auth_?string$
    | (?:askpass|security|secret)_answer$"""
WEAK = _words(
    """key keys pat auth salt pepper code sig signature hash cookie session sid pin otp ticket
    proxyauth httpauth basicauth userauth hmac seed nonce login"""
)
"""Such a name makes a secret only of a value that looks drawn by lot, or stands in a web address."""

HARMLESS_ENDS = _words(
    """age alg algorithm alias allpass arn askpass audience backend bandpass bucket bypass cache callback changed
    characters charset check checker claim claims class cmd collation command compass count days decoder dir
    directory domain driver enabled encoder encoding encompass encryption endpoint engine env eval expire expires
    expiry factory fastpass fd field file filename filter firstpass format generator getpass handler hashing header
    helper highpass hint history host hours id identity ids index interval issuer kind len length lifetime limit
    lowpass manager max method min minutes mode name names overpass path policy port prefix prompt provider ref
    region required reset retries rotation rule rules scope scopes script server size sock socket state status stdin
    store strength subject suffix table timeout ttl type uri url user username validator version"""
)
HARMLESS_STARTS = _words(
    "allow ask disable enable existing has hide is max min no num require require show skip stdin use without"
)

NAME = r"""(?x)(?<![\w$%}.-])(?<![$%{]\{)(?P<dash>-{0,2}|/)(?P<name>[A-Za-z_][\w.-]{1,80}+)
        (?:(?P<equals>\\?["']?\]?[ \t]{0,8}:?=>?[ \t]{0,8})
         | (?P<colon>\\?["']?[ \t]{0,8}:[ \t]{0,8})
         | (?P<space>[ \t]{1,20}))"""
"""A name and what parts it from its value. That it is a secret's name is decided by `secrets._strength`."""

HEADER = (
    r"(?i)(?:proxy-)?authorization|x(?:-\w{1,30}){0,4}-(?:key|token|secret|auth|apikey|password)|private-token|api-?key"
)
SCHEME = r"(?i)(?:Bearer|Basic|Token|Digest|ApiKey|GenieKey|Splunk|SSWS|token=|key=|OAuth|Bot)[ \t]{1,8}"

SETTINGS = _words(
    """true false yes no on off none null nil never always auto prompt ask stdin env default basic digest bearer token ntlm
    negotiate kerberos gssapi required optional enabled disabled undefined empty noauth trust md5 peer sha256"""
)
"""Values that say how, not what."""

PROSE = _words("changed reset expired expires updated failed invalid wrong missing rotated see the from via was is")
"""Words of a sentence behind ``password:``; behind an option or ``=`` people do choose them."""

COLUMNS = _words(
    "name names id ids date type title price email status created updated modified asc desc user login page"
)
"""What a list is sorted or looked up by: no key to anything, though it stands behind ``?key=``."""

PROGRAM_FOR = r"(?i)pass(?:word|wd|phrase)?-?(?:eval|command|cmd|env|file|prompt|store)"
"""One word that says where a password comes from: ``passwordeval``, ``BORG_PASSCOMMAND``."""

RING = r"(?i)-{0,2}(?:(?:hidden[-_])?encrypt|sign|encrypt[-_]sign|recipient|default)[-_]key"
"""Options that name a key of a ring by its id or fingerprint (duplicity(1), gpg(1))."""

PASSED = (
    r"-{1,2}(?:var|env|e|set|set-string|extra-vars|d|data|data-raw|data-urlencode|F|form|form-string)(?:[ \t]{1,8}|=)"
    r"(?P<sign>['\"])\Z"
)
"""Options whose quoted word is one ``name=value``, blanks and all."""

VARIABLES = {
    "AUTHORIZATION": "API_TOKEN", "PROXY_AUTHORIZATION": "PROXY_TOKEN", "KEY": "API_KEY", "TOKEN": "API_TOKEN",
    "SIG": "SIGNATURE", "AUTH": "API_TOKEN", "PASS": "PASSWORD", "PW": "PASSWORD", "PWD": "PASSWORD", "PASSWD": "PASSWORD",
    "BEARER": "API_TOKEN",
}  # fmt: skip
"""Better names for variables than the bare word."""

OTHER_P = _words(
    """ssh scp sftp ps sudo su runuser docker podman nerdctl lsof useradd usermod find git rsync kubectl oc strace
    pgrep pkill psql
    pg_dump pg_dumpall pg_restore pg_basebackup vacuumdb reindexdb clusterdb createdb dropdb pgbench id chroot install
    nc tcpdump
    squeue sbatch srun sacct salloc scancel sinfo bjobs bsub qstat qsub mkdir cp mv tar mysql mysqldump mysqladmin
    mariadb mosh autossh crontab at systemd-run setpriv gosu su-exec parallel xargs screen tmux top htop w last who aws gcloud
    restic borg lxc fping nmap journalctl logger curl wget ftp
    dotnet cargo tsc npx yarn nx make phpunit patch p4
    ls lpr lp less grep wc rsh rlogin slogin dh fallocate split"""
)
"""Programs whose ``-u`` and ``-p`` beside each other are a user and something else: a port, a process, a path, a partition."""

THINGS = _words(
    """app batch branch build client cluster dev env environment group host instance job node page partition phase pool port
    preset print priority prod product production profile project queue region release server service site small large stack
    stage staging step table test tier version worker zone"""
)
"""Words of what people number (``-p Profile2``): no password has one."""

SHOWING = r"(?:lpass|bw|op|rbw|gopass|keepassxc-cli|secret-tool)[ \t][^;|&\n]*\Z"
"""Keepers of passwords, whose ``--password`` says that this is what they print: ``lpass show --password NAME``."""

SENTENCES = _words(
    """echo printf logger wall mail mailx mutt notify-send grep egrep fgrep rg ag zgrep sed awk find ls cat rm cp mv tail
    head wc sort uniq cut diff comm test touch mkdir chmod chown"""
)
"""Programs whose words are a sentence, a pattern or files."""

OTHER_LETTERS = _words(
    """mvn mvnw gradle gradlew grep egrep fgrep rg sort pytest jest make xargs ping curl wget less rsync tar zip join
    gnuplot kubectl pnpm yarn lerna java javac perl ab wrk siege lpr enscript fio iperf iperf3 nice watch dd w
    logrotate ruby npm kafkacat kcat"""
)
"""Programs whose ``-P``, ``-w``, ``-k`` are a profile, a pattern, a folder, a width, a key of sorting."""

ASKING = _words(
    """get show list reset change expire check delete remove rm forgot new request clear lock test verify auth rotate
    generate gen lookup find read update cpw recover"""
)
"""``reset-password X``: such a verb is followed by a user, and ``get_password("x")`` by the name of what is got."""

CREDENTIALS_OF_UNITS = r"(?:Load|Import)Credential(?:Encrypted)?"
"""systemd.exec(5): an id and the place of a credential; `SetCredential=ID:X` holds it itself."""

PINS = r"(?i)(?:[\w.-]*[_.-])?pin"
"""``--so-pin 739218``: the numbers of a token's or a card's owner."""

KEYED_BY = (
    r"(?:\w{0,40}_)?(?:group|sort|order|primary|foreign|partition|range|row|column|facet|index|cache|locale)_?key"
)
"""Names of a key that something is sorted, grouped or looked up by, in an address too."""

HELM_KEY = r"(?i)(?:[\w-]{1,60}\.)*\w{0,30}(?:password|username|user|token|secret)Key"
"""Helm's way to say under which key of a Kubernetes secret a password stands: ``auth.secretKeys.passwordKey=db-password``."""

PUBLIC_KEYS = _words(
    "idempotency surrogate partition cache routing object sort websocket host public row message group"
)
"""Headers whose ``..-Key`` says which thing is meant: ``Idempotency-Key``, ``Surrogate-Key``, ``Sec-WebSocket-Key``."""

OTHER_T = _words(
    "git gpg gpg2 docker podman nerdctl buildah crane tmux screen gpgv apt-key rpm rpmkeys ssh-keygen sort"
)
"""Programs whose ``-t`` and ``-k`` take a commit, an image, a fingerprint."""

BY_NAME = _words(
    """gcloud aws az kubectl oc docker docker-compose podman nerdctl helm flyctl fly heroku vault chamber doppler berglas op
    ibmcloud oci aliyun nomad terraform pulumi eksctl serverless sls cdk wrangler railway render gh glab copilot ecs-cli
    k3s microk8s secretsmanager secrets"""
)
"""Programs whose ``--secret X`` names a secret that they keep."""

# `gcloud --set-secrets=ENV=NAME:VERSION` binds a name.
NAMING = r"(?:set|update|remove|build|env)?[-_]?secrets?(?:[-_](?:add|rm|name|version))?"
"""The options by which they do, and `secret` of a program not known where its value has the shape of a place."""

KEYRINGS = _words("gpg pgp recv send delete list export receive refresh edit sign search trusted default local")
"""A key of a keyring is named by its fingerprint: no secret."""
