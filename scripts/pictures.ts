import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { photograph } from "./browser.ts";
import { runForPictures } from "./picture-runs.ts";
import { root } from "./project.ts";
import { type FormDefinition, formPage, listingPreview, logPage, summaryPage, threadPage } from "./screenshot-pages.ts";

/** Which drawing becomes which icon; the sizes are those that agents and the Marketplace show. */
const icons = [
  { drawing: "deploy.svg", size: 128, file: "images/icon.png" },
  { drawing: "deploy.svg", size: 32, file: "tasks/DatabricksBundleDeploy/icon.png" },
  { drawing: "install.svg", size: 32, file: "tasks/DatabricksCliInstaller/icon.png" },
  { drawing: "login.svg", size: 32, file: "tasks/DatabricksLogin/icon.png" },
];

/** Wider than it is shown, so that it is sharp. */
const architecture = { drawing: "architecture.svg", width: 1350, file: "images/architecture.png" };

/** The size that the Marketplace asks for. */
const screenshot = { width: 1366, height: 768 };

/** As wide as the others, and as high as what it shows. */
const cropped = { width: 1366 };

/** The listing on a computer and on a phone. */
const listings = [
  { width: 1120, file: "dist/listing.png" },
  { width: 500, file: "dist/listing-phone.png" },
];

/** Needs rsvg-convert (librsvg). */
function drawDrawings(): void {
  for (const { drawing, size, file } of icons) draw(drawing, file, ["-w", `${size}`, "-h", `${size}`], 64);
  draw(architecture.drawing, architecture.file, ["-w", `${architecture.width}`], 16);
}

function draw(drawing: string, file: string, size: readonly string[], colors: number): void {
  const target = path.join(root, file);
  execFileSync("rsvg-convert", [...size, "-o", target, path.join(root, "images", drawing)]);
  compress(target, colors);
}

/** Takes the screenshots from a run of the demo. Needs Chromium. */
function takeScreenshots(): void {
  const sections = demoSections();
  const log = section(sections, "Pipeline log").split("\n");
  take(logPage(log), "images/pipeline-log.png");
  take(summaryPage(section(sections, "The summary on the run page"), 25), "images/run-summary.png");
}

/** Takes the pictures of what the demo does not show. Only the pages in docs contain them, so they are not packaged. */
async function takePagePictures(): Promise<void> {
  const { planThread, setUpReport } = await runForPictures();
  take(threadPage(planThread), "docs/images/pull-request-plan.png", cropped);
  take(summaryPage(setUpReport, 19), "docs/images/set-up-report.png", cropped);
}

/** Shows the deploy task as the classic editor shows it, with the list of workspaces open. */
function showForm(): void {
  const file = path.join(root, "tasks", "DatabricksBundleDeploy", "task.json");
  const definition = JSON.parse(fs.readFileSync(file, "utf8")) as FormDefinition;
  const values = {
    connectedServiceNameARM: "databricks-prod",
    workspaceUrl: "https://adb-1234567890123456.7.azuredatabricks.net",
    workingDirectory: "$(System.DefaultWorkingDirectory)/_sales/bundle",
    target: "prod",
    command: "deploy",
    variables: "region=emea",
    run: "daily_sales",
  };
  const choices = [
    "analytics (adb-1234567890123456.7.azuredatabricks.net)",
    "machine-learning (adb-6543210987654321.0.azuredatabricks.net)",
  ];
  take(formPage(definition, values, { input: "workspaceUrl", choices }), "images/classic-editor.png");
}

/** Shows the packaged page. The pictures are not part of the package, which the demo has built. */
function showListing(): void {
  const page = fs.readFileSync(path.join(root, "dist", "extension", "overview.md"), "utf8");
  for (const { width, file } of listings) {
    photograph(listingPreview(page, root), path.join(root, file), { width });
    console.log(file);
  }
}

/** What the demo prints, by heading. */
function demoSections(): Map<string, string> {
  const output = execFileSync("npm", ["run", "--silent", "demo"], { cwd: root, encoding: "utf8", maxBuffer: 1e8 });
  const [, ...parts] = output.split(/^=== (.+?) =+$/m);
  return new Map(parts.flatMap((heading, index) => (index % 2 ? [] : [[heading, (parts[index + 1] ?? "").trim()]])));
}

function section(sections: ReadonlyMap<string, string>, start: string): string {
  const [, text] = [...sections].find(([heading]) => heading.startsWith(start)) ?? [];
  if (!text) throw new Error(`The demo prints nothing under "${start}".`);
  return text;
}

function take(html: string, name: string, size: { width: number; height?: number } = screenshot): void {
  const file = path.join(root, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  photograph(html, file, size);
  compress(file, 16);
  console.log(`${name} (${fs.statSync(file).size} bytes)`);
}

/** Text and plain surfaces need few colors. Needs pngquant. */
function compress(file: string, colors: number): void {
  execFileSync("pngquant", ["--force", "--strip", "--nofs", "--speed", "1", "--output", file, `${colors}`, file]);
}

drawDrawings();
takeScreenshots();
await takePagePictures();
showForm();
showListing();
