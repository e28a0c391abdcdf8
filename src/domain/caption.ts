/** What becomes of a media message's caption when its file cannot be delivered. */
import type { Content, MediaContent, TextContent } from './content.ts';

/** Meta's codes for a file that cannot be delivered, whoever is to get it: a bad parameter, type, download or upload. */
const ofFile: readonly number[] = [100, 131051, 131052, 131053];

/** Whether a failure is that of the file. Null is the code of what was refused here, before it was uploaded. */
export function concernsFile(code: number | null): boolean {
  return code === null || ofFile.includes(code);
}

/** Parts a media message from its caption, which is then a text of its own. Null without one. */
export function withoutCaption(content: Content | null): { rest: MediaContent; text: TextContent } | null {
  if (content?.kind !== 'media' || content.caption === undefined) return null;
  const { caption, quote, ...rest } = content;
  return { rest, text: { kind: 'text', text: caption, ...(quote !== undefined && { quote }) } };
}
