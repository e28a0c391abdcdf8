/** What a command is given: as yargs read it. */
export type CommandArguments = Readonly<Record<string, unknown>>;

/** What a command knows of where it runs. */
export interface CliContext {
  env: NodeJS.ProcessEnv;
  home: string;
  /** What must appear in no error: the secrets of the environment, and those of the configuration once it is read. */
  secrets: Set<string>;
}
