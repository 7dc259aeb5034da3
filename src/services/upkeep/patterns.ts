/** Escapes the wildcards of LIKE. Prisma passes the text of `contains` on unchanged. */
export const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
