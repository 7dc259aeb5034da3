/** Where services learn the time: a test may bring its own. */
export type Clock = () => Date
