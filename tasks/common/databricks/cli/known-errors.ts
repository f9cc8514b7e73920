/** A request without a token, by the CLI or a program that it starts. Searched in one `Error:` block as printed. */
export const noToken =
  /failed during request visitor|metadata-service|default auth:|cannot configure default credentials/;

/** The workspace refused a request for lack of rights. */
export const noPermission = /\bPERMISSION_DENIED\b|\(403\b|does not have permission|User does not have/i;

/** The same in the output of a program, which may have asked other servers too: the API's code, or the error of its SDK for Python. */
export const noPermissionOfWorkspace = /\bPERMISSION_DENIED\b|\bPermissionDenied\b/;

/** The parts of a time as the CLI prints it in the error for a locked deployment. */
export type LockTime = Readonly<Partial<Record<"day" | "time" | "hours" | "minutes", string>>>;

/** The time when a lock was taken. */
export function lockTime({ day, time, hours, minutes }: LockTime): Date {
  return new Date(`${day}T${time}${hours}:${minutes}`);
}
