const units = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1000, name: 's' },
];

/** A time span in its two largest units, e.g. `2 h 5 min`. */
export function span(ms: number): string {
  const at = units.findIndex(unit => ms >= unit.ms);
  const [large, small] = at < 0 ? [] : units.slice(at, at + 2);
  if (!large) return '0 s';
  const rest = small ? Math.floor((ms % large.ms) / small.ms) : 0;
  return `${Math.floor(ms / large.ms)} ${large.name}${small && rest > 0 ? ` ${rest} ${small.name}` : ''}`;
}
