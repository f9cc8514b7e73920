export { createHttpHeaders } from "@azure/core-rest-pipeline";
export { ClientAssertionCredential } from "@azure/identity";
