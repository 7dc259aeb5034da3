import type { Spread } from './figures.ts'
import type { PostgresStage, Stage } from './stage.ts'

/** One line of the table: how the service stands to what it is held against, over all rounds. */
export type Measurement = {
  what: string
  against: string
  /** Of the service by that of the other, or how much more it takes. */
  spread: Spread
  unit: '×' | 's more'
  /** The bound of the median. */
  reach: { min?: number, max?: number }
  /** What else was seen, for a reader. */
  note?: string
}

/** How long and how often a case measures. */
export type Extent = { rounds: number, seconds: number, connections: number, isSmoke: boolean }

/** What is measured against what, in one run. */
export type Case = {
  name: string
  summary: string
  /** Passed over where there is no server. */
  needsPostgres?: true
  measure: (stage: Stage, extent: Extent, progress: (text: string) => void) => Promise<Measurement[]>
}

/** What a case that needs PostgreSQL works with. */
export function postgresOf ({ postgres }: Stage): PostgresStage {
  if (!postgres) throw new Error('the case needs PostgreSQL')
  return postgres
}

export const isReached = ({ spread: { median }, reach: { min = -Infinity, max = Infinity } }: Measurement) =>
  median >= min && median <= max
