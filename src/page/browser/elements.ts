/** Makes elements. Every text becomes a text node: what a customer wrote can be no HTML. */

export type Child = Node | string;

type Listeners = { [Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => void };

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly Child[] = [],
  listeners: Listeners = {},
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  for (const [event, listener] of Object.entries(listeners)) made.addEventListener(event, listener as EventListener);
  return made;
}

const svg = 'http://www.w3.org/2000/svg';

/** A symbol of the page's sprite. It says nothing to a screen reader. */
export function icon(name: string): SVGElement {
  const made = document.createElementNS(svg, 'svg');
  made.setAttribute('class', 'icon');
  made.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(svg, 'use');
  use.setAttribute('href', `#icon-${name}`);
  made.append(use);
  return made;
}

/** The element of the page with this id. Throws when there is none. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
}

/** Sets a text only where it changes, so that a screen reader reads it once. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const precise = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export const timeOf = (at: number): string => clock.format(at);
const exact = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** With milliseconds. */
export const exactTimeOf = (at: number): string => `${exact.format(at)}, ${String(at % 1000).padStart(3, '0')} ms`;
export const preciseTimeOf = (at: number): string => precise.format(at);
