#!/usr/bin/env bash
# Stands in for az and databricks: notes each command in $STATE/commands, and answers as the originals do. The answers of
# az devops are those of the service endpoint API (learn.microsoft.com/azure/devops/pipelines/release/automate-service-connections).
set -euo pipefail
echo "${0##*/} $*" >> "$STATE/commands"

case "${0##*/} $*" in
  "az identity show"*clientId*) echo 11111111-aaaa-4aaa-8aaa-111111111111 ;;
  "az identity show"*tenantId*) echo 22222222-bbbb-4bbb-8bbb-222222222222 ;;
  "az devops project show"*) echo 33333333-cccc-4ccc-8ccc-333333333333 ;;
  "az account show"*) echo "Analytics, Europe" ;;
  "az devops service-endpoint list"*) cat "$STATE/connection" 2> /dev/null || true ;;
  "az devops service-endpoint create"*)
    [[ $* =~ --service-endpoint-configuration\ ([^ ]+) ]]
    cp "${BASH_REMATCH[1]}" "$STATE/connection.json"
    echo 44444444-dddd-4ddd-8ddd-444444444444 | tee "$STATE/connection"
    ;;
  "az devops service-endpoint show"*Issuer) echo https://login.microsoftonline.com/22222222-bbbb-4bbb-8bbb-222222222222/v2.0 ;;
  "az devops service-endpoint show"*Subject) echo /eid1/c/pub/t/u7u7/a/JVj2/sc/55555555/44444444-dddd-4ddd-8ddd-444444444444 ;;
  "databricks api get"*) cat "$STATE/member" 2> /dev/null || echo '{ "totalResults": 0 }' ;;
  "databricks api post"*)
    [[ "$DATABRICKS_HOST $DATABRICKS_AUTH_TYPE" == "https://adb-1234567890123456.7.azuredatabricks.net azure-cli" ]]
    echo "${*: -1}" > "$STATE/member"
    ;;
  "az identity create"* | "az identity federated-credential create"* | "az deployment group create"*) ;;
  *)
    echo "The script ran a command that it should not need: ${0##*/} $*" >&2
    exit 1
    ;;
esac
