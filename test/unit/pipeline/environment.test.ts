import { describe, expect, it } from "vitest";
import { cancelGraceMs } from "../../../tasks/common/pipeline/cancellation.ts";
import { neutralize } from "../../../tasks/common/pipeline/commands.ts";
import { withoutAgentSecrets } from "../../../tasks/common/pipeline/environment.ts";
import { unresolvedMacro } from "../../../tasks/common/pipeline/inputs.ts";

describe("What a child may see of the environment", () => {
  it("has none of the agent's inputs, credentials and secrets, empty ones included", () => {
    const kept = {
      PATH: "/bin",
      HOME: "/home/a",
      TF_BUILD: "True",
      VSTS_PROCESS_LOOKUP_ID: "vsts_1",
      SYSTEM_JOBID: "1",
    };
    const secret = {
      INPUT_TARGET: "dev",
      INPUT_EMPTY: "",
      ENDPOINT_URL_X: "https://x",
      ENDPOINT_AUTH_X: "{}",
      ENDPOINT_DATA_X: "{}",
      SECRET_PASSWORD: "p",
      SECUREFILE_TICKET_1: "t",
      VSTS_TASKVARIABLE_A: "a",
      VSTS_PUBLIC_VARIABLES: "[]",
      VSTS_SECRET_VARIABLES: "[]",
      SYSTEM_ACCESSTOKEN: "token",
      System_AccessToken: "token",
    };
    expect(withoutAgentSecrets({ ...kept, ...secret })).toEqual(kept);
  });
});

describe("Text from elsewhere", () => {
  it("is no logging command and no formatting", () => {
    expect(neutralize("a ##vso[task.setvariable variable=PATH]x ##[error]y")).toBe(
      "a ##_vso[task.setvariable variable=PATH]x ##_[error]y",
    );
    expect(neutralize("##v##vso[so[x")).not.toContain("##vso[");
  });
});

describe("An input that the agent left as it was", () => {
  it("is recognised", () => {
    expect(unresolvedMacro("a $(my.var) b")).toBe("$(my.var)");
    expect(unresolvedMacro("$(build-id)")).toBe("$(build-id)");
    expect(unresolvedMacro("$HOME $(1) $() $[x]")).toBeUndefined();
  });
});

describe("The agent's grace after a cancel", () => {
  it("is ten seconds, or what the pipeline's variables say", () => {
    expect(cancelGraceMs({})).toBe(10_000);
    expect(cancelGraceMs({ PROCESS_SIGINT_TIMEOUT: "60000", PROCESS_SIGTERM_TIMEOUT: "1000" })).toBe(61_000);
    expect(cancelGraceMs({ PROCESS_SIGINT_TIMEOUT: "soon", PROCESS_SIGTERM_TIMEOUT: "-1" })).toBe(10_000);
  });
});
