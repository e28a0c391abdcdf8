import { type NoticeKind, noticeKinds } from './message.ts';

/** Parses `delivery.contextOnly`: kinds separated by commas, or `none`. */
export function contextKinds(setting: string): ReadonlySet<NoticeKind> {
  const named = new Set(setting.split(',').map(name => name.trim()));
  return new Set(noticeKinds.filter(kind => named.has(kind)));
}
