import { type NoticeKind, noticeKinds } from './message.ts';

/** Reads `delivery.contextOnly`: kinds with commas between them, or `none`. */
export function contextKinds(setting: string): ReadonlySet<NoticeKind> {
  const named = new Set(setting.split(',').map(name => name.trim()));
  return new Set(noticeKinds.filter(kind => named.has(kind)));
}
