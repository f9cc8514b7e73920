import { describe, expect, it } from "vitest";
import { UserError } from "../../../../tasks/common/pipeline/errors.ts";
import { rememberSecret } from "../../../../tasks/common/pipeline/secrets.ts";
import { confirmPlan, type PlannedDeployment } from "../../../../tasks/DatabricksBundleDeploy/commands/plan.ts";
import type { PlanFile } from "../../../../tasks/DatabricksBundleDeploy/plan-file.ts";
import { keepPrinted } from "../../printed.ts";

keepPrinted();

const file = (bundle: string): PlanFile => ({
  bundle,
  target: "prod",
  workspaceUrl: "https://adb-1.7.azuredatabricks.net",
  commit: undefined,
  resources: [{ key: "jobs.a", action: "create", fields: [], digest: "1" }],
});

/** What to do if the current plan is not the approved one; undefined if it is. */
function adviceFor(approved: PlanFile, now: PlanFile): string | undefined {
  const plan = { engine: "direct", resources: now.resources, notSelected: 0, deletesPresent: false, dataLosses: [] };
  try {
    confirmPlan(approved, { plan, file: now } as unknown as PlannedDeployment);
    return undefined;
  } catch (error) {
    return error instanceof UserError ? error.hint : String(error);
  }
}

describe("An approved plan whose file hides secrets", () => {
  it("is compared without the secrets of the job that deploys", () => {
    rememberSecret("hidden-name");
    expect(adviceFor(file("***"), file("hidden-name"))).toBeUndefined();
    expect(adviceFor(file("hidden-name"), file("hidden-name"))).toBeUndefined();
  });

  it("cannot be compared by a job that does not have these secrets, which the error explains", () => {
    expect(adviceFor(file("***"), file("another-name"))).toMatch(
      /^The file of the approved plan has \*\*\* in the place/,
    );
    // Both jobs have secrets, but not the same ones.
    rememberSecret("another-secret");
    const ofBoth = (bundle: string, target: string): PlanFile => ({ ...file(bundle), target });
    expect(adviceFor(ofBoth("sales-***", "prod"), ofBoth("sales-eu", "another-secret"))).toMatch(
      /^The file of the approved plan has \*\*\*/,
    );
    expect(adviceFor(file("other"), file("another-name"))).toMatch(
      /^The workspace, the bundle or a variable has changed/,
    );
  });
});
