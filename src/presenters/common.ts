import { parseMoment } from '../policy/moments.ts'

/** A moment that was given; its form has been checked by the schema. */
export const givenMoment = (text: string | null | undefined) => text ? parseMoment(text) : undefined

/** A moment of a row on the wire. */
export const presentTime = (date: Date | null) => date === null ? null : date.toISOString()

/** Absent and null mean the same in a request. */
export const given = <T>(value: T | null | undefined): T | undefined => value ?? undefined
