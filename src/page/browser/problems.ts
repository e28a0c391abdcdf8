import type { ProblemView } from '../shape.ts';
import { byId, element } from './elements.ts';

/** Shows what is wrong and what to do about it, or that all is well. */
export function showProblems(problems: readonly ProblemView[]): void {
  byId('problems').hidden = problems.length === 0;
  byId('well').hidden = problems.length > 0;
  byId('problem-list').replaceChildren(
    ...problems.map(({ code, says, todo }) =>
      element('li', { 'data-code': code }, [
        element('strong', {}, [sentence(says)]),
        element('span', {}, [sentence(todo)]),
      ]),
    ),
  );
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1).replace(/\.$/, '')}.`;
}
