import { grants, type Scope, scopeNames, scopesOf } from '../../policy/grants.ts'
import type { User } from '../api/client.ts'

export type Holder = Pick<User, 'is_superuser'>

/** What a key may do: a preset, or chosen scopes. */
export type Permission = 'everything' | 'read' | 'run' | 'chosen'

export const permissions: Array<{ value: Permission, label: string }> = [
  { value: 'everything', label: 'Everything' },
  { value: 'read', label: 'Read only' },
  { value: 'run', label: 'Run flows' },
  { value: 'chosen', label: 'Choose…' }
]

/** What each preset permits. */
export const permissionFacts: Record<Exclude<Permission, 'chosen'>, string> = {
  everything: 'Everything that the account may do, except managing its password and sessions.',
  read: 'List and read, without changing anything. The values of credentials stay hidden.',
  run: 'Read flows and projects, and use the apps that this server protects.'
}

const runScopes: readonly Scope[] = ['flows:read', 'apps:use']

/** The scopes of a preset, for an account; undefined for everything. */
export function scopesOfPreset (permission: Permission, holder: Holder): readonly Scope[] | undefined {
  switch (permission) {
    case 'read': return scopesFor(holder).filter(scope => scope.endsWith(':read'))
    case 'run': return runScopes
    default: return undefined
  }
}

const scopesFor = ({ is_superuser: isSuperuser }: Holder) => scopesOf({ isSuperuser })

const isSame = (some: readonly Scope[], others: readonly Scope[] | undefined) =>
  some.length === others?.length && some.every(scope => others.includes(scope))

/** The preset with exactly these scopes. */
export function presetOf (scopes: readonly Scope[] | undefined, holder: Holder): Permission {
  if (!scopes) return 'everything'
  return (['read', 'run'] as const).find(preset => isSame(scopes, scopesOfPreset(preset, holder))) ?? 'chosen'
}

/** The name of the preset with exactly these scopes, for any account. */
export function nameOfPreset (scopes: readonly Scope[]): string | undefined {
  const presets = [true, false].map(isSuperuser => presetOf(scopes, { is_superuser: isSuperuser }))
  return permissions.find(({ value }) => value !== 'chosen' && presets.includes(value))?.label
}

/** Describes the scopes of a key, in the order of the table. */
export const describeScopes = (scopes: readonly Scope[]): string[] =>
  scopeNames.filter(scope => scopes.includes(scope)).map(scope => grants[scope].summary)

type ResourceOf<Name extends string> = Name extends `${infer Resource}:${string}` ? Resource : Name

/** The headings of the scopes. */
const headings: Record<ResourceOf<Scope>, string> = {
  flows: 'Flows and apps',
  apps: 'Flows and apps',
  variables: 'Variables',
  keys: 'API keys',
  account: 'Account',
  users: 'Administration',
  introspect: 'Administration'
}

const headingOf = (scope: Scope) => headings[scope.split(':')[0] as ResourceOf<Scope>] // a scope begins with it

/** The scopes that an account can give to a key, grouped under headings. */
export function scopeGroups (holder: Holder): Array<{ heading: string, scopes: Scope[] }> {
  const scopes = scopesFor(holder)
  return [...new Set(Object.values(headings))]
    .map(heading => ({ heading, scopes: scopes.filter(scope => headingOf(scope) === heading) }))
    .filter(group => group.scopes.length > 0)
}
