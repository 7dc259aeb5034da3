/** What an account may do, in ascending order: `viewer`, `editor`, `admin`. */
export type Access = 'viewer' | 'editor' | 'admin'

/** The claims of a verified token, as JSON. */
export type Claims = Readonly<Record<string, unknown>>

/** The account that a verified token identifies. Members are undefined where the token does not have the claim. */
export type Identity = Readonly<{
  /** `sub`: the account. It never changes, unlike the username. */
  accountId: string
  username: string | undefined
  groups: readonly string[]
  access: Access | undefined
  scopes: readonly string[]
  sessionId: string | undefined
  /** When the user signed in. */
  authenticatedAt: Date | undefined
  expiresAt: Date
  issuer: string
  /** The audience of the token that the verifier accepts. */
  audience: string
  claims: Claims
}>

const text = (value: unknown) => typeof value === 'string' && value !== '' ? value : undefined
const texts = (value: unknown) => Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
const date = (value: unknown) => typeof value === 'number' ? new Date(value * 1000) : undefined
const isAccess = (value: unknown): value is Access => value === 'viewer' || value === 'editor' || value === 'admin'

type Checked = { accountId: string, issuer: string, audience: string, expiresAt: Date }

/** Reads the claims. `checked` contains what the verifier has checked. */
export const toIdentity = (claims: Claims, checked: Checked): Identity => ({
  ...checked,
  username: text(claims['preferred_username']),
  groups: texts(claims['groups']),
  access: isAccess(claims['access']) ? claims['access'] : undefined,
  scopes: text(claims['scope'])?.split(' ').filter(scope => scope !== '') ?? [],
  sessionId: text(claims['sid']),
  authenticatedAt: date(claims['auth_time']),
  claims
})
