import fs from "node:fs";
import { createHttp } from "../../../tasks/common/pipeline/http.ts";
import { HttpFailure } from "../../../tasks/common/pipeline/http-failure.ts";

// A program for a test: prints for each URL whether a process that was started like this trusts its certificate.
const [file = "", trustsMore, ...urls] = process.argv.slice(2);
const network = {
  proxy: undefined,
  extraCertificates: fs.readFileSync(file, "utf8"),
  nodeTrustsMore: trustsMore === "true",
};
const http = createHttp(network, "test/1.0", new AbortController().signal);
for (const url of urls) {
  const answer = http.send({ method: "GET", url, attempts: 1 });
  const outcome = answer.then(
    ({ text }) => text,
    (error: unknown) => (error instanceof HttpFailure ? error.kind : String(error)),
  );
  console.log(await outcome);
}
process.exit(0);
