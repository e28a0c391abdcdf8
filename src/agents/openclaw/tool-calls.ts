/** The tools that a run used, as the gateway's record has them (`toolCall` blocks and `toolResult` rows). Pure. */
import { asList, asText, fieldsOf, type WireObject } from '../../narrow.ts';
import type { MediaReference, ToolCall } from '../agent.ts';

/** Limits of what is kept: calls of a run, characters of a command and of an output. */
const most = { calls: 200, command: 65_536, output: 16_384, attached: 30, source: 4096 };

/** What a row of the record has of tools. */
export interface ToolRow {
  calls: { id: string | null; name: string; command: string | null }[];
  result: { callId: string | null; name: string; output: string | null; isError: boolean | null } | null;
  /** What the tool attaches to the reply. The record shows it only of a tool that another one has called. */
  media: MediaReference[];
}

/** `text` is the row's text. */
export function readToolRow(row: WireObject, text: string): ToolRow {
  const calls = asList(row.content)
    .map(fieldsOf)
    .filter(block => block.type === 'toolCall')
    .map(block => ({
      id: asText(block.id),
      name: asText(block.name) ?? '',
      command: asText(fieldsOf(block.arguments).command)?.slice(0, most.command) ?? null,
    }));
  if (row.role !== 'toolResult') return { calls, result: null, media: [] };
  const { isError } = row;
  const result = {
    callId: asText(row.toolCallId),
    name: asText(row.toolName) ?? '',
    output: shortened(text),
    isError: typeof isError === 'boolean' ? isError : null,
  };
  return { calls, result, media: row.toolName === 'tool_call' ? attachedByCall(text) : [] };
}

/** The media of a payload of a reply, or of a tool's result (OpenClaw, "Rich output protocol"). */
export function mediaIn(fields: WireObject): MediaReference[] {
  const named = [fields.mediaUrl, ...asList(fields.mediaUrls)].filter(one => typeof one === 'string' && one !== '');
  const sources = [...new Set(named as string[])].filter(({ length }) => length <= most.source);
  const voice = fields.audioAsVoice === true ? { voice: true as const } : {};
  return sources.slice(0, most.attached).map(source => ({ source, ...voice }));
}

/** The result of a tool of the gateway's own that `tool_call` has called: JSON, with what the tool attaches. */
function attachedByCall(text: string): MediaReference[] {
  if (!text.includes('"media"')) return [];
  try {
    const { tool, result } = fieldsOf(JSON.parse(text));
    const media = fieldsOf(fieldsOf(fieldsOf(result).details).media);
    return fieldsOf(tool).source === 'openclaw' && media.outbound !== false ? mediaIn(media) : [];
  } catch {
    return [];
  }
}

/** Puts what the text of a reply attaches together with what tools attach. */
export function withMedia(
  named: readonly MediaReference[] | undefined,
  attached: readonly MediaReference[],
): { media?: readonly MediaReference[] } {
  const all = [...(named ?? []), ...attached.filter(({ source }) => !named?.some(one => one.source === source))];
  return all.length === 0 ? {} : { media: all };
}

/** A long output loses its middle: what a program says last is as telling as what it says first. */
function shortened(output: string): string {
  const half = most.output / 2;
  return output.length <= most.output ? output : `${output.slice(0, half)}\n…\n${output.slice(-half)}`;
}

/** Puts each call together with its result. The rows are those of one run, the oldest first. */
export function toolCallsOf(rows: readonly ToolRow[]): ToolCall[] {
  const made = rows.flatMap(row => row.calls);
  const results = rows.flatMap(row => row.result ?? []);
  // The gateway shows no call of a tool that it does not have, only the result.
  const strays = results.filter(({ callId }) => !made.some(({ id }) => id !== null && id === callId));
  return [
    ...made.map(({ id, name, command }) =>
      toolCall(
        name,
        command,
        results.find(r => id !== null && r.callId === id),
      ),
    ),
    ...strays.map(result => toolCall(result.name, null, result)),
  ].slice(0, most.calls);
}

function toolCall(name: string, command: string | null, result: NonNullable<ToolRow['result']> | undefined): ToolCall {
  if (!result) return { name, command, output: null, failed: null, exitCode: null, refused: false };
  const output = result.output ?? '';
  const goesOn = /^Command still running \(session /m.test(output);
  const exit = /\(Command exited with code (\d{1,3})\)$/.exec(output.trimEnd())?.[1];
  const exitCode = exit === undefined ? null : Number(exit);
  const failed = goesOn ? null : exitCode === null ? result.isError : exitCode !== 0;
  return {
    name,
    command,
    output: result.output,
    failed,
    exitCode,
    refused: result.isError === true && refusal.test(output),
  };
}

/** What the gateway says when it has not run the tool at all: not allowed, not there, or called in the wrong way. */
const refusal =
  /^(?:Tool \S+ not found$|Validation failed for tool |\{\s*"status": "error",[\s\S]*"error": "exec denied\b)/;
