/**
 * The variables of the Go bridges (Enriquefft/openclaw-kapso-whatsapp and its forks, `internal/config/config.go`), by the
 * key of `config.toml` that each stands in for.
 */
export const bridgeVariables: Readonly<Record<string, string>> = {
  KAPSO_API_KEY: 'kapso.api_key',
  KAPSO_PHONE_NUMBER_ID: 'kapso.phone_number_id',
  KAPSO_MODE: 'delivery.mode',
  KAPSO_WEBHOOK_MODE: 'delivery.webhook_mode',
  KAPSO_POLL_INTERVAL: 'delivery.poll_interval',
  KAPSO_POLL_FALLBACK: 'delivery.poll_fallback',
  KAPSO_WEBHOOK_ADDR: 'webhook.addr',
  KAPSO_WEBHOOK_VERIFY_TOKEN: 'webhook.verify_token',
  KAPSO_WEBHOOK_SECRET: 'webhook.secret',
  GATEWAY_TYPE: 'gateway.type',
  OPENCLAW_GATEWAY_URL: 'gateway.url',
  GATEWAY_URL: 'gateway.url',
  OPENCLAW_TOKEN: 'gateway.token',
  GATEWAY_TOKEN: 'gateway.token',
  OPENCLAW_SESSION_KEY: 'gateway.session_key',
  OPENCLAW_SESSIONS_JSON: 'gateway.sessions_json',
  GATEWAY_ERROR_MESSAGE: 'gateway.error_message',
  GATEWAY_ROLE: 'gateway.role',
  GATEWAY_SCOPES: 'gateway.scopes',
  KAPSO_STATE_DIR: 'state.dir',
  KAPSO_SECURITY_MODE: 'security.mode',
  KAPSO_DENY_MESSAGE: 'security.deny_message',
  KAPSO_RATE_LIMIT: 'security.rate_limit',
  KAPSO_RATE_WINDOW: 'security.rate_window',
  KAPSO_SESSION_ISOLATION: 'security.session_isolation',
  KAPSO_DEFAULT_ROLE: 'security.default_role',
  KAPSO_ALLOWED_NUMBERS: 'security.allowed_numbers',
  KAPSO_TRANSCRIBE_PROVIDER: 'transcribe.provider',
  KAPSO_TRANSCRIBE_API_KEY: 'transcribe.api_key',
  KAPSO_TRANSCRIBE_MODEL: 'transcribe.model',
  KAPSO_TRANSCRIBE_LANGUAGE: 'transcribe.language',
  KAPSO_TRANSCRIBE_MAX_AUDIO_SIZE: 'transcribe.max_audio_size',
  KAPSO_TRANSCRIBE_BINARY_PATH: 'transcribe.binary_path',
  KAPSO_TRANSCRIBE_MODEL_PATH: 'transcribe.model_path',
  KAPSO_TRANSCRIBE_TIMEOUT: 'transcribe.timeout',
  KAPSO_TRANSCRIBE_DEBUG: 'transcribe.debug',
  KAPSO_TRANSCRIBE_NO_SPEECH_THRESHOLD: 'transcribe.no_speech_threshold',
  KAPSO_TRANSCRIBE_CACHE_TTL: 'transcribe.cache_ttl',
};

/** The variables that win over another of the same key, as in the bridges. */
export const strongerVariables: ReadonlySet<string> = new Set(['GATEWAY_URL', 'GATEWAY_TOKEN']);
