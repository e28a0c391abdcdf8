import { multipartForm } from '../../kapso/http/multipart.ts';
import { fieldsOf } from '../../narrow.ts';
import { trimEndOf } from '../../trim-end.ts';
import { NoTextError, plainType } from '../text-of.ts';
import type { Attempt } from './attempt.ts';
import { askService } from './service.ts';

/**
 * Asks a service that speaks OpenAI's API (OpenAI API reference, "Create transcription"): `POST /audio/transcriptions`,
 * a form with `file`, `model`, `language` and `response_format`; the answer is `{text}`.
 */
export async function transcribeByOpenAi(attempt: Attempt): Promise<string> {
  const { settings, file } = attempt;
  const { apiKey, baseUrl = 'https://api.openai.com/v1', model = 'whisper-1', language } = settings;
  const mimeType = plainType(file.mimeType);
  const fields = { model, response_format: 'json', ...(language === undefined ? {} : { language }) };
  const part = { name: `voice.${endingOf(mimeType)}`, mimeType, size: file.size };
  const answer = await askService(attempt, {
    url: new URL(`${trimEndOf(baseUrl, '/')}/audio/transcriptions`),
    authorization: apiKey && `Bearer ${apiKey}`,
    body: read => multipartForm(fields, { ...part, read }),
  });
  const { text } = fieldsOf(answer);
  if (typeof text === 'string') return text;
  throw new NoTextError('the transcription service answered without a text');
}

/** The service tells the format by the ending of the name. */
const endings: Readonly<Record<string, string>> = {
  'audio/ogg': 'ogg',
  'audio/opus': 'ogg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'audio/webm': 'webm',
};

function endingOf(mimeType: string): string {
  return endings[mimeType] ?? mimeType.slice(mimeType.indexOf('/') + 1);
}
