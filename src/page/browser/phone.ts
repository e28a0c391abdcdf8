import type { AnswerView, MediaView, MessageView, Ticks } from '../shape.ts';
import { element, icon, setText, timeOf } from './elements.ts';

const ticksText: Readonly<Record<Ticks, string>> = {
  waiting: 'waits on the phone',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
};
const ticksIcon: Readonly<Record<Ticks, string>> = {
  waiting: 'clock',
  sent: 'tick',
  delivered: 'ticks',
  read: 'ticks',
};

export interface Phone {
  message(view: MessageView): void;
  answer(view: AnswerView): void;
  typing(is: boolean): void;
}

/** The conversation as the customer's phone shows it. */
export function createPhone(chat: HTMLElement, parts: { presence: HTMLElement; starters: HTMLElement }): Phone {
  const bubbles = new Map<string, { at: number; row: HTMLElement; ticks: HTMLElement | null }>();
  const dots = element('div', { class: 'bubble theirs typing', 'aria-hidden': 'true' }, [
    element('i'),
    element('i'),
    element('i'),
  ]);
  dots.hidden = true;
  new ResizeObserver(() => scrollToEnd()).observe(chat);
  chat.append(dots);

  const scrollToEnd = () => {
    chat.scrollTop = chat.scrollHeight;
  };

  const place = (at: number, row: HTMLElement) => {
    const later = [...bubbles.values()].filter(bubble => bubble.at > at);
    later.sort((one, other) => one.at - other.at);
    chat.insertBefore(row, later[0]?.row ?? dots);
    parts.starters.hidden = true;
    scrollToEnd();
  };

  const showTicks = (ticks: HTMLElement, state: Ticks) => {
    if (ticks.dataset.state === state) return;
    ticks.dataset.state = state;
    ticks.replaceChildren(icon(ticksIcon[state]), element('span', { class: 'hidden' }, [ticksText[state]]));
  };

  return {
    message: view => {
      const known = bubbles.get(view.id);
      if (known) {
        if (known.ticks) showTicks(known.ticks, view.ticks);
        return;
      }
      const ticks = element('span', { class: 'ticks' });
      showTicks(ticks, view.ticks);
      const row = element('div', { class: 'bubble mine' }, [
        element('span', { class: 'hidden' }, ['You: ']),
        ...(view.media ? [mediaElement(view.media, scrollToEnd)] : []),
        ...(view.text === '' ? [] : [element('p', {}, [view.text])]),
        element('small', {}, [element('time', {}, [timeOf(view.at)]), ticks]),
      ]);
      place(view.at, row);
      bubbles.set(view.id, { at: view.at, row, ticks });
    },
    answer: view => {
      if (bubbles.has(view.id)) return;
      const row = element('div', { class: 'bubble theirs' }, [
        element('span', { class: 'hidden' }, ['Workshop: ']),
        element('p', {}, [view.text]),
        element('small', {}, [element('span', { class: 'by' }, [view.by]), element('time', {}, [timeOf(view.at)])]),
      ]);
      place(view.at, row);
      bubbles.set(view.id, { at: view.at, row, ticks: null });
    },
    typing: is => {
      setText(parts.presence, is ? 'typing…' : 'online');
      if (dots.hidden !== is) return;
      dots.hidden = !is;
      scrollToEnd();
    },
  };
}

function mediaElement({ kind, name, path }: MediaView, onLoad: () => void): HTMLElement {
  if (kind === 'image') {
    return element('img', { src: path, alt: `Picture ${name}`, loading: 'eager' }, [], { load: onLoad });
  }
  if (kind === 'audio') {
    return element('audio', { src: path, controls: '', preload: 'metadata', 'aria-label': name });
  }
  return element('a', { class: 'file', href: path, target: '_blank', rel: 'noopener' }, [icon('file'), name]);
}
