// The managed identity that a pipeline deploys as, and the federated credential for its service connection. Bicep cannot
// create the connection, so azure.sh deploys this file twice: the second time with the issuer and subject of the connection.

@description('Name of the managed identity.')
param identityName string

@description('Region of the managed identity.')
param location string = resourceGroup().location

@description('Name of the federated credential.')
param credentialName string = 'azure-devops'

@description('Issuer that the service connection shows; empty until the connection exists.')
param issuer string = ''

@description('Subject identifier that the service connection shows; empty until the connection exists.')
param subject string = ''

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: identityName
  location: location
}

resource credential 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31' = if (!empty(issuer)) {
  parent: identity
  name: credentialName
  properties: {
    issuer: issuer
    subject: subject
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}

output clientId string = identity.properties.clientId
output tenantId string = identity.properties.tenantId
