import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect } from "vitest";
import * as yaml from "yaml";
import { readDeclared } from "../../../tasks/common/databricks/bundle/declared.ts";
import { readBundleDocuments } from "../../../tasks/common/databricks/bundle/documents.ts";
import { UserError } from "../../../tasks/common/pipeline/errors.ts";
import { members, parsedMembers, textOf } from "../../../tasks/common/pipeline/json.ts";
import { bundleVersion } from "../../../tasks/DatabricksCliInstaller/version/from-bundle.ts";
import { buildDatabricks, cliVersions } from "../../lab/databricks/build.ts";
import { type BundleTexts, bundleTexts } from "./bundle-texts.ts";
import { property } from "./property.ts";

const home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "fuzz-reading-")));
afterAll(() => fs.rmSync(home, { recursive: true }));
const folder = path.join(home, "bundle");
const programs = path.join(home, "bin");
for (const made of [folder, programs]) fs.mkdirSync(made);
// The CLI looks for a shell to run the bundle's scripts with. Their commands are random.
for (const shell of ["sh", "bash"])
  fs.writeFileSync(path.join(programs, shell), "#!/bin/sh\nexit 0\n", { mode: 0o755 });

const databricks = await buildDatabricks({ log: console.log, windows: false });

/** The bundle as the CLI reads it. The CLI then fails before it uses the network, because the profile does not exist. */
function readingOf(cli: string, target: string | undefined) {
  const options = ["--output", "json", "--profile", "none", ...(target === undefined ? [] : ["--target", target])];
  const env = { HOME: home, PATH: programs, DATABRICKS_CONFIG_FILE: path.join(home, "none") };
  const ended = spawnSync(cli, ["bundle", "validate", ...options], {
    cwd: folder,
    env,
    encoding: "utf8",
    timeout: 20_000,
  });
  if (ended.error) throw ended.error;
  return { bundle: parsedMembers(ended.stdout), stderr: ended.stderr };
}

function write(files: BundleTexts): void {
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
}

const documents = () => readBundleDocuments(path.join(folder, "databricks.yml"), yaml, /^/);

/** Some versions of the CLI remove this from a host. */
const withoutQuery = (host: string | undefined) => host?.replace(/[/?#]*([?#].*)?$/, "");

describe.each(cliVersions)("A bundle that the CLI %s accepts", async (version) => {
  const cli = await databricks.cli(version);

  property(
    "is read as the CLI reads it",
    fc.tuple(bundleTexts, fc.constantFrom(undefined, "dev", "prod")),
    async ([files, target]) => {
      write(files);
      const { bundle: read, stderr } = readingOf(cli, target);
      const bundle = members(read["bundle"]);
      // Everything is read as soon as the target is known.
      fc.pre(bundle["target"] !== undefined);
      const found = documents();
      // The CLI does not read what follows the first document, where other parsers may find an error.
      fc.pre(found.every(({ problem }) => problem === undefined));
      const workspace = members(read["workspace"]);
      const declared = await readDeclared(folder, target);
      expect({
        target: declared.target,
        host: withoutQuery(declared.host),
        workspaceId: declared.workspaceId,
        gitBranch: declared.gitBranch,
        variables: declared.variables?.toSorted(),
        hasPreinit: declared.hasPreinit,
        settings: Object.fromEntries(
          declared.signInSettings.flatMap(({ key, value: text }) => (key === "profile" ? [] : [[key, text]])),
        ),
      }).toEqual({
        target: bundle["target"],
        host: withoutQuery(textOf(workspace["host"])),
        workspaceId: textOf(workspace["workspace_id"]),
        gitBranch: textOf(members(bundle["git"])["branch"]),
        variables: Object.keys(members(read["variables"])).toSorted(),
        hasPreinit: stderr.includes("Executing 'preinit' script"),
        settings: Object.fromEntries(
          ["azure_client_id", "azure_use_msi"].flatMap((key) =>
            workspace[key] ? [[key, String(workspace[key])]] : [],
          ),
        ),
      });
      const authType = textOf(workspace["auth_type"]);
      if (authType !== undefined) expect(declared.authTypes).toContain(authType);
      const include = Array.isArray(read["include"]) ? read["include"] : [];
      // The CLI lists the patterns of included files there too, but does not use them.
      expect(include.slice(0, found.length - 1)).toEqual(found.slice(1).map(({ file }) => path.relative(folder, file)));
      if (!files["more.yml"].includes("include")) expect(include.length).toBe(found.length - 1);
    },
    100,
  );
});

describe("The version that a bundle requires", async () => {
  const cli = await databricks.cli();

  property(
    "is the one that the CLI checks",
    bundleTexts,
    async (files) => {
      write(files);
      fc.pre(documents().every(({ problem }) => problem === undefined));
      const { bundle: read, stderr } = readingOf(cli, undefined);
      const isRefused = /^Error: (invalid version constraint|Databricks CLI version constraint)/m.test(stderr);
      fc.pre(isRefused || members(read["bundle"])["target"] !== undefined);
      const version = textOf(members(read["bundle"])["databricks_cli_version"]);
      const required = await bundleVersion(folder).then(
        ({ text }) => text,
        (error: unknown) => {
          if (!(error instanceof UserError)) throw error;
          if (error.message.startsWith("version: bundle needs bundle.databricks_cli_version")) return undefined;
          return /is "(.*)", which is not a version constraint/s.exec(error.message)?.[1] ?? error.message;
        },
      );
      expect(required).toBe(version);
    },
    100,
  );
});
