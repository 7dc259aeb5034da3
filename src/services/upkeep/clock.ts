/** The current time. In production it is the database's clock; tests replace it. */
export type Clock = () => Date
