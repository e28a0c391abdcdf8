import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createKapsoClient, type KapsoClient } from '../../src/kapso/client.ts';
import { createNodeTransport } from '../../src/kapso/http/transport-node.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { kapsoClient } from '../simulator/kapso-client.ts';
import { putTemplates, templates } from '../simulator/outgoing-stage.ts';
import { serve } from './http/local-server.ts';
import { phoneNumberId, sampleText } from './samples.ts';

const signal = new AbortController().signal;

function clientOf(baseUrl: string): KapsoClient {
  const transport = createNodeTransport();
  return createKapsoClient({
    apiKey: 'key',
    phoneNumberId,
    baseUrl,
    apiVersion: 'v24.0',
    transport,
    clock: systemClock,
  });
}

interface Asked {
  url: string;
  key: unknown;
}

/** Asks a server that gives these answers in turn. */
async function asking<T>(answers: readonly (string | [number, string])[], ask: (client: KapsoClient) => Promise<T>) {
  const asked: Asked[] = [];
  const left = [...answers];
  await using local = await serve((request, response) => {
    asked.push({ url: request.url ?? '', key: request.headers['x-api-key'] });
    const answer = left.shift() ?? [500, ''];
    const [status, body] = typeof answer === 'string' ? [200, answer] : answer;
    response.writeHead(status).end(body);
  });
  const result = await ask(clientOf(local.origin)).catch((error: unknown) => error);
  return { asked, result };
}

describe('what is known of a file', () => {
  test('is asked for with the number, and read from the documented form', async () => {
    const id = '17/1 7';
    const { asked, result } = await asking([sampleText('response-media-metadata.json')], client =>
      client.mediaInfo(id, signal),
    );
    expect(asked).toEqual([{ url: `/meta/whatsapp/v24.0/17%2F1%207?phone_number_id=${phoneNumberId}`, key: 'key' }]);
    expect(result).toEqual({
      mimeType: 'image/jpeg',
      size: 184_320,
      sha256: 'c3ludGhldGljLXNoYTI1Ng==',
      downloadUrl: 'https://api.kapso.ai/meta/whatsapp/media_download?token=SYNTH',
      url: 'https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1700000000000001&ext=1780000300&hash=SYNTH',
    });
  });

  test.each([
    ['nothing is said', {}, { mimeType: null, size: null, sha256: null, downloadUrl: null, url: null }],
    ['the size is a number', { file_size: 12 }, { size: 12 }],
    ['an address is none', { download_url: 'ftp://x/', url: 'not one' }, { downloadUrl: null, url: null }],
  ])('where %s', async (_, answer, expected) => {
    const { result } = await asking([JSON.stringify(answer)], client => client.mediaInfo('1', signal));
    expect(result).toMatchObject(expected);
  });

  test.each([
    [404, '{"error":"Media not found"}'],
    [400, sampleText('error-meta-100-33-unknown-object.json')],
  ])('says that it is gone where it is (HTTP %d)', async (status, body) => {
    const { result } = await asking([[status, body]], client => client.mediaInfo('1', signal));
    expect(result).toMatchObject({
      disposition: 'permanent',
      message: expect.stringMatching(/^asking for the media 1 failed \(HTTP/),
      hint: expect.stringContaining('7 days'),
    });
  });

  test('is no page of a proxy', async () => {
    const { result } = await asking(['<html>'], client => client.mediaInfo('1', signal));
    expect(result).toMatchObject({ code: 'KAPSO_ANSWER_UNREADABLE' });
  });
});

describe('the message templates', () => {
  async function atSimulator<T>(ask: (client: KapsoClient, kapso: KapsoSimulator) => Promise<T>): Promise<T> {
    const kapso = await startKapsoSimulator({ apiKey: 'key', phoneNumberId });
    try {
      await putTemplates(kapsoClient(kapso));
      return await ask(clientOf(kapso.url), kapso);
    } finally {
      await kapso.close();
    }
  }

  test('are those of the business account of the number', async () => {
    const { asked, result } = await asking(
      ['{"data":{"business_account_id":"42"}}', '{"data":[{"name":"a","language":"de"}]}'],
      client => client.listTemplates({}, signal),
    );
    expect(asked.map(({ url }) => url)).toEqual([
      `/platform/v1/whatsapp/phone_numbers/${phoneNumberId}`,
      '/meta/whatsapp/v24.0/42/message_templates?limit=100',
    ]);
    expect(result).toEqual([
      { name: 'a', language: 'de', status: null, category: null, parameters: 'positional', components: [] },
    ]);
  });

  test('are read with their parameters and parts', async () => {
    const found = await atSimulator(client => client.listTemplates({}, signal));
    expect(found.map(({ name }) => name)).toEqual(['hello_world', ...templates.map(({ name }) => name)]);
    expect(found.find(({ name }) => name === 'order_ready')).toEqual({
      name: 'order_ready',
      language: 'en_US',
      status: 'APPROVED',
      category: 'UTILITY',
      parameters: 'named',
      components: [{ type: 'BODY', text: 'Hello {{customer_name}}, your order {{order_number}} is ready.' }],
    });
  });

  test('of a name are those of exactly this name, in all their languages', async () => {
    const found = await atSimulator(async (client, kapso) => {
      const components = [{ type: 'BODY', text: 'x' }];
      const more = [
        { name: 'order_ready', language: 'de', components },
        { name: 'order_ready_again', language: 'de', components },
      ];
      await kapsoClient(kapso).sim('POST', 'templates', more);
      return client.listTemplates({ name: 'order_ready' }, signal);
    });
    expect(found.map(({ name, language }) => [name, language])).toEqual([
      ['order_ready', 'en_US'],
      ['order_ready', 'de'],
    ]);
  });

  test('are read from every page, and no page twice', async () => {
    const page = (name: string, after: string) =>
      JSON.stringify({ data: [{ name, language: 'de' }, { name: 7 }, null], paging: { cursors: { after } } });
    const { asked, result } = await asking(
      ['{"data":{"business_account_id":42}}', page('a', 'A'), page('b', 'A'), page('c', 'C')],
      client => client.listTemplates({ name: undefined }, signal),
    );
    expect((result as { name: string }[]).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(asked.at(-1)?.url).toContain('&after=A');
  });

  test.each([
    ['the number has no account', ['{"data":{}}']],
    ['the list is none', ['{"data":{"business_account_id":"42"}}', '{}']],
  ])('cannot be read where %s', async (_, answers) => {
    const { result } = await asking(answers, client => client.listTemplates({}, signal));
    expect(result).toMatchObject({ code: 'KAPSO_ANSWER_UNREADABLE' });
  });

  test('that may not be read say so', async () => {
    const { result } = await asking([[403, '{"error":"Forbidden"}']], client => client.listTemplates({}, signal));
    expect(result).toMatchObject({ disposition: 'permanent', httpStatus: 403 });
  });
});
