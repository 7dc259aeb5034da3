import { parseMoment } from '../policy/moments.ts'

/** Parses a timestamp whose format the schema has validated. */
export const givenMoment = (text: string | null | undefined) => text ? parseMoment(text) : undefined

/** A timestamp as the API returns it. */
export const presentTime = (date: Date | null) => date === null ? null : date.toISOString()

/** In a request, null means the same as no value. */
export const given = <T>(value: T | null | undefined): T | undefined => value ?? undefined
