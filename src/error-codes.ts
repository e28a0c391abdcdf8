import { type ExitCode, exitCode } from './exit-codes.ts';

interface ErrorCodeEntry {
  /** What happened, in words that fit every place that raises the error. */
  meaning: string;
  /** What the reader can do in general. An error's own hint is about the case at hand. */
  advice: string;
  /** The exit code of a program that ends with this error. */
  exit: ExitCode;
}

/**
 * Every `code` of this project's errors: UPPER_SNAKE, the area first. A code is stable, appears in `--json` output, and
 * decides the exit code of both programs. `npm run generate` makes `docs/reference/errors.md` from this table.
 */
export const errorCodes = {
  USAGE: {
    meaning: 'The command line is wrong.',
    advice: 'See `--help` of the command.',
    exit: exitCode.usage,
  },
  OPERATOR_ONLY: {
    meaning: 'An agent ran a command that is for people alone.',
    advice: 'Run it yourself, in a shell of your own. An agent needs only `send`.',
    exit: exitCode.unavailable,
  },
  DEFECT: {
    meaning: 'A defect in the program.',
    advice: 'Report it, with the whole message.',
    exit: exitCode.software,
  },

  OUTPUT_FAILED: {
    meaning: 'Standard output, or a file that the command was to write, cannot be written.',
    advice: 'Make space on its disk, or write it elsewhere. What else the command does was done.',
    exit: exitCode.tryAgain,
  },

  CONFIG_INVALID: {
    meaning: 'A setting is wrong or missing, or the configuration file cannot be read.',
    advice:
      'Change what the message names: key, file and line. Where there is nothing yet: `kapso-whatsapp-cli config init`.',
    exit: exitCode.configuration,
  },

  KAPSO_UNREACHABLE: {
    meaning: 'Kapso cannot be reached, and nothing of the request was sent.',
    advice: 'Check the network, the proxy and `kapso.baseUrl`; trying again is safe.',
    exit: exitCode.unavailable,
  },
  KAPSO_NO_ANSWER: {
    meaning: 'The request was sent, and its answer did not come or broke off.',
    advice: 'Try again later. What it asked for may have been done.',
    exit: exitCode.tryAgain,
  },
  KAPSO_ANSWER_TOO_LARGE: {
    meaning: "Kapso's answer is too large to be held, or too slow.",
    advice: 'Polling asks for smaller portions by itself; anywhere else try again later.',
    exit: exitCode.tryAgain,
  },
  KAPSO_ANSWER_UNREADABLE: {
    meaning: 'Kapso answered with success, but not with what its documentation promises.',
    advice: 'Check `kapso.baseUrl`: something else may answer there. Else try again later.',
    exit: exitCode.tryAgain,
  },
  KAPSO_UNAVAILABLE: {
    meaning: 'Kapso or Meta has a passing fault.',
    advice: 'Try again later.',
    exit: exitCode.tryAgain,
  },
  KAPSO_RATE_LIMITED: {
    meaning: 'A limit of Kapso or Meta is used up.',
    advice: 'Try again after `retryAfter` seconds.',
    exit: exitCode.tryAgain,
  },
  KAPSO_UNAUTHORIZED: {
    meaning: "The API key, its rights, or the number's connection to Meta is refused.",
    advice: 'Check the key and the number in Kapso, put a new key where the old one came from, and restart the poller.',
    exit: exitCode.noPermission,
  },
  KAPSO_WINDOW_CLOSED: {
    meaning: 'The 24 hours after the last message of the customer are over.',
    advice: 'Only a template can be sent until the customer writes again.',
    exit: exitCode.unavailable,
  },
  KAPSO_REFUSED: {
    meaning: 'Kapso or Meta will never take this request.',
    advice: 'The message has the reason; `metaCode` is the code of Meta, where it has one.',
    exit: exitCode.unavailable,
  },

  SEND_RECIPIENT_INVALID: {
    meaning: 'The recipient is neither a phone number nor a business-scoped user id.',
    advice: 'Write `+` and the country code first.',
    exit: exitCode.usage,
  },
  SEND_CONTENT_INVALID: {
    meaning: 'WhatsApp would not take the message: a part of it is missing, too long or of the wrong form.',
    advice: 'Change what the message names. Nothing was sent.',
    exit: exitCode.usage,
  },
  SEND_TEXT_EMPTY: {
    meaning: 'The text is empty.',
    advice: 'WhatsApp takes no empty message.',
    exit: exitCode.usage,
  },
  SEND_FILE_UNREADABLE: {
    meaning: 'The file that was to be sent cannot be read, or changed before it was sent.',
    advice: 'Check the file and its rights, and send it again when nothing writes it any more.',
    exit: exitCode.unavailable,
  },
  SEND_FILE_REFUSED: {
    meaning: 'The file may not be sent, or WhatsApp would not take it: its place, its type or its size.',
    advice: 'The message says which, and what would be taken. Nothing was uploaded.',
    exit: exitCode.usage,
  },
  SEND_OUTCOME_UNKNOWN: {
    meaning: 'A message may have been sent, and looking for it did not settle whether it was.',
    advice: 'Look at the conversation before it is sent again.',
    exit: exitCode.tryAgain,
  },
  SEND_INTERRUPTED: {
    meaning: 'The program was ended while a message was on its way.',
    advice: 'Look at the conversation before it is sent again.',
    exit: exitCode.tryAgain,
  },

  MEDIA_REFUSED: {
    meaning: 'The address of a media file, or what came from it, is none that may be fetched.',
    advice: 'Nothing was kept. The message has the reason; ask the sender for the file on another way.',
    exit: exitCode.unavailable,
  },
  MEDIA_TOO_LARGE: {
    meaning: 'A media file is above the limit.',
    advice: 'Nothing was kept. Raise the limit that the message names, or look at the file in WhatsApp.',
    exit: exitCode.unavailable,
  },
  MEDIA_NOT_FOUND: {
    meaning: 'There is no such media file, or not yet: it may take a minute to appear.',
    advice: 'Try again in a minute. WhatsApp deletes media after some days.',
    exit: exitCode.unavailable,
  },
  MEDIA_EXPIRED: {
    meaning: 'The address of a media file is valid for some minutes only, and they are over.',
    advice: 'Try again: a new address is asked for.',
    exit: exitCode.tryAgain,
  },
  MEDIA_UNREACHABLE: {
    meaning: 'The server that has a media file is away, or has a passing fault.',
    advice: 'Check the network and the proxy; try again later.',
    exit: exitCode.tryAgain,
  },
  MEDIA_SLOW: {
    meaning: 'A media file did not arrive in time.',
    advice: 'Nothing was kept. Try again later.',
    exit: exitCode.tryAgain,
  },
  MEDIA_NOT_WRITTEN: {
    meaning: 'A media file could not be written.',
    advice: 'Check the space on the disk, and the rights in the directory that the message names.',
    exit: exitCode.unavailable,
  },
  MEDIA_NO_TEXT: {
    meaning: 'The words in a voice message, or the text of a document, were not found.',
    advice: 'See docs/guides/voice.md; the agent gets the file without them.',
    exit: exitCode.unavailable,
  },
  MEDIA_NO_ROOM: {
    meaning: 'A file does not fit into the space that the state directory has for media.',
    advice: 'Raise `media.maxTotalSize`.',
    exit: exitCode.unavailable,
  },

  GATEWAY_IDENTITY_UNREADABLE: {
    meaning: 'The device identity in the state directory is damaged, or not a regular file.',
    advice: 'Restore it, or move it away and approve the new device at the gateway.',
    exit: exitCode.configuration,
  },
  GATEWAY_AWAY: {
    meaning: 'The connection to the gateway is gone, or the gateway asks to be tried again.',
    advice: 'Nothing: the message waits, and goes on by itself.',
    exit: exitCode.tryAgain,
  },
  GATEWAY_UNREADY: {
    meaning: 'The gateway is connected, but takes no message at present, for instance because it has no such agent.',
    advice:
      'Change what the reason names at the gateway, or `gateway.agent`; the messages wait, and go on by themselves.',
    exit: exitCode.tryAgain,
  },
  GATEWAY_KEY_SPENT: {
    meaning: 'The gateway gave up an input that it had taken.',
    advice: 'Nothing: the message is sent again under another key.',
    exit: exitCode.tryAgain,
  },
  GATEWAY_REFUSED: {
    meaning: 'The gateway refused a request, or answered it with something that cannot be its answer.',
    advice:
      'The message is tried again. If it lasts, look at the log of the gateway, and whether one of the two needs an update.',
    exit: exitCode.tryAgain,
  },
  GATEWAY_MESSAGE_REFUSED: {
    meaning: 'The gateway will never take this message, for instance because it is too large.',
    advice: 'Answer it by hand, and drop it.',
    exit: exitCode.unavailable,
  },

  STORE_MISSING: {
    meaning: 'There is no inbox yet.',
    advice: 'Start the poller once, or name the state directory that it uses.',
    exit: exitCode.unavailable,
  },
  STORE_NEWER: {
    meaning: 'The inbox was written by a newer version of this program.',
    advice: 'Use that version, or restore the backup made before the upgrade.',
    exit: exitCode.configuration,
  },
  STORE_OLDER: {
    meaning: 'The inbox was written by an older version, and was opened for reading only.',
    advice: 'Start the poller of this version once: it brings the inbox up to date.',
    exit: exitCode.unavailable,
  },
  STORE_MOVED: {
    meaning: 'The inbox was moved to another database (`state migrate`), or is not whole here yet.',
    advice: 'Use the inbox that is there (`state.database`), or move it back.',
    exit: exitCode.configuration,
  },
  STORE_OCCUPIED: {
    meaning: '`state migrate` found another inbox where this one was to be moved.',
    advice: 'Choose another database, or remove what is there when nothing of it is needed.',
    exit: exitCode.unavailable,
  },
  STORE_FOREIGN: {
    meaning: 'The file is a SQLite database of another program.',
    advice: 'Choose another state directory, or move the file away.',
    exit: exitCode.configuration,
  },
  STORE_DAMAGED: {
    meaning: 'The file is no database, or its content contradicts itself.',
    advice: 'Restore it from a backup, or move it away together with its `-wal` and `-shm`.',
    exit: exitCode.configuration,
  },
  STORE_FULL: {
    meaning: 'No space is left. Nothing of the refused change was applied.',
    advice: 'Make space: what was accepted before is safe, and a running poller goes on.',
    exit: exitCode.tryAgain,
  },
  STORE_IO: {
    meaning: 'The disk or the file system refused, or this user may not read or write the file.',
    advice: 'Check the owner of the state directory, and the disk.',
    exit: exitCode.unavailable,
  },
  STORE_BUSY: {
    meaning: 'Another process kept the database for too long.',
    advice: 'Try again; if it stays so, look for a process that holds the file open.',
    exit: exitCode.tryAgain,
  },
  STORE_UNREACHABLE: {
    meaning: 'The PostgreSQL database does not answer, is starting, or broke the connection.',
    advice: 'Look whether the server runs. Pollers try again by themselves; a command may be given again.',
    exit: exitCode.tryAgain,
  },
  STORE_REFUSED: {
    meaning: 'The PostgreSQL database does not let this program in: its password, its rights, the version, TLS.',
    advice: 'Do what the hint says, there or in `state.database`.',
    exit: exitCode.configuration,
  },
  STORE_LOCKED: {
    meaning: 'Another poller works on the state directory.',
    advice: 'Stop it first, or use another state directory.',
    exit: exitCode.tryAgain,
  },
  STORE_DISPLACED: {
    meaning: 'The state directory, or a file in it, was moved, removed or replaced while the poller had it open.',
    advice: 'Put it back within a minute; else the poller ends, and its next start works with what is there.',
    exit: exitCode.tryAgain,
  },
  STORE_READONLY: {
    meaning: 'A change was asked of an inbox that can only be read. On PostgreSQL: of a standby.',
    advice: 'Check the owner and mode of the file, and that the file system is mounted for writing; name the primary.',
    exit: exitCode.unavailable,
  },
  STORE_CLAIMED: {
    meaning: 'Another process works on the conversation of this message.',
    advice: 'Nothing: it goes on there, or here once that process is gone.',
    exit: exitCode.tryAgain,
  },
  STORE_STATE: {
    meaning: 'The message is not in a state that allows the step.',
    advice: 'Look at it with `inbox show`.',
    exit: exitCode.unavailable,
  },
  STORE_INVALID: {
    meaning: 'The value cannot be kept, e.g. an empty id.',
    advice: 'Report it, with the whole message.',
    exit: exitCode.software,
  },
  STORE_CLOSED: {
    meaning: 'The inbox was closed before it was asked.',
    advice: 'Start the program again.',
    exit: exitCode.software,
  },

  BACKUP_INVALID: {
    meaning: 'The file is no backup, is damaged or cut off, or has something in it that no backup has.',
    advice: 'Use another backup. Nothing was changed.',
    exit: exitCode.unavailable,
  },
  BACKUP_NEWER: {
    meaning: 'The backup was made by a newer version of this program.',
    advice: 'Restore it with that version or a later one. Nothing was changed.',
    exit: exitCode.unavailable,
  },
  BACKUP_NO_ROOM: {
    meaning: 'The backup does not fit on the disk of the state directory.',
    advice: 'Make space there. Nothing was changed.',
    exit: exitCode.tryAgain,
  },

  LISTEN_ADDRESS_INVALID: {
    meaning: '`webhook.listen`, `metrics.listen` or `ui.listen` is no address to listen on.',
    advice: 'Write `host:port`, `:port` or `unix:/path`.',
    exit: exitCode.configuration,
  },
  LISTEN_ADDRESS_UNAVAILABLE: {
    meaning:
      'The address of the webhook, the metrics or the page is taken by another program, or this machine does not have it yet.',
    advice: 'Stop the other program or change the setting that the message names; systemd starts the poller again.',
    exit: exitCode.tryAgain,
  },
  LISTEN_FAILED: {
    meaning: 'The server of the webhook, the metrics or the page may not or cannot listen on its address.',
    advice: 'Change the setting, or the rights, that the message names.',
    exit: exitCode.configuration,
  },
  WEBHOOK_PATH_INVALID: {
    meaning: '`webhook.path` is none that a request can have.',
    advice: 'Write a path such as `/webhook`.',
    exit: exitCode.configuration,
  },
  WEBHOOK_SECRET_EMPTY: {
    meaning: 'A signing secret is empty: anyone could sign with it.',
    advice: 'Delete the empty file, or give the secret that Kapso has.',
    exit: exitCode.configuration,
  },
  WEBHOOK_SECRET_MISSING: {
    meaning: '`webhook.requireSignature` is set, but there is no secret to check signatures with.',
    advice: 'Set `webhook.secret`, or run `kapso-whatsapp-cli webhook register`.',
    exit: exitCode.configuration,
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;

/** Where a code is explained, in the repository and in the installed package. */
export function docsOf(code: ErrorCode): string {
  return `docs/reference/errors.md#${code.toLowerCase()}`;
}
