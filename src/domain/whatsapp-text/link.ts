/** Returns the address that goes after a link's text, in parentheses, or alone where there is no text. */
export function link(label: string, href: string, { whole = false } = {}): string {
  const text = label.trim();
  const shown = whole ? label : '';
  // A place on this page, a script or a picture's bytes are no address for a reader.
  if (href === '' || /^(?:#|javascript:|vbscript:|data:)/i.test(href) || isSame(text, href)) return shown;
  const address = href.replace(/^(?:mailto|tel):/i, '').replace(/\s+/g, '%20');
  return text === '' ? address : `${shown} (${address})`;
}

function isSame(text: string, href: string): boolean {
  const bare = (address: string) => address.replace(/^(?:https?:\/\/|mailto:|tel:)/i, '').replace(/\/$/, '');
  return bare(text).toLowerCase() === bare(href).toLowerCase();
}
