#!/bin/sh
# Everything that is judged without running the service's tests. Says each step, stops at none, and
# fails if any failed.
set -u
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
failed=""

step() {
    name=$1
    shift
    echo "check: $name"
    "$@" || failed="$failed, $name"
}

step "ruff" ruff check .
step "format" ruff format --check --quiet .
step "types" mypy
step "import contracts" lint-imports --no-logo
step "architecture" python -m pytest -q tests/architecture
step "migrations" python -m pytest -q tests/migrations
step "openapi.yaml" crm-service openapi --check
step "policy reference" crm-service policy reference --check

if [ -n "$failed" ]; then
    echo "check: failed:${failed#,}"
    exit 1
fi
echo "check: all passed"
