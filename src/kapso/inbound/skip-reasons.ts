/** Why an item is not ours to forward. The reasons are few and fixed: statistics use them as labels. */
export const skip = {
  event: 'not a received message',
  test: 'test delivery',
  /** A dashboard's sample, or an empty body: answered, but not kept. */
  sample: 'test sample',
  outbound: 'outbound',
  app: 'sent from the business app',
  history: 'imported history',
  /** It may show a wrong configuration: nothing else reports that its messages are not forwarded. */
  otherNumber: 'for another phone number id',
  /** Several of our numbers could have it. */
  unnamed: 'for no phone number id',
  status: 'delivery status',
  field: 'not a message field',
} as const;
