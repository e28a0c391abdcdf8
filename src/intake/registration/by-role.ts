import type { Role } from '../../instances/roles.ts';
import type { Registration } from './keep-registered.ts';

/** Keeps the webhook registered while this process has the role. Otherwise another one does: `onLeft` is called. */
export function byRole(
  registration: Registration,
  role: Pick<Role, 'hold' | 'onChange'>,
  onLeft: () => void,
): Registration {
  let url: string | null = null;
  const follow = () => {
    if (url !== null && role.hold !== null) return registration.keep(url);
    registration.stop();
    if (role.hold === null) onLeft();
  };
  role.onChange(follow);
  return {
    keep: next => {
      url = next;
      follow();
    },
    stop: () => {
      url = null;
      follow();
    },
  };
}
