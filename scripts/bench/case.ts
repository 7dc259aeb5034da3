import type { Spread } from './figures.ts'
import type { PostgresStage, Stage } from './stage.ts'

/** One line of the table: the service relative to its ceiling, over all rounds. */
export type Measurement = {
  what: string
  against: string
  /** The ratio of the service to its ceiling, or the difference. */
  spread: Spread
  unit: '×' | 's more' | 'per request'
  /** The target of the median. */
  reach: { min?: number, max?: number }
  /** Further observations, for the reader. */
  note?: string
}

/** Duration and number of measurements. */
export type Extent = { rounds: number, seconds: number, connections: number, isSmoke: boolean }

/** A comparison of the service with a ceiling. */
export type Case = {
  name: string
  summary: string
  /** Skipped without a PostgreSQL server. */
  needsPostgres?: true
  measure: (stage: Stage, extent: Extent, progress: (text: string) => void) => Promise<Measurement[]>
}

/** The stage of cases that need PostgreSQL. */
export function postgresOf ({ postgres }: Stage): PostgresStage {
  if (!postgres) throw new Error('the case needs PostgreSQL')
  return postgres
}

export const isReached = ({ spread: { median }, reach: { min = -Infinity, max = Infinity } }: Measurement) =>
  median >= min && median <= max
