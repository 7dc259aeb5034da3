#!/usr/bin/env bash
# Generates a client from openapi.yaml: scripts/clients.sh LANGUAGE OUT, where LANGUAGE is typescript or python.
# typescript: types for openapi-fetch, by the openapi-typescript of this checkout (npm ci first).
# python: a package, by openapi-python-client (pip install openapi-python-client==0.29.1; or name its program in
# OPENAPI_PYTHON_CLIENT).
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

if [ "$#" -ne 2 ]; then
  sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi

case "$1" in
  typescript)
    mkdir -p "$2"
    node "$root/node_modules/openapi-typescript/bin/cli.js" "$root/openapi.yaml" --output "$2/flowgate.ts"
    ;;
  python)
    "${OPENAPI_PYTHON_CLIENT:-openapi-python-client}" generate --path "$root/openapi.yaml" --meta setup \
      --output-path "$2" --overwrite --fail-on-warning
    ;;
  *)
    echo "clients.sh: no generator for $1; there are typescript and python" >&2
    exit 2
    ;;
esac
