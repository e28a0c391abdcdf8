/** From where an agent may send files. */
import { access, readdir } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';

/** OpenClaw puts these into each workspace that it makes (OpenClaw documentation, "Agent workspace"). */
const workspaceFiles = ['AGENTS.md', 'SOUL.md'] as const;

/**
 * Returns the workspaces of OpenClaw on this machine, at their usual places in the home directory and around the working
 * directory, and where its tools keep what they have made. What customers sent is elsewhere.
 *
 * The working directory alone allows nothing, since an agent chooses it for each command. The environment's word for the
 * workspace does not count for the same reason.
 */
export async function agentPlaces({ cwd, home }: { cwd: string; home: string }): Promise<string[]> {
  const around = await workspaceAround(cwd, home);
  return [...(await usualPlaces(home)), ...(around === null ? [] : [around])];
}

/** `~/.openclaw/workspace`, `~/.openclaw/workspace-AGENT`, and the same of a profile: `~/.openclaw-PROFILE/workspace`. */
async function usualPlaces(home: string): Promise<string[]> {
  const states = await inside(home, /^\.openclaw(?:-|$)/);
  const places = states.map(async state => [
    ...(await inside(state, /^workspace(?:-|$)/)),
    ...(await inside(join(state, 'media'), /^(?:outbound$|tool-)/)),
  ]);
  return (await Promise.all(places)).flat().sort();
}

async function inside(directory: string, name: RegExp): Promise<string[]> {
  try {
    return (await readdir(directory)).filter(one => name.test(one)).map(one => join(directory, one));
  } catch {
    return [];
  }
}

/** The nearest directory above that looks like a workspace. Neither the home directory nor the root is one. */
async function workspaceAround(cwd: string, home: string): Promise<string | null> {
  const { root } = parse(cwd);
  for (let place = cwd; place !== root && place !== home; place = dirname(place)) {
    if (home.startsWith(`${place}/`)) return null;
    const here = await Promise.all(workspaceFiles.map(name => isThere(join(place, name))));
    if (here.every(Boolean)) return place;
  }
  return null;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
