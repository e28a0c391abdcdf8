import type { Answer } from './http.ts';

/** Kapso's own error envelope: a string, sometimes with a message. */
export function kapsoError(status: number, error: string, message?: string): Answer {
  return { status, body: message === undefined ? { error } : { error, message } };
}

/** Meta's Graph error envelope, which the proxy passes on. */
export function graphError(code: number, title: string, details?: string, status = 400): Answer {
  return {
    status,
    body: {
      error: {
        message: `(#${code}) ${title}`,
        type: 'OAuthException',
        code,
        ...(details === undefined ? {} : { error_data: { messaging_product: 'whatsapp', details } }),
        fbtrace_id: 'SIMULATOR',
      },
    },
  };
}

export function unknownObject(id: string): Answer {
  const message =
    `Unsupported get request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, ` +
    'or does not support this operation.';
  return {
    status: 400,
    body: {
      error: {
        message,
        type: 'GraphMethodException',
        code: 100,
        error_subcode: 33,
        fbtrace_id: 'SIMULATOR',
      },
    },
  };
}
