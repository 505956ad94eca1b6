#!/bin/sh
# Sees that the programs which `make bench` measures against are there: the machine's own, or Debian's where we may install them.
set -eu
missing=
command -v scsynth >/dev/null 2>&1 || missing="$missing supercollider-server"
command -v ffmpeg >/dev/null 2>&1 || missing="$missing ffmpeg"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Debian's$missing to measure against"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq </dev/null && apt-get install -y -qq --no-install-recommends $missing </dev/null >/dev/null; } ||
        echo "That failed: they are not measured against."
else
    echo "Without root these cannot be installed and are not measured against:$missing"
fi
