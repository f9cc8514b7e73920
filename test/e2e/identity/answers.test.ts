import { describe, expect, it } from "vitest";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const [workspaceTenant, ownTenant] = ["00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"];
const issuers =
  "io.jsonwebtoken.IncorrectClaimException: Expected iss claim to be: " +
  `https://sts.windows.net/${workspaceTenant}/, but was: https://sts.windows.net/${ownTenant}/`;
const me = { path: /scim\/v2\/Me/ };

describe.each(taskNodes)("An unusual answer on $name", ({ path: node }) => {
  const { lab, deploy, requests } = useLab(node);

  it.each([
    ["JSON", { status: 400, body: { error_code: "BAD_REQUEST", message: issuers } }],
    ["text", { status: 400, body: issuers }],
    ["a page", { status: 400, html: `<html><title>Error 400 ${issuers}.</title><pre>${issuers}.</pre></html>` }],
  ])("names both tenants if the workspace is in another one, and says so with %s", async (_, fault) => {
    const placed = lab.workspace.fault(me, fault);
    const step = await deploy();
    placed.release();
    expect(step.errors).toEqual([
      expect.stringMatching(
        new RegExp(
          `belongs to another Entra tenant \\(400\\).* ${workspaceTenant},.* ${ownTenant}\\..*#other-tenant`,
          "s",
        ),
      ),
    ]);
  });

  it("tells a workspace with Private Link from one that does not exist", async () => {
    const location = "/login.html?error=private-link-validation-error:1234567890123456";
    const placed = lab.workspace.fault(me, { status: 303, headers: { Location: location }, html: "" });
    const step = await deploy();
    placed.release();
    expect(step.errors).toEqual([
      expect.stringMatching(/uses Private Link, and does not allow access from this agent/),
    ]);
  });

  it("leads to another request if Entra calls the problem temporary, with a line in the log", async () => {
    const description = "AADSTS90033: A transient error has occurred. Please try again.";
    const body = { error: "invalid_request", error_description: description, error_codes: [90033] };
    const placed = lab.entra.fault({ status: 400, body });
    const [step, { entra }] = await requests(() => deploy());
    expect(placed.hits).toBe(1);
    expect(step.result).toBe("Succeeded");
    expect(step.text).toMatch(
      /login\.microsoftonline\.com: Entra reports a temporary problem \(AADSTS90033\)\. Trying again in/,
    );
    expect(entra.length).toBeGreaterThan(1);
  });

  it("ends the step if Entra's temporary problem lasts", async () => {
    const body = { error: "invalid_request", error_description: "AADSTS90033: A transient error has occurred." };
    const placed = lab.entra.fault({ status: 400, body }, 99);
    const step = await deploy();
    placed.release();
    expect(placed.hits).toBe(4);
    expect(step.errors).toEqual([
      expect.stringMatching(
        /could not issue an access token: it reports a temporary problem \(AADSTS90033\).*Run the step again/s,
      ),
    ]);
  });
});
