import fs from "node:fs";
import path from "node:path";
import { goVersion, runGo } from "../../../lab/databricks/go.ts";
import { installOnce, pythonPackages } from "../../../lab/install-once.ts";

const folder = import.meta.dirname;

/** The `bin` of a virtual environment with the exact versions of a requirements file of this folder. */
export async function pythonClients(requirements: "python" | "dbt"): Promise<string> {
  return pythonPackages(requirements, path.join(folder, `${requirements}-requirements.txt`));
}

/** The path of the program in `go/`, built with Databricks' SDK for Go. */
export async function goClient(): Promise<string> {
  const sources = ["main.go", "go.mod", "go.sum"].map((name) => path.join(folder, "go", name));
  const texts = await Promise.all(sources.map((file) => fs.promises.readFile(file, "utf8")));
  const installed = await installOnce("go", {
    parts: [await goVersion(), ...texts],
    install: (target) => runGo(["build", "-trimpath", "-o", path.join(target, "sdk"), "."], path.join(folder, "go")),
  });
  return path.join(installed, "sdk");
}
