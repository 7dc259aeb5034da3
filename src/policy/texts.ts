/**
 * Whether both databases store a text unchanged: well-formed Unicode, without NUL, which PostgreSQL's text type does
 * not allow (its manual, 8.3), and without a leading byte order mark, which the embedded database removes.
 */
export const isStorable = (text: string): boolean =>
  text.isWellFormed() && !text.includes('\0') && !text.startsWith('\uFEFF')
