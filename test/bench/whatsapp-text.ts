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

/** What takes a parser longest, each repeated. */
const hostile = [
  '*',
  '_',
  '[',
  '![[',
  '>',
  '> ',
  '- ',
  '`',
  '\\',
  '**a _b ',
  'a**b ',
  '*_a_* ',
  '|a\n|-\n',
  '# a\n',
  'a\n',
];

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

export const whatsappText: Measurement = {
  name: 'whatsapp-text',
  about: "100 KB of Markdown to WhatsApp's marks, and into parts; hostile texts of that size",
  async run(): Promise<Reading[]> {
    const markdown = fill(answer);
    const text = toWhatsAppText(markdown);
    const slowest = hostile
      .map(piece => ({ piece, time: milliseconds(() => toWhatsAppText(fill(piece))) }))
      .reduce((one, other) => (other.time > one.time ? other : one));
    return [
      judged(
        "100 KB of answers to WhatsApp's marks",
        milliseconds(() => toWhatsAppText(markdown)),
        { atMost: 100, unit: 'ms' },
      ),
      judged(
        '100 KB of text into parts',
        milliseconds(() => splitText(text)),
        { atMost: 100, unit: 'ms' },
      ),
      judged(
        `the slowest of ${hostile.length} hostile texts of 100 KB, ${JSON.stringify(slowest.piece)}`,
        slowest.time,
        {
          atMost: 500,
          unit: 'ms',
        },
      ),
    ];
  },
};
