import { agentPlaces } from '../media/agent-places.ts';
import type { Bounds } from '../media/open-within.ts';
import type { CliContext } from './command.ts';
import { isForAgent, isOperatorsFile } from './operator-only.ts';
import type { SendSettings } from './send-settings.ts';

/**
 * From where files may be sent. A person may send any. Customers write to an agent, so it may be talked into anything: it
 * sends files of its workspace, and of the directories that the configuration file at its usual place sets. A file that is
 * named, and the environment, set none: the agent chooses arguments and variables of the commands that it runs.
 */
export async function sendingBounds(
  { env, home }: CliContext,
  { cwd, namesConfig, settings }: { cwd: string; namesConfig: boolean; settings: () => Promise<SendSettings> },
): Promise<Bounds> {
  if (!isForAgent(env)) return { within: null, except: [] };
  const { config, file, origins } = await settings();
  const places = await agentPlaces({ cwd, home });
  const isWritten =
    origins['media.sendFrom']?.startsWith(`${file}:`) === true && isOperatorsFile(file, { named: namesConfig, env });
  return {
    within: [...places, ...(isWritten ? config.media.sendFrom : [])],
    except: [config.state.dir, ...(file === null ? [] : [file])],
  };
}
