"""Entry scripts in the forms that well-known images have, and odd ones: what must be said of each; the referee runs them.

Written for these tests in the usual form of each; none is a copy. ``ways``: sets of variables, of which `FILES` names files
that are there; where the outcome differs between them, nobody but the user can know, and *unread* (asked) is right.
"""

from __future__ import annotations

from typing import NamedTuple


class Form(NamedTuple):
    name: str
    shell: str  # what its first line names: `sh` is tried with dash and BusyBox
    text: str
    kind: str
    ways: tuple[dict[str, str], ...] = ({},)


_FRONT = 'if [ "${1#-}" != "$1" ]; then\n  set -- %s "$@"\nfi\nexec "$@"\n'

KNOWN: tuple[Form, ...] = (
    Form(
        "redis",
        "sh",
        "set -e\n# first arg is `-f` or `--some-option`, or ends in .conf\n"
        'if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then\n  set -- redis-server "$@"\nfi\n'
        "# allow the container to be started with `--user`\n"
        "if [ \"$1\" = 'redis-server' -a \"$(id -u)\" = '0' ]; then\n"
        "  find . \\! -user redis -exec chown redis '{}' +\n"
        '  exec gosu redis "$0" "$@"\nfi\num="$(umask)"\nif [ "$um" = \'0022\' ]; then\n  umask 0077\nfi\nexec "$@"\n',
        "passes",
        ({"FAKE_UID": "0"}, {"FAKE_UID": "1000"}),
    ),
    Form(
        "postgres",
        "bash",
        'set -Eeo pipefail\nfile_env() {\n  local var="$1"\n  local fileVar="${var}_FILE"\n  local def="${2:-}"\n'
        '  if [ "${!var:-}" ] && [ "${!fileVar:-}" ]; then\n    printf >&2 \'error: both %s and %s\\n'
        '\' "$var" "$fileVar"\n'
        '    exit 1\n  fi\n  local val="$def"\n  if [ "${!var:-}" ]; then\n    val="${!var}"\n'
        '  elif [ "${!fileVar:-}" ]; then\n    val="$(< "${!fileVar}")"\n  fi\n  export "$var"="$val"\n'
        '  unset "$fileVar"\n}\n'
        '_is_sourced() {\n  [ "${#FUNCNAME[@]}" -ge 2 ] \\\n    && [ "${FUNCNAME[0]}" = \'_is_sourced\' ] \\\n'
        "    && [ \"${FUNCNAME[1]}\" = 'source' ]\n}\n"
        '_pg_want_help() {\n  local arg\n  for arg; do\n    case "$arg" in\n'
        "      -'?'|--help|--describe-config|-V|--version)\n        return 0\n        ;;\n    esac\n"
        "  done\n  return 1\n}\n"
        "_main() {\n  # if first arg looks like a flag, assume we want to run postgres server\n"
        '  if [ "${1:0:1}" = \'-\' ]; then\n    set -- postgres "$@"\n  fi\n'
        '  if [ "$1" = \'postgres\' ] && ! _pg_want_help "$@"; then\n    docker_setup_env\n'
        '    if [ "$(id -u)" = \'0\' ]; then\n      exec gosu postgres "$BASH_SOURCE" "$@"\n    fi\n  fi\n'
        '  exec "$@"\n}\nif ! _is_sourced; then\n  _main "$@"\nfi\n',
        "passes",
    ),
    Form(
        "mysql",
        "bash",
        'set -eo pipefail\nshopt -s nullglob\nmysql_log() {\n  local type="$1"; shift\n'
        "  printf '%s [%s]\\n' now \"$type\"\n}\n"
        '_mysql_want_help() {\n  local arg\n  for arg; do\n    case "$arg" in\n'
        "      -'?'|--help|--print-defaults|-V|--version)\n        return 0\n        ;;\n    esac\n"
        "  done\n  return 1\n}\n"
        '_is_sourced() {\n  [ "${#FUNCNAME[@]}" -ge 2 ] \\\n    && [ "${FUNCNAME[0]}" = \'_is_sourced\' ] \\\n'
        "    && [ \"${FUNCNAME[1]}\" = 'source' ]\n}\n"
        '_main() {\n  if [ "${1:0:1}" = \'-\' ]; then\n    set -- mysqld "$@"\n  fi\n'
        '  if [ "$1" = \'mysqld\' ] && ! _mysql_want_help "$@"; then\n    mysql_log Note\n'
        '    mysql_check_config "$@"\n    if [ "$(id -u)" = "0" ]; then\n'
        '      exec gosu mysql "$BASH_SOURCE" "$@"\n    fi\n'
        '  fi\n  exec "$@"\n}\nif ! _is_sourced; then\n  _main "$@"\nfi\n',
        "passes",
    ),
    Form(
        "mongo",
        "bash",
        'set -Eeuo pipefail\nif [ "${1:0:1}" = \'-\' ]; then\n  set -- mongod "$@"\nfi\noriginalArgOne="$1"\n'
        'if [[ "$originalArgOne" == mongo* ]] && [ "$(id -u)" = \'0\' ]; then\n'
        "  if [ \"$originalArgOne\" = 'mongod' ]; then\n"
        "    find /data/configdb \\! -user mongodb -exec chown mongodb '{}' +\n"
        '  fi\n  exec gosu mongodb "$BASH_SOURCE" "$@"\nfi\n'
        "if [[ \"$originalArgOne\" == mongo* ]]; then\n  numa='numactl --interleave=all'\n"
        '  if $numa true &> /dev/null; then\n    set -- $numa "$@"\n  fi\nfi\nexec "$@"\n',
        "passes",
    ),
    Form(
        "wordpress",
        "bash",
        'set -Eeuo pipefail\nif [[ "$1" == apache2* ]] || [ "$1" = \'php-fpm\' ]; then\n  uid="$(id -u)"\n'
        "  if [ \"$uid\" = '0' ]; then\n    user=www-data\n  fi\n  if [ ! -e index.php ]; then\n"
        "    echo copying >&2\n  fi\nfi\n"
        'exec "$@"\n',
        "passes",
    ),
    Form("php", "sh", "set -e\n# first arg is `-f` or `--some-option`\n" + _FRONT % "php", "passes"),
    Form("php-fpm", "sh", "set -e\n" + _FRONT % "php-fpm", "passes"),
    Form("php-fpm-and", "sh", '[ "${1#-}" != "$1" ] && set -- php-fpm "$@"\nexec "$@"\n', "passes"),
    Form("php-fpm-and-e", "sh", 'set -e\n[ "${1#-}" != "$1" ] && set -- php-fpm "$@"\nexec "$@"\n', "passes"),
    Form("python", "bash", 'set -e\nif [ "${1:0:1}" = \'-\' ]; then\n  set -- python "$@"\nfi\nexec "$@"\n', "passes"),
    Form(
        "node",
        "sh",
        'set -e\n# Run command with node if the first argument contains a "-" or is not a system command.\n'
        'if [ "${1#-}" != "${1}" ] || [ -z "$(command -v "${1}")" ] || { [ -f "${1}" ] && ! [ -x "${1}" ]; }; then\n'
        '  set -- node "$@"\nfi\n\nexec "$@"\n',
        "passes",
    ),
    Form(
        "ghost",
        "bash",
        "set -e\n# allow the container to be started with `--user`\n"
        'if [[ "$*" == ghost*current/index.js* ]] && [ "$(id -u)" = \'0\' ]; then\n'
        '  find . \\! -user node -exec chown node \'{}\' +\n  exec gosu node "$BASH_SOURCE" "$@"\nfi\nexec "$@"\n',
        "passes",
    ),
    Form(
        "nginx",
        "sh",
        'set -e\nentrypoint_log() {\n  if [ -z "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ]; then\n    echo "$@"\n  fi\n}\n'
        'if [ "$1" = "nginx" ] || [ "$1" = "nginx-debug" ]; then\n'
        '  if /usr/bin/find "/docker-entrypoint.d/" -mindepth 1 -maxdepth 1 -type f -print -quit 2>/'
        "dev/null | read v; then\n"
        '    entrypoint_log "$0: looking for shell scripts"\n'
        '    find "/docker-entrypoint.d/" -follow -type f -print | sort -V | while read -r f; do\n'
        '      case "$f" in\n        *.envsh)\n          if [ -x "$f" ]; then\n            . "$f"\n'
        "          fi\n          ;;\n"
        '        *.sh)\n          if [ -x "$f" ]; then\n            "$f"\n          fi\n          ;;\n'
        '        *) entrypoint_log "$0: Ignoring $f";;\n      esac\n    done\n  fi\nfi\nexec "$@"\n',
        "passes",
    ),
    Form(
        "rabbitmq",
        "bash",
        "set -euo pipefail\n# allow the container to be started with `--user`\n"
        'if [[ "$1" == rabbitmq* ]] && [ "$(id -u)" = \'0\' ]; then\n  if [ "$1" = \'rabbitmq-server\' ]; then\n'
        "    find /var/lib/rabbitmq \\! -user rabbitmq -exec chown rabbitmq '{}' +\n  fi\n"
        '  exec gosu rabbitmq "$BASH_SOURCE" "$@"\nfi\ndeprecatedEnvVars=(\n'
        "  RABBITMQ_DEFAULT_PASS_FILE\n  RABBITMQ_VM\n)\n"
        'hasOldEnv=\nfor old in "${deprecatedEnvVars[@]}"; do\n  if [ -n "${!old:-}" ]; then\n'
        '    echo >&2 "error: $old is set"\n    hasOldEnv=1\n  fi\ndone\nif [ -n "$hasOldEnv" ]; then\n  exit 1\nfi\n'
        'exec "$@"\n',
        "passes",
    ),
    Form(
        "jenkins",
        "bash",
        ': "${JENKINS_WAR:=x.war}"\n'
        "# if `docker run` first argument start with `--` the user is passing jenkins launcher arguments\n"
        'if [[ $# -lt 1 ]] || [[ "$1" == "--"* ]]; then\n  java_opts_array=()\n'
        "  while IFS= read -r -d '' item; do\n    java_opts_array+=( \"$item\" )\n"
        "  done < <([[ ${JAVA_OPTS-} ]] && printf x)\n"
        '  exec java "${java_opts_array[@]}" -jar "$JENKINS_WAR" "$@"\nfi\n'
        '# As argument is not jenkins, assume user wants to run a process of their own\nexec "$@"\n',
        "passes",
    ),
    Form("tini", "sh", 'set -e\nexec tini -g -- "$@"\n', "passes"),
    Form("dumb-init", "sh", 'exec dumb-init -- "$@"\n', "passes"),
    Form("gosu", "bash", 'set -e\nUSER_ID=${LOCAL_USER_ID:-9001}\nexport HOME=/tmp\nexec gosu user "$@"\n', "root"),
    Form(
        "gosu-if-root",
        "bash",
        'if [ "$(id -u)" = "0" ]; then\n  chown -R app .\n  exec gosu app "$0" "$@"\nfi\nexec "$@"\n',
        "passes",
        ({"FAKE_UID": "0"}, {"FAKE_UID": "1000"}),
    ),
    Form("su-exec", "sh", 'chown -R app: .\nexec su-exec app "$@"\n', "root"),
    Form("supervisord", "sh", "set -e\nmkdir -p logs\nexec supervisord -n -c supervisord.conf\n", "ignores"),
    Form("supervisord-last", "sh", "mkdir -p logs\nsupervisord -n -c supervisord.conf\n", "endless"),
    Form("java", "sh", "exec java $JAVA_OPTS -jar app.jar\n", "ignores"),
    Form("java-arguments", "sh", 'exec java ${JAVA_OPTS} -jar app.jar "$@"\n', "eats"),
    Form("java-spring", "sh", "exec java $JAVA_OPTS -cp app:app/lib/* com.example.Main ${@}\n", "eats"),
    Form(
        "celery",
        "sh",
        'set -e\ncase "$1" in\n  worker)\n    shift\n    exec celery -A app worker "$@"\n    ;;\n  beat)\n'
        "    exec celery -A app beat\n    ;;\n  web)\n    exec gunicorn app.wsgi\n    ;;\n  *)\n"
        '    exec "$@"\n    ;;\nesac\n',
        "passes",
    ),
    Form(
        "celery-closed",
        "sh",
        'case "$1" in\n  worker)\n    exec celery -A app worker\n    ;;\n  web)\n'
        "    exec gunicorn app.wsgi\n    ;;\n  *)\n"
        '    echo "unknown: $1" >&2\n    exit 64\n    ;;\nesac\n',
        "ends",
    ),
    Form(
        "django-wait",
        "sh",
        'if [ "$DATABASE" = "postgres" ]; then\n  echo "Waiting for postgres..."\n'
        "  while ! pg_isready -h $SQL_HOST -p $SQL_PORT; do\n"
        '    sleep 0.1\n  done\n  echo "PostgreSQL started"\nfi\npython manage.py flush --no-input\n'
        "python manage.py migrate\n"
        'exec "$@"\n',
        "passes",
        ({}, {"DATABASE": "postgres"}),
    ),
    Form(
        "django-until",
        "bash",
        "set -o errexit\nset -o pipefail\nset -o nounset\npostgres_ready() {\npython << END\nimport sys\n"
        "sys.exit(0)\nEND\n}\n"
        "until postgres_ready; do\n  >&2 echo 'Waiting for PostgreSQL to become available...'\n  sleep 1\ndone\n"
        ">&2 echo 'PostgreSQL is available'\nexec \"$@\"\n",
        "passes",
    ),
    Form(
        "wait-for-loop",
        "bash",
        "attempts=0\nwhile true; do\n  if nc -z db 5432; then\n    break\n  fi\n  attempts=$((attempts + 1))\n"
        '  if [ $attempts -gt 30 ]; then\n    echo "no database" >&2\n    exit 1\n  fi\n  sleep 1\ndone\nexec "$@"\n',
        "passes",
    ),
    Form("wait-for-it", "sh", 'exec wait-for-it.sh db:5432 -t 60 -- "$@"\n', "passes"),
    Form(
        "rails",
        "bash",
        'set -e\n# Remove a potentially pre-existing server.pid for Rails.\nrm -f tmp/server.pid\nexec "$@"\n',
        "passes",
    ),
    Form(
        "rails-8",
        "bash",
        'if [ -z "${LD_PRELOAD+x}" ]; then\n  LD_PRELOAD=$(find . -name libjemalloc.so.2)\n'
        "  export UNUSED_PRELOAD=$LD_PRELOAD\nfi\n"
        'if [ "${@: -2:1}" == "./bin/rails" ] && [ "${@: -1:1}" == "server" ]; then\n  ./bin/rails db:prepare\nfi\n'
        'exec "${@}"\n',
        "passes",
    ),
    Form("ruby", "sh", 'bundle check || bundle install\nexec bundle exec "$@"\n', "passes"),
    Form(
        "composer",
        "sh",
        'isCommand() {\n  if [ "$1" = "sh" ]; then\n    return 1\n  fi\n'
        '  composer help --no-interaction "$1" > /dev/null 2>&1\n}\n'
        "# check if the first argument passed in looks like a flag\n"
        'if [ "${1#-}" != "$1" ]; then\n  set -- tini -- composer "$@"\n'
        "# check if the first argument passed in is composer\n"
        'elif [ "$1" = \'composer\' ]; then\n  set -- tini -- "$@"\n'
        'elif isCommand "$1"; then\n  set -- tini -- composer "$@"\nfi\nexec "$@"\n',
        "passes",
    ),
    Form(
        "elasticsearch",
        "bash",
        'set -e\nrun_as_other_user_if_needed() {\n  if [[ "$(id -u)" == "0" ]]; then\n'
        '    exec chroot --userspec=1000:0 / "${@}"\n  else\n    exec "${@}"\n  fi\n}\n'
        'if [[ "$1" != "eswrapper" ]]; then\n'
        '  if [[ "$(id -u)" == "0" && $(basename "$1") == "elasticsearch" ]]; then\n'
        '    set -- "elasticsearch" "${@:2}"\n  else\n    exec "$@"\n  fi\nfi\n'
        "run_as_other_user_if_needed elasticsearch\n",
        "passes",
    ),
    Form(
        "bitnami",
        "bash",
        "set -o errexit\nset -o nounset\nset -o pipefail\n. /dev/null\n"
        'if [[ "$1" = "/opt/bitnami/scripts/redis/run.sh" ]]; then\n'
        '  echo "** Starting Redis setup **"\n  /opt/bitnami/scripts/redis/setup.sh\nfi\necho ""\nexec "$@"\n',
        "passes",
    ),
    Form(
        "haproxy",
        "sh",
        'set -e\nif [ "${1#-}" != "$1" ]; then\n  set -- haproxy "$@"\nfi\nif [ "$1" = \'haproxy\' ]; then\n'
        '  shift # "haproxy"\n  set -- haproxy -W -db "$@"\nfi\nexec "$@"\n',
        "passes",
    ),
    Form(
        "consul",
        "sh",
        'set -e\nif [ "${1:0:1}" = \'-\' ]; then\n  set -- consul "$@"\nfi\n'
        'if [ "$1" = \'agent\' ]; then\n  shift\n  set -- consul agent "$@"\nelif [ "$1" = \'version\' ]; then\n'
        '  set -- consul "$@"\nelif consul --help "$1" 2>&1 | grep -q "consul $1"; then\n'
        '  set -- consul "$@"\nfi\nexec "$@"\n',
        "passes",  # by BusyBox; dash does not know `${1:0:1}`
    ),
    Form(
        "traefik",
        "sh",
        'set -e\nif [ "${1#-}" != "$1" ]; then\n  set -- traefik "$@"\nfi\n'
        'if traefik "$1" --help >/dev/null 2>&1; then\n  set -- traefik "$@"\nfi\nexec "$@"\n',
        "unread",
        ({}, {"KNOWS": "1"}),
    ),
    Form(
        "docker",
        "sh",
        'set -eu\nif [ "${1#-}" != "$1" ]; then\n  set -- docker "$@"\nfi\n'
        'if docker help "$1" > /dev/null 2>&1; then\n  set -- docker "$@"\nfi\nexec "$@"\n',
        "passes",
    ),
    Form(
        "httpd-job",
        "sh",
        'set -e\nrm -f httpd.pid\nexec httpd -DFOREGROUND "$@"\n',
        "eats",
    ),
    Form(
        "phpmyadmin-cron",
        "bash",
        'service cron start\nprintenv > env.txt\nexec "$@"\n',
        "passes",
    ),
    Form(
        "loop-of-env",
        "bash",
        'for name in $(compgen -e); do\n  case "$name" in\n    *_FILE)\n'
        '      export "${name%_FILE}"="$(cat "${!name}")"\n'
        '      unset "$name"\n      ;;\n  esac\ndone\nexec "$@"\n',
        "passes",
    ),
    Form(
        "run-parts-d",
        "sh",
        'for f in ./docker-entrypoint.d/*; do\n  case "$f" in\n    *.sh) echo "$0: running $f"; . "$f" ;;\n'
        '    *) echo "$0: ignoring $f" ;;\n  esac\ndone\nexec "$@"\n',
        "passes",
    ),
)

ODD: tuple[Form, ...] = (
    Form("if-exec", "sh", 'if [ -d x ]; then exec java -jar a; fi; exec "$@"\n', "unread", ({}, {"FILES": "x/"})),
    Form("set-literal", "sh", 'set -- x\nexec "$@"\n', "ignores"),
    Form("set-nothing", "sh", 'set --\nexec "$@"\n', "ignores"),
    Form("set-front", "sh", 'set java "$@"\nexec "$@"\n', "eats"),
    Form("set-same", "sh", 'set -- "$@"\nexec "$@"\n', "passes"),
    Form("words-behind", "sh", 'exec "$@" --flag\n', "adds"),
    Form("words-behind-set", "sh", 'set -- "$@" --verbose\nexec "$@"\n', "adds"),
    Form("words-behind-variable", "sh", 'exec "$@" $EXTRA\n', "unread", ({}, {"EXTRA": "-v"})),
    Form("words-behind-known", "sh", 'EXTRA=\nexec "$@" $EXTRA\n', "passes"),
    Form("function-exit", "sh", 'finish() {\n  exit 0\n}\nfinish\nexec "$@"\n', "ignores"),
    Form("function-exec", "sh", 'go() {\n  exec java -jar a\n}\ngo\nexec "$@"\n', "ignores"),
    Form("function-nested", "sh", 'a() { exit 1; }\nb() { a; }\nb\nexec "$@"\n', "ends"),
    Form("function-not-called", "sh", 'finish() {\n  exit 0\n}\nexec "$@"\n', "passes"),
    Form("function-return", "sh", 'f() { return 0; exit 1; }\nf\nexec "$@"\n', "passes"),
    Form("function-shift", "sh", 'run() { name=$1; shift; "$@"; }\nrun job "$@"\n', "passes"),
    Form("function-eats-one", "sh", 'run() { shift; "$@"; }\nrun "$@"\n', "drops"),
    Form("trap-0", "sh", 'trap "exit 0" EXIT\n"$@"\n', "swallows"),
    Form("trap-0-exec", "sh", 'trap "exit 0" EXIT\nexec "$@"\n', "passes"),
    Form("trap-clean", "sh", "trap 'rm -f x' EXIT\n\"$@\"\n", "passes"),
    Form("trap-function", "sh", 'done_() { exit 7; }\ntrap done_ EXIT\n"$@"\n', "changes"),
    Form("trap-status", "sh", "trap 'rc=$?; rm -f x; exit $rc' EXIT\n\"$@\"\n", "passes"),
    Form("tail-before", "sh", 'touch log\ntail -f log\nexec "$@"\n', "endless"),
    Form("tail-after", "sh", 'touch log\n"$@"\ntail -f log\n', "stays"),
    Form("tail-after-exec", "sh", 'touch log\n"$@"\nexec tail -f log\n', "stays"),
    Form("tail-dev-null", "sh", "tail -f /dev/null\n", "endless"),
    Form("while-true-before", "sh", 'while true; do sleep 1; done\nexec "$@"\n', "endless"),
    Form("while-colon-before", "sh", 'while :\ndo\n  sleep 1\ndone\nexec "$@"\n', "endless"),
    Form("until-false", "sh", 'until false; do sleep 1; done\nexec "$@"\n', "endless"),
    Form("while-true-after", "sh", '"$@"\nwhile true; do sleep 60; done\n', "stays"),
    Form("sleep-infinity", "sh", 'sleep infinity\nexec "$@"\n', "endless"),
    Form("while-true-back", "sh", 'while true; do sleep 1; done &\nexec "$@"\n', "passes"),
    Form("tail-back", "sh", 'touch log\ntail -f log &\nexec "$@"\n', "passes"),
    Form("shift-all", "sh", 'while [ $# -gt 0 ]; do shift; done; exec "$@"\n', "ignores"),
    Form("shift-all-n", "sh", 'while [ -n "$1" ]; do shift; done\nexec "$@"\n', "ignores"),
    Form("shift-one", "sh", 'shift\nexec "$@"\n', "drops"),
    Form("shift-option", "sh", 'if [ "$1" = "--" ]; then shift; fi\nexec "$@"\n', "passes"),
    Form("shift-options", "sh", 'while [ "${1#-}" != "$1" ]; do shift; done\nexec "$@"\n', "passes"),
    Form(
        "parse-options",
        "bash",
        'while [[ $# -gt 0 ]]; do\n  case "$1" in\n    --debug) DEBUG=1; shift ;;\n    --port) PORT=$2; shift 2 ;;\n'
        '    --) shift; break ;;\n    *) break ;;\n  esac\ndone\nexec "$@"\n',
        "passes",
    ),
    Form(
        "getopts",
        "sh",
        'while getopts "hp:" o; do\n  case $o in\n    h) exit 0 ;;\n    p) PORT=$OPTARG ;;\n  esac\ndone\n'
        'shift $((OPTIND - 1))\nexec "$@"\n',
        "passes",
    ),
    Form(
        "collect",
        "bash",
        'ARGS=()\nwhile [[ $# -gt 0 ]]; do\n  ARGS+=("$1")\n  shift\ndone\nexec "${ARGS[@]}"\n',
        "passes",
    ),
    Form("array", "bash", 'cmd=("$@")\ncmd+=(--color)\nexec "${cmd[@]}"\n', "adds"),
    Form("or-exit-1", "sh", '"$@" || exit 1\n', "changes"),
    Form("or-exit-status", "sh", '"$@" || exit $?\n', "passes"),
    Form("or-true", "sh", '"$@" || true\n', "swallows"),
    Form("or-echo", "sh", '"$@" || echo failed\n', "swallows"),
    Form("and-echo", "sh", '"$@" && echo well\n', "passes"),
    Form("if-not", "sh", 'if ! "$@"; then\n  echo failed >&2\n  exit 1\nfi\n', "changes"),
    Form("if-else", "sh", 'if "$@"; then\n  exit 0\nelse\n  exit 2\nfi\n', "changes"),
    Form("rc-test", "sh", '"$@"\nrc=$?\nif [ $rc -ne 0 ]; then\n  echo failed >&2\nfi\nexit $rc\n', "passes"),
    Form("rc-lost", "sh", '"$@"\nif [ $? -ne 0 ]; then\n  echo failed >&2\nfi\n', "swallows"),
    Form("rc-some", "sh", '"$@"\nrc=$?\n[ $rc -eq 3 ] && exit 0\nexit $rc\n', "unread"),
    Form("errexit-e", "sh", 'set -e\n"$@"\necho done\n', "passes"),
    Form("errexit-o", "sh", 'set -o errexit\n"$@"\necho done\n', "passes"),
    Form("errexit-off", "sh", 'set -e\nset +e\n"$@"\necho done\n', "swallows"),
    Form("errexit-in-if", "sh", 'set -e\nmain() {\n  "$@"\n  echo done\n}\nif main "$@"; then :; fi\n', "swallows"),
    Form("pipestatus", "bash", '"$@" | cat\nexit ${PIPESTATUS[0]}\n', "passes"),
    Form("pipestatus-tee", "bash", '"$@" 2>&1 | tee log\nrc=${PIPESTATUS[0]}\necho $rc\nexit $rc\n', "passes"),
    Form("pipestatus-late", "bash", '"$@" | cat\necho x\nexit ${PIPESTATUS[0]}\n', "swallows"),
    Form("pipe", "sh", '"$@" | tee log\n', "swallows"),
    Form("pipefail", "bash", 'set -o pipefail\n"$@" | tee log\n', "passes"),
    Form("eval", "sh", 'eval "$@"\n', "splits"),
    Form("eval-star", "sh", 'eval "exec $*"\n', "splits"),
    Form("plain", "sh", "exec $@\n", "splits"),
    Form("star", "sh", 'exec "$*"\n', "splits"),
    Form("sh-c", "sh", 'exec sh -c "$*"\n', "splits"),
    Form("sh-c-at", "sh", 'exec sh -c "$@"\n', "splits"),
    Form("case-server", "sh", 'case "$1" in *) exec java -jar a;; esac\nexec "$@"\n', "ignores"),
    Form("case-some", "sh", 'case "$1" in web|worker) exec java -jar a;; esac\nexec "$@"\n', "passes"),
    Form(
        "case-path",
        "sh",
        'case "$1" in\n  /*) ;;\n  *) exec java -jar a ;;\nesac\nexec "$@"\n',
        "unread",
        ({}, {"BARE": "1"}),
    ),
    Form("case-any-empty", "sh", 'case "$1" in\n  *) ;;\nesac\nexec "$@"\n', "passes"),
    Form(
        "case-env",
        "sh",
        'case "$ROLE" in\n  web) exec java -jar a ;;\nesac\nexec "$@"\n',
        "unread",
        ({}, {"ROLE": "web"}),
    ),
    Form(
        "env-if", "sh", 'if [ -n "$SERVE" ]; then\n  exec java -jar a\nfi\nexec "$@"\n', "unread", ({}, {"SERVE": "1"})
    ),
    Form("file-and", "sh", '[ -f go ] && exec "$@"\nexec java -jar a\n', "unread", ({}, {"FILES": "go"})),
    Form("env-need", "sh", '[ -z "$DB_HOST" ] && exit 1\nexec "$@"\n', "passes", ({"DB_HOST": "db"},)),
    Form(
        "env-need-if",
        "sh",
        'if [ -z "$A" ] || [ -z "$B" ]; then\n  echo no >&2\n  exit 2\nfi\nexec "$@"\n',
        "passes",
        ({"A": "1", "B": "1"},),
    ),
    Form("env-given", "sh", ': "${DB_HOST:?}"\nexec "$@"\n', "passes", ({"DB_HOST": "db"},)),
    Form("twice", "sh", '"$@"\n"$@"\n', "again"),
    Form("retry", "sh", 'n=0\nuntil "$@"; do\n  n=$((n + 1))\n  [ $n -ge 3 ] && exit 1\ndone\n', "again"),
    Form("retry-for", "sh", 'for i in 1 2 3; do\n  "$@" && exit 0\ndone\nexit 1\n', "again"),
    Form("background", "sh", '"$@" &\n', "leaves"),
    Form("background-wait", "sh", '"$@" &\nwait $!\n', "passes"),
    Form("background-wait-all", "sh", '"$@" &\nwait\n', "swallows"),
    Form(
        "background-trap",
        "bash",
        "trap 'kill -TERM $pid' TERM INT\n\"$@\" &\npid=$!\nwait $pid\ntrap - TERM INT\nwait $pid\nexit $?\n",
        "passes",
    ),
    Form("server-beside", "sh", 'sleep 1000 &\nserver=$!\n"$@"\nrc=$?\nkill $server\nexit $rc\n', "passes"),
    Form("subshell-exit", "sh", '( exit 0 )\nexec "$@"\n', "passes"),
    Form("subshell-job", "sh", '( "$@" )\nexit 0\n', "swallows"),
    Form("exit-first", "sh", 'exit 0\nexec "$@"\n', "ignores"),
    Form("false-e", "sh", 'set -e\nfalse\nexec "$@"\n', "ends"),
    Form("usage", "sh", 'if [ $# -lt 1 ]; then\n  echo usage >&2\n  exit 1\nfi\nexec "$@"\n', "passes"),
    Form("first-alone", "sh", 'exec "$1"\n', "drops"),
    Form("default", "sh", 'exec "${@:-java}"\n', "passes"),
    Form("all-but-one", "bash", 'exec "${@:2}"\n', "drops"),
    Form("ok-when-tty", "sh", 'if [ -t 0 ]; then exec java; fi\nexec "$@"\n', "passes"),
    Form(
        "replaced-in-arm",
        "sh",
        'if [ -f prod ]; then\n  set -- java "$@"\nfi\nexec "$@"\n',
        "unread",
        ({}, {"FILES": "prod"}),
    ),
    Form("heredoc", "sh", 'cat > conf <<EOF\nexec java\nexit 0\nEOF\nexec "$@"\n', "passes"),
    Form("quoted-again", "bash", 'cmd=$(printf "%q " "$@")\neval "$cmd"\n', "unread"),
    Form("fed-then-passes", "sh", 'java check "$@"\nexec "$@"\n', "passes"),
    Form("counted-loop", "sh", 'i=0\nwhile [ $i -lt 20 ]; do\n  i=$((i + 1))\ndone\nexec "$@"\n', "passes"),
)
