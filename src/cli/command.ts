/** The arguments of a command, as yargs read them. */
export type CommandArguments = Readonly<Record<string, unknown>>;

/** What a command knows of its environment. */
export interface CliContext {
  env: NodeJS.ProcessEnv;
  home: string;
  /** Values that must appear in no error: the secrets of the environment, and those of the configuration after it is read. */
  secrets: Set<string>;
}
