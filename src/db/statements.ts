/** A prepared statement. The same name always has the same text. */
export type Statement = Readonly<{ name: string, text: string }>

/** Runs a prepared statement outside of transactions. The caller declares the type of the rows. */
export type RunStatement = <Row>(statement: Statement, values: readonly unknown[]) => Promise<Row[]>
