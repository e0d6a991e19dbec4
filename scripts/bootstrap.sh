#!/bin/sh
# Set up what `make` needs, from a machine that has only make and python3.
#
#   scripts/bootstrap.sh packages FILE   virtual environment with the locked packages of FILE
#   scripts/bootstrap.sh system          RabbitMQ and Chromium, which the tests start themselves
#
# What is there is left alone. What cannot be installed is named, and the exit code is 1.
set -eu

cd "$(dirname "$0")/.."

say() { echo "bootstrap: $*" >&2; }
fail() { say "$*"; exit 1; }

# Run a command as root: directly, or by sudo where that asks no password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

# Install Debian packages; $1 says what needs them. Services that come with them are not started.
install_packages() {
    reason=$1
    shift
    command -v apt-get >/dev/null 2>&1 || fail "$reason: install $* (there is no apt-get here)"
    as_root true || fail "$reason: install $* (as root: apt-get install $*)"
    say "$reason: installing $*"
    if ! apt_install "$@"; then
        as_root apt-get -q update >&2 && apt_install "$@" || fail "$reason: could not install $*"
    fi
}

apt_install() {
    as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends "$@" >&2
}

is_suitable() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null
}

find_python() {
    for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if command -v "$candidate" >/dev/null 2>&1 && is_suitable "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11, 3.12 or 3.13 is needed: apt-get install python3.11 python3.11-venv"
}

# A virtual environment that was moved, or whose Python is gone, is made anew.
is_intact() {
    [ -x .venv/bin/python ] && is_suitable .venv/bin/python &&
        [ "$(.venv/bin/python -c 'import sys; print(sys.prefix)')" = "$PWD/.venv" ] &&
        .venv/bin/python -m pip --version >/dev/null 2>&1 &&
        grep -qF "$PWD/.venv" .venv/bin/pip
}

make_environment() {
    is_intact && return
    python=$(find_python)
    rm -rf .venv
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        rm -rf .venv
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        install_packages "a virtual environment needs ensurepip" "python$version-venv"
        "$python" -m venv .venv || fail "'$python -m venv .venv' fails"
    fi
}

install_locked() {
    say "installing the packages of $1 into .venv"
    .venv/bin/python -m pip --disable-pip-version-check install --quiet \
        --require-hashes --only-binary :all: -r "$1"
    # With the locked setuptools: nothing that is not hashed is ever downloaded.
    .venv/bin/python -m pip --disable-pip-version-check install --quiet \
        --no-deps --no-build-isolation --no-index -e .
}

install_system() {
    missing=""
    [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || missing="$missing rabbitmq-server"
    [ -x /usr/bin/chromium ] || missing="$missing chromium"
    # shellcheck disable=SC2086 # a list of names
    [ -z "$missing" ] || install_packages "the tests" $missing
}

case "${1:-}" in
    packages)
        make_environment
        install_locked "$2"
        ;;
    system) install_system ;;
    *) fail "usage: scripts/bootstrap.sh packages FILE | system" ;;
esac
