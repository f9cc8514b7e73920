export { parse } from "yaml";
export { fromBufferPromise } from "yauzl";
