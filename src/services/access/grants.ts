/**
 * What a route can require, by the name it is declared with (`config.requires`). `superuser` grants are held by active
 * superusers alone, the others by every account.
 */
export const grants = {
  'account:read': { holder: 'account', summary: 'Read your own account' },
  'account:write': { holder: 'account', summary: 'Change your own account and its password' },
  'sessions:read': { holder: 'account', summary: 'List your sessions' },
  'sessions:write': { holder: 'account', summary: 'End your sessions' },
  'keys:read': { holder: 'account', summary: 'List your API keys' },
  'keys:write': { holder: 'account', summary: 'Create, change and delete your API keys' },
  'variables:read': { holder: 'account', summary: 'List your variables' },
  'variables:write': { holder: 'account', summary: 'Create, change and delete your variables' },
  'variables:reveal': { holder: 'account', summary: 'Read the values of your variables' },
  'flows:read': { holder: 'account', summary: 'Read your flows and projects' },
  'flows:write': { holder: 'account', summary: 'Create, change and delete your flows and projects' },
  'apps:use': { holder: 'account', summary: 'Use the apps that this server protects' },
  'users:read': { holder: 'superuser', summary: 'List accounts, their sessions and their API keys' },
  'users:write': { holder: 'superuser', summary: 'Delete accounts, end their sessions, delete their API keys' },
  introspect: { holder: 'superuser', summary: 'Check access tokens and API keys of any account' }
} as const satisfies Record<string, { holder: 'account' | 'superuser', summary: string }>

export type Grant = keyof typeof grants

export type Grants = ReadonlySet<Grant>

const all = Object.keys(grants) as Grant[] // keys of the literal above

const superuserGrants: Grants = new Set(all)
const accountGrants: Grants = new Set(all.filter(grant => grants[grant].holder === 'account'))

/** What an account may do with a credential that is not restricted. */
export const grantsOf = ({ isSuperuser }: { isSuperuser: boolean }): Grants =>
  isSuperuser ? superuserGrants : accountGrants
