import { describe, expect, it } from "vitest";
import { startInstallerLab } from "../installer/installer-lab.ts";
import { newestNode, oldestNode, taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";
import { soakDeploys } from "./deploys.ts";
import { soakInstallers } from "./installers.ts";
import { soakLogin } from "./login.ts";
import { wrongIn } from "./outcome.ts";
import { soakSeed } from "./random.ts";
import { soakTogether } from "./together.ts";

const seed = soakSeed();

/** The parts of `npm run soak`, so short that only what grows with each step shows. */
describe("A short soak", { tags: "linux", timeout: 180_000 }, () => {
  const { lab } = useLab(oldestNode.path);

  it("deploys again and again without growing, and each result is right", async () => {
    const outcome = await soakDeploys({ lab, node: oldestNode, count: 6, seed });
    expect(wrongIn(outcome), `SOAK_SEED=${seed}`).toEqual([]);
  });

  it("deploys from three jobs at once, and each result is right", async () => {
    expect(wrongIn(await soakTogether({ lab, nodes: taskNodes, jobs: 3, rounds: 1 }))).toEqual([]);
  });

  it("installs from eight jobs at once, some of which are killed, and nothing is left", async () => {
    const lab = await startInstallerLab();
    const soaking = soakInstallers({ lab, nodes: taskNodes, installers: 8, rounds: 4, seed });
    expect(wrongIn(await soaking.finally(lab.close)), `SOAK_SEED=${seed}`).toEqual([]);
  });

  it("renews a login's token every few seconds, and each client gets a valid one", async () => {
    const outcome = await soakLogin({ lab, node: newestNode, seconds: 20, seed });
    console.log(`SOAK_SEED=${seed}: ${outcome.done}`);
    expect(wrongIn(outcome), `SOAK_SEED=${seed}`).toEqual([]);
  });
});
