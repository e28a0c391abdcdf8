/** What a backup holds of the state directory, under which names, and how large it may be. */
import { stateFiles, withoutAccount } from '../state/files.ts';

/** Kinds of content that an operator may leave out. */
export interface Choice {
  /** Received files, copies of files to be sent, and transcripts. */
  media: boolean;
  /** The identity and token for the gateway, and the webhook's signing secret. */
  secrets: boolean;
}

/** The first member of the archive. */
export interface About {
  format: 'kapso-whatsapp-backup';
  /** Of the archive's form. */
  version: number;
  /** When the inbox was copied, in ISO 8601. */
  takenAt: string;
  /** The version of the program that wrote it. */
  program: string;
  /** The version of the inbox's tables. */
  schema: number;
  with: Choice;
}

export interface MemberRecord {
  name: string;
  /** Bytes. */
  size: number;
  sha256: string;
}

/** The last member: without it, the archive was cut off. */
export interface Manifest {
  files: MemberRecord[];
}

export const formatVersion = 1;
export const aboutName = 'backup.json';
export const manifestName = 'manifest.json';
/** Bytes of the first and the last member. The last one has a line for each file. */
export const largest = { about: 64 * 1024, manifest: 256 * 1024 * 1024, small: 1024 * 1024 };

/** Each of several accounts has its own. */
const kilobyteFilesOfAccounts = {
  [stateFiles.signingSecret]: 'secrets',
  [stateFiles.proposedSecret]: 'secrets',
  [stateFiles.registration]: 'secrets',
} as const;

const kilobyteFiles: Readonly<Record<string, 'secrets' | 'always'>> = {
  ...kilobyteFilesOfAccounts,
  [stateFiles.deviceIdentity]: 'secrets',
  [stateFiles.deviceToken]: 'secrets',
  // Of an earlier version, whose inbox has not taken it over.
  [stateFiles.firstStart]: 'always',
};

const mediaForm = new RegExp(
  `^(?:${stateFiles.media}|${stateFiles.outgoing})/[0-9a-f]{24}/[A-Za-z0-9][\\w-]{0,99}(?:\\.\\w{1,16})?$`,
);
const transcriptForm = new RegExp(`^${stateFiles.transcripts}/[0-9a-f]{64}\\.txt$`);

/** Whether a backup with these choices has a member of this name. No other name is ever read or written. */
export function belongs(name: string, choice: Choice): boolean {
  if (name === stateFiles.inbox) return true;
  if (isSmall(name)) return choice.secrets || kilobyteFiles[name] === 'always';
  return choice.media && (mediaForm.test(name) || transcriptForm.test(name));
}

/** Whether it is one of the files of some lines. */
export function isSmall(name: string): boolean {
  return Object.hasOwn(kilobyteFiles, name) || Object.hasOwn(kilobyteFilesOfAccounts, withoutAccount(name));
}

const stateContent: ReadonlySet<string> = new Set([
  ...[stateFiles.inbox, `${stateFiles.inbox}-wal`, `${stateFiles.inbox}-shm`],
  ...[stateFiles.media, stateFiles.outgoing, stateFiles.transcripts, stateFiles.sends],
  stateFiles.alerts,
]);

/**
 * Whether it makes a state directory not empty: all that this program keeps there does, and goes to the side with the rest
 * when a backup takes its place. The lock and what a poller says of itself are no content.
 */
export function isContent(name: string): boolean {
  return stateContent.has(name) || isSmall(name) || withoutAccount(name) === stateFiles.lastPoll;
}
