"""Commands of all kinds that stand in crontabs, with the fate that an operations engineer gives them by the text alone."""

from __future__ import annotations

import pytest

from tests.test_worlds import effect

FATES = [
    # move
    ("move", "mysqldump -h db.example.com app | gzip | aws s3 cp - s3://bucket/app.sql.gz"),
    ("move", "php /var/www/app/artisan schedule:run"),
    ("move", "cd /var/www/app && php artisan queue:restart"),
    ("move", "cd /srv/app && bundle exec rails runner 'Job.run'"),
    ("move", "wp --path=/var/www/html cron event run --due-now"),
    ("move", "cd /srv/app && python manage.py clearsessions"),
    ("move", "curl -fsS https://example.com/cron.php >/dev/null"),
    ("move", "redis-cli -h cache.example.com PING"),
    ("move", "psql -h db.example.com -U app -c 'select 1'"),
    ("move", "cd /srv/app && npm run sync"),
    ("move", "cd /srv/app && ./run.sh"),
    ("move", ". /etc/profile; /srv/app/run"),
    ("move", "su - deploy -c '/srv/app/run'"),
    ("move", "sudo -u www-data php /srv/app/cron.php"),
    ("move", "nohup /srv/app/worker &"),
    ("move", "pgrep worker || /srv/app/worker"),
    ("move", "test -f /srv/app/maintenance || /srv/app/run"),
    ("move", "wget -q https://example.com/a.xml"),
    ("move", "java -jar /srv/app/app.jar"),
    ("move", "node /srv/app/index.js >> /var/log/app.log 2>&1"),
    # decide
    ("decide", "find /srv/up -name '*.tmp' -exec rm {} +"),
    ("decide", "find /srv/up -type f -mtime +3 -print0 | xargs -0 gzip"),
    ("decide", "ssh db1 'pg_dump app | gzip > /backup/app.gz'"),
    ("decide", "scp /srv/export/a.csv user@sftp.example.com:/in/"),
    ("decide", "rsync -az /srv/www/ backup@nas:/www/"),
    ("decide", "rsync -az --delete-after web1:/srv/www/ /srv/www/"),
    ("decide", "mysqldump --all-databases | gzip > /backup/all-$(date +%F).sql.gz"),
    ("decide", "mysqldump -h db.example.com app | gzip > /backup/app.sql.gz"),
    ("decide", "tar czf - /srv/data | ssh nas 'cat > /b/data.tgz'"),
    ("decide", "docker exec app php artisan schedule:run"),
    ("decide", "echo hi | mail -s hi root"),
    ("decide", 'echo "Subject: x" | sendmail ops@example.com'),
    ("decide", "curl -s http://localhost/cron.php"),
    ("decide", "nc -z db1 5432 || echo down | mail -s down ops@example.com"),
    ("decide", "redis-cli FLUSHALL"),
    ("decide", "psql -c 'vacuum analyze' app"),
    ("decide", "du -sh /home/* > /root/du.txt"),
    ("decide", "cp -a /srv/data /mnt/backup/"),
    ("decide", "echo '/srv/app/run' | at now + 5 minutes"),
    ("decide", "screen -dm /srv/app/worker"),
    ("decide", "tmux new-session -d '/srv/app/worker'"),
    ("decide", "pg_dump app > /backup/app.sql"),
    ("decide", "aws s3 sync /srv/data s3://bucket/data --delete"),
    ("decide", "aws s3 sync s3://bucket/data /srv/data"),
    ("decide", "rclone sync remote:x /srv/x"),
    ("decide", "restic backup /srv"),
    ("decide", "mongodump --out /backup/mongo"),
    ("decide", "chown -R www-data /var/www"),
    ("decide", "chmod 644 /srv/app/x"),
    ("decide", "touch /srv/app/restart.txt"),
    ("decide", "wget -q -O /srv/feeds/a.xml https://example.com/a.xml"),
    ("decide", "sqlite3 /srv/app/db.sqlite 'delete from sessions'"),
    ("decide", "ffmpeg -i rtsp://cam/1 -t 60 /srv/video/$(date +%s).mp4"),
    ("decide", "python3 /srv/app/x.py | tee /srv/app/out.txt"),
    ("decide", "gsutil rsync -d -r /srv/data gs://b/data"),
    ("decide", "varnishadm ban req.url '~' ."),
    ("decide", "mail -s report ops@example.com < /srv/app/report.txt"),
    ("decide", "while read h; do ssh $h uptime; done < /srv/hosts.txt"),
    # stay
    ("stay", "tar czf /backup/etc.tgz /etc"),
    ("stay", "crontab -l > /root/crontab.bak"),
    ("stay", "kill -HUP $(cat /var/run/nginx.pid)"),
    ("stay", "kill $(cat /srv/app/tmp/app.pid)"),
    ("stay", "sync; echo 3 > /proc/sys/vm/drop_caches"),
    ("stay", "smartctl -H /dev/sda"),
    ("stay", "df -h | awk '$5+0 > 90' | mail -s disk ops@example.com"),
    ("stay", "mdadm --monitor --scan --oneshot"),
    ("stay", "zfs snapshot tank/data@daily"),
    ("stay", "lvcreate -s -n snap -L 5G /dev/vg/data"),
    ("stay", "btrfs scrub start /"),
    ("stay", "fstrim -av"),
    ("stay", "/usr/bin/freshclam --quiet"),
    ("stay", "postqueue -f"),
    ("stay", "rndc reload"),
    ("stay", "passwd -l bob"),
    ("stay", "useradd x"),
    ("stay", "reboot"),
    ("stay", "/sbin/shutdown -r now"),
    ("stay", "ip link set eth0 up"),
    ("stay", "mount -a"),
    ("stay", "umount /mnt/x"),
    ("stay", "swapoff -a && swapon -a"),
    ("stay", "sa-learn --sync"),
    # drop
    ("drop", "logrotate /etc/logrotate.conf"),
    ("drop", "certbot renew --quiet --post-hook 'systemctl reload nginx'"),
    ("drop", "apt-get update -qq && apt-get -y upgrade"),
    ("drop", "systemctl restart myapp"),
    ("drop", "systemctl is-active --quiet nginx || systemctl start nginx"),
    ("drop", "docker system prune -af"),
    ("drop", "/etc/init.d/apache2 restart"),
    ("drop", "service apache2 reload"),
    ("drop", "ntpdate pool.ntp.org"),
    ("drop", "hwclock --systohc"),
    ("drop", "iptables-save > /root/iptables.rules"),
    ("drop", "updatedb"),
    ("drop", "cd /var/www/app && git pull -q"),
    ("drop", "cd /srv/app && composer install --no-dev"),
    ("drop", "nginx -s reload"),
    ("drop", "supervisorctl restart all"),
    ("drop", "fail2ban-client status"),
    ("drop", "/etc/init.d/foo restart >/dev/null 2>&1"),
    ("drop", "test -x /etc/init.d/foo && /etc/init.d/foo reload"),
    ("decide", "cd /srv/app && bundle exec rake backup"),
    ("decide", "python3 /srv/app/manage.py dump_all_data"),
    ("decide", "su app 'python scripts/x.py'"),
    ("move", "su app -c 'python3 /srv/app/x.py'"),
    ("move", "rm -f /srv/app/x.pid; /srv/app/run"),
    ("drop", "rm -f /srv/app/update.lock"),
    ("stay", "arecord -D hw:1 -d 60 /srv/a.wav"),
    ("decide", "/usr/bin/python3 /home/x/ENV[AUTH_TOKEN]-app/job.py"),
    ("move", "cd /srv/app && php artisan queue:restart"),
    ("stay", "/bin/sh /etc/monthly"),
]


@pytest.mark.parametrize(("fate", "command"), FATES)
def test_what_becomes_of_a_command(fate: str, command: str) -> None:
    assert effect(command).fate == fate


SAYS = [
    (
        "ffmpeg -i rtsp://cam.example.com/1 -t 60 /srv/v.mp4",
        "`ffmpeg` writes `/srv/v.mp4`",
        "cam.example.com/1`, this host",
    ),
    ("chmod 644 /srv/app/x", "`chmod` changes `/srv/app/x`", "reads"),
    (
        "curl -u a:$(cat /run/secrets/pw) https://example.com/x",
        "under `secrets` in ecs.yml",
        "services of this host keep",
    ),
    ("docker ps", "", "of this host of this machine"),
    ("/etc/init.d/apache2 restart", "`service` is about the services", "comes back at once"),
]


@pytest.mark.parametrize(("command", "says", "never"), SAYS)
def test_what_is_said_of_it_holds(command: str, says: str, never: str) -> None:
    found = effect(command)
    text = " / ".join([*found.reasons, *(one.message for one in found.findings)])
    assert says in text
    assert never not in text
