import { describe, expect, it } from "vitest";
import { variableEnvironment } from "../../../../tasks/DatabricksBundleDeploy/session/variables.ts";
import { keepPrinted } from "../../printed.ts";

const printed = keepPrinted();

const declared = ["region", "batch", "Owner", "OWNER"];
const variable = (name: string, value = "x", secret = false) => ({ name, value, secret });

function valuesOf(
  given: Record<string, string>,
  job: ReturnType<typeof variable>[] = [],
  platform?: NodeJS.Platform,
  environment: Record<string, string> = {},
) {
  return variableEnvironment({ given, declared, job, environment }, platform);
}

describe("Values of the input variables", () => {
  it("are passed to the CLI unchanged", () => {
    const value = `a,b "c"=d {"x":[1]} batches=1`;
    expect(valuesOf({ region: value }).set).toEqual({ BUNDLE_VAR_region: value });
  });

  it("are refused for a variable that the bundle does not declare", () => {
    expect(() => valuesOf({ regio: "x" })).toThrow(/does not declare regio\. Its declared variables: region, batch/);
    expect(variableEnvironment({ given: { regio: "x" }, declared: undefined, job: [], environment: {} }).set).toEqual({
      BUNDLE_VAR_regio: "x",
    });
  });

  it.each([
    "emea batch=5",
    "emea,batch=5",
    "emea, batch = 5",
    "batch=5",
    "emea;batch=5",
    "emea | batch=5",
    "emea&batch=5",
    "emea\\nbatch=5",
    "emea%0Abatch=5",
    "emea<br>batch=5",
  ])("are refused if they contain another variable: %j", (value) => {
    expect(() => valuesOf({ region: value })).toThrow(
      /the value of region contains "batch="\. The two variables are on one line, so batch is not set/,
    );
  });

  it.each(["x=batch5", "url?batch=5", "subbatch=5", "a batches=5", "https://h/?a=b&batch=5", "jdbc:x://h:1;batch=5"])(
    "can contain %j",
    (value) => {
      expect(valuesOf({ region: value }).set).toEqual({ BUNDLE_VAR_region: value });
    },
  );

  it("can contain the name of another variable that has its own line", () => {
    const given = { region: "Server=h;batch=5", batch: "1" };
    expect(valuesOf(given).set).toEqual({ BUNDLE_VAR_region: given.region, BUNDLE_VAR_batch: "1" });
  });

  it("cause a warning if they look like a mistake, and none if they do not", () => {
    valuesOf({ region: "emea", batch: '5"' });
    expect(printed()).toBe("");
    expect(valuesOf({ region: '"emea"' }).set).toEqual({ BUNDLE_VAR_region: '"emea"' });
    expect(printed()).toMatch(
      /##vso\[task\.logissue type=warning;?[^\]]*\]The value of the bundle variable region is in quotes/,
    );
  });

  it("are printed as empty if they are", () => {
    expect(valuesOf({ region: "" }).set).toEqual({ BUNDLE_VAR_region: "" });
    expect(printed()).toBe("The bundle variable region is set to an empty text.\n");
  });
});

describe("Variables of the job named BUNDLE_VAR_<name>", () => {
  it("set the variable that the bundle declares, although their names in the environment are in upper case", () => {
    expect(valuesOf({}, [variable("BUNDLE_VAR_region", "emea")])).toEqual({
      set: { BUNDLE_VAR_region: "emea" },
      unset: ["BUNDLE_VAR_REGION"],
    });
    expect(valuesOf({}, [variable("bundle_var_Region", "emea")]).set).toEqual({ BUNDLE_VAR_region: "emea" });
  });

  it("can have dots in their names", () => {
    expect(valuesOf({}, [variable("Bundle.Var.region", "emea")]).set).toEqual({ BUNDLE_VAR_region: "emea" });
    expect(valuesOf({}, [variable("BUNDLE_VAR.batch", "5")]).set).toEqual({ BUNDLE_VAR_batch: "5" });
  });

  it("are not used if the input sets the same variable, which is printed", () => {
    const { set } = valuesOf({ region: "input" }, [variable("BUNDLE_VAR_region", "job")]);
    expect(set).toEqual({ BUNDLE_VAR_region: "input" });
    expect(printed()).toContain('BUNDLE_VAR_region of the job is not used, because the input "variables" sets region');
  });

  it("set the variable with the same spelling, and are refused if their name can mean two variables", () => {
    expect(valuesOf({}, [variable("BUNDLE_VAR_Owner", "a")])).toEqual({
      set: { BUNDLE_VAR_Owner: "a" },
      unset: ["BUNDLE_VAR_OWNER"],
    });
    expect(() => valuesOf({}, [variable("BUNDLE_VAR_owner", "a")])).toThrow(/can mean Owner or OWNER/);
  });

  it("are mentioned if the bundle does not declare them or if they are secret", () => {
    expect(valuesOf({}, [variable("BUNDLE_VAR_other"), variable("BUNDLE_VAR_batch", "hidden", true)]).set).toEqual({});
    expect(printed()).toContain("BUNDLE_VAR_other of the job is not used: the bundle does not declare it");
    expect(printed()).toContain('add the line batch=$(BUNDLE_VAR_batch) to the input "variables"');
    expect(printed()).not.toContain("hidden");
  });
});

describe("Variables of the environment named BUNDLE_VAR_<name>, from the step or the machine", () => {
  const fromStep = (environment: Record<string, string>, job: ReturnType<typeof variable>[] = []) =>
    valuesOf({}, job, "linux", environment);

  it("cause a warning if the bundle does not declare them", () => {
    expect(fromStep({ BUNDLE_VAR_regoin: "emea" }).set).toEqual({});
    expect(printed()).toMatch(
      /type=warning.*\]The environment variable BUNDLE_VAR_regoin is not used: the bundle does not/,
    );
  });

  it("set the variable that the bundle declares, in upper or lower case", () => {
    const { set, unset } = fromStep({ BUNDLE_VAR_REGION: "emea", BUNDLE_VAR_batch: "5" });
    expect(set).toEqual({ BUNDLE_VAR_region: "emea", BUNDLE_VAR_batch: "5" });
    expect(unset).toContain("BUNDLE_VAR_REGION");
  });

  it("set the variable with the same spelling if two of them differ only in case, which is printed", () => {
    const environment = { BUNDLE_VAR_region: "exact", BUNDLE_VAR_REGION: "other" };
    expect(fromStep(environment).set).toEqual({ BUNDLE_VAR_region: "exact" });
    expect(printed()).toContain(
      "The environment variable BUNDLE_VAR_REGION is not used: BUNDLE_VAR_region in the environment of the step overrides it.",
    );
  });

  it("override a variable of the job, which is printed", () => {
    const job = [variable("BUNDLE_VAR_region", "job")];
    const environment = { BUNDLE_VAR_REGION: "job", BUNDLE_VAR_region: "step" };
    expect(fromStep(environment, job).set).toEqual({ BUNDLE_VAR_region: "step" });
    expect(printed()).toContain(
      "The variable BUNDLE_VAR_region of the job is not used: BUNDLE_VAR_region in the environment of the step overrides it.",
    );
  });

  it("are mentioned once if they only repeat a variable of the job", () => {
    fromStep({ BUNDLE_VAR_OTHER: "x" }, [variable("BUNDLE_VAR_other")]);
    expect(printed().match(/is not used/g)).toHaveLength(1);
  });

  it("are refused if they can mean two variables", () => {
    expect(() => fromStep({ BUNDLE_VAR_owner: "x" })).toThrow(/environment variable BUNDLE_VAR_owner can mean Owner/);
  });

  it("cause a warning if the bundle's variables could not be read", () => {
    variableEnvironment({ given: {}, declared: undefined, job: [], environment: { BUNDLE_VAR_REGION: "x" } });
    expect(printed()).toMatch(/type=warning.*BUNDLE_VAR_REGION may have no effect/);
  });

  it("cause the same warnings as the input", () => {
    fromStep({ BUNDLE_VAR_region: '"x"' });
    expect(printed()).toContain("The value of the bundle variable region is in quotes");
  });

  it("are refused if they contain a macro that was not replaced, and can contain its text", () => {
    expect(() => fromStep({ BUNDLE_VAR_region: "$(undefined)" })).toThrow(
      /^The environment variable BUNDLE_VAR_region: \$\(undefined\) was not replaced/,
    );
    expect(() => valuesOf({}, [variable("BUNDLE_VAR_region", "a $(undefined)")])).toThrow(
      /^The variable BUNDLE_VAR_region of the job: \$\(undefined\) was not replaced/,
    );
    expect(fromStep({ BUNDLE_VAR_region: "$$(text)" }).set).toEqual({ BUNDLE_VAR_region: "$(text)" });
  });
});

describe("On Windows, where names ignore case", () => {
  it("the input overrides a variable of the machine", () => {
    expect(valuesOf({ region: "input" }, [], "win32").unset).toEqual(["BUNDLE_VAR_REGION"]);
    expect(valuesOf({ region: "input" }, [], "linux").unset).toEqual([]);
  });

  it("two variables that differ only in case are refused", () => {
    expect(() => valuesOf({ OWNER: "x" }, [], "win32")).toThrow(
      /declares OWNER and Owner, which Windows does not tell apart/,
    );
    expect(valuesOf({ OWNER: "x" }, [], "linux").set).toEqual({ BUNDLE_VAR_OWNER: "x" });
  });
});
