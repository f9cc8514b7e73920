/**
 * Names of Azure regions (learn.microsoft.com/azure/databricks/resources/supported-regions). Workspaces had addresses such as
 * https://westeurope.azuredatabricks.net/?o=123 before 2020; they are deprecated.
 */
export const azureRegions: ReadonlySet<string> = new Set(
  `australiacentral australiacentral2 australiaeast australiasoutheast brazilsouth canadacentral canadaeast centralindia
  centralus chinaeast2 chinaeast3 chinanorth2 chinanorth3 eastasia eastus eastus2 francecentral germanywestcentral
  israelcentral italynorth japaneast japanwest koreacentral mexicocentral newzealandnorth northcentralus northeurope
  norwayeast polandcentral qatarcentral southafricanorth southcentralus southeastasia southindia spaincentral
  swedencentral switzerlandnorth switzerlandwest uaenorth uksouth ukwest usgovarizona usgovtexas usgovvirginia
  westcentralus westeurope westindia westus westus2 westus3`.split(/\s+/),
);
