import type { ErrorCode } from '../error-codes.ts';

export interface ErrorGuide {
  /** The page that goes through the causes, below `docs/`, with the heading. */
  page: string;
  /** What to look at, in the order that finds the cause soonest. */
  look: string;
}

const poller = 'guides/troubleshooting.md#the-poller-does-not-run';
const waits = 'guides/troubleshooting.md#the-message-waits';
const arrives = 'guides/troubleshooting.md#the-message-does-not-come';
const answers = 'guides/troubleshooting.md#an-answer-did-not-arrive';
const deliveries = 'guides/troubleshooting.md#deliveries-fail';
const exits = 'reference/exit-codes.md';
const content = 'guides/replies.md#when-something-fails';
const files = 'guides/replies.md#files';
const media = 'guides/media.md#when-a-file-is-late';
const restoring = 'guides/upgrade-and-backup.md#restore-a-backup';
const moving = 'guides/upgrade-and-backup.md#move-to-postgresql-and-back';
const stateDirectory = 'reference/files.md';
const defect = {
  page: 'guides/troubleshooting.md#what-the-log-says',
  look: 'Keep the lines of the log around it and the version (`kapso-whatsapp-cli --version`), and report them.',
};

/** What `explain CODE` and the page of error codes say of each code besides its table. */
export const errorGuides: Readonly<Record<ErrorCode, ErrorGuide>> = {
  USAGE: {
    page: `${exits}#64`,
    look: 'The message names the word or option. A text that begins with `-` stands after `--text`.',
  },
  OPERATOR_ONLY: {
    page: 'guides/pairing.md#keep-it-away-from-the-agent',
    look: 'OpenClaw sets `OPENCLAW_SHELL` for the programs of an agent. A person in such a shell runs `unset OPENCLAW_SHELL`.',
  },
  DEFECT: defect,
  OUTPUT_FAILED: {
    page: `${exits}#75`,
    look: '`df` shows the space where the output goes. A reader that has gone away, such as `head`, is no error.',
  },
  CONFIG_INVALID: {
    page: poller,
    look: '`kapso-whatsapp-cli config check` names all that is wrong, by line; `config explain KEY` says what a setting takes.',
  },

  KAPSO_UNREACHABLE: {
    page: 'guides/proxy.md',
    look: '`kapso-whatsapp-cli doctor` makes the same connection. Behind a proxy `HTTPS_PROXY` must be set for the service too.',
  },
  KAPSO_NO_ANSWER: {
    page: answers,
    look: 'A message that may have been sent is looked for before it is sent again. `status` shows whether it lasts.',
  },
  KAPSO_ANSWER_TOO_LARGE: {
    page: arrives,
    look: '`status` shows when polling last succeeded. A slow line may need a higher `kapso.timeout`.',
  },
  KAPSO_ANSWER_UNREADABLE: {
    page: 'guides/proxy.md',
    look: 'A proxy or a captive portal may answer in the place of Kapso: `curl -i` on `kapso.baseUrl` shows who does.',
  },
  KAPSO_UNAVAILABLE: {
    page: arrives,
    look: 'The poller tries again by itself with growing pauses. The status pages of Kapso and Meta say what they know.',
  },
  KAPSO_RATE_LIMITED: {
    page: arrives,
    look: 'A higher `polling.interval` asks less often. Other programs with the same key count too.',
  },
  KAPSO_UNAUTHORIZED: {
    page: 'guides/troubleshooting.md#kapso-refuses-the-api-key',
    look: '`kapso-whatsapp-cli doctor` says which key is refused, and where it came from.',
  },
  KAPSO_WINDOW_CLOSED: {
    page: answers,
    look: '`send --template` and `reply.template` send outside the window; `templates list` shows those that are approved.',
  },
  KAPSO_REFUSED: {
    page: answers,
    look: 'The code of Meta stands in the message; `outbox show ID --full` has it for an answer.',
  },

  SEND_RECIPIENT_INVALID: {
    page: `${exits}#64`,
    look: 'Such as `+15551234567`: no blanks, brackets or leading zeros.',
  },
  SEND_CONTENT_INVALID: {
    page: content,
    look: 'With `--dry-run` the command shows what it would send, and sends nothing.',
  },
  SEND_TEXT_EMPTY: { page: content, look: 'An unset variable of a script gives an empty text.' },
  SEND_FILE_UNREADABLE: { page: files, look: '`ls -l` shows whether this user may read the file.' },
  SEND_FILE_REFUSED: {
    page: files,
    look: 'An agent sends files of its workspace and of `media.sendFrom`. The type is read from the content, not the name.',
  },
  SEND_OUTCOME_UNKNOWN: {
    page: answers,
    look: 'Kapso shows the conversation. Sent again, the message may come twice.',
  },
  SEND_INTERRUPTED: { page: answers, look: 'Kapso shows the conversation. Sent again, the message may come twice.' },

  MEDIA_REFUSED: {
    page: 'guides/media.md#how-files-are-fetched',
    look: '`inbox show ID` has the reason beside the message.',
  },
  MEDIA_TOO_LARGE: {
    page: 'guides/media.md',
    look: 'The limit is `media.maxFileSize`, or for voice `transcribe.maxSize`.',
  },
  MEDIA_NOT_FOUND: { page: media, look: '`kapso-whatsapp-cli media get ID` asks again.' },
  MEDIA_EXPIRED: { page: media, look: '`kapso-whatsapp-cli media get ID` asks for a new address.' },
  MEDIA_UNREACHABLE: {
    page: media,
    look: '`kapso-whatsapp-cli doctor` tries Kapso. The file may be on a server of Meta.',
  },
  MEDIA_SLOW: { page: media, look: '`media.waitFor` says for how long the message waits for its file.' },
  MEDIA_NOT_WRITTEN: { page: 'guides/media.md', look: '`df` and `ls -ld` on the directory show space and rights.' },
  MEDIA_NO_TEXT: {
    page: 'guides/voice.md#when-there-are-no-words',
    look: '`kapso-whatsapp-cli media text FILE` tries it by hand.',
  },
  MEDIA_NO_ROOM: {
    page: 'guides/media.md',
    look: 'Files are kept for `media.retention` days; `du` shows what they take.',
  },

  GATEWAY_IDENTITY_UNREADABLE: {
    page: 'guides/remote-gateway.md#approve-the-poller-once',
    look: 'The file is `device-identity.json` in the state directory.',
  },
  GATEWAY_AWAY: {
    page: waits,
    look: '`openclaw gateway status` on its machine; `kapso-whatsapp-cli doctor` makes the handshake.',
  },
  GATEWAY_UNREADY: {
    page: waits,
    look: '`kapso-whatsapp-cli status` has the reason as a `Problem`, and the command that mends it.',
  },
  GATEWAY_KEY_SPENT: { page: waits, look: '`inbox show ID` shows the attempts.' },
  GATEWAY_REFUSED: {
    page: 'guides/troubleshooting.md#one-message-keeps-failing',
    look: '`openclaw logs --follow` shows what the gateway says of the request.',
  },
  GATEWAY_MESSAGE_REFUSED: {
    page: 'guides/troubleshooting.md#one-message-keeps-failing',
    look: '`inbox show ID --full` has the message, and `inbox drop ID` drops it.',
  },

  STORE_MISSING: {
    page: 'guides/systemd.md#the-cli-beside-the-system-service',
    look: 'The system service has it in `/var/lib/kapso-whatsapp`: `sudo`, and `--state-dir` with that directory.',
  },
  STORE_NEWER: { page: 'guides/upgrade-and-backup.md#going-back', look: 'Nothing was changed.' },
  STORE_OLDER: { page: 'guides/upgrade-and-backup.md#what-happens-to-the-inbox', look: 'Nothing was changed.' },
  STORE_MOVED: {
    page: moving,
    look: '`kapso-whatsapp-cli config explain state.database` says which database is configured.',
  },
  STORE_OCCUPIED: { page: moving, look: '`state migrate --dry-run` says what is there. Nothing was changed.' },
  STORE_FOREIGN: {
    page: stateDirectory,
    look: '`kapso-whatsapp-cli config explain state.dir` says where the directory comes from.',
  },
  STORE_DAMAGED: {
    page: 'guides/upgrade-and-backup.md#restore-a-backup',
    look: '`sqlite3 inbox.sqlite "PRAGMA integrity_check"` says what is damaged. Look at the health of the disk too.',
  },
  STORE_FULL: {
    page: stateDirectory,
    look: '`df` on the state directory. `state.retention` and `media.retention` bound what is kept.',
  },
  STORE_IO: {
    page: 'guides/systemd.md#the-cli-beside-the-system-service',
    look: '`ls -ld` on the state directory shows its owner; the log of the kernel shows errors of the disk.',
  },
  STORE_BUSY: {
    page: stateDirectory,
    look: '`fuser inbox.sqlite` names the processes. A copy by `cp` or a virus scanner may hold it.',
  },
  STORE_UNREACHABLE: {
    page: 'guides/postgresql.md#when-it-does-not-answer',
    look: '`pg_isready -d` with the address of `state.database`; the log of the server.',
  },
  STORE_REFUSED: {
    page: 'guides/postgresql.md#set-it-up',
    look: '`psql` with the address of `state.database`, run as the same user.',
  },
  STORE_LOCKED: { page: poller, look: '`poller.pid` in the state directory has the process.' },
  STORE_DISPLACED: {
    page: `${stateDirectory}#do-not-move-it-under-a-running-poller`,
    look: 'What was accepted is where the directory is now.',
  },
  STORE_READONLY: {
    page: 'guides/systemd.md#the-cli-beside-the-system-service',
    look: '`findmnt --target` on the state directory shows whether its file system is mounted for reading only.',
  },
  STORE_CLAIMED: { page: 'reference/inbox-states.md', look: '`inbox show ID` shows the message.' },
  STORE_STATE: { page: 'reference/inbox-states.md', look: 'The page says which steps each state allows.' },
  STORE_INVALID: defect,
  STORE_CLOSED: defect,

  BACKUP_INVALID: {
    page: restoring,
    look: '`tar -tvf FILE` lists what is in it; `sha256sum FILE` is what `backup` has printed, or the file was changed since.',
  },
  BACKUP_NEWER: { page: restoring, look: '`kapso-whatsapp-cli --version` says which version this is.' },
  BACKUP_NO_ROOM: {
    page: restoring,
    look: '`df` on the state directory: the backup is unpacked beside what is there.',
  },

  LISTEN_ADDRESS_INVALID: {
    page: 'guides/domain.md#the-poller',
    look: '`kapso-whatsapp-cli config explain webhook.listen` has examples.',
  },
  LISTEN_ADDRESS_UNAVAILABLE: { page: poller, look: '`ss -ltnp` shows which program has the port.' },
  LISTEN_FAILED: {
    page: poller,
    look: 'A port below 1024 needs a right that the unit does not give: put a proxy before it.',
  },
  WEBHOOK_PATH_INVALID: {
    page: 'guides/domain.md#the-poller',
    look: 'It is the path of the public address, where the proxy does not change it.',
  },
  WEBHOOK_SECRET_EMPTY: {
    page: 'guides/webhooks.md#signature',
    look: 'The file is `webhook-secret` in the state directory, or what `webhook.secretFile` names.',
  },
  WEBHOOK_SECRET_MISSING: {
    page: deliveries,
    look: '`kapso-whatsapp-cli config explain webhook.secret` says where a secret may come from.',
  },
};
