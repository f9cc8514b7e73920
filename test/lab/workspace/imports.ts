import { fields, type GateRequest } from "./exchange.ts";

/** What a request is about to write into the workspace. */
export interface Import {
  /** Where the object will be: notebooks lose the extension of their file. */
  readonly path: string;
  readonly type: "FILE" | "NOTEBOOK";
  readonly content: Buffer;
  /** The request as the workspace's server understands it. */
  readonly request: GateRequest;
}

const filePath = "/api/2.0/workspace-files/import-file/";
const importPath = "/api/2.0/workspace/import";
/** The first line that makes a source file a notebook: https://docs.databricks.com/aws/en/notebooks/notebook-format */
const sources: Record<string, { language: string; header: string }> = {
  ".py": { language: "PYTHON", header: "# Databricks notebook source" },
  ".r": { language: "R", header: "# Databricks notebook source" },
  ".scala": { language: "SCALA", header: "// Databricks notebook source" },
  ".sql": { language: "SQL", header: "-- Databricks notebook source" },
};

/** The import that a request makes; undefined for all other requests. */
export function importOf(request: GateRequest): Import | undefined {
  const { method, url, body } = request;
  if (method !== "POST") return undefined;
  if (url.pathname.startsWith(filePath)) {
    const path = absolute(decodeURIComponent(url.pathname.slice(filePath.length)));
    return importAuto(request, path, body, url.searchParams.get("overwrite") === "true");
  }
  if (url.pathname !== importPath) return undefined;
  const { path, format = "SOURCE", content = "", overwrite = false } = fields(body);
  const decoded = Buffer.from(String(content), "base64");
  return format === "AUTO"
    ? importAuto(request, absolute(String(path)), decoded, overwrite === true)
    : { path: absolute(String(path)), type: "NOTEBOOK", content: decoded, request };
}

/** The content and the extension decide whether it is a notebook. The workspace's server recognizes Python ones only. */
function importAuto(request: GateRequest, path: string, content: Buffer, overwrite: boolean): Import {
  const extension = /\.[^./]+$/.exec(path)?.[0] ?? "";
  const language = notebookLanguage(extension.toLowerCase(), content);
  if (language === undefined) return { path, type: "FILE", content, request };
  const target = path.slice(0, -extension.length);
  const body = { path: target, format: "SOURCE", language, overwrite, content: content.toString("base64") };
  const url = new URL(importPath, request.url);
  const asSource = { ...request, path: importPath, url, body: Buffer.from(JSON.stringify(body)) };
  return { path: target, type: "NOTEBOOK", content, request: asSource };
}

function notebookLanguage(extension: string, content: Buffer): string | undefined {
  if (extension === ".ipynb") return "PYTHON";
  const source = sources[extension];
  const [firstLine] = content.toString().split(/\r?\n/, 1);
  return source && firstLine === source.header ? source.language : undefined;
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}
