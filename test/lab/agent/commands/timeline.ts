import type { StepContext } from "../step/context.ts";
import type { LoggingCommand } from "./command.ts";

const guidPattern = /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i;

/** `task.logdetail`: nested timeline records. Only the agent's checks are emulated. */
export function logDetail(step: StepContext, command: LoggingCommand): void {
  const records = step.job.timelineRecords;
  const id = guid(command.properties.get("id"));
  if (id === undefined) throw new Error("Can't update timeline record, timeline record id is not provided.");
  if (records.has(id)) return;
  if (!command.properties.has("name")) throw new Error("Name is required for this new timeline record.");
  if (!command.properties.has("type")) throw new Error("Type is required for this new timeline record.");
  const parent = guid(command.properties.get("parentid"));
  if (parent !== undefined && !records.has(parent)) {
    throw new Error("Parent timeline record has not been created for this new timeline record.");
  }
  records.add(id);
}

/** `task.setendpoint`: changes a service connection for later steps. The system connection cannot be changed. */
export function setEndpoint(step: StepContext, command: LoggingCommand): void {
  const { data, properties } = command;
  if (data === "") throw new Error("Enter a valid value for setendpoint.");
  const field = properties.get("field")?.toLowerCase();
  if (field === undefined) throw new Error("Required field 'field' is missing in ##vso[task.setendpoint] command.");
  // Masked first, whether or not the rest is valid.
  if (field === "authparameter") step.job.masker.addValue(data);
  const id = guid(properties.get("id"));
  const connection = step.job.connections.find((candidate) => candidate.id.toLowerCase() === id);
  if (connection === undefined) throw new Error("Required field 'id' is invalid in ##vso[task.setendpoint] command.");
  if (field === "url") {
    if (!URL.canParse(data)) throw new Error("Required field 'url' is invalid in ##vso[task.setendpoint] command.");
    connection.url = data;
    return;
  }
  const key = properties.get("key");
  if (key === undefined) throw new Error("Required field 'key' is missing in ##vso[task.setendpoint] command.");
  if (field === "dataparameter") connection.data[key] = data;
  else if (field === "authparameter") connection.parameters[key] = data;
  else throw new Error("Required field 'field' is invalid in ##vso[task.setendpoint] command.");
}

function guid(text: string | undefined): string | undefined {
  return text !== undefined && guidPattern.test(text) ? text.replace(/[{}]/g, "").toLowerCase() : undefined;
}
