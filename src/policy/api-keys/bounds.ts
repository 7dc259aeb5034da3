/** The largest quota and the longest window of a rate limit. */
export const LIMIT_MAX = 1_000_000
export const WINDOW_SECONDS_MAX = 86_400

/** The number of networks that a key can be restricted to. */
export const NETWORKS_MAX = 32

/** The longest overlap of a rotation: 30 days; and the one if none is given: a day. */
export const OVERLAP_SECONDS_MAX = 2_592_000
export const OVERLAP_SECONDS = 86_400

/** How many days the daily uses of keys are kept, today included. */
export const USES_DAYS = 366
