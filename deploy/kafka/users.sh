#!/bin/sh
# Kafka's users, and what each may. docker-compose.yml runs this at every start, in the broker's network; it may be repeated: a
# password that was changed in its file counts from then on. tests/stack/kafka-users.test.ts runs it against a real broker.
#
#   callscope  worker, page and canary: reads and writes the topics, in groups of its own
#   setup      the same, and makes topics: once at the start ("callscope topics create")
#   producer   what a platform emits, and the demo: writes to input topics
#   collector  the OpenTelemetry Collector: writes logs and spans
#
# Nothing here may delete a topic or change who may what.
set -eu

inputs='call-events conf-events cdr-events quality-samples chat-events presence-events audit-events app-logs trace-spans'
own='call-changes call-changes-bulk dead-letter'
signals='app-logs trace-spans'

kafka=${KAFKA_BIN:-/opt/kafka/bin}
server=${KAFKA_ADMIN:-localhost:9094}
login=${KAFKA_ADMIN_LOGIN:-/mnt/shared/config/admin.properties}
secrets=${KAFKA_SECRETS:-/run/secrets}
umask 077
password=$(mktemp)
trap 'rm -f "$password"' EXIT

# Through a file: what stands on a command line is read by every process of the machine.
user() {
  printf 'SCRAM-SHA-512=password=%s\n' "$(cat "$secrets/kafka_$1_password")" > "$password"
  "$kafka/kafka-configs.sh" --bootstrap-server "$server" --command-config "$login" \
    --alter --entity-type users --entity-name "$1" --add-config-file "$password" > /dev/null
}

# allow 'USER USER', then operations and resources as kafka-acls.sh has them.
allow() {
  principals=$(for name in $1; do printf ' --allow-principal User:%s' "$name"; done)
  shift
  # shellcheck disable=SC2086
  "$kafka/kafka-acls.sh" --bootstrap-server "$server" --command-config "$login" --add $principals "$@" > /dev/null
}

topics() {
  for topic in "$@"; do printf ' --topic %s' "$topic"; done
}

user setup
user callscope
user producer
user collector

# The options are words without spaces: split on purpose.
# shellcheck disable=SC2046,SC2086
{
  allow 'callscope setup' --operation Read --operation Write --operation Describe --operation DescribeConfigs $(topics $inputs $own)
  allow setup --operation Create $(topics $inputs $own)
  allow producer --operation Write --operation Describe $(topics $inputs)
  allow collector --operation Write --operation Describe $(topics $signals)
}
allow 'callscope setup' --operation Read --operation Describe --resource-pattern-type prefixed --group callscope-
# For "callscope doctor" to ask the broker's clock.
allow 'callscope setup' --operation Write --operation Describe --resource-pattern-type prefixed --transactional-id callscope-doctor-

echo "kafka: users setup, callscope, producer and collector are there, each with its permissions"
