#!/bin/sh
# Make .venv with everything Twofold needs: `tools/setup.sh run` to use it, `tools/setup.sh dev` to test it too; then
# `tools/setup.sh engines` for Apache Spark in build/spark (850 MB; it needs Java), and `tools/setup.sh bench` for pandas in
# build/bench.
# Installs what Debian lacks (python3-venv; for tests also git, openssl, ssh-keygen, PostgreSQL and Chromium) where it may; says what
# to install where it may not.
set -eu
cd "$(dirname "$0")/.."
set="${1:?run, dev, engines or bench}"
stamp=".venv/.ready-$set"
wanted=$(cat pyproject.toml "requirements/$set.txt" tools/setup.sh | sha256sum | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

find_python() {
    for name in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
        if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

install_system() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "setup: please install: $*" >&2
        exit 2
    fi
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null 2>&1; then as_root="sudo"; else
            echo "setup: please ask an administrator to run: apt-get install $*" >&2
            exit 2
        fi
    fi
    echo "setup: installing $*" >&2
    $as_root apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends "$@" >/dev/null
}

python=$(find_python) || { install_system python3 python3-venv; python=$(find_python); } || {
    echo "setup: Python 3.11, 3.12 or 3.13 is needed and was not found" >&2
    exit 2
}
if [ "$set" = dev ]; then
    missing=""
    command -v git >/dev/null 2>&1 || missing="$missing git"
    command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
    command -v ssh-keygen >/dev/null 2>&1 || missing="$missing openssh-client"
    command -v postgres >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
    command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
    # shellcheck disable=SC2086  # a list of package names
    [ -z "$missing" ] || install_system $missing
fi
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import pip' >/dev/null 2>&1; then
    rm -rf .venv
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        rm -rf .venv
        install_system python3-venv
        "$python" -m venv .venv
    fi
fi
if [ "$set" = engines ] || [ "$set" = bench ]; then
    folder=build/bench
    if [ "$set" = engines ]; then
        folder=build/spark
        command -v java >/dev/null 2>&1 || install_system openjdk-17-jre-headless
    fi
    echo "setup: installing the packages of requirements/$set.txt into $folder" >&2
    rm -rf "$folder"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
        --target "$folder" -r "requirements/$set.txt"
    echo "$wanted" >"$stamp"
    exit 0
fi
# The list names every package, so pip has nothing to resolve (its resolver trips over extras once a pin is not the newest).
echo "setup: installing the Python packages of requirements/$set.txt" >&2
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes -r "requirements/$set.txt"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
echo "$wanted" >"$stamp"
