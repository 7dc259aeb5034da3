import { InvalidArgumentError } from 'commander'

/** Reads an option as a whole number of at least `minimum`. */
export const wholeNumber = (minimum: number) => (text: string): number => {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < minimum) throw new InvalidArgumentError(`A whole number from ${minimum}, please.`)
  return value
}
