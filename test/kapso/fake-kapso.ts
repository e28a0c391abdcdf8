import type { ServerResponse } from 'node:http';
import type { Clock } from '../../src/clock.ts';
import { bodyOf, type LocalServer, serve } from './http/local-server.ts';

export interface Posted {
  to?: string;
  recipient?: string;
  text: { body: string };
  biz_opaque_callback_data: string;
}

export interface FakeKapso extends AsyncDisposable {
  origin: string;
  /** Every message that was posted, accepted or not. */
  posts: Posted[];
  /** What the list of sent messages has. */
  rows: object[];
  /** The queries of the list. */
  lists: URLSearchParams[];
  /** What happens to the next posts. When it is empty, posts are accepted. */
  onPost: ((accept: () => string, response: ServerResponse, posted: Posted) => void)[];
  onList: ((response: ServerResponse) => void)[];
}

/** Answers as Kapso does, for one number, with a clock that the test controls. */
export async function fakeKapso(clock: Clock): Promise<FakeKapso> {
  const posts: Posted[] = [];
  const rows: object[] = [];
  const lists: URLSearchParams[] = [];
  const onPost: FakeKapso['onPost'] = [];
  const onList: FakeKapso['onList'] = [];
  let count = 0;

  const local: LocalServer = await serve(async (request, response) => {
    response.sendDate = false;
    response.setHeader('date', new Date(clock.now()).toUTCString());
    const url = new URL(request.url ?? '', 'http://localhost');
    if (request.method === 'GET') {
      lists.push(url.searchParams);
      const fault = onList.shift();
      if (fault) return fault(response);
      return response.end(JSON.stringify({ data: rows, paging: { cursors: { after: null } } }));
    }
    const posted: Posted = JSON.parse(await bodyOf(request));
    posts.push(posted);
    const accept = () => {
      const id = `wamid.${++count}`;
      rows.unshift(outboundRow(id, posted, clock.now()));
      return id;
    };
    const fault = onPost.shift();
    if (fault) return fault(accept, response, posted);
    respond(response, 200, { messages: [{ id: accept() }], contacts: [{ wa_id: posted.to?.slice(1) ?? '' }] });
  });

  return {
    origin: local.origin,
    posts,
    rows,
    lists,
    onPost,
    onList,
    [Symbol.asyncDispose]: () => local[Symbol.asyncDispose](),
  };
}

export function respond(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
}

export function outboundRow(
  id: string,
  posted: Pick<Posted, 'to' | 'recipient' | 'text'> & Partial<Posted>,
  at: number,
): object {
  return {
    id,
    timestamp: String(Math.floor(at / 1000)),
    type: 'text',
    text: posted.text,
    to: posted.to?.slice(1) ?? null,
    biz_opaque_callback_data: posted.biz_opaque_callback_data,
    kapso: {
      direction: 'outbound',
      status: 'sent',
      ...(posted.recipient === undefined ? {} : { business_scoped_user_id: posted.recipient }),
    },
  };
}

/** A clock whose waits end at once, in the order of their time. */
export function hastyClock(start: number): Clock {
  let now = start;
  return {
    now: () => now,
    monotonic: () => now,
    after: (ms, callback) => {
      const timer = setImmediate(() => {
        now += ms;
        callback();
      });
      return () => clearImmediate(timer);
    },
  };
}
