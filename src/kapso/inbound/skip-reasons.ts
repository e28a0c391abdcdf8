/** Why an item is not ours to forward. The reasons are few and fixed: they serve as labels in statistics. */
export const skip = {
  event: 'not a received message',
  test: 'test delivery',
  /** What a dashboard sends on a click, or nothing at all: answered, and not kept. */
  sample: 'test sample',
  outbound: 'outbound',
  app: 'sent from the business app',
  history: 'imported history',
  /** May show a wrong configuration: nothing else tells that its messages are not handed on. */
  otherNumber: 'for another phone number id',
  status: 'delivery status',
  field: 'not a message field',
} as const;
