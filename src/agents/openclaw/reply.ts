import type { RunResult } from '../agent.ts';
import { mediaIn, readGatewayWords } from './gateway-words.ts';

/** An answer may stand in these in the record (OpenClaw: reasoning tags). `agent.wait` and the channels take them off. */
const frame = /^\s*<final>([\s\S]*?)(?:<\/final>\s*)?$/;

/** What a reader may see of a run's text: the agent's words for its gateway are taken off. */
export function spoken(text: string | null): Omit<RunResult, 'calls'> {
  if (text === null || text === '') return { reply: null };
  const utterance = readGatewayWords(frame.exec(text)?.[1] ?? text);
  if (utterance.kind === 'silence') return { reply: null };
  const media = mediaIn(utterance.takenOff);
  const reply = utterance.kind === 'text' && utterance.text.trim() !== '' ? utterance.text : null;
  const quotes = utterance.takenOff.some(word => /^\[\[\s*reply_to_current\b/i.test(word));
  const saysSomething = reply !== null || media.length > 0;
  return { reply, ...(quotes && saysSomething && { quote: true }), ...(media.length > 0 && { media }) };
}
