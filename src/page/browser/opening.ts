import { type Connection, type ConnectionState, keepToken, tokenOfPage } from './connection.ts';
import { byId, setText } from './elements.ts';

/** Says that the server does not answer, and asks for the token where it is missing or wrong. */
export function showConnection(state: ConnectionState): void {
  setText(byId('connection'), state === 'lost' ? (byId('connection').dataset.lost ?? '') : '');
  byId('token-form').hidden = state !== 'refused';
  byId('main').hidden = state === 'refused';
}

/** Opens the connection with the token of the address, or of this tab, or with the one that is asked for. */
export function openWithToken(connection: Connection): void {
  byId('token-form').addEventListener('submit', event => {
    event.preventDefault();
    const { value } = byId('token') as HTMLInputElement;
    const token = value.trim().replace(/^.*#token=/, '');
    keepToken(token);
    connection.open(token);
  });
  const token = tokenOfPage();
  if (token === null) showConnection('refused');
  else connection.open(token);
}
