import { useState } from 'react'
import { ApiFailure } from '../../api/failures.ts'

type Errors<V> = Partial<Record<keyof V, string | undefined>>

/**
 * The fields of a form. The error of a field shows after the field was changed or the form was submitted. An error from
 * the server shows at its field until the field changes.
 */
export function useFields<V extends Record<string, unknown>> (initial: V, check: (values: V) => Errors<V>) {
  const [values, setValues] = useState(initial)
  const [touched, setTouched] = useState<ReadonlySet<keyof V>>(new Set())
  const [rejected, setRejected] = useState<Errors<V>>({})
  const errors = check(values)
  const isValid = Object.values(errors).every(error => error === undefined)

  function set (changes: Partial<V>) {
    const names = Object.keys(changes).filter(name => changes[name] !== values[name])
    setValues({ ...values, ...changes })
    setTouched(new Set([...touched, ...names]))
    setRejected(Object.fromEntries(Object.entries(rejected).filter(([name]) => !names.includes(name))) as Errors<V>)
  }

  /** Assigns the errors of a failed request to the fields. `names` maps names of the API to those of the form. */
  function reject (failure: Error, names: Record<string, keyof V>) {
    if (!(failure instanceof ApiFailure)) return
    setRejected(Object.fromEntries(failure.problems.flatMap(({ field, message }) =>
      names[field] === undefined ? [] : [[names[field], message]])) as Errors<V>)
  }

  return {
    values,
    set,
    reject,
    isValid,
    errorOf: (name: keyof V) => rejected[name] ?? (touched.has(name) ? errors[name] : undefined),
    reset: () => { setValues(initial); setTouched(new Set()); setRejected({}) },
    showErrors: () => setTouched(new Set(Object.keys(values)))
  }
}
