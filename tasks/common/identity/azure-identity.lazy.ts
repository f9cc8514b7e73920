export { createHttpHeaders } from "@azure/core-rest-pipeline";
export {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
} from "@azure/identity";
