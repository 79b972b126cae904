#!/bin/sh
# The demo's job in a container: demo_try.sh CRON2FARGATE IMAGE.tar WORKSPACE. The image goes into the engine's store and out again.
# Without an engine, or with one that cannot run here, `try` says so in one sentence, and the demo goes on.
set -u
cli=$1 image=$2 out=$3 name=registry.example.com/shop:1.4
for engine in podman docker; do command -v "$engine" >/dev/null 2>&1 && break; engine=; done
if [ -n "$engine" ]; then
  "$engine" load -q -i "$image" >/dev/null 2>&1
fi
# `|| true`: neither a job that ends badly nor the missing engine ends the demo; what was not asked for is left out.
{ "$cli" try audit-logins --once --no-trace --out "$out" || true; } | grep -v -e ': not looked at$' -e ': not tried: '
if [ -n "$engine" ]; then
  "$engine" rmi "$name" >/dev/null 2>&1
fi
exit 0
