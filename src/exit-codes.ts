/** Exit codes of both programs, after BSD sysexits; documented in docs/reference/exit-codes.md. */
export const exitCode = {
  ok: 0,
  /** The command line is wrong. */
  usage: 64,
  /** A service (Kapso, Meta) refused or is not reachable and trying again soon will not help. */
  unavailable: 69,
  /** A defect in this program. */
  software: 70,
  /** A passing condition: try the same again later. */
  tryAgain: 75,
  /** The API key was refused. */
  noPermission: 77,
  /** The configuration is wrong; systemd must not restart into it. */
  configuration: 78,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
