import { randomBytes } from "node:crypto";
import type { GateRequest, Reply } from "./exchange.ts";
import { type Decoded, readCall, type ThriftCall, type ThriftStruct, type ThriftValue, writeReply } from "./thrift.ts";

/**
 * A SQL warehouse that accepts every statement: `select <number> as <name>` has one row, every other statement none.
 * Its protocol is Hive's TCLIService over HTTP (github.com/databricks/databricks-sql-python: thrift_api/TCLIService).
 */
export interface SqlWarehouse {
  /** The statements that it executed, in their order. */
  readonly statements: string[];
  /** The answer to a request to a warehouse; undefined for any other request. */
  answer(request: GateRequest): Reply | undefined;
}

const warehousePath = /^\/sql\/1\.0\/warehouses\/[0-9a-f]+$/;
/** SPARK_CLI_SERVICE_PROTOCOL_V7 */
const protocolVersion = 42_247;
const finished = 2;
const columnBased = 1;
const stringType = 7;
const ok: ThriftValue = { struct: { 1: { i32: 0 } } };

/** A column of text with its values. */
interface Column {
  readonly name: string;
  readonly values: readonly string[];
}

export function createSqlWarehouse(): SqlWarehouse {
  const statements: string[] = [];

  function respond(call: ThriftCall): ThriftStruct {
    switch (call.name) {
      case "OpenSession":
        return openSession();
      case "ExecuteStatement": {
        const statement = text(call.request.get(2));
        statements.push(statement);
        return executed(resultOf(statement));
      }
      case "GetCatalogs":
      case "GetSchemas":
      case "GetTables":
      case "GetColumns":
        return executed({ name: call.name, values: [] });
      case "CloseOperation":
      case "CancelOperation":
      case "CloseSession":
        return { 1: ok };
      default:
        throw new Error(`The lab's SQL warehouse has no ${call.name}.`);
    }
  }

  return {
    statements,
    answer(request) {
      if (request.method !== "POST" || !warehousePath.test(request.url.pathname)) return undefined;
      const call = readCall(request.body);
      return {
        status: 200,
        headers: { "content-type": "application/x-thrift" },
        body: writeReply(call, respond(call)),
      };
    },
  };
}

function openSession(): ThriftStruct {
  return {
    1: ok,
    2: { i32: protocolVersion },
    3: { struct: { 1: identifier() } },
    1284: { struct: { 1: { binary: "main" }, 2: { binary: "default" } } },
    1285: { bool: true },
  };
}

function resultOf(statement: string): Column {
  const [, value, name] = /\bselect\s+(\d+)\s+as\s+`?(\w+)/i.exec(statement) ?? [];
  return name !== undefined && value !== undefined ? { name, values: [value] } : { name: "result", values: [] };
}

/** A statement that is finished, with its whole result in the answer. */
function executed(column: Column): ThriftStruct {
  const operation: ThriftStruct = { 1: identifier(), 2: { i32: 0 }, 3: { bool: true } };
  const direct: ThriftStruct = {
    1: { struct: { 1: ok, 2: { i32: finished }, 9: { bool: true } } },
    2: { struct: metadata(column) },
    3: { struct: { 1: ok, 2: { bool: false }, 3: { struct: rows(column) } } },
    4: { struct: { 1: ok } },
  };
  return { 1: ok, 2: { struct: operation }, 1281: { struct: direct } };
}

function metadata({ name }: Column): ThriftStruct {
  const type: ThriftValue = { struct: { 1: { struct: { 1: { i32: stringType } } } } };
  const description: ThriftStruct = {
    1: { binary: name },
    2: { struct: { 1: { list: [type], of: "struct" } } },
    3: { i32: 1 },
  };
  const schema: ThriftStruct = { 1: { list: [{ struct: description }], of: "struct" } };
  return { 1: ok, 2: { struct: schema }, 1281: { i32: columnBased }, 1282: { bool: false } };
}

function rows({ values }: Column): ThriftStruct {
  const column: ThriftStruct = {
    1: { list: values.map((value) => ({ binary: value })), of: "binary" },
    2: { binary: Buffer.alloc(Math.ceil(values.length / 8)) },
  };
  return {
    1: { i64: 0 },
    2: { list: [], of: "struct" },
    3: { list: [{ struct: { 7: { struct: column } } }], of: "struct" },
  };
}

function identifier(): ThriftValue {
  return { struct: { 1: { binary: randomBytes(16) }, 2: { binary: randomBytes(16) } } };
}

function text(value: Decoded | undefined): string {
  return value instanceof Buffer ? value.toString() : "";
}
