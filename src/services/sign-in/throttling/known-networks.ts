import { networkOf } from '../../../policy/requests/networks.ts'

const DAY_MS = 86_400_000
/** How long a network is known after a sign-in with the password, and the maximum number of networks of an account. */
const KNOWN_MS = 30 * DAY_MS
const KNOWN_MAX = 8

/** The known networks of an account, each with the time of the last sign-in. */
export type KnownNetworks = Readonly<Record<string, string>>

/** Adds the network of a sign-in. The network that was used longest ago is removed if there are too many. */
export function withNetwork (known: KnownNetworks, address: string | undefined, now: Date): KnownNetworks {
  const others = Object.entries(known).filter(([network]) => network !== networkOf(address))
    .sort(([, a], [, b]) => a < b ? 1 : -1).slice(0, KNOWN_MAX - 1)
  return Object.fromEntries([[networkOf(address), now.toISOString()], ...others])
}

/** Whether the owner has signed in from the network recently. */
export function isKnownNetwork (known: KnownNetworks | undefined, network: string, now: Date): boolean {
  const at = known?.[network]
  return at !== undefined && Date.parse(at) > now.getTime() - KNOWN_MS
}
