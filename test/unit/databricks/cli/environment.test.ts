import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  cliEnvironment,
  isOverruled,
  overruledLines,
  writeProfile,
} from "../../../../tasks/common/databricks/cli/environment.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cli-environment-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe("The CLI's environment", () => {
  it.each([
    "DATABRICKS_TOKEN",
    "DATABRICKS_HOST",
    "DATABRICKS_OIDC_TOKEN_FILEPATH",
    "DATABRICKS_AZURE_RESOURCE_ID",
    "databricks_token",
    "ARM_OIDC_TOKEN",
    "AZURE_FEDERATED_TOKEN_FILE",
    "GOOGLE_CREDENTIALS",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "IDENTITY_ENDPOINT",
    "MSI_SECRET",
    "SYSTEM_ACCESSTOKEN",
    "DATABRICKS_BUNDLE_TARGET",
    "DATABRICKS_LOG_LEVEL",
  ])("does not pass on %s", (name) => {
    expect(isOverruled(name)).toBe(true);
  });

  it.each([
    "PATH",
    "HOME",
    "VSTS_PROCESS_LOOKUP_ID",
    "BUNDLE_VAR_region",
    "DATABRICKS_BUNDLE_ENGINE",
    "DATABRICKS_TF_EXEC_PATH",
    "DATABRICKS_RATE_LIMIT",
    "DATABRICKS_CACHE_ENABLED",
    "DATABRICKS_EXPERIMENTAL_MULTIPART_UPLOAD",
    "SSL_CERT_FILE",
    "BUILD_BUILDID",
  ])("passes on %s", (name) => {
    expect(isOverruled(name)).toBe(false);
  });

  it("says for each kind of variable why it is not passed on", () => {
    const names = [
      "ARM_CLIENT_ID",
      "DATABRICKS_TOKEN",
      "DATABRICKS_OIDC_TOKEN_FILEPATH",
      "DATABRICKS_BUNDLE_ENV",
      "DATABRICKS_BUNDLE_ROOT",
      "DATABRICKS_HOST",
      "DATABRICKS_LOG_LEVEL",
      "DATABRICKS_CACHE_DIR",
      "DATABRICKS_FUTURE",
      "AZURE_EXTENSION_DIR",
      "SYSTEM_ACCESSTOKEN",
    ];
    expect(overruledLines(names)).toEqual([
      "Not passed to the CLI, because only the service connection is used to sign in: ARM_CLIENT_ID, DATABRICKS_TOKEN, DATABRICKS_OIDC_TOKEN_FILEPATH.",
      "Not passed to the CLI, because the step already has a target: DATABRICKS_BUNDLE_ENV.",
      "Not passed to the CLI, because the input workingDirectory names the folder of the bundle: DATABRICKS_BUNDLE_ROOT.",
      "Not passed to the CLI, because the workspace comes from workspaceUrl or the bundle: DATABRICKS_HOST.",
      "Not passed to the CLI, because the task reads the CLI's output (to see its log, use the input arguments, for example --debug): DATABRICKS_LOG_LEVEL.",
      "Not passed to the CLI, because the task sets its own: DATABRICKS_CACHE_DIR.",
      "Not passed to the CLI, because the task does not support this setting: DATABRICKS_FUTURE.",
      "Not passed to the CLI, because programs of a bundle do not get the job's token (for a feed of packages, run PipAuthenticate@1 before this step): SYSTEM_ACCESSTOKEN.",
    ]);
  });

  it("points to a profile that only this account can read, with one way to sign in", () => {
    const signIn = { metadataServiceUrl: "http://127.0.0.1:1/secret", host: undefined, workspaceId: undefined };
    writeProfile(signIn, folder);
    const environment = cliEnvironment({ ARM_CLIENT_ID: "x" }, signIn, folder);
    expect(environment).not.toHaveProperty("ARM_CLIENT_ID");
    const file = environment["DATABRICKS_CONFIG_FILE"] ?? "";
    expect(fs.statSync(file).mode & 0o077).toBe(0);
    expect(fs.readFileSync(file, "utf8")).toMatch(
      /^\[azure-pipelines\]\nauth_type += metadata-service\nmetadata_service_url = http:\/\/127\.0\.0\.1:1\/secret\n$/,
    );
  });

  it("names the profile that cannot be written, with the cause", () => {
    const signIn = { metadataServiceUrl: "http://127.0.0.1:1/secret", host: undefined, workspaceId: undefined };
    expect(() => writeProfile(signIn, path.join(folder, "missing"))).toThrow(
      /^Cannot write the file \S+databrickscfg: a file or folder is missing \(ENOENT\)\.$/,
    );
  });

  it("keeps the address of the metadata service out of files on Windows, where other users may read them", () => {
    const signIn = { metadataServiceUrl: "http://127.0.0.1:1/secret", host: "https://h", workspaceId: undefined };
    writeProfile(signIn, folder, "win32");
    const environment = cliEnvironment({}, signIn, folder);
    expect(environment).toMatchObject({ DATABRICKS_METADATA_SERVICE_URL: signIn.metadataServiceUrl });
    expect(fs.readFileSync(environment["DATABRICKS_CONFIG_FILE"] ?? "", "utf8")).toMatch(
      /^\[azure-pipelines\]\nauth_type += metadata-service\nhost += https:\/\/h\n$/,
    );
  });

  it("names the workspace of a custom URL in the profile, which the CLI reads, and in a variable for other programs", () => {
    const signIn = {
      metadataServiceUrl: "http://127.0.0.1:1/secret",
      host: "https://acme.databricks.com",
      workspaceId: "123",
    };
    writeProfile(signIn, folder);
    const environment = cliEnvironment({ DATABRICKS_WORKSPACE_ID: "5" }, signIn, folder);
    expect(environment).toMatchObject({ DATABRICKS_HOST: signIn.host, DATABRICKS_WORKSPACE_ID: "123" });
    expect(fs.readFileSync(environment["DATABRICKS_CONFIG_FILE"] ?? "", "utf8")).toMatch(
      /\nhost += https:\/\/acme\.databricks\.com\nworkspace_id += 123\n$/,
    );
  });
});
