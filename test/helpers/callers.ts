import { setTimeout as sleep } from 'node:timers/promises'
import { generateApiKey } from '../../src/crypto/api-keys.ts'
import { type buildApp, PASSWORD } from './app.ts'
import { decodeJwt, forgeJwt } from './jwt.ts'

type Built = Awaited<ReturnType<typeof buildApp>>
type Account = Awaited<ReturnType<Built['as']>>

/** Accounts and objects of a table row, created for that row. */
export type Cast = { ada: Account, bob: Account, boss: Account, key: { id: string, api_key: string }, built: Built }

type Sent = { headers?: Record<string, string>, cookies?: Record<string, string>, query?: string }
type Caller = (cast: Cast) => Promise<Sent>

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const apiKey = (key: string) => ({ headers: { 'x-api-key': key } })
const cookie = (token: string) => ({ cookies: { access_token_lf: token } })
const refreshCookie = (token: string) => ({ cookies: { refresh_token_lf: token } })
const claimsOf = ({ ada }: Cast) => decodeJwt(ada.tokens.access_token)
const change = ({ ada, boss }: Cast, body: object) => boss.patch(`/users/${ada.user.id}`, body)

/** The callers in the documents, by their names. */
export const callers: Record<string, Caller> = {
  anonymous: async () => ({}),
  ada: async ({ ada }) => bearer(ada.tokens.access_token),
  bob: async ({ bob }) => bearer(bob.tokens.access_token),
  boss: async ({ boss }) => bearer(boss.tokens.access_token),
  "ada's token": async ({ ada }) => bearer(ada.tokens.access_token),
  "ada's cookie": async ({ ada }) => cookie(ada.tokens.access_token),
  "ada's key": async ({ key }) => apiKey(key.api_key),
  "boss's key": async ({ boss }) => apiKey((await boss.post('/api_key/', {})).json().api_key),
  "ada's key in the query": async ({ key }) => ({ query: `x-api-key=${key.api_key}` }),
  "ada's refresh cookie": async ({ ada }) => refreshCookie(ada.tokens.refresh_token),
  "ada's access token as refresh cookie": async ({ ada }) => refreshCookie(ada.tokens.access_token),
  "ada's spent refresh cookie": async ({ ada, built: { anonymous, clock } }) => {
    await anonymous.post('/refresh', undefined, refreshCookie(ada.tokens.refresh_token))
    clock.advance(11)
    return refreshCookie(ada.tokens.refresh_token)
  },
  "ada's token after logout": async ({ ada }) => {
    await ada.post('/logout')
    return bearer(ada.tokens.access_token)
  },
  'another scheme': async () => ({ headers: { authorization: 'Basic eDp5' } }),
  'a bad bearer': async () => bearer('bad'),
  'a tampered bearer': async ({ ada }) => bearer(ada.tokens.access_token.replace(/.$/, last => last === 'A' ? 'Q' : 'A')),
  'an unsigned bearer': async cast =>
    bearer(forgeJwt(claimsOf(cast), { header: { alg: 'none' } }).replace(/[^.]*$/, '')),
  'a bearer of two tokens': async ({ ada }) => bearer(`${ada.tokens.access_token} ${ada.tokens.access_token}`),
  'an expired bearer': async cast => {
    const now = Math.floor(Date.now() / 1000)
    return bearer(forgeJwt({ ...claimsOf(cast), iat: now - 4000, exp: now - 400 }))
  },
  'a refresh token as bearer': async ({ ada }) => bearer(ada.tokens.refresh_token),
  'an API key as bearer': async ({ key }) => bearer(key.api_key),
  'the token of a deactivated account': async cast => {
    await change(cast, { is_active: false })
    return bearer(cast.ada.tokens.access_token)
  },
  'the token of a deleted account': async ({ ada, boss }) => {
    await boss.delete(`/users/${ada.user.id}`)
    return bearer(ada.tokens.access_token)
  },
  'a bad cookie': async () => cookie('bad'),
  'a bad bearer beside a good cookie': async ({ ada }) => ({ ...bearer('bad'), ...cookie(ada.tokens.access_token) }),
  'a good bearer beside a bad cookie': async ({ ada }) => ({ ...bearer(ada.tokens.access_token), ...cookie('bad') }),
  'a good bearer beside a bad key': async ({ ada }) =>
    ({ headers: { ...bearer(ada.tokens.access_token).headers, 'x-api-key': 'bad' } }),
  'an empty key': async () => apiKey(''),
  'a malformed key': async ({ key }) => apiKey(key.api_key.slice(0, -1)),
  'an unknown key': async () => apiKey(generateApiKey()),
  'a deleted key': async ({ ada, key }) => {
    await ada.delete(`/api_key/${key.id}`)
    return apiKey(key.api_key)
  },
  'an expired key': async ({ ada, built: { clock } }) => {
    const soon = new Date(clock.now().getTime() + 1000)
    const { api_key: key } = (await ada.post('/api_key/', { expires_at: soon.toISOString() })).json()
    await sleep(1100)
    return apiKey(key)
  },
  'a key that is switched off': async ({ ada, key }) => {
    await ada.patch(`/api_key/${key.id}`, { is_active: false })
    return apiKey(key.api_key)
  },
  'the key of a deactivated account': async cast => {
    await change(cast, { is_active: false })
    return apiKey(cast.key.api_key)
  }
}

let casts = 0

/** Creates new accounts, so that rows are independent. Names in documents stand for these accounts. */
export async function makeCast (built: Built) {
  const number = ++casts
  const { as, admin, anonymous, db } = built
  const boss = await admin()
  const [ada, bob] = [await as(`ada-${number}`), await as(`bob-${number}`)]
  for (const name of ['waiting', 'unused', 'former']) {
    const { id } = (await anonymous.post('/users/', { username: `${name}-${number}`, password: PASSWORD })).json()
    if (name === 'former') await as(`${name}-${number}`)
    await boss.patch(`/users/${id}`, { is_active: false })
    if (name === 'waiting') await db.user.update({ where: { id }, data: { approvedAt: null } })
  }
  const key = (await ada.post('/api_key/', { name: 'first' })).json()
  const flow = (await ada.post('/flows/', { name: 'Mine', data: { nodes: [], edges: [] } })).json()
  const variable = (await ada.post('/variables/', { name: 'MINE', value: 'x', default_fields: null })).json()
  const ids = {
    ada: ada.user.id,
    bob: bob.user.id,
    boss: boss.user.id,
    key: key.id,
    flow: flow.id,
    project: flow.folder_id,
    variable: variable.id
  }
  const names = /"(ada|bob|waiting|unused|former|eve|ADA|e\\u200bve)"|(?<=search=)(ADA)/g
  const named = (text: string) => text
    .replace(/\{(\w+)\}/g, (all, name: keyof typeof ids) => ids[name] ?? all)
    .replace(names, (_, quoted, bare) => quoted ? `"${quoted}-${number}"` : `${bare}-${number}`)
  const cast: Cast = { ada, bob, boss, key, built }
  /** Removes the superuser flag that a row has set. */
  const dismiss = () => change(cast, { is_superuser: false })
  return { cast, named, dismiss }
}
