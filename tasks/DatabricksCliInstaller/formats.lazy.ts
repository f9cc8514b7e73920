export { parseDocument } from "yaml";
export { fromBufferPromise } from "yauzl";
