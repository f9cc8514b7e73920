import { describe, expect, it } from "vitest";
import {
  giveBackWithheld,
  namesOfAuthor,
  withholdFromLibrary,
  withoutAgentSecrets,
} from "../../../tasks/common/pipeline/environment.ts";

it("gives a child process none of the agent's inputs, credentials and secrets, not even empty ones", () => {
  const kept = {
    PATH: "/bin",
    HOME: "/home/a",
    TF_BUILD: "True",
    VSTS_PROCESS_LOOKUP_ID: "vsts_1",
    SYSTEM_JOBID: "1",
    ENDPOINT_NAME: "serving",
    ENDPOINT_URL: "https://of-the-author",
    ENDPOINTS: "a",
    SECUREFILE_PASSWORD: "of the author",
  };
  const secret = {
    INPUT_TARGET: "dev",
    INPUT_EMPTY: "",
    ENDPOINT_URL_X: "https://x",
    ENDPOINT_AUTH_X: "{}",
    ENDPOINT_DATA_X: "{}",
    SECRET_PASSWORD: "p",
    SECUREFILE_TICKET_1: "t",
    SECUREFILE_NAME_1: "n",
    VSTS_TASKVARIABLE_A: "a",
    VSTS_PUBLIC_VARIABLES: "[]",
    VSTS_SECRET_VARIABLES: "[]",
    SYSTEM_ACCESSTOKEN: "token",
    System_AccessToken: "token",
  };
  expect(withoutAgentSecrets({ ...kept, ...secret })).toEqual(kept);
});

describe("A variable whose name begins with SECRET_", () => {
  const names = (secret: string, ...all: string[]) =>
    namesOfAuthor({ VSTS_SECRET_VARIABLES: secret, ...Object.fromEntries(all.map((name) => [name, "value"])) });

  it("is the author's own if the job has no secret variable of the rest of the name", () => {
    expect(names('["api.key","Other Key"]', "SECRET_API_KEY", "SECRET_OTHER_KEY", "SECRET_SCOPE", "secret_x")).toEqual([
      "SECRET_SCOPE",
      "secret_x",
    ]);
  });

  it.each(["", "[", "{}"])("is taken for the agent's if the agent does not list the secret variables: %j", (list) => {
    expect(names(list, "SECRET_SCOPE")).toEqual([]);
  });

  it("is kept from task-lib while that is loaded, and is passed to a child process", () => {
    Object.assign(process.env, { VSTS_SECRET_VARIABLES: '["key"]', SECRET_KEY: "of the agent", SECRET_SCOPE: "dev" });
    try {
      withholdFromLibrary();
      expect([process.env["SECRET_KEY"], process.env["SECRET_SCOPE"]]).toEqual(["of the agent", undefined]);
      giveBackWithheld();
      const passed = withoutAgentSecrets(process.env);
      expect([passed["SECRET_KEY"], passed["SECRET_SCOPE"]]).toEqual([undefined, "dev"]);
    } finally {
      for (const name of ["VSTS_SECRET_VARIABLES", "SECRET_KEY", "SECRET_SCOPE"]) delete process.env[name];
    }
  });
});
