import { openSite } from './site.ts';

export interface Demo {
  kapsoUrl: string;
  gatewayControlUrl: string;
  /** What the simulators' control interfaces want. */
  controlToken: string;
  /** Asks the poller to poll now. */
  pollNow(): void;
  /** Resolves when one of the programs ends by itself, with a sentence that says which. */
  failed: Promise<string>;
  /** The last lines of the poller's log. */
  logTail(lines: number): string;
  logFile: string;
  /** The poller's state directory. */
  stateDirectory: string;
  /** The path of the command line program. */
  cli: string;
  /** Ends every program and removes the directory. */
  end(): Promise<void>;
}

/** Starts the Kapso simulator, the echo gateway and the real poller as processes, in a directory of their own. */
export async function startDemo(): Promise<Demo> {
  const { promise: failed, resolve: fail } = Promise.withResolvers<string>();
  const site = await openSite({ onEnd: (_program, sentence) => fail(sentence) });
  const { kapso, gateway, poller, env, logFile, stateDirectory, cli, controlToken, pollNow, logTail, close } = site;
  try {
    const kapsoUrl = String((await kapso.start()).url);
    env.KAPSO_BASE_URL = kapsoUrl;
    const gatewayUrl = String((await gateway.start()).url);
    env.OPENCLAW_GATEWAY_URL = gatewayUrl;
    await poller.start();
    const gatewayControlUrl = gatewayUrl.replace(/^ws/, 'http');
    const shown = { logFile, stateDirectory, cli };
    return { ...shown, kapsoUrl, gatewayControlUrl, controlToken, pollNow, failed, logTail, end: close };
  } catch (error) {
    await close();
    throw error;
  }
}
