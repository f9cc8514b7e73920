import { describe, expect, it, vi } from "vitest";
import { signInPerson } from "../../../lab/person.ts";
import { bundleOf, job } from "../../bundles/bundles.ts";
import { taskNodesWithCli } from "../../nodes.ts";
import { useLab } from "../../use-lab.ts";

describe.each(taskNodesWithCli)("A file that somebody changes on $name", ({ path: node, cli }) => {
  const { lab, checkout } = useLab(node, { cli });

  it("is uploaded again if it was changed while its deploy uploaded others", async () => {
    const person = await signInPerson(lab);
    const files = { ...bundleOf("raced", job("only", "Only")), "one.txt": "1\n" };
    const file = `/Workspace/Users/${lab.deployer.clientId}/.bundle/raced/prod/files/one.txt`;
    const first = await checkout(files);
    // The CLI stores this after the last file.
    const held = lab.workspace.fault(
      { method: "POST", path: /import-file\/.*\/state\/deployment\.json/ },
      { hold: true },
    );
    const running = first.run({ target: "prod" });
    await vi.waitFor(() => expect(held.hits).toBe(1), 30_000);
    await person.writeFile(file, "changed by hand\n");
    held.release();
    expect((await running).result).toBe("Succeeded");
    const step = await (await checkout(files)).run({ target: "prod" });
    expect(step.log).toContainEqual("Files: 1 of 3 changed");
    expect(await lab.workspace.readFile(file)).toBe("1\n");
  });
});
