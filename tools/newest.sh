#!/bin/sh
# Installs the newest of everything that pyproject.toml admits beside the locked venv and says what breaks with it: first
# which releases differ from the lock, then a fast part of the tests. Bounded in time, and it never fails: what breaks here
# is news about a library, not about a change.
cd "$(dirname "$0")/.." || exit 0
LIMIT=${LIMIT:-240}
out=$(mktemp)
trap 'rm -f "$out"' EXIT

if ! timeout "$LIMIT" make --no-print-directory .venv-newest/ready >"$out" 2>&1; then
  echo "newest libraries: they could not be installed within $LIMIT s"
  tail -n 3 "$out" | sed 's/^/newest: /'
  exit 0
fi
.venv-newest/bin/python -m pip list --format freeze 2>/dev/null | tr 'A-Z_' 'a-z-' | while IFS= read -r release; do
  case $release in cron2fargate==* | pip==* | setuptools==*) continue ;; esac
  grep -q "^$release " requirements.lock || echo "newest: $release is not what is locked"
done
# What leans on libraries most: documents made from click, catalogues, schemas, YAML, exports, an embedded AWS.
timeout "$LIMIT" .venv-newest/bin/python -m pytest -p no:cacheprovider --tb=line -rfE \
  tests/test_language.py tests/test_docs.py tests/test_man.py tests/test_ecs.py tests/test_settings.py \
  tests/test_markdown.py tests/test_report.py tests/test_export.py tests/test_crontab.py tests/test_fields.py \
  tests/test_terminal.py tests/test_completion.py tests/test_referees.py tests/aws/test_register.py tests/aws/test_check.py \
  >"$out" 2>&1
status=$?
# What fails with the locked releases too is no news. A summary of the runner must not be the last line that CI prints.
failed=$(sed -nE 's/^(FAILED|ERROR) ([^ ]*::[^[ ]*|[^ ]*\.py).*/\2/p' "$out" | sort -u)
news=0
for test in $failed; do
  if [ -x .venv/bin/python ] && ! timeout 60 .venv/bin/python -m pytest -p no:cacheprovider "$test" >/dev/null 2>&1; then continue; fi
  news=1
  grep -F -m 1 " $test" "$out" | sed 's/^/newest: /'
done
[ "$news" = 1 ] || [ "$status" != 1 ] || status=0
case $status in
  0) echo "newest libraries: nothing breaks" ;;
  124) echo "newest libraries: the tests did not end within $LIMIT s" ;;
  *) echo "newest libraries: the tests above break with them; see whether the range in pyproject.toml or the code must change" ;;
esac
exit 0
