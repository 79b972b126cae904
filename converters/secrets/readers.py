"""Programs that read a secret from their input, and what they are told there, as data: ``passwd``, ``sudo -S``, ``ftp``."""

from __future__ import annotations

import re

READS = re.compile(
    r"""(?x)(?:^|[\s/|;&({"'=])(?:
        (?:chpasswd|newusers|smbpasswd|pdbedit|kinit|kpasswd|cryptsetup|vncpasswd|openconnect|openvpn|keepassxc-cli|ecryptfs-\S+
          |[\w-]{0,20}passwd|su|mysql_config_editor|bw|runas|htdigest|encfs|gocryptfs|luksmeta|zuluCrypt-cli|realm|adcli|ykman|doas
          |op|grub-mkpasswd-pbkdf2|mkpasswd|saslpasswd2|slappasswd|ldappasswd|faillock|kdb5_util)(?=[\s'"<)|]|$)
      | htpasswd\s[^|;&]{0,99}?-\w{0,6}i
      | sudo\s(?:[^|;&]{0,99}?\s)?(?:-\w{0,8}S\b|--stdin\b)
      | \w[\w.-]{0,20}\s{1,8}(?:-\S{1,40}\s{1,8}(?:[\w.@:/-]{1,60}\s{1,8})?){0,3}
        login(?=\s*(?:$|[<]))
      | secret-tool\s{1,8}store | keyctl\s{1,8}p(?:add|update)
      | lpass\s{1,8}login | mount\s[^|;&]{0,99}?davfs | zfs\s{1,8}load-key | veracrypt\s[^|;&]{0,199}?--stdin
      | (?:gpg2?|gpg-preset-passphrase)\b[^|;&]{0,199}?--(?:passphrase-fd|preset)
      | openssl\b[^|;&]{0,199}?stdin
      | (?:docker|podman|helm|oras|buildah|skopeo|crane|nerdctl|cosign|vault|npm|az|oc)\s{1,8}(?:\w{1,12}\s{1,8}){0,2}?login\b
      | (?:trino|presto)\b[^|;&]{0,199}?--password(?=[\s<]|$) | fetchmail\s[^|;&]{0,99}?-f\s{0,4}-
      | gh\s{1,8}auth | (?:docker|podman|fly|flyctl|gcloud|heroku|wrangler|pulumi|gh|op)\s{1,8}
        (?:\w{1,12}\s{1,8}){0,2}?secrets?\s
      | pass\s{1,8}(?:insert|edit) | ansible-vault\s | systemd-creds\s{1,8}encrypt | security\s{1,8}add
      | (?:ftp|tnftp|lftp|sftp|telnet|ncftp|sqlplus|bteq|rman|redis-cli|nc|ncat|openssl\s{1,8}s_client)(?=[\s'"<)|]|$)
      | [^|;&]{0,199}?--?(?:[\w-]{0,30}(?:pass(?:w(?:or)?d|phrase)?|pw|token|secret|credentials?|key)[-_]?
            (?:on-|from-)?(?:stdin|fd)
          |o\s{0,4}\S{0,60}?pass\w{0,8}_stdin
          |stdin-?(?:pass\w{0,8}|token|secret)|with-token|pass(?:word|phrase)?-file[= ](?:-|/dev/stdin))
    )"""
)
"""Programs that read a secret from their input. Sources: their manuals."""

LETTERS = re.compile(r"\s*(?:\S{0,40}/)?(?:mailx?|nail|s-nail|mutt|neomutt|logger|wall|notify-send)\s")
"""What takes its input as a letter, whatever its subject names: ``mail -s 'passwd sync'``."""

READS_BEHIND = re.compile(r"[^|;&\n]{0,150}?--(?:password-stdin|with-token|passphrase-fd|passwd-on-stdin|stdin)\b")
SECRET_FILE = re.compile(r"(?i)(?:pass|secret|token|cred|auth|key|login)[\w-]{0,20}[= \t]{1,4}$")
"""What stands before ``<(echo X)`` when that is the file of a secret."""

DIALOGUE_READER = re.compile(
    r"(?<![\w.-])(?:sudo\s{1,8})?(?:\S{0,40}/)?(?:ftp|tnftp|lftp|sftp|telnet|ncftp|sqlplus|bteq|rman|redis-cli|nc|ncat|openssl\s{1,8}s_client)\b"
)
DIALOGUE = (
    r"(?i)(?:\buser\s{1,4}[^\s\\]{1,60}\s{1,4}|(?:\b|(?<=\\[nr]))pass(?:word)?\s{1,4}"
    r"|(?:\b|(?<=\\[nr]))auth\s{1,4}(?:[^\s\\]{1,60}\s{1,4})?|\blogin\s{1,4}[^\s\\]{1,60}\s{1,4})([^\s'\"\\;]{1,200})"
)
"""What a login looks like in the language of such a server."""
