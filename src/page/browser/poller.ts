import type { Change, MessageAction, MessageView } from '../shape.ts';
import { complain } from './complaint.ts';
import { connect } from './connection.ts';
import { createCounters } from './counters.ts';
import { byId } from './elements.ts';
import { createLines } from './lines.ts';
import { openWithToken, showConnection } from './opening.ts';
import { showPart } from './parts.ts';
import { createPipeline, type RowAction } from './pipeline.ts';
import { showProblems } from './problems.ts';
import { createThemeSwitch } from './theme-switch.ts';

const words: Readonly<Record<MessageAction, { word: string; label: string; question: string | null }>> = {
  retry: { word: 'Retry', label: 'Give it to the agent again', question: null },
  drop: { word: 'Drop', label: 'Give it up', question: 'Give this message up? Nobody will answer it.' },
  'retry-answer': { word: 'Send again', label: 'Send its answer again', question: null },
  'drop-answer': {
    word: 'Drop the answer',
    label: 'Give its answer up',
    question: 'Give this answer up? Its customer will not get it.',
  },
};

function start(): void {
  createThemeSwitch(byId('theme'));
  const addLine = createLines(byId('lines'));
  const showCounters = createCounters(byId('counters'));
  const act = ({ id }: MessageView, action: MessageAction) => {
    const { question } = words[action];
    if (question !== null && !confirm(question)) return;
    connection.act('message', { id, action }).catch(complain);
  };
  const actions = (Object.keys(words) as MessageAction[]).map(
    (action): RowAction => ({
      word: words[action].word,
      label: view => `${words[action].word}: ${words[action].label} (${view.text})`,
      when: view => view.actions?.includes(action) === true,
      run: view => act(view, action),
    }),
  );
  const pipeline = createPipeline(byId('messages'), byId('pipeline-empty'), actions);

  const show = (change: Change) => {
    if ('set' in change) {
      if (change.set === 'parts') change.value.forEach(showPart);
      else if (change.set === 'counters') showCounters(change.value);
      else if (change.set === 'problems') showProblems(change.value);
    } else if (change.put === 'messages') change.value.forEach(pipeline.put);
    else if (change.put === 'log') change.value.forEach(addLine);
  };
  const connection = connect({ change: show, state: showConnection });

  byId('only-failed').addEventListener('change', event => {
    byId('messages').classList.toggle('only-failed', (event.target as HTMLInputElement).checked);
  });
  openWithToken(connection);
}

start();
