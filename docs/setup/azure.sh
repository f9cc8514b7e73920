#!/usr/bin/env bash
# Creates all that a pipeline needs to deploy to one workspace: a managed identity, its service connection, their
# federated credential, and the service principal in the workspace. What exists already is kept, so it can run again.
#
#   bash azure.sh                  creates the identity and the credential with az
#   bash azure.sh identity.bicep   creates them with Bicep
#
# Needs az and databricks on PATH, and az login as a user who may do all steps that docs/setup.md lists.
set -euo pipefail

organization=https://dev.azure.com/contoso
project=sales
connection=databricks-dev
subscription=6a0c7b1e-2f53-4d8e-9a11-0c5d3e7f9b21
resource_group=rg-databricks
location=westeurope
identity=databricks-dev-deployer
workspace=https://adb-1234567890123456.7.azuredatabricks.net

template=${1:-}
group=(--resource-group "$resource_group" --subscription "$subscription")
devops=(--organization "$organization" --project "$project")

# Deploys the Bicep file, with these parameters in addition.
deploy_template() {
  az deployment group create "${group[@]}" --name "$identity" --template-file "$template" --output none \
    --parameters "identityName=$identity" "location=$location" "$@"
}

echo "1. The managed identity $identity"
if [[ $template ]]; then
  deploy_template
else
  az identity create "${group[@]}" --name "$identity" --location "$location" --output none
fi
client_id=$(az identity show "${group[@]}" --name "$identity" --query clientId --output tsv)
tenant_id=$(az identity show "${group[@]}" --name "$identity" --query tenantId --output tsv)

echo "2. The service connection $connection"
connection_id=$(az devops service-endpoint list "${devops[@]}" --query "[?name=='$connection'].id | [0]" --output tsv)
if [[ -z $connection_id ]]; then
  project_id=$(az devops project show --organization "$organization" --project "$project" --query id --output tsv)
  subscription_name=$(az account show --subscription "$subscription" --query name --output tsv)
  settings=$(mktemp)
  trap 'rm -f "$settings"' EXIT
  cat > "$settings" << JSON
{
  "name": "$connection",
  "type": "AzureRM",
  "url": "https://management.azure.com/",
  "data": {
    "environment": "AzureCloud",
    "scopeLevel": "Subscription",
    "subscriptionId": "$subscription",
    "subscriptionName": "$subscription_name",
    "creationMode": "Manual"
  },
  "authorization": {
    "scheme": "WorkloadIdentityFederation",
    "parameters": { "tenantid": "$tenant_id", "serviceprincipalid": "$client_id" }
  },
  "isShared": false,
  "isReady": true,
  "serviceEndpointProjectReferences": [
    { "name": "$connection", "projectReference": { "id": "$project_id", "name": "$project" } }
  ]
}
JSON
  connection_id=$(az devops service-endpoint create "${devops[@]}" --service-endpoint-configuration "$settings" --query id --output tsv)
fi
federation=(az devops service-endpoint show "${devops[@]}" --id "$connection_id" --output tsv --query)
issuer=$("${federation[@]}" authorization.parameters.workloadIdentityFederationIssuer)
subject=$("${federation[@]}" authorization.parameters.workloadIdentityFederationSubject)

echo "3. The federated credential for $subject"
if [[ $template ]]; then
  deploy_template "credentialName=$connection" "issuer=$issuer" "subject=$subject"
else
  az identity federated-credential create "${group[@]}" --identity-name "$identity" --name "$connection" \
    --issuer "$issuer" --subject "$subject" --audiences api://AzureADTokenExchange --output none
fi

echo "4. The service principal $client_id in $workspace"
# The Databricks CLI signs in as the user of az.
export DATABRICKS_HOST=$workspace DATABRICKS_AUTH_TYPE=azure-cli
members=/api/2.0/preview/scim/v2/ServicePrincipals
if ! databricks api get "$members?filter=applicationId%20eq%20$client_id" | grep --quiet "$client_id"; then
  databricks api post "$members" --json "{
    \"schemas\": [\"urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal\"],
    \"applicationId\": \"$client_id\",
    \"displayName\": \"$identity\",
    \"entitlements\": [{ \"value\": \"workspace-access\" }]
  }" > /dev/null
fi

echo "Done. Select Security > Pipeline permissions here, and add the pipelines that may deploy:"
echo "$organization/$project/_settings/adminservices?resourceId=$connection_id"
