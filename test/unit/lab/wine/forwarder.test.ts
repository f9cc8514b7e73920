import { expect, it } from "vitest";
import { builtFor } from "../../../../tasks/DatabricksCliInstaller/cli/executable.ts";
import { forwarderDll } from "../../../lab/wine/forwarder.ts";

it("A forwarder is a DLL for Windows on x64 whose one export names another DLL's function", () => {
  const dll = forwarderDll("a.dll", "First", "b.Second");
  expect(builtFor(dll)).toBe("windows/amd64");
  // In memory the section is at 0x1000, and in the file at 0x200.
  const textAt = (address: number) => dll.toString("latin1", address - 0xe00, dll.indexOf(0, address - 0xe00));
  const pointerAt = (address: number) => dll.readUInt32LE(address - 0xe00);
  const [name, functions, names] = [0x100c, 0x101c, 0x1020].map(pointerAt);
  expect(textAt(name ?? 0)).toBe("a.dll");
  expect(textAt(pointerAt(functions ?? 0))).toBe("b.Second");
  expect(textAt(pointerAt(names ?? 0))).toBe("First");
});
