/** A prepared statement: on every connection its name stands for its text. */
export type Statement = Readonly<{ name: string, text: string }>

/** Runs a prepared statement outside of any transaction; the caller says what its rows look like. */
export type RunStatement = <Row>(statement: Statement, values: readonly unknown[]) => Promise<Row[]>
