/** The task variable by which the post-job step finds the service. Only this task of the job gets it. */
export const serviceVariable = "databricksLogin";

/** The service as the post-job step finds it. */
export interface RunningService {
  readonly pid: number;
  /** A POST to it ends the service, and is answered with its report. */
  readonly stopUrl: string;
}
