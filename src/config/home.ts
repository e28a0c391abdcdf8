import { homedir } from 'node:os';

/**
 * Returns the home directory, or `/` for a user without one. systemd can make up such a user for a service, on a
 * machine that cannot look it up. `/` is then also put into `env`: some packages look the user up by themselves and
 * would fail.
 */
export function homeDirectory(env: NodeJS.ProcessEnv, lookUp: () => string = homedir): string {
  try {
    return lookUp();
  } catch {
    env.HOME = '/';
    return '/';
  }
}
