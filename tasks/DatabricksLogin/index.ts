import { serviceArgument } from "./service/handover.ts";

// The step and its token service are one file, so that the package contains their libraries once. Each loads only its own
// part: the task library writes to the temporary folder when it is loaded, and the service must not.
if (process.argv[2] === serviceArgument) void import("./service/serve.ts").then(({ serve }) => serve());
else void import("./main.ts");
