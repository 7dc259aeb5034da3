import { networkOf } from '../../../policy/requests/networks.ts'

const DAY_MS = 86_400_000
/** How long a network is known after a sign-in with the password, and how many of them an account has. */
const KNOWN_MS = 30 * DAY_MS
const KNOWN_MAX = 8

/** Networks with the moment of the last sign-in from there, as the account keeps them. */
export type KnownNetworks = Readonly<Record<string, string>>

/** Adds the network of a sign-in to those the account knows; the one that was not used for longest is dropped. */
export function withNetwork (known: KnownNetworks, address: string | undefined, now: Date): KnownNetworks {
  const others = Object.entries(known).filter(([network]) => network !== networkOf(address))
    .sort(([, a], [, b]) => a < b ? 1 : -1).slice(0, KNOWN_MAX - 1)
  return Object.fromEntries([[networkOf(address), now.toISOString()], ...others])
}

/** Whether the owner signed in from that network lately. */
export function isKnownNetwork (known: KnownNetworks | undefined, network: string, now: Date): boolean {
  const at = known?.[network]
  return at !== undefined && Date.parse(at) > now.getTime() - KNOWN_MS
}
