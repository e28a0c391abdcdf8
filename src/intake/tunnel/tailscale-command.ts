import type { Clock } from '../../clock.ts';
import { startTied, type TiedExit, type TiedProcess } from '../../tied-process.ts';
import { type FunnelProblem, problemOfExit, problemOfPort, problemOfStatus, readStatus } from './tailscale-problem.ts';

/** Milliseconds after which a silent CLI is restarted. One that asks to enable Funnel may wait for ever. */
const answerWithin = 60_000;
/** Milliseconds from SIGTERM to SIGKILL. */
const stopGrace = 3_000;

/**
 * Runs the Tailscale CLI, one command at a time.
 *
 * Killing the CLI is enough to close the tunnel: tailscaled drops a foreground funnel when the connection of the CLI
 * that asked for it ends. (The CLI itself does not read its standard input.)
 */
export interface TailscaleCommand {
  /** Runs a command to its end. `onOutput` gets all output so far whenever there is more. Its `answered` lifts the time limit. */
  run(args: readonly string[], onOutput: (output: string, answered: () => void) => void): Promise<TiedExit>;
  /** Returns the machine's name in the tailnet, or why the port cannot be opened under it. */
  machineName(port: number): Promise<FunnelProblem | { name: string }>;
  /** Ends the running command. Resolves when it has ended. */
  stop(): Promise<void>;
}

/** @param command the CLI's name or path */
export function createTailscaleCommand(command: string, clock: Clock): TailscaleCommand {
  let child: TiedProcess | null = null;

  const run: TailscaleCommand['run'] = async (args, onOutput) => {
    const started = startTied(command, args, { clock, onOutput: output => onOutput(output, cancelDeadline) });
    child = started;
    let silent = false;
    const cancelDeadline = clock.after(answerWithin, () => {
      silent = true;
      void started.stop(stopGrace);
    });
    const exit = await started.exited;
    cancelDeadline();
    child = null;
    return silent ? { ...exit, status: null, signal: null, stderr: `${exit.stderr}\nno answer in time` } : exit;
  };

  return {
    run,
    machineName: async port => {
      const wrong = problemOfPort(port);
      if (wrong) return wrong;
      const exit = await run(['status', '--json'], () => {});
      const status = readStatus(exit.stdout);
      if (!status) return problemOfExit(command, exit, port);
      return problemOfStatus(status, port) ?? { name: status.name ?? '' };
    },
    stop: async () => child?.stop(stopGrace),
  };
}
