import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findLeaks, issuedTokens } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

/**
 * Asks the workspace for the identity of a program that the CLI starts, which signs in only with the variables that it got.
 * The SDK for Python and the Terraform provider sign in with the same variables (databricks-sdk-go and -py: config). Neither
 * is available here.
 */
const whoAmI = (folder: string) => `databricks api get /api/2.0/preview/scim/v2/Me > '${folder}/me.json' || exit 1
env > '${folder}/environment.txt'`;

const python = (folder: string) => `#!/bin/bash
# databricks.bundles.build of a bundle that changes nothing.
while [ $# -gt 0 ]; do
  case "$1" in --input) input=$2 ;; --output) output=$2 ;; --diagnostics) : > "$2" ;; --locations) : > "$2" ;; esac
  shift
done
cp "$input" "$output"
cd / && ${whoAmI(folder)}
`;

const terraform = (folder: string) => `#!/bin/bash
if [ "$1" = version ]; then echo '{"terraform_version":"1.5.5"}'; exit; fi
# The CLI hands on no SSL_CERT_FILE (databricks/cli issue 3643): the machine's trust store has the agent's CA.
export SSL_CERT_FILE="$(dirname "$DATABRICKS_CONFIG_FILE")/certificates.pem"
if [ ! -e '${folder}/me.json' ]; then cd /; ${whoAmI(folder)}; fi
echo "No provider can be had here." >&2; exit 1
`;

function program(file: string, text: string): string {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { mode: 0o755 });
  return file;
}

describe.each(taskNodes)("What the CLI starts, on $name", ({ path: node }) => {
  const { lab, deploy } = useLab(node);

  /** The identity that the workspace reported to the program, and the program's environment. */
  function report(folder: string): { userName: string; environment: string } {
    const { userName } = JSON.parse(fs.readFileSync(path.join(folder, "me.json"), "utf8")) as { userName: string };
    return { userName, environment: fs.readFileSync(path.join(folder, "environment.txt"), "utf8") };
  }

  function expectOurs(folder: string): void {
    const { userName, environment } = report(folder);
    expect(userName).toBe(lab.deployer.clientId);
    expect(environment).toContain("DATABRICKS_AUTH_TYPE=metadata-service");
    expect(environment).not.toMatch(/^(ARM_|AZURE_CLIENT|ENDPOINT_|SECRET_|SYSTEM_ACCESSTOKEN|DATABRICKS_TOKEN)/m);
    expect(findLeaks(issuedTokens(lab), [{ where: "environment", text: environment }])).toEqual([]);
  }

  const foreign = { DATABRICKS_TOKEN: "dapi0", ARM_CLIENT_ID: "mine", ARM_CLIENT_SECRET: "mine" };

  it("signs in as the service connection in a Python mutator of the bundle", async () => {
    const step = await deploy({
      job: { variables: foreign },
      prepare(bundle) {
        program(path.join(bundle, ".venv", "bin", "python3"), python(bundle));
        fs.writeFileSync(path.join(bundle, ".venv", "pyvenv.cfg"), "");
        const section = "\npython:\n  venv_path: .venv\n  mutators: ['mutators:nothing']\n";
        fs.appendFileSync(path.join(bundle, "workflow.yml"), section);
      },
    });
    expect(step.result, step.text).toBe("Succeeded");
    expectOurs(step.folder);
  });

  it("signs in as the service connection in terraform", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "terraform-"));
    onTestFinished(() => fs.rmSync(folder, { recursive: true }));
    const step = await deploy({
      inputs: { target: "prod" },
      job: {
        variables: {
          ...foreign,
          DATABRICKS_BUNDLE_ENGINE: "terraform",
          DATABRICKS_TF_VERSION: "1.5.5",
          DATABRICKS_TF_EXEC_PATH: program(path.join(folder, "terraform"), terraform(folder)),
        },
      },
    });
    expect(step.text).toContain("No provider can be had here.");
    expectOurs(folder);
  });
});
