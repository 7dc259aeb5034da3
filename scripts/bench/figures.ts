/** The median; NaN without figures. */
export function median (figures: number[]): number {
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[middle - 1] ?? NaN, sorted[middle] ?? NaN]
  return sorted.length % 2 === 1 ? high : (low + high) / 2
}

export type Spread = { min: number, median: number, max: number }

export const spread = (figures: number[]): Spread =>
  ({ min: Math.min(...figures), median: median(figures), max: Math.max(...figures) })

/** `0.81 (0.79 to 0.84)`. */
export const showSpread = ({ min, median: middle, max }: Spread) =>
  `${middle.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`
