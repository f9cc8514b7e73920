import { expect, it } from "vitest";
import { formatCount } from "../../../tasks/DatabricksBundleDeploy/listing.ts";

it.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [12_345, "12,345"],
  [123_456, "123,456"],
  [1_234_567, "1,234,567"],
])("writes %i as %s", (count, expected) => {
  expect(formatCount(count)).toBe(expected);
});
