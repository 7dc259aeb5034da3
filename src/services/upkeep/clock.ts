/** The current time. In production it is the database's clock; tests replace it. */
export type Clock = () => Date

/** The moment that is so many seconds after another one, or before it if the number is negative. */
export const later = (date: Date, seconds: number) => new Date(date.getTime() + seconds * 1000)

/** A moment as a NumericDate without fraction (RFC 7519, 2). */
export const toNumericDate = (date: Date) => Math.floor(date.getTime() / 1000)
