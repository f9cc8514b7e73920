import { addressText, pageOf, type WorkspaceAddress } from "../databricks/workspace/address.ts";
import { whereIdentifiers } from "../failures/entra.ts";
import { isGuid, mainCollectionUrl, organizationOf, projectUrl } from "../pipeline/collection.ts";
import { print } from "../pipeline/commands.ts";
import { Canceled, UserError, type UserErrorDetails } from "../pipeline/errors.ts";
import { HttpFailure } from "../pipeline/http-failure.ts";
import { escapeMarkdown, markdownCode, markdownLink, markdownTable } from "../pipeline/markdown.ts";
import { maskSecrets } from "../pipeline/secrets.ts";
import type { ServiceConnection } from "../pipeline/service-connection.ts";
import { troubleshootingUrl } from "../product.ts";
import type { StepIdentity } from "./identity.ts";

/** What the report needs of a step's identity. */
export type SetUp = Pick<StepIdentity, "connection" | "job" | "isDatabricks" | "clientId" | "idToken">;

/** Shows a page of this name on the run page; false, with a warning that calls it `what`, if it cannot. */
export type ShowPage = (what: string, name: string, markdown: () => string) => boolean | Promise<boolean>;

/**
 * Shows on the run page how far the sign-in came, what each service answered, and the values that an administrator needs. They
 * are identifiers, which the log masks only because they come with a connection. Never changes the step's result.
 */
export async function publishSetUpReport(
  show: ShowPage,
  setUp: SetUp,
  workspace: WorkspaceAddress | undefined,
  isSignedIn: boolean,
  error: unknown,
): Promise<void> {
  if (error instanceof Canceled || !(error instanceof Error)) return;
  const report = () => setUpReport(setUp, workspace, isSignedIn, error);
  const isShown = await show("The set-up report", "Databricks sign-in.md", report);
  if (!isShown) return;
  print("The set-up report shows what each service answered, and the values to copy (run page, tab Extensions).");
}

/** The report as Markdown. `isSignedIn`: there is an access token, so only the workspace has refused it. */
export function setUpReport(
  setUp: SetUp,
  workspace: WorkspaceAddress | undefined,
  isSignedIn: boolean,
  error: Error,
): string {
  const text = (value: string) => escapeMarkdown(maskSecrets(value.replace(` (${whereIdentifiers})`, " (below)")));
  const { hint, section, answer } = error instanceof UserError ? error : withoutAnswer(error);
  const failed = isSignedIn ? 3 : setUp.connection.scheme !== "WorkloadIdentityFederation" || setUp.idToken() ? 2 : 1;
  const steps = [idTokenStep(setUp), accessTokenStep(setUp, workspace), workspaceStep(setUp, workspace)];
  const rows = steps.map(({ title, asked, isNeeded = true }, index) => {
    const number = index + 1;
    const isReached = isNeeded && number <= failed;
    const mark = isReached ? (number < failed ? "✓" : "✗") : isNeeded ? "not reached" : "not needed";
    const answered = number < failed ? "issued" : text(answer ?? error.message);
    return [mark, `${number}. ${title}`, asked, isReached ? answered : ""];
  });
  return [
    "### Databricks: the sign-in failed",
    "",
    `**What failed:** ${text(error.message)}`,
    "",
    ...(hint ? [`**What to do:** ${text(hint)} ${markdownLink("Help", `${troubleshootingUrl}#${section}`)}`, ""] : []),
    ...markdownTable(["", "Step", "Asked", "Answer"], rows),
    "",
    "**Values to copy.** They are identifiers, not secrets.",
    "",
    ...markdownTable(["Name", "Value", "Where it is needed"], values(setUp, workspace)),
    "",
  ].join("\n");
}

/** What to do if no service has answered, or the cause is not known. */
function withoutAnswer(error: Error): UserErrorDetails {
  return error instanceof HttpFailure ? { hint: error.hint, section: "network" } : { section: "deploy-failed" };
}

function code(value: string): string {
  return markdownCode(maskSecrets(value));
}

interface ReportStep {
  readonly title: string;
  /** Markdown */
  readonly asked: string;
  readonly isNeeded?: boolean;
}

function idTokenStep({ connection, job }: SetUp): ReportStep {
  return {
    title: "ID token from Azure DevOps for the service connection",
    asked: `${hostCode(mainCollectionUrl(job.collectionUrl))}, service connection ${code(connection.id)}`,
    isNeeded: connection.scheme === "WorkloadIdentityFederation",
  };
}

function accessTokenStep(
  { connection, isDatabricks, clientId }: SetUp,
  workspace: WorkspaceAddress | undefined,
): ReportStep {
  const application = clientId === undefined ? "" : `, application ${code(clientId)}`;
  if (isDatabricks) {
    return { title: "Access token from the workspace", asked: `${hostCode(workspace?.host ?? "")}${application}` };
  }
  if (connection.scheme === "ManagedServiceIdentity") {
    return { title: "Access token for the managed identity of the machine", asked: `this agent${application}` };
  }
  const asked = `${hostCode(connection.authority)}, tenant ${code(connection.tenantId)}${application}`;
  return { title: "Access token from Entra", asked };
}

function workspaceStep({ clientId }: SetUp, workspace: WorkspaceAddress | undefined): ReportStep {
  const title = "Service principal in the workspace";
  if (workspace === undefined) return { title, asked: "the workspace that the bundle names" };
  const application = clientId === undefined ? "" : `, service principal ${code(clientId)}`;
  return { title, asked: `${code(addressText(workspace))}${application}` };
}

function hostCode(url: string): string {
  return URL.canParse(url) ? code(new URL(url).host) : "";
}

/** The rows of the table: name, value and place. Only those whose value is known. */
function values(setUp: SetUp, workspace: WorkspaceAddress | undefined): string[][] {
  const { connection, isDatabricks, clientId } = setUp;
  const trust = isDatabricks
    ? "Federation policy of the service principal in Databricks"
    : "Federated credential of the app registration or managed identity";
  const { issuer, subject, audience } = trustValues(setUp);
  const tenantId = "tenantId" in connection && !isDatabricks ? connection.tenantId : undefined;
  const copied: readonly (readonly [string, string | undefined, string])[] = [
    ["Issuer", issuer, trust],
    ["Subject", subject, trust],
    ["Audience", audience, trust],
    ["Tenant ID", tenantId, "Tenant of the app registration or managed identity, and of the workspace"],
    ["Application (client) ID", clientId, "Service principal in the workspace"],
    ["Service connection ID", connection.id, "Only to find the connection"],
  ];
  return [
    ...copied.flatMap(([name, value, place]) => (value === undefined ? [] : [[name, code(value), place]])),
    ...links(setUp, workspace),
  ];
}

const federatedCredentialAudience = "api://AzureADTokenExchange";

/** What the federated credential or the policy must contain: the claims of the ID token, or what came with the connection. */
function trustValues({ connection, isDatabricks, idToken }: SetUp) {
  if (connection.scheme !== "WorkloadIdentityFederation") return {};
  const { issuer = connection.issuer, subject = connection.subject, audience } = idToken() ?? {};
  // In tokens that Entra issues, the ID of an application stands for this address, which the federated credential contains.
  if (isDatabricks) return { issuer, subject, audience };
  return { issuer, subject, audience: audience?.includes("://") ? audience : federatedCredentialAudience };
}

function links({ connection, job }: SetUp, workspace: WorkspaceAddress | undefined): string[][] {
  const connectionUrl = connectionPage(connection, job);
  const principals = workspace && pageOf(workspace, "/settings/workspace/identity-and-access/service-principals");
  return [
    ...(connectionUrl
      ? [
          [
            "Service connection",
            markdownLink(maskSecrets(connectionName(connection) ?? "open"), connectionUrl),
            "Pipeline permissions, under Security",
          ],
        ]
      : []),
    ...(workspace && principals
      ? [
          [
            "Service principals",
            markdownLink(addressText(workspace), principals),
            "Here the service principal is added",
          ],
        ]
      : []),
  ];
}

function connectionPage({ id }: ServiceConnection, { collectionUrl, projectId }: SetUp["job"]): string | undefined {
  if (organizationOf(collectionUrl) === undefined || !isGuid(projectId) || !isGuid(id)) return undefined;
  return `${projectUrl(mainCollectionUrl(collectionUrl), projectId)}/_settings/adminservices?resourceId=${id}`;
}

/** The agent does not pass the name on; subjects of the older issuer contain it. */
function connectionName(connection: ServiceConnection): string | undefined {
  const subject = connection.scheme === "WorkloadIdentityFederation" ? connection.subject : undefined;
  return /^sc:\/\/[^/]+\/[^/]+\/(.+)$/.exec(subject ?? "")?.[1];
}
