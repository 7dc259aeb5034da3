#!/usr/bin/env bash
# Generates a client from openapi.yaml: scripts/clients.sh LANGUAGE OUT, where LANGUAGE is typescript, python, java or go.
# typescript: types for openapi-fetch, by the openapi-typescript of this checkout (npm ci first).
# python: a package, by openapi-python-client (pip install openapi-python-client==0.29.1; or name its program in
# OPENAPI_PYTHON_CLIENT).
# java, go: a Maven project or a Go module, by openapi-generator: name its jar in OPENAPI_GENERATOR_JAR
# (org.openapitools:openapi-generator-cli:7.25.0 of Maven Central).
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

if [ "$#" -ne 2 ]; then
  sed -n '2,7s/^# //p' "${BASH_SOURCE[0]}" >&2
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
  java | go)
    if [ -z "${OPENAPI_GENERATOR_JAR:-}" ]; then
      echo "clients.sh: OPENAPI_GENERATOR_JAR must name the jar of openapi-generator" >&2
      exit 2
    fi
    case "$1" in
      java) options=(--library native --group-id flowgate --artifact-id flowgate-client
              --api-package flowgate.api --model-package flowgate.model --invoker-package flowgate) ;;
      go) options=(--package-name flowgate --git-host example.org --git-user-id flowgate --git-repo-id client) ;;
    esac
    java -jar "$OPENAPI_GENERATOR_JAR" generate --input-spec "$root/openapi.yaml" --generator-name "$1" \
      --output "$2" "${options[@]}" >&2
    ;;
  *)
    echo "clients.sh: no generator for $1; choose typescript, python, java or go" >&2
    exit 2
    ;;
esac
