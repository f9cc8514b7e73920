import { expect, it } from "vitest";
import { withoutAgentSecrets } from "../../../tasks/common/pipeline/environment.ts";

it("gives a child process none of the agent's inputs, credentials and secrets, not even empty ones", () => {
  const kept = {
    PATH: "/bin",
    HOME: "/home/a",
    TF_BUILD: "True",
    VSTS_PROCESS_LOOKUP_ID: "vsts_1",
    SYSTEM_JOBID: "1",
    ENDPOINT_NAME: "serving",
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
