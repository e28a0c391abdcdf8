// Generated from schema/kapso-whatsapp.schema.json by `npm run generate`; do not edit.

import type { Field, Setting } from './setting.ts';

/** The configuration with its defaults. */
export interface Config {
  /** How messages arrive. */
  readonly mode: "polling" | "tailscale" | "domain";
  /** The account at Kapso. */
  readonly kapso: {
    /** API key. */
    readonly apiKey?: string | undefined;
    /** Phone number id. */
    readonly phoneNumberId?: string | undefined;
    /** API origin. */
    readonly baseUrl: string;
    /** API version. */
    readonly apiVersion: string;
    /** Request timeout. In seconds. */
    readonly timeout: number;
  };
  /** The OpenClaw gateway and the agent that gets the messages. */
  readonly gateway: {
    /** Gateway address. */
    readonly url: string;
    /** Gateway token. */
    readonly token?: string | undefined;
    /** Agent. */
    readonly agent: string;
    /** Sessions. */
    readonly session: "per-sender" | "shared";
    /** Name of the shared session. */
    readonly sharedSession: string;
    /** Device identity. */
    readonly identity: "auto" | "always" | "never";
    /** Run timeout. In seconds. */
    readonly runTimeout: number;
  };
  /** Asking Kapso for new messages. */
  readonly polling: {
    /** Poll interval. In seconds. */
    readonly interval: number;
    /** Overlap. In seconds. */
    readonly overlap: number;
    /** Poll beside webhooks. */
    readonly fallback: boolean;
    /** Catch up at the start. */
    readonly catchUp: boolean;
  };
  /** What is kept on disk. */
  readonly state: {
    /** State directory. */
    readonly dir: string;
    /** Database. */
    readonly database?: string | undefined;
    /** Retention. In days. */
    readonly retention: number;
  };
  /** Receiving messages over HTTP, in the modes `tailscale` and `domain`. */
  readonly webhook: {
    /** Listen address. */
    readonly listen: string;
    /** Path. */
    readonly path: string;
    /** Verify token. */
    readonly verifyToken?: string | undefined;
    /** Signing secret. */
    readonly secret: readonly string[];
    /** Require signatures. */
    readonly requireSignature: boolean;
    /** Public address. */
    readonly publicUrl?: string | undefined;
    /** Register with Kapso. */
    readonly register: boolean;
    /** Largest body. In bytes. */
    readonly maxBodyBytes: number;
  };
  /** The mode `tailscale`. */
  readonly tailscale: {
    /** Program. */
    readonly command: string;
    /** Public port. */
    readonly port: 443 | 8443 | 10000;
  };
  /** Who may write to the agent. */
  readonly access: {
    /** Who may write. */
    readonly policy: "open" | "pairing" | "allowlist" | "disabled";
    /** Allowed numbers. */
    readonly allowFrom: readonly string[];
    /** Keep refused texts. */
    readonly keepDeniedText: boolean;
    /** Answer to the refused. */
    readonly refusal?: string | undefined;
    /** Contacts. */
    readonly contacts: readonly { readonly id: string; readonly name?: string | undefined; readonly role?: string | undefined; readonly agent?: string | undefined; readonly session?: string | undefined; readonly replyVia?: "auto" | "relay" | "agent" | undefined; readonly prompt?: string | undefined; readonly mode?: "normal" | "monitor" | undefined }[];
    /** Roles. */
    readonly roles: Readonly<Record<string, { readonly agent?: string | undefined; readonly replyVia?: "auto" | "relay" | "agent" | undefined; readonly prompt?: string | undefined }>>;
    /** The policy `pairing`: a stranger gets a code, and waits until an operator approves it. */
    readonly pairing: {
      /** Expiry. In minutes. */
      readonly expires: number;
      /** Most requests. */
      readonly most: number;
      /** Held messages. */
      readonly held: number;
      /** Message with the code. */
      readonly message: string;
    };
    /** How much may be written, and how fast runs begin. What exceeds a rate waits, in its order. `0` is no limit. */
    readonly limits: {
      /** Messages of one contact. */
      readonly messagesPerMinute: number;
      /** Bytes of one contact. In bytes. */
      readonly bytesPerMinute: number;
      /** Runs of one contact. */
      readonly runsPerMinute: number;
      /** Messages of all. */
      readonly totalMessagesPerMinute: number;
      /** Bytes of all. In bytes. */
      readonly totalBytesPerMinute: number;
      /** Runs of all. */
      readonly totalRunsPerMinute: number;
      /** Waiting messages. */
      readonly waiting: number;
      /** Notice. */
      readonly notice?: string | undefined;
    };
    /** Commands of the operator, by WhatsApp. */
    readonly commands: {
      /** Take commands. */
      readonly enabled: boolean;
    };
  };
  /** Messages of WhatsApp groups. A group has a conversation of its own with the agent, and answers go to the group. */
  readonly groups: {
    /** Which groups. */
    readonly policy: "disabled" | "allowlist" | "open";
    /** Allowed groups and members. */
    readonly allowFrom: readonly string[];
    /** Require a mention. */
    readonly requireMention: boolean;
    /** Mentions. */
    readonly mentions: readonly string[];
  };
  /** Handing messages to the agent. */
  readonly delivery: {
    /** Conversations at a time. */
    readonly parallel: number;
    /** Kinds that start no run. */
    readonly contextOnly: string;
    /** Gathering of messages. In seconds. */
    readonly gather: number;
    /** Attempts before the next message. */
    readonly attemptsBeforeNext: number;
    /** Attempts before giving up. */
    readonly minAttempts: number;
    /** Time before giving up. In hours. */
    readonly giveUpAfter: number;
  };
  /** Images, voice messages, documents and other files that senders write to the business. */
  readonly media: {
    /** How the agent gets media. */
    readonly deliver: "files" | "links";
    /** Largest file. In megabytes. */
    readonly maxFileSize: number;
    /** Space for media. In megabytes. */
    readonly maxTotalSize: number;
    /** Retention of media. In days. */
    readonly retention: number;
    /** Wait for media. In seconds. */
    readonly waitFor: number;
    /** Directories to send from. */
    readonly sendFrom: readonly string[];
    /** Program for documents. */
    readonly documentCommand: readonly string[];
    /** Types of documents. */
    readonly documentTypes: readonly string[];
  };
  /** The words of voice messages that Kapso has no transcript of. */
  readonly transcribe: {
    /** Who transcribes. */
    readonly provider?: "openai" | "deepgram" | "command" | undefined;
    /** Address of the service. */
    readonly baseUrl?: string | undefined;
    /** Key of the service. */
    readonly apiKey?: string | undefined;
    /** Model. */
    readonly model?: string | undefined;
    /** Language. */
    readonly language?: string | undefined;
    /** Program. */
    readonly command: readonly string[];
    /** ffmpeg. */
    readonly ffmpeg: string;
    /** Time limit. In seconds. */
    readonly timeout: number;
    /** Largest audio. In megabytes. */
    readonly maxSize: number;
    /** At a time. */
    readonly parallel: number;
  };
  /** How the agent's answers reach the sender. */
  readonly reply: {
    /** Who sends the reply. */
    readonly via: "auto" | "relay" | "agent";
    /** Time to look for a reply. In seconds. */
    readonly lookUpFor: number;
    /** Sentence after a failure. */
    readonly onFailure?: string | undefined;
    /** Numbered parts. */
    readonly numbered: boolean;
    /** Template for late replies. */
    readonly template?: string | undefined;
    /** Language of the template. */
    readonly templateLanguage: string;
    /** Hosts for attachments. */
    readonly mediaHosts: readonly string[];
    /** Tell the agent. */
    readonly tellAgent: boolean;
  };
  /** What the sender sees while the agent works. */
  readonly receipts: {
    /** Read receipts. */
    readonly read: boolean;
    /** Typing indicator. */
    readonly typing: boolean;
    /** Reaction. */
    readonly reaction: string;
  };
  /** Who is told when something is wrong, and when it is over. Without a program and a number nobody is. */
  readonly alerts: {
    /** Program. */
    readonly command: readonly string[];
    /** Number. */
    readonly whatsapp?: string | undefined;
    /** Sender. */
    readonly from?: string | undefined;
    /** Patience. In seconds. */
    readonly after: number;
    /** Time limit. In seconds. */
    readonly timeout: number;
    /** Template. */
    readonly template?: string | undefined;
    /** Language of the template. */
    readonly templateLanguage: string;
  };
  /** What is written to the log. */
  readonly log: {
    /** Level. */
    readonly level: "debug" | "info" | "warn" | "error";
    /** Format. */
    readonly format: "auto" | "text" | "json";
  };
  /** `/live`, `/ready` and, for Prometheus, `/metrics`, on an address of their own. */
  readonly metrics: {
    /** Serve health and metrics. */
    readonly enable: boolean;
    /** Listen address. */
    readonly listen: string;
  };
  /** A page for a browser on this machine: the queue, what is wrong, and retry and drop. */
  readonly ui: {
    /** Serve the page. */
    readonly enable: boolean;
    /** Listen address. */
    readonly listen: string;
    /** Token. */
    readonly token?: string | undefined;
  };
  /** Stopping. */
  readonly shutdown: {
    /** Shutdown timeout. In seconds. */
    readonly timeout: number;
  };
}

/** Every key of the configuration, in the order of the schema. */
export const settings: readonly Setting[] = [
  {"key":"mode","type":"string","env":"KAPSO_MODE","expected":"one of polling, tailscale, domain","default":"polling"},
  {"key":"kapso.apiKey","type":"string","env":"KAPSO_API_KEY","expected":"the key itself (not a path), without blanks","secret":true},
  {"key":"kapso.apiKeyFile","type":"string","env":"KAPSO_API_KEY_FILE","expected":"the path of a file","fileOf":"kapso.apiKey"},
  {"key":"kapso.phoneNumberId","type":"string","env":"KAPSO_PHONE_NUMBER_ID","expected":"the id that Kapso shows, not the phone number; digits only"},
  {"key":"kapso.baseUrl","type":"string","env":"KAPSO_BASE_URL","expected":"an origin without a path, starting with https://, or with http:// for an address of this machine","default":"https://api.kapso.ai"},
  {"key":"kapso.apiVersion","type":"string","env":"KAPSO_API_VERSION","expected":"a version such as v24.0","default":"v24.0"},
  {"key":"kapso.timeout","type":"integer","env":"KAPSO_TIMEOUT","expected":"a whole number of seconds, without the unit, at least 1 and at most 600","default":30},
  {"key":"gateway.url","type":"string","env":"OPENCLAW_GATEWAY_URL","expected":"an address that starts with ws:// or wss://, without a user name, password or query","default":"ws://127.0.0.1:18789"},
  {"key":"gateway.token","type":"string","env":"OPENCLAW_TOKEN","expected":"one line of text that does not begin or end with a blank","secret":true},
  {"key":"gateway.tokenFile","type":"string","env":"OPENCLAW_TOKEN_FILE","expected":"the path of a file","fileOf":"gateway.token"},
  {"key":"gateway.agent","type":"string","env":"KAPSO_GATEWAY_AGENT","expected":"an agent id: lower-case letters, digits, - and _","default":"main"},
  {"key":"gateway.session","type":"string","env":"KAPSO_GATEWAY_SESSION","expected":"one of per-sender, shared","default":"per-sender"},
  {"key":"gateway.sharedSession","type":"string","env":"KAPSO_GATEWAY_SHARED_SESSION","expected":"a session name: lower-case letters, digits and : _ + . -","default":"kapso:shared"},
  {"key":"gateway.identity","type":"string","env":"KAPSO_GATEWAY_IDENTITY","expected":"one of auto, always, never","default":"auto"},
  {"key":"gateway.runTimeout","type":"integer","env":"KAPSO_GATEWAY_RUN_TIMEOUT","expected":"a whole number of seconds, without the unit, at least 1 and at most 86400","default":600},
  {"key":"polling.interval","type":"integer","env":"KAPSO_POLL_INTERVAL","expected":"a whole number of seconds, without the unit, at least 5 and at most 86400","default":30},
  {"key":"polling.overlap","type":"integer","env":"KAPSO_POLL_OVERLAP","expected":"a whole number of seconds, without the unit, at least 60 and at most 86400","default":300},
  {"key":"polling.fallback","type":"boolean","env":"KAPSO_POLL_FALLBACK","expected":"true or false","default":false},
  {"key":"polling.catchUp","type":"boolean","env":"KAPSO_POLL_CATCH_UP","expected":"true or false","default":true},
  {"key":"state.dir","type":"string","env":"KAPSO_STATE_DIR","expected":"the path of a directory","default":"~/.config/kapso-whatsapp"},
  {"key":"state.database","type":"string","env":"KAPSO_STATE_DATABASE","expected":"an address that starts with postgresql:// or postgres://, without blanks","secret":true},
  {"key":"state.databaseFile","type":"string","env":"KAPSO_STATE_DATABASE_FILE","expected":"the path of a file","fileOf":"state.database"},
  {"key":"state.retention","type":"integer","env":"KAPSO_STATE_RETENTION","expected":"a whole number of days, without the unit, at least 7 and at most 3650","default":30},
  {"key":"webhook.listen","type":"string","env":"KAPSO_WEBHOOK_ADDR","expected":"host:port, :port, [::1]:port or unix:/path, with a port of at most 65535","default":":18790"},
  {"key":"webhook.path","type":"string","env":"KAPSO_WEBHOOK_PATH","expected":"a path that starts with /, of letters, digits and . _ ~ - /","default":"/webhook"},
  {"key":"webhook.verifyToken","type":"string","env":"KAPSO_WEBHOOK_VERIFY_TOKEN","expected":"one line of text that does not begin or end with a blank","secret":true},
  {"key":"webhook.verifyTokenFile","type":"string","env":"KAPSO_WEBHOOK_VERIFY_TOKEN_FILE","expected":"the path of a file","fileOf":"webhook.verifyToken"},
  {"key":"webhook.secret","type":"list","env":"KAPSO_WEBHOOK_SECRET","expected":"one line of text that does not begin with a blank, or a list of such","secret":true},
  {"key":"webhook.secretFile","type":"string","env":"KAPSO_WEBHOOK_SECRET_FILE","expected":"the path of a file","fileOf":"webhook.secret"},
  {"key":"webhook.requireSignature","type":"boolean","env":"KAPSO_WEBHOOK_REQUIRE_SIGNATURE","expected":"true or false","default":false},
  {"key":"webhook.publicUrl","type":"string","env":"KAPSO_WEBHOOK_PUBLIC_URL","expected":"an address that starts with https://"},
  {"key":"webhook.register","type":"boolean","env":"KAPSO_WEBHOOK_REGISTER","expected":"true or false","default":false},
  {"key":"webhook.maxBodyBytes","type":"integer","env":"KAPSO_WEBHOOK_MAX_BODY_BYTES","expected":"a whole number of bytes, without the unit, at least 1024 and at most 67108864","default":1048576},
  {"key":"tailscale.command","type":"string","env":"KAPSO_TAILSCALE_COMMAND","expected":"a program name or path","default":"tailscale"},
  {"key":"tailscale.port","type":"integer","env":"KAPSO_TAILSCALE_PORT","expected":"one of 443, 8443, 10000","default":443},
  {"key":"access.policy","type":"string","env":"KAPSO_ACCESS_POLICY","expected":"one of open, pairing, allowlist, disabled","default":"open"},
  {"key":"access.allowFrom","type":"list","env":"KAPSO_ALLOWED_NUMBERS","expected":"a number with + and country code, such as +15551234567, or a business-scoped user id, such as US.1000000000000000042","commas":true},
  {"key":"access.keepDeniedText","type":"boolean","env":"KAPSO_ACCESS_KEEP_DENIED_TEXT","expected":"true or false","default":false},
  {"key":"access.refusal","type":"string","env":"KAPSO_ACCESS_REFUSAL","expected":"a sentence"},
  {"key":"access.contacts","type":"objects","env":"KAPSO_ACCESS_CONTACTS","expected":"a list of contacts, each with an id; in the environment as JSON","default":[],"fields":[{"name":"id","expected":"a number with + and country code, such as +15551234567, or a business-scoped user id, such as US.1000000000000000042"},{"name":"name","expected":"a name"},{"name":"role","expected":"a role: lower-case letters, digits and -, beginning with a letter"},{"name":"agent","expected":"an agent id: lower-case letters, digits, - and _"},{"name":"session","expected":"a session name: lower-case letters, digits and : _ + . -"},{"name":"replyVia","expected":"one of auto, relay, agent"},{"name":"prompt","expected":"a text"},{"name":"mode","expected":"one of normal, monitor"}]},
  {"key":"access.roles","type":"named-objects","env":"KAPSO_ACCESS_ROLES","expected":"roles by name, each with agent, replyVia or prompt; in the environment as JSON","default":{},"fields":[{"name":"agent","expected":"an agent id: lower-case letters, digits, - and _"},{"name":"replyVia","expected":"one of auto, relay, agent"},{"name":"prompt","expected":"a text"}],"nameExpected":"a role: lower-case letters, digits and -, beginning with a letter"},
  {"key":"access.pairing.expires","type":"integer","env":"KAPSO_ACCESS_PAIRING_EXPIRES","expected":"a whole number of minutes, without the unit, at least 1 and at most 10080","default":60},
  {"key":"access.pairing.most","type":"integer","env":"KAPSO_ACCESS_PAIRING_MOST","expected":"a whole number, at least 1 and at most 10000","default":100},
  {"key":"access.pairing.held","type":"integer","env":"KAPSO_ACCESS_PAIRING_HELD","expected":"a whole number, at least 1 and at most 1000","default":20},
  {"key":"access.pairing.message","type":"string","env":"KAPSO_ACCESS_PAIRING_MESSAGE","expected":"a sentence with {code} in it","default":"Your pairing code is {code}. Give it within {minutes} minutes to whoever runs this number: until then nobody reads what you write."},
  {"key":"access.limits.messagesPerMinute","type":"integer","env":"KAPSO_ACCESS_LIMITS_MESSAGES_PER_MINUTE","expected":"a whole number, at least 0 and at most 100000","default":0},
  {"key":"access.limits.bytesPerMinute","type":"integer","env":"KAPSO_ACCESS_LIMITS_BYTES_PER_MINUTE","expected":"a whole number of bytes, without the unit, at least 0 and at most 1073741824","default":0},
  {"key":"access.limits.runsPerMinute","type":"integer","env":"KAPSO_ACCESS_LIMITS_RUNS_PER_MINUTE","expected":"a whole number, at least 0 and at most 100000","default":0},
  {"key":"access.limits.totalMessagesPerMinute","type":"integer","env":"KAPSO_ACCESS_LIMITS_TOTAL_MESSAGES_PER_MINUTE","expected":"a whole number, at least 0 and at most 1000000","default":0},
  {"key":"access.limits.totalBytesPerMinute","type":"integer","env":"KAPSO_ACCESS_LIMITS_TOTAL_BYTES_PER_MINUTE","expected":"a whole number of bytes, without the unit, at least 0 and at most 1073741824","default":0},
  {"key":"access.limits.totalRunsPerMinute","type":"integer","env":"KAPSO_ACCESS_LIMITS_TOTAL_RUNS_PER_MINUTE","expected":"a whole number, at least 0 and at most 1000000","default":0},
  {"key":"access.limits.waiting","type":"integer","env":"KAPSO_ACCESS_LIMITS_WAITING","expected":"a whole number, at least 0 and at most 1000000","default":200},
  {"key":"access.limits.notice","type":"string","env":"KAPSO_ACCESS_LIMITS_NOTICE","expected":"a sentence"},
  {"key":"access.commands.enabled","type":"boolean","env":"KAPSO_ACCESS_COMMANDS_ENABLED","expected":"true or false","default":false},
  {"key":"groups.policy","type":"string","env":"KAPSO_GROUPS_POLICY","expected":"one of disabled, allowlist, open","default":"disabled"},
  {"key":"groups.allowFrom","type":"list","env":"KAPSO_GROUPS_ALLOW_FROM","expected":"the id of a group, a number with + and country code, or a business-scoped user id","commas":true},
  {"key":"groups.requireMention","type":"boolean","env":"KAPSO_GROUPS_REQUIRE_MENTION","expected":"true or false","default":true},
  {"key":"groups.mentions","type":"list","env":"KAPSO_GROUPS_MENTIONS","expected":"a name, or a list of such"},
  {"key":"delivery.parallel","type":"integer","env":"KAPSO_DELIVERY_PARALLEL","expected":"a whole number, at least 1 and at most 256","default":8},
  {"key":"delivery.contextOnly","type":"string","env":"KAPSO_DELIVERY_CONTEXT_ONLY","expected":"none, or kinds with commas between them, of: identity-change, number-change, user-id-change, system-notice, welcome, reaction, reaction-removed, empty-text, edit, deletion","default":"identity-change, user-id-change, system-notice, reaction-removed, empty-text"},
  {"key":"delivery.gather","type":"integer","env":"KAPSO_DELIVERY_GATHER","expected":"a whole number of seconds, without the unit, at least 0 and at most 60","default":0},
  {"key":"delivery.attemptsBeforeNext","type":"integer","env":"KAPSO_DELIVERY_ATTEMPTS_BEFORE_NEXT","expected":"a whole number, at least 1 and at most 1000","default":3},
  {"key":"delivery.minAttempts","type":"integer","env":"KAPSO_DELIVERY_MIN_ATTEMPTS","expected":"a whole number, at least 1 and at most 1000","default":8},
  {"key":"delivery.giveUpAfter","type":"integer","env":"KAPSO_DELIVERY_GIVE_UP_AFTER","expected":"a whole number of hours, without the unit, at least 1 and at most 8760","default":24},
  {"key":"media.deliver","type":"string","env":"KAPSO_MEDIA_DELIVER","expected":"one of files, links","default":"files"},
  {"key":"media.maxFileSize","type":"integer","env":"KAPSO_MEDIA_MAX_FILE_SIZE","expected":"a whole number of megabytes, without the unit, at least 1 and at most 100","default":100},
  {"key":"media.maxTotalSize","type":"integer","env":"KAPSO_MEDIA_MAX_TOTAL_SIZE","expected":"a whole number of megabytes, without the unit, at least 1 and at most 1048576","default":1024},
  {"key":"media.retention","type":"integer","env":"KAPSO_MEDIA_RETENTION","expected":"a whole number of days, without the unit, at least 1 and at most 3650","default":7},
  {"key":"media.waitFor","type":"integer","env":"KAPSO_MEDIA_WAIT_FOR","expected":"a whole number of seconds, without the unit, at least 5 and at most 3600","default":90},
  {"key":"media.sendFrom","type":"list","env":"KAPSO_MEDIA_SEND_FROM","expected":"the absolute path of a directory, or one that begins with ~/","commas":true},
  {"key":"media.documentCommand","type":"list","env":"KAPSO_MEDIA_DOCUMENT_COMMAND","expected":"a list of words: the program and its arguments, with {file} among them"},
  {"key":"media.documentTypes","type":"list","env":"KAPSO_MEDIA_DOCUMENT_TYPES","expected":"a media type in lower case, such as application/pdf","default":["application/pdf"],"commas":true},
  {"key":"transcribe.provider","type":"string","env":"KAPSO_TRANSCRIBE_PROVIDER","expected":"one of openai, deepgram, command"},
  {"key":"transcribe.baseUrl","type":"string","env":"KAPSO_TRANSCRIBE_BASE_URL","expected":"an address that starts with https:// or http://, without a user name, password or query"},
  {"key":"transcribe.apiKey","type":"string","env":"KAPSO_TRANSCRIBE_API_KEY","expected":"the key itself (not a path), without blanks","secret":true},
  {"key":"transcribe.apiKeyFile","type":"string","env":"KAPSO_TRANSCRIBE_API_KEY_FILE","expected":"the path of a file","fileOf":"transcribe.apiKey"},
  {"key":"transcribe.model","type":"string","env":"KAPSO_TRANSCRIBE_MODEL","expected":"the name of a model, without blanks"},
  {"key":"transcribe.language","type":"string","env":"KAPSO_TRANSCRIBE_LANGUAGE","expected":"a language code, such as en or pt-BR"},
  {"key":"transcribe.command","type":"list","env":"KAPSO_TRANSCRIBE_COMMAND","expected":"a list of words: the program and its arguments, with {file} or {wav} among them"},
  {"key":"transcribe.ffmpeg","type":"string","env":"KAPSO_TRANSCRIBE_FFMPEG","expected":"a program name or path","default":"ffmpeg"},
  {"key":"transcribe.timeout","type":"integer","env":"KAPSO_TRANSCRIBE_TIMEOUT","expected":"a whole number of seconds, without the unit, at least 1 and at most 3600","default":60},
  {"key":"transcribe.maxSize","type":"integer","env":"KAPSO_TRANSCRIBE_MAX_SIZE","expected":"a whole number of megabytes, without the unit, at least 1 and at most 100","default":16},
  {"key":"transcribe.parallel","type":"integer","env":"KAPSO_TRANSCRIBE_PARALLEL","expected":"a whole number, at least 1 and at most 32","default":2},
  {"key":"reply.via","type":"string","env":"KAPSO_REPLY_VIA","expected":"one of auto, relay, agent","default":"auto"},
  {"key":"reply.lookUpFor","type":"integer","env":"KAPSO_REPLY_LOOK_UP_FOR","expected":"a whole number of seconds, without the unit, at least 1 and at most 3600","default":120},
  {"key":"reply.onFailure","type":"string","env":"KAPSO_REPLY_ON_FAILURE","expected":"a sentence"},
  {"key":"reply.numbered","type":"boolean","env":"KAPSO_REPLY_NUMBERED","expected":"true or false","default":false},
  {"key":"reply.template","type":"string","env":"KAPSO_REPLY_TEMPLATE","expected":"the name of a template: lower-case letters, digits and underscores"},
  {"key":"reply.templateLanguage","type":"string","env":"KAPSO_REPLY_TEMPLATE_LANGUAGE","expected":"a language code such as en or pt_BR","default":"en"},
  {"key":"reply.mediaHosts","type":"list","env":"KAPSO_REPLY_MEDIA_HOSTS","expected":"the name of a host in lower case, as files.example.com or *.example.com","commas":true},
  {"key":"reply.tellAgent","type":"boolean","env":"KAPSO_REPLY_TELL_AGENT","expected":"true or false","default":false},
  {"key":"receipts.read","type":"boolean","env":"KAPSO_RECEIPTS_READ","expected":"true or false","default":true},
  {"key":"receipts.typing","type":"boolean","env":"KAPSO_RECEIPTS_TYPING","expected":"true or false","default":true},
  {"key":"receipts.reaction","type":"string","env":"KAPSO_RECEIPTS_REACTION","expected":"one emoji, or none","default":"none"},
  {"key":"alerts.command","type":"list","env":"KAPSO_ALERTS_COMMAND","expected":"a list of words: the program and its arguments"},
  {"key":"alerts.whatsapp","type":"string","env":"KAPSO_ALERTS_WHATSAPP","expected":"a number with + and country code, such as +15551234567"},
  {"key":"alerts.from","type":"string","env":"KAPSO_ALERTS_FROM","expected":"the name or the phone number id of an account"},
  {"key":"alerts.after","type":"integer","env":"KAPSO_ALERTS_AFTER","expected":"a whole number of seconds, without the unit, at least 1 and at most 86400","default":600},
  {"key":"alerts.timeout","type":"integer","env":"KAPSO_ALERTS_TIMEOUT","expected":"a whole number of seconds, without the unit, at least 1 and at most 600","default":30},
  {"key":"alerts.template","type":"string","env":"KAPSO_ALERTS_TEMPLATE","expected":"the name of a template: lower-case letters, digits and underscores"},
  {"key":"alerts.templateLanguage","type":"string","env":"KAPSO_ALERTS_TEMPLATE_LANGUAGE","expected":"a language code such as en or pt_BR","default":"en"},
  {"key":"log.level","type":"string","env":"KAPSO_LOG_LEVEL","expected":"one of debug, info, warn, error","default":"info"},
  {"key":"log.format","type":"string","env":"KAPSO_LOG_FORMAT","expected":"one of auto, text, json","default":"auto"},
  {"key":"metrics.enable","type":"boolean","env":"KAPSO_METRICS_ENABLE","expected":"true or false","default":false},
  {"key":"metrics.listen","type":"string","env":"KAPSO_METRICS_ADDR","expected":"host:port, :port, [::1]:port or unix:/path, with a port of at most 65535","default":"127.0.0.1:9464"},
  {"key":"ui.enable","type":"boolean","env":"KAPSO_UI_ENABLE","expected":"true or false","default":false},
  {"key":"ui.listen","type":"string","env":"KAPSO_UI_ADDR","expected":"host:port, [::1]:port or unix:/path, with a port of at most 65535","default":"127.0.0.1:9465"},
  {"key":"ui.token","type":"string","env":"KAPSO_UI_TOKEN","expected":"letters, digits and any of . _ ~ + / = - without a blank","secret":true},
  {"key":"ui.tokenFile","type":"string","env":"KAPSO_UI_TOKEN_FILE","expected":"the path of a file","fileOf":"ui.token"},
  {"key":"shutdown.timeout","type":"integer","env":"KAPSO_SHUTDOWN_TIMEOUT","expected":"a whole number of seconds, without the unit, at least 0 and at most 600","default":20},
];

/** The keys of an account in `accounts` by their path within it, each with the setting in whose place it is. */
export const accountSettings: readonly { readonly name: string; readonly key: string }[] = [
  {"name":"phoneNumberId","key":"kapso.phoneNumberId"},
  {"name":"apiKey","key":"kapso.apiKey"},
  {"name":"apiKeyFile","key":"kapso.apiKeyFile"},
  {"name":"agent","key":"gateway.agent"},
  {"name":"webhook.secret","key":"webhook.secret"},
  {"name":"webhook.secretFile","key":"webhook.secretFile"},
  {"name":"polling.interval","key":"polling.interval"},
  {"name":"polling.overlap","key":"polling.overlap"},
  {"name":"polling.fallback","key":"polling.fallback"},
  {"name":"polling.catchUp","key":"polling.catchUp"},
  {"name":"access.policy","key":"access.policy"},
  {"name":"access.allowFrom","key":"access.allowFrom"},
  {"name":"access.keepDeniedText","key":"access.keepDeniedText"},
  {"name":"access.refusal","key":"access.refusal"},
  {"name":"access.contacts","key":"access.contacts"},
  {"name":"access.roles","key":"access.roles"},
  {"name":"access.pairing.expires","key":"access.pairing.expires"},
  {"name":"access.pairing.most","key":"access.pairing.most"},
  {"name":"access.pairing.held","key":"access.pairing.held"},
  {"name":"access.pairing.message","key":"access.pairing.message"},
  {"name":"access.limits.messagesPerMinute","key":"access.limits.messagesPerMinute"},
  {"name":"access.limits.bytesPerMinute","key":"access.limits.bytesPerMinute"},
  {"name":"access.limits.runsPerMinute","key":"access.limits.runsPerMinute"},
  {"name":"access.limits.totalMessagesPerMinute","key":"access.limits.totalMessagesPerMinute"},
  {"name":"access.limits.totalBytesPerMinute","key":"access.limits.totalBytesPerMinute"},
  {"name":"access.limits.totalRunsPerMinute","key":"access.limits.totalRunsPerMinute"},
  {"name":"access.limits.waiting","key":"access.limits.waiting"},
  {"name":"access.limits.notice","key":"access.limits.notice"},
  {"name":"access.commands.enabled","key":"access.commands.enabled"},
  {"name":"groups.policy","key":"groups.policy"},
  {"name":"groups.allowFrom","key":"groups.allowFrom"},
  {"name":"groups.requireMention","key":"groups.requireMention"},
  {"name":"groups.mentions","key":"groups.mentions"},
  {"name":"delivery.parallel","key":"delivery.parallel"},
  {"name":"delivery.contextOnly","key":"delivery.contextOnly"},
  {"name":"delivery.gather","key":"delivery.gather"},
  {"name":"delivery.attemptsBeforeNext","key":"delivery.attemptsBeforeNext"},
  {"name":"delivery.minAttempts","key":"delivery.minAttempts"},
  {"name":"delivery.giveUpAfter","key":"delivery.giveUpAfter"},
  {"name":"media.deliver","key":"media.deliver"},
  {"name":"media.maxFileSize","key":"media.maxFileSize"},
  {"name":"media.waitFor","key":"media.waitFor"},
  {"name":"media.sendFrom","key":"media.sendFrom"},
  {"name":"media.documentCommand","key":"media.documentCommand"},
  {"name":"media.documentTypes","key":"media.documentTypes"},
  {"name":"transcribe.provider","key":"transcribe.provider"},
  {"name":"transcribe.baseUrl","key":"transcribe.baseUrl"},
  {"name":"transcribe.apiKey","key":"transcribe.apiKey"},
  {"name":"transcribe.apiKeyFile","key":"transcribe.apiKeyFile"},
  {"name":"transcribe.model","key":"transcribe.model"},
  {"name":"transcribe.language","key":"transcribe.language"},
  {"name":"transcribe.command","key":"transcribe.command"},
  {"name":"transcribe.ffmpeg","key":"transcribe.ffmpeg"},
  {"name":"transcribe.timeout","key":"transcribe.timeout"},
  {"name":"transcribe.maxSize","key":"transcribe.maxSize"},
  {"name":"transcribe.parallel","key":"transcribe.parallel"},
  {"name":"reply.via","key":"reply.via"},
  {"name":"reply.lookUpFor","key":"reply.lookUpFor"},
  {"name":"reply.onFailure","key":"reply.onFailure"},
  {"name":"reply.numbered","key":"reply.numbered"},
  {"name":"reply.template","key":"reply.template"},
  {"name":"reply.templateLanguage","key":"reply.templateLanguage"},
  {"name":"reply.mediaHosts","key":"reply.mediaHosts"},
  {"name":"reply.tellAgent","key":"reply.tellAgent"},
  {"name":"receipts.read","key":"receipts.read"},
  {"name":"receipts.typing","key":"receipts.typing"},
  {"name":"receipts.reaction","key":"receipts.reaction"},
];

/** The keys that only an account has. */
export const accountFields: readonly (Field & Pick<Setting, 'type'>)[] = [
  {"name":"name","type":"string","expected":"a name: lower-case letters, digits and -, beginning with a letter"},
  {"name":"continues","type":"boolean","expected":"true or false"},
];
