import { FROM_APP } from './app.ts'
import type { Field, Outgoing } from './client.ts'
import { PUBLIC_URL } from './scene.ts'

export type Credentials = { token: string, key: string, bossToken: string }

/** One request, and what a client and the app see of it. */
export type Case = {
  group: string
  name: string
  send: Outgoing
  /** Undefined: proxies may differ. What reaches the app is checked in any case. */
  status?: number
  reaches?: boolean
  /** Headers of the response, or of the request to the app; undefined if the header must not be there. */
  answer?: Record<string, string | RegExp | undefined>
  arrives?: Record<string, string | RegExp | undefined>
  body?: RegExp
}

const basic = (name: string, password: string): Field =>
  ['Authorization', `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`]
const NAVIGATION: Field[] = [
  ['Accept', 'text/html,*/*;q=0.8'], ['Sec-Fetch-Mode', 'navigate'], ['Sec-Fetch-Dest', 'document']
]
const next = (origin: string, path: string) => encodeURIComponent(origin + path)

/** Who may do what: with every credential, and without one. */
export function decisions ({ token, key, bossToken }: Credentials, origin: string): Case[] {
  const cookie: Field = ['Cookie', `access_token_lf=${token}`]
  const boss: Field = ['Cookie', `access_token_lf=${bossToken}`]
  const ada = { 'remote-user': 'ada', 'remote-user-id': /./, 'remote-scopes': /apps:use/, 'remote-groups': undefined }
  const path = '/some/page?q=1&r=a%20b&s=%2F'
  return [
    ...Object.entries<Field>({
      'a session cookie': cookie,
      'an access token': ['Authorization', `Bearer ${token}`],
      'an API key as bearer': ['Authorization', `Bearer ${key}`],
      'x-api-key': ['X-Api-Key', key],
      'Basic with a key as password': basic('ada', key)
    }).map(([name, field]): Case => ({
      group: 'allow', name, send: { path, headers: [field] }, status: 200, reaches: true, arrives: ada
    })),
    {
      group: 'allow', name: 'a superuser', send: { path: '/admin/users', headers: [boss] }, status: 200, reaches: true,
      arrives: { 'remote-groups': 'superusers' }
    },
    {
      group: 'allow', name: 'anyone, by rule', send: { path: '/public/logo.svg' }, status: 200, reaches: true,
      arrives: { 'remote-user': undefined, authorization: undefined, cookie: undefined, 'x-api-key': undefined }
    },
    {
      group: 'allow', name: 'the headers and cookies of the app pass', reaches: true, status: 200,
      send: { path, headers: [['Cookie', `theme=dark; access_token_lf=${token}; sid=42`], ['X-Custom', 'yes']] },
      arrives: { cookie: 'theme=dark; sid=42', 'x-custom': 'yes', host: /^app\.example\.org:\d+$/ }
    },
    {
      group: 'allow', name: 'large cookies and an identity token', reaches: true, status: 200,
      send: { path: '/token/', headers: [['Cookie', `access_token_lf=${token}; big=${'x'.repeat(6000)}`]] },
      arrives: { cookie: /^big=x{6000}$/, authorization: /^Bearer e/ }
    },
    ...[401, 403, 500].map((status): Case => ({
      group: 'allow', name: `a ${status} of the app reaches the client`, status, reaches: true,
      send: { path: `/status/${status}`, headers: [cookie] }, answer: { [FROM_APP]: 'yes' }, body: /^hello$/
    })),
    {
      group: 'refuse', name: 'a program without a credential', send: { path }, status: 401, reaches: false,
      answer: { 'www-authenticate': /Bearer/, 'content-type': /^application\/json/ },
      body: /"code": ?"sign_in_required"/
    },
    {
      group: 'refuse', name: 'a program may authenticate with Basic', status: 401, reaches: false,
      send: { path, headers: [['User-Agent', 'git/2']] }, answer: { 'www-authenticate': /Basic/ }
    },
    {
      group: 'refuse', name: 'a browser shows no dialog for Basic', status: 401, reaches: false,
      send: { path, headers: [['User-Agent', 'Mozilla/5.0']] }, answer: { 'www-authenticate': /^(?!.*Basic)/ }
    },
    {
      group: 'refuse', name: 'a script in a page', status: 401, reaches: false,
      send: { path, headers: [['Accept', 'text/html'], ['Sec-Fetch-Mode', 'cors']] }
    },
    {
      group: 'refuse', name: 'a page in an older browser leads to the sign-in page', status: 302, reaches: false,
      send: { path, headers: [['Accept', 'text/html']] }
    },
    {
      group: 'refuse', name: 'a key in the URL, which belongs to the app', send: { path: `/x?x-api-key=${key}` },
      status: 401, reaches: false
    },
    {
      group: 'refuse', name: 'an unknown key', send: { path, headers: [['X-Api-Key', 'sk-none']] }, status: 401,
      reaches: false
    },
    {
      group: 'refuse', name: 'an account that may not', send: { path: '/admin/users', headers: [['X-Api-Key', key]] },
      status: 403, reaches: false, answer: { 'content-type': /^application\/json/ }, body: /"code": ?"access_refused"/
    },
    {
      group: 'refuse', name: 'a page without a session leads to the sign-in page', send: { path, headers: NAVIGATION },
      status: 302, reaches: false, answer: { location: `${PUBLIC_URL}/login?next=${next(origin, path)}` }
    },
    {
      group: 'refuse', name: 'a page that the account may not open leads to the no-access page', reaches: false,
      send: { path: '/admin/users', headers: [...NAVIGATION, cookie] }, status: 302,
      answer: { location: `${PUBLIC_URL}/no-access?to=${next(origin, '/admin/users')}` }
    }
  ]
}

/** Methods and bodies. */
export function messages ({ token, key }: Credentials, origin: string): Case[] {
  const group = 'methods'
  const apiKey: Field = ['X-Api-Key', key]
  const cookie: Field = ['Cookie', `access_token_lf=${token}`]
  const foreign: Field = ['Origin', 'https://evil.example']
  const own: Field = ['Origin', origin]
  const body = Buffer.alloc(5 * 1024 * 1024, 'flowgate')
  const small = Buffer.from('{"a": 1}')
  const json: Field = ['Content-Type', 'application/json']
  const post = (name: string, headers: Field[], more: Partial<Case>): Case => ({
    group: 'origins', name, send: { method: 'POST', path: '/x', body: small, headers: [json, ...headers] },
    reaches: true, status: 200, ...more
  })
  return [
    {
      group, name: '5 MB arrive whole', send: { method: 'POST', path: '/upload', body, headers: [apiKey] }, status: 200,
      reaches: true
    },
    {
      group, name: '5 MB in chunks arrive whole', reaches: true, status: 200,
      send: { method: 'PUT', path: '/upload', body, isChunked: true, headers: [apiKey] }
    },
    {
      group, name: 'a body is refused', send: { method: 'POST', path: '/upload', body: small }, status: 401,
      reaches: false
    },
    // A proxy may close the connection while the client still sends.
    { group, name: '5 MB are refused', send: { method: 'POST', path: '/upload', body }, reaches: false },
    { group, name: 'HEAD', send: { method: 'HEAD', headers: [apiKey] }, status: 200, reaches: true, body: /^$/ },
    { group, name: 'HEAD is refused', send: { method: 'HEAD' }, status: 401, reaches: false, body: /^$/ },
    { group, name: 'DELETE', send: { method: 'DELETE', path: '/x', headers: [apiKey] }, status: 200, reaches: true },
    {
      group, name: 'a preflight that the rules open', status: 200, reaches: true, send: {
        method: 'OPTIONS', path: '/cors/x', headers: [foreign, ['Access-Control-Request-Method', 'PUT']]
      }
    },
    { group, name: 'OPTIONS elsewhere', send: { method: 'OPTIONS', path: '/x' }, status: 401, reaches: false },
    post('a change from the page of the app', [cookie, own], {}),
    post('a change from another page', [cookie, foreign], {
      status: 403, reaches: false, body: /"code": ?"foreign_origin"/
    }),
    post('a change that says nothing but that it is from another site', [cookie, ['Sec-Fetch-Site', 'cross-site']], {
      status: 403, reaches: false
    }),
    post('a change by key from another page', [apiKey, foreign], {}),
    {
      group: 'origins', name: 'a page may be read from another page', send: { path: '/x', headers: [cookie, foreign] },
      status: 200, reaches: true
    }
  ]
}
