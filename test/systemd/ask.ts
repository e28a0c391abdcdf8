/**
 * Asks a simulator of this process on a connection of its own. While a program is waited for, nothing here runs, and the
 * other side may close a kept connection meanwhile.
 */
export const ask = (url: string, init: RequestInit = {}) => fetch(url, { ...init, headers: { connection: 'close' } });
