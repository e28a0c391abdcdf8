import type { KapsoSimulator } from '../../src/simulator/kapso.ts';

/** The body may be anything: tests look into it. */
export type Reply = { status: number; headers: Headers; body: ReturnType<typeof JSON.parse> };

/** Sends plain requests to a Kapso simulator, with the key and without the retries of a real client. */
export function kapsoClient(kapso: Pick<KapsoSimulator, 'url' | 'apiKey' | 'phoneNumberId'>) {
  const request = async (
    method: string,
    path: string,
    body?: unknown,
    key: string | null = kapso.apiKey,
  ): Promise<Reply> => {
    const response = await fetch(kapso.url + path, {
      method,
      headers: { 'Content-Type': 'application/json', ...(key === null ? {} : { 'X-API-Key': key }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const messages = `/meta/whatsapp/v24.0/${kapso.phoneNumberId}/messages`;
  return {
    request,
    messages,
    list: (query = '') => request('GET', `${messages}?${query}`),
    send: (body: object) => request('POST', messages, { messaging_product: 'whatsapp', ...body }),
    text: (to: string, text: string) =>
      request('POST', messages, { messaging_product: 'whatsapp', to, type: 'text', text: { body: text } }),
    inbound: async (body: object): Promise<string[]> => {
      const reply = await request('POST', '/__sim/inbound', body, null);
      if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
      return reply.body.ids;
    },
    sim: (method: string, path: string, body?: unknown) => request(method, `/__sim/${path}`, body, null),
  };
}
