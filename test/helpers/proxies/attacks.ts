import type { Case, Credentials } from './cases.ts'
import type { Field, Outgoing } from './client.ts'

/** Part of all forged values. */
export const FORGED = 'forged'

/** Names that some apps read as Remote-User or Remote-Groups. */
const aliases = ['Remote_User', 'REMOTE_USER', 'remote_groups', 'Remote-User_Id', ...[...'.!#$%&\'*+^`|~'].map(
  sign => `Remote${sign}User`)]

const identity: Record<string, Field[]> = {
  'Remote-User': [['Remote-User', FORGED]],
  'REMOTE-USER': [['REMOTE-USER', FORGED]],
  'Remote-User twice': [['Remote-User', 'ada'], ['remote-user', FORGED]],
  'Remote-User-Id': [['Remote-User-Id', FORGED]],
  'Remote-Groups': [['Remote-Groups', `superusers,${FORGED}`]],
  'Remote-Scopes': [['Remote-Scopes', FORGED]],
  'Remote-Email': [['Remote-Email', FORGED]],
  'Remote-Name': [['Remote-Name', FORGED]],
  ...Object.fromEntries(aliases.map((name): [string, Field[]] => [name, [[name, FORGED]]]))
}

const forwarding: Record<string, Field[]> = {
  'X-Forwarded-For': [['X-Forwarded-For', '6.6.6.6']],
  'X-Forwarded-For twice': [['X-Forwarded-For', '6.6.6.6'], ['X-Forwarded-For', '127.0.0.1']],
  X_Forwarded_For: [['X_Forwarded_For', '6.6.6.6']],
  'X.Forwarded.For': [['X.Forwarded.For', '6.6.6.6']],
  'X-Forwarded-Host': [['X-Forwarded-Host', `${FORGED}.example`]],
  'X-Forwarded-Proto': [['X-Forwarded-Proto', FORGED]],
  'X-Forwarded-Method': [['X-Forwarded-Method', FORGED]],
  'X-Forwarded-Uri': [['X-Forwarded-Uri', `/${FORGED}`]],
  'X-Forwarded-Port': [['X-Forwarded-Port', '666']],
  'X-Forwarded-Prefix': [['X-Forwarded-Prefix', `/${FORGED}`]],
  'X-Forwarded-Server': [['X-Forwarded-Server', FORGED]],
  'X-Real-Ip': [['X-Real-Ip', '6.6.6.6']],
  Forwarded: [['Forwarded', `for=6.6.6.6;host=${FORGED}`]],
  'X-Original-Uri': [['X-Original-Uri', `/${FORGED}`]],
  'X-Original-Url': [['X-Original-Url', `/${FORGED}`]],
  'X-Rewrite-Url': [['X-Rewrite-Url', `/${FORGED}`]]
}

/** Headers that name another request, for which the rules allow more. */
const otherRequest: Record<string, Field[]> = {
  'X-Forwarded-Uri': [['X-Forwarded-Uri', '/public/']],
  'X-Forwarded-Uri twice': [['X-Forwarded-Uri', '/public/'], ['x-forwarded-uri', '/public/']],
  X_Forwarded_Uri: [['X_Forwarded_Uri', '/public/']],
  'X-Forwarded-Host': [['X-Forwarded-Host', 'open.example.org']],
  'X-Forwarded-Method': [['X-Forwarded-Method', 'OPTIONS']],
  'X-Original-Url': [['X-Original-Url', '/public/']],
  Forwarded: [['Forwarded', 'host=open.example.org']]
}

/** Headers that every proxy hands to Flowgate, which reads 16 KiB at most. */
const large = ['Cookie', 'Authorization', 'X-Api-Key']

/** Requests with headers that only a proxy may set. */
export function smuggling ({ token, key }: Credentials): Case[] {
  const group = 'smuggling'
  const cookie: Field = ['Cookie', `access_token_lf=${token}`]
  const forged = Object.entries({ ...identity, ...forwarding })
  return [
    ...forged.map(([name, fields]): Case => ({
      group, name: `${name} beside a session`, send: { path: '/x', headers: [cookie, ...fields] }, reaches: true,
      arrives: { 'remote-user': 'ada', 'remote-groups': undefined }
    })),
    ...forged.map(([name, fields]): Case => ({
      group, name: `${name} where a rule allows anyone`, send: { path: '/public/x', headers: fields }, reaches: true,
      arrives: { 'remote-user': undefined, 'remote-groups': undefined }
    })),
    ...Object.entries(otherRequest).flatMap(([name, fields]): Case[] => [
      { group, name: `${name} opens nothing`, send: { path: '/admin/x', headers: fields }, status: 401, reaches: false },
      {
        group, name: `${name} opens nothing to a change`, reaches: false, status: 401,
        send: { method: 'POST', path: '/cors/x', headers: fields, body: Buffer.from('x') }
      }
    ]),
    {
      group, name: 'a connection header that names X-Forwarded-Uri', reaches: false,
      send: { path: '/admin/x', headers: [['Connection', 'close, X-Forwarded-Uri, X-Forwarded-Host']] }
    },
    {
      group, name: 'a connection header that names Remote-User', reaches: true, arrives: { 'remote-groups': undefined },
      send: { path: '/x', headers: [cookie, ['Connection', 'close, Remote-User'], ['Remote-User', FORGED]] }
    },
    {
      group, name: 'all credentials at once', reaches: true, arrives: { cookie: 'sid=42' }, send: {
        path: '/x', headers: [
          ['Authorization', `Bearer ${token}`], ['X-Api-Key', key],
          ['Cookie', `access_token_lf=${token}; refresh_token_lf=${token}; apikey_tkn_lflw=${key}; sid=42`]
        ]
      }
    },
    {
      group, name: 'a bearer token twice', send: {
        path: '/x', headers: [['Authorization', `Bearer ${token}`], ['authorization', `Bearer ${FORGED}`]]
      }
    },
    {
      group, name: 'more headers than Flowgate reads', reaches: false,
      send: { path: '/public/x', headers: large.map((name): Field => [name, 'x'.repeat(6000)]) }
    },
    {
      group, name: 'an upgrade to another protocol', send: {
        path: '/public/x', headers: [['Connection', 'Upgrade'], ['Upgrade', 'echo']]
      }
    },
    {
      group, name: 'an upgrade to h2c', send: {
        path: '/public/x',
        headers: [['Connection', 'Upgrade, HTTP2-Settings'], ['Upgrade', 'h2c'], ['HTTP2-Settings', 'AAMAAABkAAQAAP__']]
      }
    }
  ]
}

const spellings = [
  '/public/../admin/x', '/public/%2e%2e/admin/x', '/public/.%2e/admin/x', '/public/%2E%2E/admin/x',
  '/public/..%2fadmin/x', '/public/%2e%2e%2fadmin/x', '/public/..%2Fadmin/x', '/public%2f..%2fadmin/x',
  '/public/..\\admin/x', '/public/..%5cadmin/x', '/public/%2e%2e%5cadmin/x', '/public/..;/admin/x',
  '/public/..;a=b/admin/x', '/public/x/../../admin/x', '/public/./../admin/x', '/public//../admin/x',
  '/public/%252e%252e/admin/x', '/public/..%252fadmin/x', '//admin/x', '///admin/x', '/./admin/x', '/x/../admin/x',
  '/%61dmin/x', '/admin%2fx', '/admin;/x', '/admin;a=b/x', '/;/admin/x', '/admin/./x', '/admin', '/admin/',
  '/admin?a=/public/',
  '/admin/x?/../../public/', '/admin/x;/../../public/', '/public/%00/../admin/x', '/../admin/x', '/admin//x'
]

/** Paths that some apps read as a path below /admin, which ada may not open. */
export const paths = ({ token }: Credentials): Case[] => spellings.flatMap((path): Case[] => [
  { group: 'paths', name: `${path} without a credential`, send: { path } },
  { group: 'paths', name: `${path} with a session`, send: { path, headers: [['Cookie', `access_token_lf=${token}`]] } }
])

const otherHosts: Record<string, Outgoing> = {
  ...Object.fromEntries([
    'open.example.org', 'open.example.org:1', 'app.example.org:1', 'app.example.org,open.example.org',
    'open.example.org@app.example.org', 'APP.example.org:1', 'app.example.org.:1'
  ].map(host => [`Host: ${host}`, { path: '/x', host }])),
  'an absolute URL with another host': { path: 'https://open.example.org/x' },
  'an absolute URL of the app beside another host': { path: 'https://app.example.org/x', host: 'open.example.org' },
  'two hosts': { path: '/x', headers: [['Host', 'open.example.org']] }
}

/** Requests that name the host or port of an app which is open to all. */
export const hosts = ({ token }: Credentials): Case[] => Object.entries(otherHosts).flatMap(([name, send]): Case[] => [
  { group: 'hosts', name, send, reaches: false },
  {
    group: 'hosts', name: `${name} with a session`,
    send: { ...send, headers: [...send.headers ?? [], ['Cookie', `access_token_lf=${token}`]] }
  }
])
