import type { GatewaySaid } from './gateway-process.ts';
import type { Stage } from './stage.ts';

type Said<Name extends GatewaySaid['said']> = Extract<GatewaySaid, { said: Name }>;

export interface GatewayProcess {
  /** The time at which the first run was handed over (`monotonic`). */
  firstRun: Promise<number>;
  /** Resolves when this many different runs have been handed over. Ask for one number at a time. */
  reached(different: number): Promise<Said<'reached'>>;
}

/** Starts the minimal gateway beside the other programs of the stage, which get its address. */
export async function startGatewayProcess(stage: Stage): Promise<GatewayProcess> {
  const helper = stage.startHelper('gateway-process.ts');
  const saying = <Name extends GatewaySaid['said']>(name: Name): Promise<Said<Name>> =>
    new Promise((resolve, reject) => {
      const listener = (message: GatewaySaid) => {
        if (message.said !== name) return;
        helper.off('message', listener);
        resolve(message as Said<Name>);
      };
      helper.on('message', listener);
      helper.once('exit', () => reject(new Error(`the gateway ended before it said ${name}`)));
    });

  const firstRun = saying('first-run').then(({ at }) => at);
  // Not every measurement waits for it.
  firstRun.catch(() => undefined);
  stage.env.OPENCLAW_GATEWAY_URL = (await saying('listening')).url;
  return {
    firstRun,
    reached(different) {
      const answer = saying('reached');
      helper.send({ until: different });
      return answer;
    },
  };
}
