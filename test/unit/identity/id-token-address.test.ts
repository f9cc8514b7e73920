import { describe, expect, it } from "vitest";
import { idTokenAddress } from "../../../tasks/common/identity/id-token-address.ts";
import { jobInfo as job } from "../sample-values.ts";

const composed = `https://dev.azure.com/contoso/${job.projectId}/_apis/distributedtask/hubs/build/plans/${job.planId}/jobs/${job.jobId}/oidctoken`;

const resource = "x/_apis/distributedtask/hubs/build/plans/y/jobs/z/oidctoken";

describe("The address for ID tokens", () => {
  it("sends the job token to the address that Azure DevOps gives, when it lies in the collection", () => {
    const oidcRequestUri =
      "https://dev.azure.com/contoso/x/_apis/distributedtask/hubs/release/plans/y/jobs/z/oidctoken";
    expect(idTokenAddress({ ...job, oidcRequestUri }).url).toBe(oidcRequestUri);
  });

  it.each([
    `https://dev.azure.com/fabrikam/${resource}`,
    `https://dev.azure.com.example.com/contoso/${resource}`,
    `https://dev.azure.com:8443/contoso/${resource}`,
    `https://user@dev.azure.com/contoso/${resource}`,
    `https://dev.azure.com/contoso/../fabrikam/${resource}`,
    `http://dev.azure.com/contoso/${resource}`,
    "https://dev.azure.com/contoso/_apis/git/repositories/x/pushes",
    "https://dev.azure.com/contoso/_apis/git/repositories/oidctoken",
    `https://dev.azure.com/contoso/_apis/projects?x=/${resource}`,
    `https://dev.azure.com/contoso/_apis/projects#/${resource}`,
    `https://dev.azure.com/contoso/${resource}/../../../../../../../../_apis/projects`,
    "",
  ])("composes the address from the job's ids instead of using %s", (oidcRequestUri) => {
    expect(idTokenAddress({ ...job, oidcRequestUri }).url).toBe(composed);
  });

  it("sends the job token to the job's own organization, whichever of its hosts is named, as in classic releases", () => {
    const release = { ...job, hostType: "release", collectionUrl: "https://vsrm.dev.azure.com/contoso/" };
    expect(idTokenAddress(release).url).toMatch(/^https:\/\/vsrm\.dev\.azure\.com\/contoso\/.*\/hubs\/release\//);
    const oidcRequestUri =
      "https://dev.azure.com/Contoso/x/_apis/distributedtask/hubs/release/plans/y/jobs/z/oidctoken";
    expect(idTokenAddress({ ...release, oidcRequestUri }).url).toBe(oidcRequestUri);
    const old = { ...release, collectionUrl: "https://contoso.vsrm.visualstudio.com/" };
    expect(idTokenAddress(old).url).toMatch(/^https:\/\/contoso\.vsrm\.visualstudio\.com\//);
    expect(idTokenAddress({ ...old, oidcRequestUri }).url).toBe(oidcRequestUri);
  });

  it("accepts an organization's old address", () => {
    expect(idTokenAddress({ ...job, collectionUrl: "https://contoso.visualstudio.com/" }).url).toMatch(
      /^https:\/\/contoso\.visualstudio\.com\/11111111-/,
    );
  });

  it.each([
    "https://devops.contoso.com/DefaultCollection/",
    "http://dev.azure.com/contoso/",
    "https://dev.azure.com.example.com/",
    "https://visualstudio.com.example.com/",
    "https://dev.azure.com:8443/contoso/",
    "https://dev.azure.com/",
    "https://x.evil.visualstudio.com.example.com/",
    "",
  ])("never sends the job token to the collection %s", (collectionUrl) => {
    expect(() => idTokenAddress({ ...job, collectionUrl })).toThrow(/is not an organization of Azure DevOps Services/);
  });

  it.each([{ planId: "../../x" }, { jobId: undefined }, { hostType: "a/b" }, { jobToken: undefined }])(
    "does not send the job token anywhere when the job's own data are %o",
    (changed) => {
      expect(() => idTokenAddress({ ...job, ...changed })).toThrow(/cannot ask Azure DevOps for an ID token/);
    },
  );
});
