# Gets a token from the metadata service, and lists the jobs with it.
set -euo pipefail
token=$(curl -sf -H "X-Databricks-Metadata-Version: 1" -H "X-Databricks-Host: $DATABRICKS_HOST" \
  "$DATABRICKS_METADATA_SERVICE_URL" | jq -r .access_token)
curl -sf -H "Authorization: Bearer $token" -H "X-Databricks-Workspace-Id: ${DATABRICKS_WORKSPACE_ID:-}" \
  "$DATABRICKS_HOST/api/2.2/jobs/list" > jobs.json
echo "curl: $(jq -c '[.jobs[]?.settings.name]' jobs.json)"
