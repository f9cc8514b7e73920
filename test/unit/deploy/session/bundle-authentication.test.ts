import { describe, expect, it } from "vitest";
import { printUnusedSettings } from "../../../../tasks/DatabricksBundleDeploy/session/bundle-authentication.ts";
import { keepPrinted } from "../../printed.ts";

const printed = keepPrinted();

describe("Sign-in settings of a bundle", () => {
  it("are printed, because they have no effect", () => {
    printUnusedSettings(
      [
        { key: "profile", value: "mine" },
        { key: "azure_use_msi", value: "true" },
      ],
      "1f2e",
    );
    expect(printed()).toBe(
      "Not used from the bundle, because only the service connection is used to sign in: workspace.profile, workspace.azure_use_msi.\n",
    );
  });

  it("cause a warning if they name another identity than the step's", () => {
    printUnusedSettings([{ key: "azure_client_id", value: "3a4b" }], "1f2e");
    expect(printed()).toMatch(
      /type=warning.*The bundle's workspace\.azure_client_id is 3a4b, but the step signs in as 1f2e, the identity of the service/,
    );
  });

  it("are not mentioned if they name the step's identity", () => {
    printUnusedSettings(
      [
        { key: "azure_client_id", value: "1F2E" },
        { key: "client_id", value: "1f2e" },
      ],
      "1f2e",
    );
    expect(printed()).toBe("");
  });

  it("are printed if the step's identity is not known yet", () => {
    printUnusedSettings([{ key: "azure_client_id", value: "3a4b" }], undefined);
    expect(printed()).toMatch(/^Not used from the bundle.*workspace\.azure_client_id\.\n$/);
  });
});
