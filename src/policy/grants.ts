type GrantFacts = Readonly<{ holder: 'account' | 'superuser', isPersonal?: true, summary: string }>

/**
 * What a route can require, by the name it is declared with (`config.requires`). `superuser` grants are held by active
 * superusers alone, the others by every account. `isPersonal` grants are for signed-in people and operators; no API key
 * holds them. All others are the scopes of API keys. `summary` describes each for people, here and in the OpenAPI
 * document and the console.
 */
export const grants = {
  'account:read': { holder: 'account', summary: 'Read the account' },
  'account:write': { holder: 'account', summary: 'Change the username, picture and opt-ins of the account' },
  'password:write': { holder: 'account', isPersonal: true, summary: 'Change the password' },
  'sessions:read': { holder: 'account', isPersonal: true, summary: 'List sessions' },
  'sessions:write': { holder: 'account', isPersonal: true, summary: 'End sessions' },
  'keys:read': { holder: 'account', summary: 'List API keys' },
  'keys:write': { holder: 'account', summary: 'Create, change, rotate and delete API keys' },
  'variables:read': { holder: 'account', summary: 'List variables, with the values of those that are not credentials' },
  'variables:write': { holder: 'account', summary: 'Create, change and delete variables' },
  'variables:reveal': { holder: 'account', summary: 'Read the values of credentials' },
  'flows:read': { holder: 'account', summary: 'Read flows and projects' },
  'flows:write': { holder: 'account', summary: 'Create, change and delete flows and projects' },
  'apps:use': { holder: 'account', summary: 'Use the apps that this server protects' },
  'users:read': { holder: 'superuser', summary: 'List all accounts, their sessions and their API keys' },
  'users:write': { holder: 'superuser', summary: 'Change and delete accounts, end their sessions and API keys' },
  'services:write': {
    holder: 'superuser', isPersonal: true, summary: 'Create service accounts and administer their API keys'
  },
  introspect: { holder: 'superuser', summary: 'Check access tokens and API keys of any account' }
} as const satisfies Record<string, GrantFacts>

export type Grant = keyof typeof grants

/** A grant that API keys can have. */
export type Scope = { [Name in Grant]: typeof grants[Name] extends { isPersonal: true } ? never : Name }[Grant]

export type Grants = ReadonlySet<Grant>

/** The scope that a credential needs for every app, and for identity tokens. */
export const APPS_SCOPE: Scope = 'apps:use'

type Holder = { isSuperuser: boolean }

const all = Object.keys(grants) as Grant[] // keys of the literal above

const isHeldBy = ({ isSuperuser }: Holder) => (grant: Grant) => isSuperuser || grants[grant].holder === 'account'

export const isScope = (text: string): text is Scope =>
  Object.hasOwn(grants, text) && !('isPersonal' in grants[text as Grant])

/** Every scope, in the order of the table. */
export const scopeNames: readonly Scope[] = all.filter(isScope)

const superuserGrants: Grants = new Set(all)
const accountGrants: Grants = new Set(all.filter(isHeldBy({ isSuperuser: false })))

/** What an account may do with a credential that is not restricted. */
export const grantsOf = ({ isSuperuser }: Holder): Grants => isSuperuser ? superuserGrants : accountGrants

/** The scopes that an account can give to an API key. */
export const scopesOf = (holder: Holder): Scope[] => scopeNames.filter(isHeldBy(holder))

const superuserScopes: Grants = new Set(scopesOf({ isSuperuser: true }))
const accountScopes: Grants = new Set(scopesOf({ isSuperuser: false }))

/** What an account may do with an API key. @param scopes the scopes of the key; null if it is not restricted to some */
export function keyGrantsOf (holder: Holder, scopes: readonly Scope[] | null): Grants {
  if (scopes === null) return holder.isSuperuser ? superuserScopes : accountScopes
  return new Set(scopes.filter(isHeldBy(holder)))
}
