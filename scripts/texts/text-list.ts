import { type Node, parseSync, visitorKeys } from "oxc-parser";

/** A text that a user can see. */
export interface ListedText {
  /** From 1. */
  readonly line: number;
  /** What the text is given to: a function (`print`), a class (`UserError`), or a name (`hint`). */
  readonly role: string;
  /** Expressions of a template as `{name}`. */
  readonly text: string;
  /** Whether it is a part of the text before it. */
  readonly isPart: boolean;
}

/** Where a literal stands. */
interface Position {
  readonly role: string;
  /** Whether it is given to something that shows it: even a single word is then a text. */
  readonly isShown: boolean;
  readonly isPart: boolean;
}

const showing =
  /^(UserError|HttpFailure|Error|print|printGroup|warn|logIssue|debug|complete|problem|fail|hint|message|reason|verb|label|what|cause|action)$/;

/** Calls whose arguments are names, paths and patterns. */
const mechanical =
  /^(includes|startsWith|endsWith|indexOf|split|join|resolve|get|has|set|delete|append|on|once|off|emit|createHash|update|digest|toString|readFileSync|writeFileSync|getInput|getVariable|command|setOutput|write|URL|RegExp|Set|require|addEventListener|removeEventListener|runCommand|getEndpointUrl|getEndpointAuthorization|getEndpointDataParameter)$/;

/** Calls whose first argument is a kind or a name, and not a text. */
const kindFirst = /^(HttpFailure|logIssue|complete|problem|add)$/;

/** Properties whose values are not read by people. */
const mechanicalProperties =
  /^(section|kind|method|encoding|headers|stdio|env|signal|type|id|helpUrl|category|visibility|runsOn|demands|target|visibleRule|endpointId|endpointUrl|resultSelector|resultTemplate|\$schema|restrictions|execution|minimumAgentVersion|Major|Minor|Patch)$/;

/** A literal that names something for programs: a variable, a path, a URL, an option, a command for the agent. */
const identifier = /^([a-z]+[A-Z_\d]\w*|[A-Z\d]+_\w*|[\w{}]*[/\\=#@_]\S*|-\S*|\.\S*|[\w{}.-]+\.\w+|[a-z]+(-[a-z]+)+)$/;

/** All texts of a TypeScript or JSON file that a user can see, in source order. Throws for a file that cannot be parsed. */
export function listTexts(fileName: string, source: string): ListedText[] {
  const isJson = fileName.endsWith(".json");
  const code = isJson ? `(${source})` : source;
  const { program, errors } = parseSync(isJson ? `${fileName}.js` : fileName, code);
  if (errors[0]) throw new Error(`${fileName} cannot be parsed: ${errors[0].message}`);
  const texts: ListedText[] = [];
  const lineOf = (offset: number) => code.slice(0, offset).split("\n").length;

  function visit(node: Node, position: Position): void {
    if (isPassedOver(node)) return;
    const text = textOf(node, code);
    if (text === undefined) {
      visitChildren(node, position);
      return;
    }
    const isListed = isSentence(text) || (isWord(text) && (position.isShown || !identifier.test(text)));
    const { role } = position;
    if (isListed) texts.push({ line: lineOf(node.start), role, text, isPart: position.isPart });
    const parts = { ...position, isPart: position.isPart || isListed };
    for (const expression of expressionsIn(node)) visit(expression, parts);
  }

  function visitChildren(node: Node, position: Position): void {
    for (const child of childrenOf(node)) {
      const next = positionOf(child, node, position, isJson);
      if (next) visit(child, next);
    }
  }

  visit(program, { role: "", isShown: false, isPart: false });
  return texts;
}

function isPassedOver({ type }: Node): boolean {
  if (type === "TSAsExpression" || type === "TSSatisfiesExpression" || type === "TSNonNullExpression") return false;
  return type.startsWith("TS") || type.startsWith("Import") || type === "ExportAllDeclaration";
}

function childrenOf(node: Node): Node[] {
  const members = new Map(Object.entries(node));
  return (visitorKeys[node.type] ?? []).flatMap((key) => {
    const child: unknown = members.get(key);
    return [child].flat().filter(isNode);
  });
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

/** Where a child of a node stands; undefined where a string is not read by people. */
function positionOf(child: Node, parent: Node, position: Position, isJson: boolean): Position | undefined {
  switch (parent.type) {
    case "Property":
      return child === parent.key ? undefined : propertyPosition(nameOf(parent.key), position, isJson);
    case "ExportNamedDeclaration":
      return child === parent.source ? undefined : position;
    case "MemberExpression":
      return child === parent.property ? undefined : position;
    case "BinaryExpression":
      return isLiteral(child) ? undefined : position;
    case "SwitchCase":
      return child === parent.test ? undefined : position;
    case "CallExpression":
    case "NewExpression":
      if (child === parent.callee) return position;
      return argumentPosition(nameOf(parent.callee), child, child === parent.arguments[0], position);
    case "VariableDeclarator":
      return { ...position, role: nameOf(parent.id) || position.role };
    case "FunctionDeclaration":
      return { ...position, role: parent.id?.name ?? position.role };
    default:
      return position;
  }
}

function propertyPosition(name: string, position: Position, isJson: boolean): Position | undefined {
  if (mechanicalProperties.test(name)) return undefined;
  return { ...position, role: name || position.role, isShown: isJson || position.isShown || showing.test(name) };
}

function argumentPosition(callee: string, child: Node, isFirst: boolean, position: Position): Position | undefined {
  const isName = mechanical.test(callee) || (isFirst && kindFirst.test(callee));
  if (isName && isLiteral(child) && !isSentenceNode(child)) return undefined;
  const isShown = position.isShown || showing.test(callee);
  return { ...position, isShown, role: isShown && !showing.test(callee) ? position.role : callee || position.role };
}

/** The last name of a callee or key: `warn`, `problem` of `reader.problem`. */
function nameOf(node: Node): string {
  if (node.type === "Identifier") return node.name;
  if (node.type === "Literal") return String(node.value);
  if (node.type === "MemberExpression") return nameOf(node.property);
  return "";
}

function isLiteral(node: Node): boolean {
  return node.type === "TemplateLiteral" || (node.type === "Literal" && typeof node.value === "string");
}

function isSentenceNode(node: Node): boolean {
  return node.type === "Literal" && typeof node.value === "string" && isSentence(node.value);
}

/** A string, a template or a sum of them as one text; undefined for anything else. */
function textOf(node: Node, code: string): string | undefined {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type === "TemplateLiteral") {
    const pieces = node.quasis.map(({ value }) => value.cooked ?? value.raw);
    return pieces.map((piece, i) => piece + placeholder(node.expressions[i], code)).join("");
  }
  if (node.type !== "BinaryExpression" || node.operator !== "+") return undefined;
  const [left, right] = [textOf(node.left, code), textOf(node.right, code)];
  if (left === undefined && right === undefined) return undefined;
  return (left ?? placeholder(node.left, code)) + (right ?? placeholder(node.right, code));
}

/** `{name}`, `{name(x)}`; a choice is shown by its condition: `{name ? …}`. */
function placeholder(expression: Node | undefined, code: string): string {
  if (expression === undefined) return "";
  const source = code.slice(expression.start, expression.end).replace(/\s+/g, " ");
  if (expression.type !== "ConditionalExpression") return `{${source}}`;
  return `{${code.slice(expression.test.start, expression.test.end).replace(/\s+/g, " ")} ? …}`;
}

/** What a text has between its own pieces. */
function expressionsIn(node: Node): readonly Node[] {
  if (node.type === "TemplateLiteral") return node.expressions;
  if (node.type !== "BinaryExpression") return [];
  return [node.left, node.right].flatMap((side) =>
    isLiteral(side) || side.type === "BinaryExpression" ? expressionsIn(side) : [side],
  );
}

/** Whether a space stands between letters; a placeholder counts as letters. */
function isSentence(text: string): boolean {
  return /[\p{L}\d}][\p{P}"')]*\s+[("'{`]*[\p{L}\d{]/u.test(text) && isWord(text);
}

/** Whether there is a letter outside of placeholders. */
function isWord(text: string): boolean {
  return /\p{L}{2}/u.test(withoutPlaceholders(text));
}

/** A text without its `{name}`: only the words that are written. */
export function withoutPlaceholders(text: string): string {
  return text.replace(/\{[^{}]*\}/g, "");
}
