import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultProfile } from "../../../../tasks/common/databricks/cli/default-profile.ts";

describe("The default profile of the CLI", () => {
  let home: string;
  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), "profiles-"));
  });
  afterEach(() => fs.rmSync(home, { recursive: true }));

  const profiles = "[dev]\nhost = https://adb-1.2.azuredatabricks.net\n";

  it.each([
    ["[__settings__]\ndefault_profile = dev\n", "dev"],
    [`${profiles}\r\n[ __settings__ ]\r\nauth_storage=secure\r\ndefault_profile=my dev \r\n[other]\r\n`, "my dev"],
    ["[__settings__]\ndefault_profile =\n", undefined],
    [`[__settings__]\n${profiles}default_profile = dev\n`, undefined],
    ["[__settings__]\n# default_profile = dev\n; default_profile = dev\n", undefined],
    [profiles, undefined],
    ["", undefined],
  ])("is in the settings of the file of profiles: %j", (text, name) => {
    const file = `${home}/.databrickscfg`;
    fs.writeFileSync(file, text);
    expect(defaultProfile({}, home)).toEqual(name && { name, file });
  });

  it("is in the file that DATABRICKS_CONFIG_FILE names", () => {
    fs.writeFileSync(path.join(home, "own.cfg"), "[__settings__]\ndefault_profile = dev\n");
    const found = { name: "dev", file: `${home}/own.cfg` };
    expect(defaultProfile({ DATABRICKS_CONFIG_FILE: "~/own.cfg" }, home)).toEqual(found);
    expect(defaultProfile({ DATABRICKS_CONFIG_FILE: found.file }, "/nowhere")).toEqual(found);
    expect(defaultProfile({ DATABRICKS_CONFIG_FILE: "" }, home)).toBeUndefined();
  });

  it("does not exist without a file, or with one that cannot be read", () => {
    expect(defaultProfile({}, home)).toBeUndefined();
    expect(defaultProfile({ DATABRICKS_CONFIG_FILE: home }, home)).toBeUndefined();
  });
});
