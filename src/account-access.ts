/** Who may write to a number, how much, and who commands the program by it: made of the parts of `access` and `commands`. */

import { createLimits, type Limits } from './access/limits.ts';
import type { Access } from './access/policy.ts';
import type { AccountOptions } from './account-options.ts';
import { commandIn, operatorRole } from './commands/command.ts';
import { createOperator, type Operator } from './commands/operator.ts';
import { createRefusals } from './delivery/refusals.ts';
import type { Worker } from './delivery/worker.ts';
import type { CommandOf } from './domain/admit.ts';
import type { KnownContact } from './domain/contact.ts';

/** Creates what tells whoever may not write, where the settings say so. It takes the id of the message. */
export function createOnDenied(options: AccountOptions, replies: Worker): (id: string) => void {
  const tell = createRefusals({ ...options, settings: () => options.settings().access, wakeReplies: replies.wake });
  return id => {
    tell(id).catch(error => options.log.warn({ error, message: id }, 'Its sender cannot be told that it is refused'));
  };
}

/** Creates the limits of what senders may write. A notice to one of them goes out as any other reply. */
export function createSenderLimits(options: AccountOptions, replies: Worker): Limits {
  return createLimits({
    ...options,
    settings: () => options.settings().access,
    tell: notice => {
      const failed = (error: unknown) => options.log.warn({ error }, 'A sender cannot be told of its limit');
      options.store.outbox.add([notice]).then(replies.wake, failed);
    },
  });
}

/** Creates what finds the commands of operators among the messages, and does them. */
export function createCommands(
  options: AccountOptions,
  deps: { access: Access; worker: Worker; replies: Worker; stopped: Set<string> },
): { operator: Operator; commandOf: CommandOf } {
  const { access, worker, replies } = deps;
  const { config, settings, emit } = options;
  const mayCommand = (contact: KnownContact) =>
    settings().access.commands.enabled &&
    access.routeOf(contact).role === operatorRole &&
    access.admit(contact, {}).kind === 'admitted';
  const operator = createOperator({
    ...options,
    ...deps,
    account: config.kapso.phoneNumberId,
    mayCommand,
    isElsewhere: async lane => {
      const { shared, owner, holders } = options.store.claims;
      return shared && (await holders(lane)).some(holder => holder.lane === lane && holder.owner !== owner);
    },
    wakeReplies: replies.wake,
    onUnmuted: () => {
      worker.refresh().catch(error => emit({ type: 'store unreadable', error }));
    },
  });
  return { operator, commandOf: (contact, message) => (mayCommand(contact) ? commandIn(message) : null) };
}
