export { isAlias, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";
export { fromBufferPromise } from "yauzl";
