const elements = new Set(
  (
    'a abbr address article aside audio b big blockquote body br button caption center cite code col colgroup dd del ' +
    'details dfn div dl dt em figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img ' +
    'input ins kbd label li main mark meta nav object ol p picture pre q s samp script section select small source ' +
    'span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead title tr tt u ul ' +
    'var video wbr'
  ).split(' '),
);

/**
 * Whether a tag is of HTML, or a comment. `<name>` is none: an agent writes it as a placeholder, and the reader has to
 * see it.
 */
export function isHtml(tag: string): boolean {
  if (tag.startsWith('<!--')) return true;
  return elements.has(/^<\/?([a-z][a-z0-9-]*)/i.exec(tag)?.[1]?.toLowerCase() ?? '');
}
