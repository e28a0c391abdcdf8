/**
 * What a page is told, by its server. Times are milliseconds since the epoch. Every text may hold what a customer wrote:
 * the page shows it as text and never as HTML.
 */

/** The programs that a message passes. */
export type PartName = 'kapso' | 'poller' | 'gateway';

export interface PartView {
  name: PartName;
  /** `trouble`: it runs, and cannot do its work. */
  phase: 'starting' | 'running' | 'stopped' | 'trouble';
  /** How it fares, a sentence. */
  says: string;
  /** What an operator can do; null when nothing is to be done. */
  todo: string | null;
}

/** The stages of a message, in their order. */
export const stages = ['kapso', 'intake', 'store', 'agent', 'answer', 'ticks'] as const;
export type Stage = (typeof stages)[number];

/** What a phone shows beside a message: not sent yet, sent, delivered, read. */
export type Ticks = 'waiting' | 'sent' | 'delivered' | 'read';

export interface MediaView {
  kind: 'image' | 'audio' | 'file';
  name: string;
  /** The path at the page's server. */
  path: string;
}

/** A fact about a message. */
export interface Fact {
  label: string;
  /** When it happened, if that is what is to be known. */
  at?: number;
  value: string;
  /** Shown with its line breaks, as it is. */
  verbatim?: boolean;
}

/** A message of a customer on its way. */
export interface MessageView {
  id: string;
  /** What is shown of it: its words, or what it is. */
  text: string;
  media: MediaView | null;
  /** Which picture stands beside it, where its medium does not say so. */
  icon?: 'image' | 'mic' | 'file';
  at: number;
  /** The last stage that it has reached; null while it is on the phone. */
  reached: Stage | null;
  state: 'moving' | 'done' | 'failed';
  /** How it fares, a few words. */
  says: string;
  /** What the customer's phone shows. */
  ticks: Ticks;
  /** How often it came again, as far as that is known. */
  repeats: number;
  facts: readonly Fact[];
  /** What an operator may have done with it, in the demo nothing. */
  actions?: readonly MessageAction[];
}

/** To run a message again or give it up, and the same for its answer. */
export const messageActions = ['retry', 'drop', 'retry-answer', 'drop-answer'] as const;
export type MessageAction = (typeof messageActions)[number];

/** A message to a customer. */
export interface AnswerView {
  id: string;
  text: string;
  at: number;
  /** Who has sent it, a few words. */
  by: string;
}

export interface Counter {
  name: string;
  label: string;
  value: number;
  /** Which values are good: any, or 0 alone. */
  wanted: 'any' | 'none';
}

/** What happened, in plain words. */
export interface LogLine {
  id: string;
  at: number;
  tone: 'plain' | 'good' | 'bad';
  text: string;
}

/** What is wrong, and what to do about it. */
export interface ProblemView {
  code: string;
  says: string;
  todo: string;
}

/** What only the demo has. */
export interface DemoView {
  mode: Mode;
  /** When the poller asks Kapso again; null when it does not. */
  nextPoll: number | null;
  /** The agent is at work for the customer who looks at the phone. */
  typing: boolean;
  /** The address of the user's own gateway; null with the simulated one. */
  ownGateway: string | null;
  /** True while a part is being started or stopped. */
  busy: boolean;
}

export type Mode = 'polling' | 'webhook';

/** Sections that are sent whole. */
export interface Sets {
  parts: readonly PartView[];
  counters: readonly Counter[];
  problems: readonly ProblemView[];
  demo: DemoView;
}

/** Sections whose items are sent one by one, each under its id. */
export interface Lists {
  messages: MessageView;
  answers: AnswerView;
  log: LogLine;
}

export type Change =
  | { [Name in keyof Sets]: { set: Name; value: Sets[Name] } }[keyof Sets]
  | { [Name in keyof Lists]: { put: Name; value: readonly Lists[Name][] } }[keyof Lists];
