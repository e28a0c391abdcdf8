/**
 * Removes secrets from text that others wrote. It finds a secret as it is, within JSON, within JSON in JSON, and within
 * an address. Values under 6 characters are left alone: replacing them would garble texts and hide nothing.
 */
export function createScrub(secrets: Iterable<string>): (text: string) => string {
  const values = [...secrets].filter(secret => secret.length >= 6);
  // The longest first, since one form may be a part of another.
  const forms = [...new Set(values.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  return text => {
    let clean = text;
    for (const form of forms) clean = clean.replaceAll(form, '[secret]');
    return clean;
  };
}

function formsOf(secret: string): string[] {
  const json = inJson(secret);
  const percent = encodeURIComponent(secret.toWellFormed());
  // A query has other rules: a blank is +, and more signs are escaped.
  const query = new URLSearchParams({ x: secret }).toString().slice(2);
  const encoded = [percent, query, encodeURI(secret.toWellFormed())];
  const lowerCase = encoded.map(text => text.replace(/%[0-9A-F]{2}/g, found => found.toLowerCase()));
  return [secret, json, inJson(json), ...encoded, ...lowerCase];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
