import { splitText } from '../../src/domain/split-text.ts';
import { toWhatsAppText } from '../../src/domain/whatsapp-text/to-whatsapp-text.ts';
import { judged, type Measurement, type Reading } from './measurement.ts';

const size = 100_000;
const fill = (piece: string) => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);

const answer = `## Opening hours

**Monday** to *Friday*: see [the list](https://example.org/hours?x=a_b) and \`code\`.

1. First step with ~~old~~ **new** prices
   - a detail in a_b_c, and another
2. Second step

| Day | Hours |
|-----|-------|
| Mon | 9–17  |

> quoted

`;

const nested = (open: string, close: string) => {
  const depth = Math.floor(size / (open.length + close.length));
  return `${open.repeat(depth)}${close.repeat(depth)}`;
};

/** What takes the parser longest: a text that is all signs is left as it is, so most have as many as are allowed. */
const hostile: Record<string, string> = Object.fromEntries(
  [
    ...['*', '_', '[', '![[', '>', '> ', '- ', '`', '\\', '**a _b ', 'a**b ', '*_a_* ', '|a\n|-\n', '# a\n', 'a\n'],
    ...[
      '[\n',
      '*~~',
      '~~[',
      '- **a**: b\n',
      '- [ ] a word\n',
      '> a\nwords here\n',
      '1. a\n   - words\n',
      '好**好** some words',
    ],
    ...['*Title*\n\n- _name_: an answer!\n', '- **a**: some more words\n', '# **some more words**\n', '[*a*](words) '],
    ...[
      '+ a\n- some words\n',
      '*a*word*b* words ',
      '- a\n words here\n',
      '\\*a word ',
      '&amp;word ',
      `${'- '.repeat(4)}some words of an item that goes on and on\n`,
      `${'> '.repeat(4)}some words of a quote that goes on and on\n`,
      `${'- '.repeat(19)}some words of an item that goes on and on\n`,
      '[r]: some words\n[r] ',
    ],
  ].map(piece => [JSON.stringify(piece), fill(piece)]),
);
hostile['pictures within pictures'] = nested('![some ', ' words](b)');
hostile['links within links'] = nested('[some ', ' words](b)');
hostile['marks within marks within a word'] = `a${nested('**_a', 'b_**')}c`;
hostile['tables with missing cells'] = fill(
  `${'|a'.repeat(40)}|\n${'|-'.repeat(40)}|\n${'|some words\n'.repeat(2000)}\n`,
);

/** What is hardest to cut. */
const uncut: Record<string, string> = Object.fromEntries(
  [
    'a',
    '\u0301',
    '👩\u200d',
    '👩‍👩‍👧‍👦',
    '*a _b_* ',
    '`',
    '```\n',
    '```a\nb\n```\n',
    'https://example.org/a ',
    'https://',
    '\n',
  ].map(piece => [JSON.stringify(piece), fill(piece)]),
);

/** Processor time in milliseconds, the middle one of five. */
function milliseconds(run: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return times.sort((one, other) => one - other)[2] ?? Number.NaN;
}

function slowest(texts: Record<string, string>, run: (text: string) => unknown): { name: string; time: number } {
  return Object.entries(texts)
    .map(([name, text]) => ({ name, time: milliseconds(() => run(text)) }))
    .reduce((one, other) => (other.time > one.time ? other : one));
}

export const whatsappText: Measurement = {
  name: 'whatsapp-text',
  about: "100 KB of Markdown to WhatsApp's marks, and into parts; hostile texts of that size",
  async run(): Promise<Reading[]> {
    const markdown = fill(answer);
    const text = toWhatsAppText(markdown);
    const goal = { atMost: 100, unit: 'ms' };
    const converted = slowest(hostile, toWhatsAppText);
    const cut = slowest(uncut, text => splitText(text));
    return [
      judged(
        "100 KB of answers to WhatsApp's marks",
        milliseconds(() => toWhatsAppText(markdown)),
        goal,
      ),
      judged(
        '100 KB of text into parts',
        milliseconds(() => splitText(text)),
        goal,
      ),
      judged(
        `the slowest of ${Object.keys(hostile).length} hostile texts of 100 KB, ${converted.name}`,
        converted.time,
        goal,
      ),
      judged(`the slowest of ${Object.keys(uncut).length} hostile texts into parts, ${cut.name}`, cut.time, goal),
    ];
  },
};
