import { InvalidArgumentError } from 'commander'

/** Reads an option as a whole number from `minimum` to `maximum`. */
export const wholeNumber = (minimum: number, maximum = 999_999_999) => (text: string): number => {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < minimum || value > maximum) {
    throw new InvalidArgumentError(maximum === 999_999_999
      ? `It must be a whole number of at least ${minimum}.`
      : `It must be a whole number from ${minimum} to ${maximum}.`)
  }
  return value
}
