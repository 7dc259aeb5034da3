/** Where services read the time. In production it is the database's clock; a test may bring another. */
export type Clock = () => Date
