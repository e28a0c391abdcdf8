import { describe, expect, test } from 'vitest';
import { commands, helpOf } from '../../schema/commands.ts';

describe('the help on a terminal of 80 columns', () => {
  test.each(commands().map(words => [words.join(' ')]))('breaks no line of %s before it is full', command => {
    const [description = ''] = helpOf(command.split(' '), 80).split(/\n\n[A-Z][^\n:.]*:\n/);
    const early = description.split('\n\n').flatMap(paragraph => {
      const lines = paragraph.split('\n').filter(line => !line.startsWith('kapso-whatsapp-cli'));
      return lines.slice(0, -1).filter((line, at) => `${line} ${lines[at + 1]?.split(' ')[0]}`.length < 80);
    });
    expect(early).toEqual([]);
    expect(description.split('\n').filter(line => line.length > 80)).toEqual([]);
  });
});
