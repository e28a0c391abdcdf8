/** Removes secrets from text that others wrote, or that quotes them. */
export interface Secrets {
  /**
   * Finds a secret as it is, within JSON up to three deep, within an address, and in base64; also the beginning of one where
   * `…` says that a text was cut.
   */
  scrub(text: string): string;
  /** Adds secrets. Those under 6 characters are left alone: replacing them would garble texts and hide nothing. */
  learn(secrets: Iterable<string>): void;
}

/** Characters of the shortest secret, and of the shortest part of one that is worth hiding. */
const shortest = 6;

export function createSecrets(secrets: Iterable<string>): Secrets {
  const known = new Set<string>();
  let forms: string[] = [];
  /** The beginnings of all forms. Most texts have none, and one look tells. */
  let heads: string[] = [];
  let anyHead = /(?!)/;

  function learn(more: Iterable<string>): void {
    const before = known.size;
    for (const secret of more) if (secret.length >= shortest) known.add(secret);
    if (known.size === before) return;
    // The longest first, since one form may be a part of another.
    forms = [...new Set([...known].flatMap(formsOf))].sort((a, b) => b.length - a.length);
    heads = [...new Set(forms.map(form => form.slice(0, shortest)))];
    anyHead = new RegExp(heads.map(head => head.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'));
  }

  function scrub(text: string): string {
    if (!anyHead.test(text)) return text;
    let clean = text;
    for (const form of forms) clean = clean.replaceAll(form, '[secret]');
    return clean.includes('…') ? withoutCutOff(clean) : clean;
  }

  function withoutCutOff(text: string): string {
    const [first = '', ...pieces] = text.split('…');
    return [first, ...pieces].map((piece, at) => (at < pieces.length ? hideEnd(piece) : piece)).join('…');
  }

  /** Hides the beginning of a secret with which this text ends. */
  function hideEnd(text: string): string {
    for (const head of heads) {
      const at = text.lastIndexOf(head);
      if (at < 0) continue;
      const end = text.slice(at);
      if (forms.some(form => form.startsWith(end))) return `${text.slice(0, at)}[secret]`;
    }
    return text;
  }

  learn(secrets);
  return { scrub, learn };
}

/** Returns what removes these secrets; see `Secrets`. */
export function createScrub(secrets: Iterable<string>): (text: string) => string {
  return createSecrets(secrets).scrub;
}

/**
 * Returns a value as JSON whose texts are scrubbed. Keys and numbers stay: they are ours, and a secret may be a word such
 * as `webhook`.
 */
export function scrubbedJson(value: unknown, scrub: (text: string) => string): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? scrub(inner) : inner));
}

function formsOf(secret: string): string[] {
  // An answer that quotes a request's JSON as text has it twice, and the line of a log or file about that answer once more.
  const json = [secret];
  for (let depth = 0; depth < 3; depth += 1) json.push(inJson(json.at(-1) ?? ''));
  const percent = encodeURIComponent(secret.toWellFormed());
  // A query has other rules: a blank is +, and more signs are escaped.
  const query = new URLSearchParams({ x: secret }).toString().slice(2);
  const encoded = [percent, query, encodeURI(secret.toWellFormed())];
  const lowerCase = encoded.map(text => text.replace(/%[0-9A-F]{2}/g, found => found.toLowerCase()));
  return [...json, ...encoded, ...lowerCase, ...inBase64(secret)];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The characters of base64 that the secret alone decides, wherever in the encoded bytes it begins. */
function inBase64(secret: string): string[] {
  return [0, 1, 2].flatMap(shift => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]);
    const [from, to] = [Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6)];
    return (['base64', 'base64url'] as const).map(form => bytes.toString(form).slice(from, to));
  });
}
