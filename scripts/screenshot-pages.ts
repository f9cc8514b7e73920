import { marked } from "marked";
import { isVisible } from "../test/lab/agent/server/validation.ts";
import type { ShownThread } from "./picture-runs.ts";

const fonts = `"Liberation Sans", Arial, sans-serif`;

function page(title: string, style: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>* { box-sizing: border-box; margin: 0 } ${style}</style>${body}</html>`;
}

/** A job's log as the run page shows it: the steps on the left, numbered lines on the right. */
export function logPage(lines: readonly string[]): string {
  const steps = lines.flatMap((line) => /^##\[section\]Starting: (.+)$/.exec(line)?.[1] ?? []);
  const style = `
    body { display: flex; height: 100vh; background: #1b1b1b; color: #e6e6e6; font: 16px ${fonts} }
    nav { width: 245px; padding: 18px 0; background: #262626 } nav b { display: block; padding: 0 14px 10px; font-size: 18px }
    nav p { padding: 8px 14px } nav p::before { content: "✓"; color: #6cc070; margin-right: 8px; font-weight: bold }
    ol { flex: 1; padding: 12px 8px 0 48px; font: 16px/23px "DejaVu Sans Mono", monospace }
    li { white-space: pre-wrap; overflow-wrap: anywhere; padding-left: 8px } li::marker { color: #7d7d7d }
    .section { color: #6cc070 } .warning { color: #e0b050 } .error { color: #f07070 }`;
  const items = lines.map((line) => {
    const [, tag = "", text = ""] = /^(?:##\[(\w+)\])?(.*)$/.exec(line) ?? [];
    return `<li class="${tag}">${escapeHtml(text) || " "}</li>`;
  });
  const nav = `<nav><b>Deploy</b>${steps.map((step) => `<p>${escapeHtml(step)}</p>`).join("")}</nav>`;
  return page("Pipeline log", style, `<body>${nav}<ol>${items.join("")}</ol></body>`);
}

/** What the form of a task needs of its definition. */
export interface FormDefinition {
  readonly friendlyName: string;
  readonly groups: readonly { readonly name: string; readonly displayName: string; readonly visibleRule?: string }[];
  readonly inputs: readonly {
    readonly name: string;
    readonly type: string;
    readonly label: string;
    readonly required: boolean;
    readonly groupName?: string;
    readonly visibleRule?: string;
    readonly options?: Readonly<Record<string, string>>;
    readonly helpMarkDown: string;
  }[];
}

/** A task as the classic editor shows it, with values by input, and one list that is open. */
export function formPage(
  { friendlyName, groups, inputs }: FormDefinition,
  values: Readonly<Record<string, string>>,
  open: { readonly input: string; readonly choices: readonly string[] },
): string {
  const style = `
    body { background: #fff; color: #222; font: 18px ${fonts} } header { padding: 14px 32px; border-bottom: 1px solid #ddd; font-size: 22px }
    main { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 48px; padding: 18px 32px } div.field { margin: 0 0 10px }
    label { display: block; margin-bottom: 5px; font-weight: 600 } label b { color: #c00 } .row { display: flex; gap: 6px }
    .box { flex: 1; min-height: 34px; padding: 7px 10px; border: 1px solid #b5b5b5; border-radius: 2px; white-space: pre-wrap }
    .list { border-color: #0b64c0 } .choices { border: 1px solid #b5b5b5; border-top: 0; box-shadow: 0 3px 6px #0003 }
    .choices p { padding: 8px 10px } .choices p:first-child { background: #e6f1fb } .button { padding: 7px 12px; border: 1px solid #b5b5b5 }
    .arrow { float: right; color: #666 } small { display: block; margin-top: 5px; color: #555; font-size: 16px; line-height: 1.2 } .group { padding: 9px 0; font-weight: 600 }`;
  const isShown = ({ visibleRule }: { readonly visibleRule?: string }) =>
    visibleRule === undefined || isVisible(visibleRule, (name) => values[name] ?? "");
  const fields = inputs
    .filter((input) => input.groupName === undefined && isShown(input))
    .map(({ name, type, label, required, options, helpMarkDown }) => {
      const isList = type === "pickList" || type.startsWith("connectedService:");
      const text = escapeHtml(options?.[values[name] ?? ""] ?? values[name] ?? "");
      const box = `<span class="box${name === open.input ? " list" : ""}">${text}${isList ? '<span class="arrow">▾</span>' : ""}</span>`;
      const browse = type === "filePath" ? '<span class="button">…</span>' : "";
      const choices = open.choices.map((choice) => `<p>${escapeHtml(choice)}</p>`).join("");
      const list =
        name === open.input ? `<div class="choices">${choices}</div>` : `<small>${escapeHtml(helpMarkDown)}</small>`;
      const mark = required ? " <b>*</b>" : "";
      return `<div class="field"><label>${escapeHtml(label)}${mark}</label><div class="row">${box}${browse}</div>${list}</div>`;
    });
  const closed = groups
    .filter(isShown)
    .map(({ displayName }) => `<div class="group">▸ ${escapeHtml(displayName)}</div>`);
  const body = `<body><header>${escapeHtml(friendlyName)}</header><main>${fields.join("")}${closed.join("")}</main></body>`;
  return page("Classic editor", style, body);
}

/** Markdown as the run page shows an uploaded summary. */
export function summaryPage(markdown: string, fontSize: number): string {
  const style = `
    body { padding: 20px; background: #f4f4f4; color: #222; font: ${fontSize}px/1.5 ${fonts} }
    main { padding: 24px 24px 12px; background: #fff; border-radius: 4px; box-shadow: 0 1px 4px #0003 }
    ${markdownStyle} td, th { padding: 9px 13px } td code { overflow-wrap: break-word } td:last-child { min-width: 330px }`;
  return page("Run summary", style, `<body><main>${markdownHtml(markdown)}</main></body>`);
}

/** A thread as the page of a pull request shows it. */
export function threadPage({ author, status, markdown }: ShownThread): string {
  const style = `
    body { padding: 20px; background: #f4f4f4; color: #222; font: 21px/1.5 ${fonts} }
    main { display: flex; gap: 20px; padding: 24px 24px 12px; background: #fff; border-radius: 4px; box-shadow: 0 1px 4px #0003 }
    .sign { flex: none; width: 52px; height: 52px; border-radius: 50%; background: #12527a; color: #fff; text-align: center; line-height: 52px }
    article { flex: 1; min-width: 0 } header { display: flex; justify-content: space-between; margin-bottom: 16px } header b { font-weight: 600 }
    .status { padding: 2px 14px; border: 1px solid #b5b5b5; border-radius: 3px; text-transform: capitalize }
    ${markdownStyle}`;
  const head = `<header><b>${escapeHtml(author)}</b><span class="status">${escapeHtml(status)} ▾</span></header>`;
  const sign = `<div class="sign">${escapeHtml(author.slice(0, 1))}</div>`;
  const body = `<body><main>${sign}<article>${head}${markdownHtml(markdown)}</article></main></body>`;
  return page("Pull request", style, body);
}

/** Markdown as the Marketplace shows an extension's page; `folder` holds the pictures that it names. */
export function listingPreview(markdown: string, folder: string): string {
  const style = `
    body { padding: 32px 4%; max-width: 1120px; color: #333; font: 15px/1.6 ${fonts} }
    img { max-width: 100% } ${markdownStyle}`;
  const body = markdownHtml(markdown).replaceAll('src="images/', `src="file://${folder}/images/`);
  return page("Listing", style, `<body>${body}</body>`);
}

const markdownStyle = `
  h1, h2, h3 { margin: 20px 0 12px; font-weight: 600; line-height: 1.3 } h3:first-child { margin-top: 0 }
  p, ul, ol, pre { margin: 0 0 14px } ul, ol { padding-left: 26px }
  table { border-collapse: collapse; margin: 0 0 18px } th:empty { padding: 0; border: 0 }
  th, td { padding: 6px 13px; border: 1px solid #ddd; text-align: left; vertical-align: top }
  code { padding: 1px 4px; background: #f2f2f2; font: 90% "DejaVu Sans Mono", monospace } pre { padding: 14px; overflow: hidden; background: #f2f2f2 }
  pre code { padding: 0 } a { color: #0b64c0; text-decoration: none }`;

function markdownHtml(markdown: string): string {
  return marked.parse(markdown, { async: false, gfm: true });
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
