# Creates all that a pipeline needs to deploy to one workspace: a managed identity, its service connection, their
# federated credential, and the service principal in the workspace.

terraform {
  required_version = ">= 1.5"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
    azuredevops = {
      source  = "microsoft/azuredevops"
      version = "~> 1.0"
    }
    databricks = {
      source  = "databricks/databricks"
      version = "~> 1.50"
    }
  }
}

variable "organization" {
  type        = string
  description = "Address of the Azure DevOps organization, such as https://dev.azure.com/contoso."
}

variable "project" {
  type        = string
  description = "Name of the Azure DevOps project."
}

variable "connection" {
  type        = string
  description = "Name of the service connection, which pipelines use as azureSubscription."
}

variable "pipeline_ids" {
  type        = set(string)
  description = "IDs of the pipelines that may use the connection: the number after definitionId= in their address."
  default     = []
}

variable "subscription_id" {
  type        = string
  description = "ID of the subscription for the managed identity, such as the workspace's."
}

variable "resource_group" {
  type        = string
  description = "Name of an existing resource group for the managed identity."
}

variable "workspace" {
  type        = string
  description = "Address of the workspace, such as https://adb-1234567890123456.7.azuredatabricks.net."
}

provider "azurerm" {
  features {}
  subscription_id = var.subscription_id
}

provider "azuredevops" {
  org_service_url = var.organization
}

provider "databricks" {
  host = var.workspace
}

data "azurerm_subscription" "current" {}

data "azurerm_resource_group" "deployer" {
  name = var.resource_group
}

data "azuredevops_project" "current" {
  name = var.project
}

resource "azurerm_user_assigned_identity" "deployer" {
  name                = "${var.connection}-deployer"
  resource_group_name = data.azurerm_resource_group.deployer.name
  location            = data.azurerm_resource_group.deployer.location
}

resource "azuredevops_serviceendpoint_azurerm" "databricks" {
  project_id                             = data.azuredevops_project.current.id
  service_endpoint_name                  = var.connection
  service_endpoint_authentication_scheme = "WorkloadIdentityFederation"
  azurerm_spn_tenantid                   = azurerm_user_assigned_identity.deployer.tenant_id
  azurerm_subscription_id                = data.azurerm_subscription.current.subscription_id
  azurerm_subscription_name              = data.azurerm_subscription.current.display_name

  credentials {
    serviceprincipalid = azurerm_user_assigned_identity.deployer.client_id
  }
}

resource "azuredevops_pipeline_authorization" "deployer" {
  for_each = var.pipeline_ids

  project_id  = data.azuredevops_project.current.id
  resource_id = azuredevops_serviceendpoint_azurerm.databricks.id
  type        = "endpoint"
  pipeline_id = each.value
}

resource "azurerm_federated_identity_credential" "azure_devops" {
  name                = "azure-devops-${var.connection}"
  resource_group_name = data.azurerm_resource_group.deployer.name
  parent_id           = azurerm_user_assigned_identity.deployer.id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = azuredevops_serviceendpoint_azurerm.databricks.workload_identity_federation_issuer
  subject             = azuredevops_serviceendpoint_azurerm.databricks.workload_identity_federation_subject
}

resource "databricks_service_principal" "deployer" {
  application_id   = azurerm_user_assigned_identity.deployer.client_id
  display_name     = azurerm_user_assigned_identity.deployer.name
  workspace_access = true
}

output "service_connection" {
  description = "What pipelines name as azureSubscription."
  value       = azuredevops_serviceendpoint_azurerm.databricks.service_endpoint_name
}

output "application_id" {
  description = "The service principal as Databricks names it, for grants."
  value       = databricks_service_principal.deployer.application_id
}
