import { useState } from 'react'
import { ApiFailure } from '../api/failures.ts'

type Errors<V> = Partial<Record<keyof V, string | undefined>>

/**
 * The fields of a form. A field's error shows once it was changed, or after an attempt to send; what the server refuses
 * shows at its field until that changes.
 */
export function useFields<V extends Record<string, unknown>> (initial: V, check: (values: V) => Errors<V>) {
  const [values, setValues] = useState(initial)
  const [seen, setSeen] = useState<ReadonlySet<keyof V>>(new Set())
  const [refused, setRefused] = useState<Errors<V>>({})
  const errors = check(values)
  const isFit = Object.values(errors).every(error => error === undefined)

  function set (changes: Partial<V>) {
    const names = Object.keys(changes).filter(name => changes[name] !== values[name])
    setValues({ ...values, ...changes })
    setSeen(new Set([...seen, ...names]))
    setRefused(Object.fromEntries(Object.entries(refused).filter(([name]) => !names.includes(name))) as Errors<V>)
  }

  /** Puts a refusal to the fields it is about, by their names on the wire. */
  function refuse (failure: Error, names: Record<string, keyof V>) {
    if (!(failure instanceof ApiFailure)) return
    setRefused(Object.fromEntries(failure.problems.flatMap(({ field, message }) =>
      names[field] === undefined ? [] : [[names[field], message]])) as Errors<V>)
  }

  return {
    values,
    set,
    refuse,
    isFit,
    /** Whether anything was typed. */
    isTouched: seen.size > 0,
    errorOf: (name: keyof V) => refused[name] ?? (seen.has(name) ? errors[name] : undefined),
    /** As it was at first. */
    reset: () => { setValues(initial); setSeen(new Set()); setRefused({}) },
    showAll: () => setSeen(new Set(Object.keys(values)))
  }
}
