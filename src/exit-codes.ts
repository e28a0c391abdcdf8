/** Exit codes of both programs, after BSD sysexits. docs/reference/exit-codes.md documents them. */
export const exitCode = {
  ok: 0,
  /** The command line is wrong. */
  usage: 64,
  /** A service (Kapso, Meta) refused or cannot be reached, and another attempt soon will not help. */
  unavailable: 69,
  /** A defect in this program. */
  software: 70,
  /** A passing condition: the same call may succeed later. */
  tryAgain: 75,
  /** The API key was refused. */
  noPermission: 77,
  /** The configuration is wrong. systemd must not restart the service. */
  configuration: 78,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
