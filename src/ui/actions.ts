import { fieldsOf } from '../narrow.ts';
import { type Action, Refusal } from '../page/server.ts';
import { type MessageAction, messageActions } from '../page/shape.ts';
import type { Store } from '../store/store.ts';
import { lastAnswer } from '../views/answer-view.ts';
import { doubtOf } from '../views/outgoing-view.ts';
import type { Look } from './look.ts';

export interface ActionDeps {
  store: Pick<Store, 'retry' | 'drop' | 'get' | 'outbox'>;
  look: Pick<Look, 'again' | 'idOf'>;
  /** The queue has changed by hand: what waits is to be looked for. */
  onChanged: () => void;
  /** Says what somebody at the page has done. */
  told: (action: MessageAction, message: string) => void;
}

/** What can be done at the page: to run a failed message again or give it up, and the same for its answer. */
export function createActions({ store, look, onChanged, told }: ActionDeps): Record<string, Action> {
  const answerRows = async (id: string) =>
    lastAnswer(await store.outbox.of(id)).filter(({ state }) => state === 'failed');

  const work: Record<MessageAction, (id: string) => Promise<string[]>> = {
    retry: id => store.retry([id]),
    drop: id => store.drop([id]),
    'retry-answer': async id => {
      const rows = await answerRows(id);
      if (rows.some(row => doubtOf(row) !== null)) {
        throw new Refusal(
          409,
          'The customer may have got this answer already. Look at the conversation; if it is not there: ' +
            'kapso-whatsapp-cli outbox retry --force.',
        );
      }
      return store.outbox.retry(rows.map(row => row.id));
    },
    'drop-answer': async id => store.outbox.drop((await answerRows(id)).map(row => row.id)),
  };

  return {
    message: {
      maxBytes: 1024,
      run: async ({ body }) => {
        const { id: name, action } = fieldsOf(parsed(body));
        const id = look.idOf(String(name));
        const wanted = messageActions.find(one => one === action);
        if (id === null || wanted === undefined)
          throw new Refusal(404, 'This message is not shown any more: load the page again.');
        const done = await work[wanted](id);
        if (done.length > 0) {
          told(wanted, id);
          onChanged();
        }
        await look.again([id]);
        if (done.length === 0) {
          const state = (await store.get(id))?.state ?? 'forgotten';
          throw new Refusal(409, `Nothing was changed: the message is ${state} by now.`);
        }
      },
    },
  };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal(400, 'The request is no JSON.');
  }
}
