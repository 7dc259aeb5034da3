import { InvalidArgumentError } from 'commander'

/** Parses the value of an option. */
export const wholeNumber = (minimum: number, maximum = 999_999_999) => (text: string): number => {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < minimum || value > maximum) {
    throw new InvalidArgumentError(maximum === 999_999_999
      ? `It must be an integer ≥ ${minimum}.`
      : `It must be an integer from ${minimum} to ${maximum}.`)
  }
  return value
}
