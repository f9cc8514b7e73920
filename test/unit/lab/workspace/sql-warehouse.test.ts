import { describe, expect, test } from "vitest";
import { createSqlWarehouse } from "../../../lab/workspace/sql-warehouse.ts";

/** A Thrift call with one string in its request: field 2, as in TExecuteStatementReq. */
function callOf(name: string, text: string): Buffer {
  const int = (value: number) => {
    const buffer = Buffer.alloc(4);
    buffer.writeInt32BE(value | 0);
    return buffer;
  };
  const string = (value: string) => Buffer.concat([int(Buffer.byteLength(value)), Buffer.from(value)]);
  const request = Buffer.concat([Buffer.from([11, 0, 2]), string(text), Buffer.from([0])]);
  return Buffer.concat([int(0x80010001), string(name), int(7), Buffer.from([12, 0, 1]), request, Buffer.from([0])]);
}

function post(body: Buffer, path = "/sql/1.0/warehouses/0123456789abcdef") {
  return { method: "POST", path, url: new URL(path, "https://workspace"), headers: {}, body };
}

describe("The SQL warehouse", () => {
  test("executes statements, and answers a select of one number with its row", () => {
    const warehouse = createSqlWarehouse();
    const reply = warehouse.answer(post(callOf("ExecuteStatement", "/* note */ SELECT 41 AS answer")));
    expect(reply?.status).toBe(200);
    // Message type 2 is a reply; the call's number comes back.
    expect(Buffer.from(reply?.body ?? "").subarray(0, 4)).toEqual(Buffer.from([0x80, 0x01, 0x00, 0x02]));
    expect(reply?.body.toString("latin1")).toMatch(/ExecuteStatement[\s\S]*answer[\s\S]*41/);
    warehouse.answer(post(callOf("ExecuteStatement", "create view v as select 1")));
    expect(warehouse.statements).toEqual(["/* note */ SELECT 41 AS answer", "create view v as select 1"]);
  });

  test("leaves other requests to the workspace", () => {
    expect(createSqlWarehouse().answer(post(Buffer.alloc(0), "/api/2.0/sql/statements"))).toBeUndefined();
  });

  test("refuses what it does not have, and what is not a call", () => {
    const warehouse = createSqlWarehouse();
    expect(() => warehouse.answer(post(callOf("GetFunctions", "")))).toThrow("no GetFunctions");
    expect(() => warehouse.answer(post(Buffer.from("{}")))).toThrow("cut off");
  });
});
