/**
 * Whether every database gives a text back as it was: Unicode (no half of a surrogate pair) without NUL, which
 * PostgreSQL's text cannot hold (its documentation, 8.3), and without a byte order mark at its beginning, which the
 * embedded database drops.
 */
export const isStorable = (text: string): boolean =>
  text.isWellFormed() && !text.includes('\0') && !text.startsWith('\uFEFF')
