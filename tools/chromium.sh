#!/bin/sh
# Sees that there is a Chromium for the browser tests: the machine's own, or Debian's where we may install it.
set -eu
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Debian's chromium for the browser tests"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq </dev/null
    apt-get install -y -qq --no-install-recommends chromium </dev/null >/dev/null
else
    echo "There is no Chromium, and without root it cannot be installed: the tests in tests/browser are SKIPPED."
fi
