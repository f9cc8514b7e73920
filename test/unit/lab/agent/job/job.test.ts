import { expect, test } from "vitest";
import { bodyOf, jobSettings, print, runScript } from "../fixture.ts";

test("secrets of the job are masked in base64 too, the token even when it is published", async () => {
  const base64 = [jobSettings.jobToken, "from-library"].map((secret) => Buffer.from(secret).toString("base64"));
  const variables = { key: { value: "from-library", secret: true } };
  const result = await runScript(print(...base64), { job: { enableAccessToken: true, variables } });
  expect(bodyOf(result)).toEqual(["***", "***"]);
});
