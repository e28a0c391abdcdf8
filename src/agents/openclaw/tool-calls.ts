/** The tools that a run used, as the gateway's record has them (`toolCall` blocks and `toolResult` rows). Pure. */
import { asList, asText, fieldsOf, type WireObject } from '../../narrow.ts';
import type { ToolCall } from '../agent.ts';

/** Limits of what is kept: calls of a run, characters of a command and of an output. */
const most = { calls: 200, command: 65_536, output: 16_384 };

/** What a row of the record has of tools. */
export interface ToolRow {
  calls: { id: string | null; name: string; command: string | null }[];
  result: { callId: string | null; name: string; output: string | null; isError: boolean | null } | null;
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
  if (row.role !== 'toolResult') return { calls, result: null };
  const { isError } = row;
  const result = {
    callId: asText(row.toolCallId),
    name: asText(row.toolName) ?? '',
    output: shortened(text),
    isError: typeof isError === 'boolean' ? isError : null,
  };
  return { calls, result };
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
