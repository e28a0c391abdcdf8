/** What Kapso does to requests in the chaos of replies. */

/** A late request is carried out within the time for which a lost one is looked for. */
export const late = { timeout: '1', lookUpFor: '3', actAfter: 700 };

export const kapsoFaults = [
  { do: 'reset' },
  { do: 'reset', actAfter: late.actAfter },
  { do: 'drop-after-commit' },
  { do: 'hang' },
  { do: 'hang', actAfter: late.actAfter },
  { status: 429, headers: { 'Retry-After': '1' } },
  { status: 502 },
];
