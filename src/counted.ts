/** Returns a number with its noun: `1 message`, `2 messages`. `several` is the plural where an s does not make it. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}
