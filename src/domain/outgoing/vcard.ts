/** Reads vCards of the versions 2.1, 3.0 and 4.0 (RFC 6350; RFC 2426), as phones and address books write them. Pure. */

/** A line of a card: `TEL;TYPE=cell,voice;waid=15551234567:+1 555 123 4567`. */
export interface Property {
  /** In upper case, without its group. */
  name: string;
  /** In upper case, without commas: `cell` and `voice` of `TYPE=cell,voice`, and a bare `CELL` of 2.1. */
  types: readonly string[];
  /** WhatsApp's id of a number, digits. */
  waId: string | null;
  /** As written, with its escapes. */
  value: string;
}

/**
 * Returns the properties of each card in a text; null when a card has no end, a line is no property, or something else
 * stands beside the cards.
 */
export function readVcards(text: string): Property[][] | null {
  const cards: Property[][] = [];
  let card: Property[] | null = null;
  for (const line of unfold(text)) {
    if (line.trim() === '') continue;
    const property = readProperty(line);
    if (property === null) return null;
    const { name, value } = property;
    const isCard = value.trim().toUpperCase() === 'VCARD';
    if (name === 'BEGIN' && isCard && card === null) card = [];
    else if (name === 'END' && isCard && card !== null) {
      cards.push(card);
      card = null;
    } else if (card === null) return null;
    else card.push(property);
  }
  return card === null ? cards : null;
}

/** Splits a value of several parts, as a name, and takes the escapes off. */
export function partsOf(value: string): string[] {
  const parts = [''];
  for (const piece of value.match(/;|(?:\\.?|[^\\;])+/gs) ?? []) {
    if (piece === ';') parts.push('');
    else parts[parts.length - 1] = plain(piece);
  }
  return parts;
}

/** Takes the escapes off a value. */
export function plain(value: string): string {
  return value.replace(/\\(.)/gs, (_, next: string) => (next === 'n' || next === 'N' ? '\n' : next)).trim();
}

/** Joins what stands on several lines: a line that begins with a blank goes on the line before it (RFC 6350, 3.2). */
function unfold(text: string): string[] {
  const lines: string[][] = [];
  let isQuoted = false;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const before = lines.at(-1);
    const last = before?.at(-1) ?? '';
    // In 2.1 a line of quoted-printable ends with =, if the next one goes on with it.
    if (isQuoted && last.endsWith('=')) before?.splice(-1, 1, last.slice(0, -1), line);
    else if (before !== undefined && /^[ \t]/.test(line)) before.push(line.slice(1));
    else {
      lines.push([line]);
      isQuoted = /^[^:]*;(?:ENCODING=)?QUOTED-PRINTABLE[;:]/i.test(line);
    }
  }
  return lines.map(pieces => pieces.join(''));
}

function readProperty(line: string): Property | null {
  const [, head, rawName = '', value = ''] = /^((?:[\w-]+\.)?([\w-]+)(?:;(?:"[^"]*"|[^":])*)?):(.*)$/s.exec(line) ?? [];
  if (head === undefined) return null;
  const parameters = head.split(';').slice(1);
  const parameter = (name: string) =>
    parameters.flatMap(one => (one.toUpperCase().startsWith(`${name}=`) ? [one.slice(name.length + 1)] : []));
  const bare = parameters.filter(one => !one.includes('='));
  const types = [...parameter('TYPE'), ...bare].flatMap(one => one.replaceAll('"', '').toUpperCase().split(','));
  const isQuoted =
    types.includes('QUOTED-PRINTABLE') || parameter('ENCODING').some(one => /^quoted-printable$/i.test(one));
  const waId = parameter('WAID').find(id => /^\d{7,15}$/.test(id)) ?? null;
  return { name: rawName.toUpperCase(), types, waId, value: isQuoted ? fromQuotedPrintable(value) : value };
}

function fromQuotedPrintable(value: string): string {
  const bytes = value.match(/=[0-9a-f]{2}|[^=]+|=/gi) ?? [];
  return Buffer.concat(
    bytes.map(one => (/^=[0-9a-f]{2}$/i.test(one) ? Buffer.from(one.slice(1), 'hex') : Buffer.from(one))),
  ).toString('utf8');
}
