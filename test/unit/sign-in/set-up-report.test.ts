import { describe, expect, it } from "vitest";
import { UserError } from "../../../tasks/common/pipeline/errors.ts";
import { HttpFailure } from "../../../tasks/common/pipeline/http-failure.ts";
import { rememberSecret } from "../../../tasks/common/pipeline/secrets.ts";
import { type SetUp, setUpReport } from "../../../tasks/common/sign-in/set-up-report.ts";
import { jobInfo, connection as sampleConnection } from "../sample-values.ts";

const connection = {
  ...sampleConnection,
  issuer: "https://issuer.example",
  subject: "sc://contoso/My project/Databricks (prod)",
};
const { clientId } = connection;
const federated: SetUp = {
  connection,
  job: { ...jobInfo, collectionUrl: "https://vsrm.dev.azure.com/contoso/", hostType: "release" },
  isDatabricks: false,
  clientId,
  idToken: () => undefined,
};
const workspace = { host: "https://acme.azuredatabricks.net", workspaceId: "123" };
const refused = new UserError("It is refused.", { hint: "Allow it.", section: "entra", answer: "403: No <b>." });

/** A row of the report by what its second or first cell contains. */
function row(report: string, name: string): string {
  return report.split("\n").find((line) => line.startsWith("| ") && line.includes(`${name}`)) ?? "";
}

describe("The set-up report", () => {
  it("takes issuer and subject from the connection until there is an ID token", () => {
    const before = setUpReport(federated, workspace, false, refused);
    expect(row(before, "Issuer")).toContain("`https://issuer.example`");
    expect(row(before, "Subject")).toContain("`sc://contoso/My project/Databricks (prod)`");
    expect(row(before, "Audience")).toContain("`api://AzureADTokenExchange`");
    const claims = { issuer: "i", subject: "s", audience: "fb60f99c", applicationId: undefined, expiresAt: undefined };
    const after = setUpReport({ ...federated, idToken: () => claims }, workspace, false, refused);
    expect(row(after, "Issuer")).toContain("`i`");
    expect(row(after, "Audience")).toContain("`api://AzureADTokenExchange`");
    const exchange = { ...federated, isDatabricks: true, idToken: () => claims };
    expect(row(setUpReport(exchange, workspace, false, refused), "Audience")).toContain("`fb60f99c`");
  });

  it("does not link to another address that a variable gives as the collection's", () => {
    const job = { ...federated.job, collectionUrl: "https://evil.example/contoso/" };
    expect(setUpReport({ ...federated, job }, workspace, false, refused)).not.toMatch(/\]\(https:\/\/evil/);
  });

  it("links to the main collection, and to the workspace at a custom URL", () => {
    const report = setUpReport(federated, workspace, false, refused);
    const page = `https://dev.azure.com/contoso/${federated.job.projectId}/_settings/adminservices?resourceId=${connection.id}`;
    expect(row(report, "Service connection |")).toContain(`[Databricks \\(prod\\)](${page})`);
    expect(row(report, "Service principals")).toContain(
      "(https://acme.azuredatabricks.net/settings/workspace/identity-and-access/service-principals?o=123)",
    );
  });

  it("quotes the answer, or the reason why there is none, as text", () => {
    expect(row(setUpReport(federated, workspace, false, refused), "1. ID token")).toMatch(
      /^\| ✗ .*403: No &lt;b&gt;\. \|$/,
    );
    const failure = new HttpFailure("timeout", "https://dev.azure.com/x", "it did not answer in time");
    const report = setUpReport(federated, workspace, false, failure);
    expect(row(report, "1. ID token")).toContain("dev.azure.com: it did not answer in time");
    expect(report).toMatch(/\*\*What to do:\*\* Check that this agent can reach .*#network\)/);
    expect(setUpReport(federated, workspace, false, new Error("Odd."))).not.toContain("What to do");
  });

  it("needs no ID token for a connection with a secret or a managed identity", () => {
    const secret = {
      ...federated,
      connection: { ...connection, scheme: "ServicePrincipalSecret", secret: "x" },
    } as SetUp;
    const report = setUpReport(secret, workspace, false, refused);
    expect(row(report, "1. ID token")).toMatch(/^\| not needed /);
    expect(row(report, "2. Access token from Entra")).toMatch(/^\| ✗ /);
    expect(row(report, "Issuer")).toBe("");
    const { id, cloud } = connection;
    const machine: SetUp = {
      ...federated,
      clientId: undefined,
      connection: { scheme: "ManagedServiceIdentity", id, cloud, clientId: undefined },
    };
    const ofMachine = setUpReport(machine, undefined, true, refused);
    expect(row(ofMachine, "2. Access token for the managed identity")).toMatch(/^\| ✓ .* issued \|$/);
    expect(row(ofMachine, "Tenant ID")).toBe("");
  });

  it("hides what is a secret of the job, also if it is one of the identifiers", () => {
    rememberSecret("https://issuer.example");
    expect(row(setUpReport(federated, workspace, false, refused), "Issuer")).toContain("`***`");
  });
});
