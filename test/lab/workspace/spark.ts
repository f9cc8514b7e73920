import type { GateRequest, Reply } from "./exchange.ts";

/**
 * Spark Connect, without a Spark: every call of the service is answered as one that the server does not have (gRPC status 12,
 * UNIMPLEMENTED). Undefined for any other request.
 */
export function answerSpark({ method, url }: GateRequest): Reply | undefined {
  if (method !== "POST" || !url.pathname.startsWith("/spark.connect.SparkConnectService/")) return undefined;
  const trailers = { "grpc-status": "12", "grpc-message": "The lab has no Spark." };
  return { status: 200, headers: { "content-type": "application/grpc" }, body: "", trailers };
}
