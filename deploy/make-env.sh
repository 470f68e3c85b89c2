#!/bin/sh
# Makes what docker compose asks for: .env, and a file for each secret in deploy/secrets, of random bytes. It may be run again: what
# is there stays as it is, and what is missing is made. Needs sh and /dev/urandom, and one of openssl, sha256sum and shasum.
#
#   sh deploy/make-env.sh
#
# The folder is open to its owner alone; its files are readable, because containers run as users of their own and see those that
# they were given, and no others.
set -eu
umask 077

root=$(cd "$(dirname "$0")/.." && pwd)
secrets=$root/deploy/secrets
env=$root/.env

# Passwords and tokens of 192 random bits, in letters that need no quoting anywhere.
random='kafka_admin_password
kafka_setup_password
kafka_callscope_password
kafka_producer_password
kafka_collector_password
clickhouse_password
clickhouse_reader_password
clickhouse_grafana_password
postgres_superuser_password
postgres_password
grafana_password
archive_secret
administrator_token
metrics_token'

fail() {
  printf 'make-env: %s\n' "$1" >&2
  exit 1
}

bytes() {
  od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n'
}

sha256() {
  if command -v openssl > /dev/null; then openssl dgst -sha256 -r
  elif command -v sha256sum > /dev/null; then sha256sum
  elif command -v shasum > /dev/null; then shasum -a 256
  else fail 'openssl, sha256sum or shasum is needed: install one'
  fi | cut -d' ' -f1
}

# write NAME VALUE, whole or not at all.
write() {
  printf %s "$2" > "$secrets/.$1"
  chmod 644 "$secrets/.$1"
  mv "$secrets/.$1" "$secrets/$1"
  made="$made $1"
}

# keep NAME VALUE: that secret, unless it is there.
keep() {
  [ -e "$secrets/$1" ] || write "$1" "$2"
}

if [ -e "$env" ] && ! grep -q '^SECRETS_FOLDER=' "$env"; then
  fail "$env is of an earlier version: move it away, run this again, and see docs/deployment.md (Passwords) for what stores keep"
fi

made=
mkdir -p "$secrets"
chmod 700 "$secrets"
for name in $random; do
  value=$(bytes)
  [ ${#value} -eq 48 ] || fail '/dev/urandom gave no bytes'
  keep "$name" "$value"
done

# ClickHouse is told hashes of its users' passwords, and no password. They follow the password files.
user() {
  hash=$(sha256 < "$secrets/$2")
  [ ${#hash} -eq 64 ] || fail 'no hash could be made'
  printf '<%s><password_sha256_hex>%s</password_sha256_hex></%s>' "$1" "$hash" "$1"
}
users=$(user callscope clickhouse_password)
users=$users$(user callscope_reader clickhouse_reader_password)
users="<clickhouse><users>$users$(user grafana clickhouse_grafana_password)</users></clickhouse>"
[ -e "$secrets/clickhouse_users" ] && [ "$(cat "$secrets/clickhouse_users")" = "$users" ] || write clickhouse_users "$users"

# Where alerts go: no program listens at this address. Put a URL of yours into each file.
keep alertmanager_webhook_url http://127.0.0.1:9/
keep alertmanager_heartbeat_url http://127.0.0.1:9/
# Grafana's key to callscope, which callscope makes: docs/deployment.md.
keep grafana_api_key none-yet

if [ ! -e "$env" ]; then
  cat > "$env.new" << 'SETTINGS'
# Made by deploy/make-env.sh. Nothing secret stands here: passwords are the files of this folder.
SECRETS_FOLDER=./deploy/secrets

# Tenants to create at start, as JSON. These are the demo's.
CALLSCOPE_TENANTS='[{"id": "acme"}, {"id": "globex"}, {"id": "initech"}]'

# For the profile "archive":
# CALLSCOPE_ARCHIVE_URL=s3://callscope/raw
# CALLSCOPE_ARCHIVE_ENDPOINT=http://minio:9000
SETTINGS
  chmod 600 "$env.new"
  mv "$env.new" "$env"
  made="$made .env"
fi

if [ -n "$made" ]; then
  printf 'make-env: made%s\n' "$made"
else
  echo 'make-env: everything is there already, and was left as it is'
fi
