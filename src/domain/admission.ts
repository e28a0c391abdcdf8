/** Whether a message is for the agent, by who wrote it. */

export type Admission =
  | { kind: 'admitted' }
  /** It waits until an operator has approved its sender. */
  | { kind: 'unpaired' }
  /**
   * Its sender may not write, or writes more than the limits allow. `reason` is a sentence for the operator. Without
   * `keepText`, what the sender wrote is not kept.
   */
  | { kind: 'denied' | 'limited'; reason: string; keepText: boolean };

/** An operator's word that a contact may write. */
export interface Approval {
  /** The operator who gave it, as the system names the account. */
  by: string;
  /** Milliseconds since the epoch. */
  at: number;
}
