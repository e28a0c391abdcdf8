import { asList, fieldsOf } from '../../narrow.ts';
import { trimEndOf } from '../../trim-end.ts';
import { NoTextError, plainType } from '../text-of.ts';
import type { Attempt } from './attempt.ts';
import { askService } from './service.ts';

/**
 * Asks Deepgram (Deepgram documentation, "Pre-recorded audio"): `POST /v1/listen` with the bytes as the body; the words
 * stand in `results.channels[].alternatives[0].transcript`. Without a language Deepgram finds it out only when asked to
 * ("Language detection").
 */
export async function transcribeByDeepgram(attempt: Attempt): Promise<string> {
  const { settings, file } = attempt;
  const { apiKey, baseUrl = 'https://api.deepgram.com', model = 'nova-3', language } = settings;
  const url = new URL(`${trimEndOf(baseUrl, '/')}/v1/listen`);
  url.searchParams.set('model', model);
  url.searchParams.set('smart_format', 'true');
  if (language === undefined) url.searchParams.set('detect_language', 'true');
  else url.searchParams.set('language', language);
  const answer = await askService(attempt, {
    url,
    authorization: apiKey && `Token ${apiKey}`,
    body: read => ({ contentType: plainType(file.mimeType), size: file.size, read }),
  });
  const channels = asList(fieldsOf(fieldsOf(answer).results).channels);
  const texts = channels.map(channel => fieldsOf(asList(fieldsOf(channel).alternatives)[0]).transcript);
  const words = texts.filter(text => typeof text === 'string');
  if (words.length > 0) return words.join('\n');
  throw new NoTextError('the transcription service answered without a text');
}
