#!/usr/bin/env bash
# Runs the steps of Langflow's documentation for administrators on three Flowgate servers, one after another.
# usage: scripts/walkthrough.sh [postgresql://…]   with the URL of an empty database; otherwise the embedded one
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

database=${1:-}
folder=$(mktemp -d)
server=
steps=0
finish() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"; }
trap finish EXIT

say() { printf '\n%s\n' "$*"; }
fail() { printf '  FAILED: %s\n' "$*" >&2; exit 1; }
step() { steps=$((steps + 1)); printf '  %2d. %s\n' "$steps" "$*"; }

# start ENV_FILE: starts a server with that file on a free port; sets $url.
start() {
  : > "$folder/log" # the shell in the background creates it later
  bin/flowgate.mjs run --env-file "$1" --port 0 > "$folder/log" 2>&1 &
  server=$!
  for _ in $(seq 600); do
    url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$folder/log")
    [ -n "$url" ] && curl --silent --fail --output /dev/null "$url/health" && return
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; fail 'the server did not start'; }
    sleep 0.1
  done
  fail 'the server does not respond'
}
stop() { kill "$server"; wait "$server" || fail "the server ended with $?"; server=; }

# call METHOD PATH [curl options]: sets $status and $body
call() {
  local method=$1 path=$2
  shift 2
  status=$(curl --silent --output "$folder/body" --write-out '%{http_code}' --request "$method" "$url/api/v1$path" "$@")
  body=$(cat "$folder/body")
}
expect() { [ "$status" = "$1" ] || fail "$2: expected $1, got $status $body"; step "$2 ($status${3:+, $3})"; }
# member NAME: prints that member of the last body
member() { node -e 'const at = JSON.parse(process.argv[1])[process.argv[2]]; console.log(typeof at === "string" ? at : JSON.stringify(at))' "$body" "$1"; }
login() { call POST /login --data-urlencode "username=$1" --data-urlencode "password=$2"; }
as() { printf 'authorization: Bearer %s' "$1"; }
json=(--header 'content-type: application/json')

say 'A secured server with users'
secret=$(python3 -c 'from secrets import token_urlsafe; print(token_urlsafe(32))' 2>/dev/null ||
  node -p 'require("crypto").randomBytes(32).toString("base64url")')
cat > "$folder/.env" <<END
LANGFLOW_AUTO_LOGIN=False
LANGFLOW_SUPERUSER=administrator
LANGFLOW_SUPERUSER_PASSWORD=securepassword
LANGFLOW_SECRET_KEY=$secret
LANGFLOW_NEW_USER_IS_ACTIVE=False
LANGFLOW_CONFIG_DIR=$folder/secured
${database:+LANGFLOW_DATABASE_URL=$database}
END
start "$folder/.env"
call GET /version
expect 200 'the server responds' "$(member server) $(member server_version), contract $(member version)"
login administrator securepassword
expect 200 'the administrator signs in'
admin=$(member access_token)
call POST /users/ "${json[@]}" --header "$(as "$admin")" --data '{"username": "ada", "password": "a first pass phrase"}'
expect 201 'a user is created' "is_active $(member is_active)"
id=$(member id)
login ada 'another pass phrase'
expect 401 'sign-in with a wrong password is refused' "$(member detail)"
login ada 'a first pass phrase'
expect 400 'sign-in before the approval is refused with the reason' "$(member detail)"
call PATCH "/users/$id" "${json[@]}" --header "$(as "$admin")" --data '{"is_active": true}'
expect 200 'the administrator activates it' "is_active $(member is_active)"
login ada 'a first pass phrase'
expect 200 'the user signs in'
ada=$(member access_token)
call GET /users/whoami --header "$(as "$ada")"
expect 200 'the user reads the own account' "$(member username)"
call GET /users/ --header "$(as "$ada")"
expect 403 'the user cannot list users' "$(member detail)"
call PATCH "/users/$id" "${json[@]}" --header "$(as "$ada")" --data '{"is_superuser": true}'
expect 403 'the user cannot become a superuser' "$(member detail)"
call PATCH "/users/$id" "${json[@]}" --header "$(as "$admin")" --data '{"password": "a second pass phrase"}'
expect 200 'the administrator resets the password'
login ada 'a first pass phrase'
expect 401 'the old password is refused' "$(member detail)"
call GET /users/whoami --header "$(as "$ada")"
expect 401 'the old token is refused' "$(member detail)"
login ada 'a second pass phrase'
expect 200 'the new password works'
ada=$(member access_token)
call DELETE "/users/$id" --header "$(as "$admin")"
expect 200 'the administrator deletes the user' "$(member detail)"
call GET /users/whoami --header "$(as "$ada")"
expect 401 'the token of the user is refused' "$(member detail)"
stop

say 'Auto login, the default'
printf 'LANGFLOW_CONFIG_DIR=%s\n' "$folder/default" > "$folder/.env"
start "$folder/.env"
call GET /auto_login
expect 200 'the visitor is signed in'
token=$(member access_token)
call GET /users/whoami --header "$(as "$token")"
expect 200 'the visitor is the superuser' "$(member username), is_superuser $(member is_superuser)"
call GET /users/whoami
expect 403 'a request without credentials is refused' "$(member detail)"
stop

say "The sample key of Langflow's documentation"
cat > "$folder/.env" <<END
LANGFLOW_AUTO_LOGIN=False
LANGFLOW_SUPERUSER=administrator
LANGFLOW_SUPERUSER_PASSWORD=securepassword
LANGFLOW_SECRET_KEY=dBuuuB_FHLvU8T9eUNlxQF9ppqRxwWpXXQ42kM2_fb
LANGFLOW_CONFIG_DIR=$folder/sample
END
start "$folder/.env"
grep -q "the sample printed in Langflow's documentation" "$folder/log" || fail 'no warning of the sample key'
step 'the server starts on a loopback address, with a warning'
login administrator securepassword
expect 200 'the administrator signs in'
token=$(member access_token)
call GET /users/whoami --header "$(as "$token")"
expect 200 'the token is accepted' "$(member username)"
stop

say "All $steps steps as expected."
