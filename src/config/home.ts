import { homedir } from 'node:os';

/**
 * The home directory; `/` for a user that has none, such as one that systemd made up for a service on a machine that cannot look
 * such users up. That then stands in `env` as well, for packages that ask for it by themselves and would fail.
 */
export function homeDirectory(env: NodeJS.ProcessEnv, lookUp: () => string = homedir): string {
  try {
    return lookUp();
  } catch {
    env.HOME = '/';
    return '/';
  }
}
