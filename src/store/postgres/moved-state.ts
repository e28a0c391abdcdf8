/** What the server says (SQLSTATE) to a program that still has the inbox open where it was moved away. */
export const movedState = 'KW001';
