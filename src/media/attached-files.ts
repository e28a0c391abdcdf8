/** The files that agents attach, with where they may come from and how long their copies are kept. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { HttpProxy } from '../config/proxy.ts';
import { stateFiles } from '../state/files.ts';
import { agentPlaces } from './agent-places.ts';
import { createMediaFiles, ownFiles, type ShareFiles } from './files.ts';
import { createOutgoingMedia, type NamedFile, type TakenFile } from './outgoing.ts';

export interface AttachedFilesOptions {
  stateDir: string;
  /** The file of the configuration, where there is one: it is never sent. */
  configFile?: string | null | undefined;
  /** `sendFrom`: absolute directories. `maxTotalSize`: megabytes. `retention`: days. The function is called each time. */
  settings: () => {
    readonly sendFrom?: string | readonly string[] | undefined;
    readonly mediaHosts?: string | readonly string[] | undefined;
    readonly maxTotalSize: number;
    readonly retention: number;
  };
  proxy: HttpProxy | null;
  clock: Clock;
  /** See `ShareFiles`. */
  share?: ShareFiles;
  /** See `MediaFilesOptions`. */
  shared?: boolean;
}

export interface AttachedFiles {
  /** As `OutgoingMedia`. `workspace`: that of the agent, by the gateway of this machine; null where there is none. */
  take(id: string, file: NamedFile, options: { workspace: string | null; signal: AbortSignal }): Promise<TakenFile>;
  /** Removes the copies whose time is over. Those of `needed`, by their paths, stay. Returns how many. */
  tidy(needed: ReadonlySet<string>): Promise<number>;
}

const megabyte = 1024 * 1024;
const day = 86_400_000;
/** Milliseconds for one file: the conversation waits meanwhile. */
const fetchWithin = 60_000;

export function createAttachedFiles({
  stateDir,
  configFile,
  settings,
  proxy,
  clock,
  share = ownFiles,
  shared = false,
}: AttachedFilesOptions): AttachedFiles {
  const files = share(() =>
    createMediaFiles({
      dir: join(stateDir, stateFiles.outgoing),
      clock,
      most: () => settings().maxTotalSize * megabyte,
      whenFull: 'refuse',
      shared,
    }),
  );
  const home = homedir();
  const except = [stateDir, ...(configFile ? [configFile] : [])];
  const media = createOutgoingMedia({ files, except, home, fetchWithin, proxy });
  return {
    async take(id, file, { workspace, signal }) {
      const { sendFrom, mediaHosts } = settings();
      // A gateway elsewhere has its agents' files elsewhere: what it names here is nothing that an agent has made.
      const own = workspace === null ? [] : [workspace, ...(await agentPlaces({ cwd: workspace, home }))];
      return media.take(
        id,
        file,
        { workspace, directories: [...own, ...listOf(sendFrom)], hosts: listOf(mediaHosts) },
        signal,
      );
    },
    tidy: needed => files.tidy({ before: clock.now() - settings().retention * day, neededPaths: needed }),
  };
}

function listOf(setting: string | readonly string[] | undefined): readonly string[] {
  return setting === undefined ? [] : typeof setting === 'string' ? [setting] : setting;
}
