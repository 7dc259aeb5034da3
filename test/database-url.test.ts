import t from 'tap'
import { readDatabaseUrl } from '../src/policy/database-url.ts'

const urlOf = (text: string) => readDatabaseUrl(text).url

t.test('host, port, database, user and password are decoded from the URL', async t => {
  t.match(urlOf('postgresql://ada:p%40ss%2Fw%23rd@db.example.org:6432/flow%20gate'), {
    host: 'db.example.org', port: 6432, user: 'ada', password: 'p@ss/w#rd', database: 'flow gate', tls: 'none'
  })
  t.match(urlOf('postgres://[2001:db8::7]/x'), { host: '2001:db8::7', port: 5432, database: 'x', user: undefined })
  t.match(urlOf('postgresql://'), { host: 'localhost', port: 5432, database: undefined })
  for (const text of ['postgresql://ada@%2Frun%2Fpg/x', 'postgresql:///x?host=/run/pg&user=ada',
    'postgresql://ada@/x?host=/run/pg']) {
    t.match(urlOf(text), { host: '/run/pg', user: 'ada', database: 'x' }, text)
  }
})

t.test('SQLAlchemy\'s schemes are accepted with a warning; other databases are rejected by name', async t => {
  for (const driver of ['+psycopg', '+psycopg2', '+asyncpg', '+pg8000']) {
    const { url, warnings } = readDatabaseUrl(`postgresql${driver}://ada:hush@h/x`)
    t.match(url, { host: 'h', user: 'ada' }, driver)
    t.match(warnings, [{ problem: `${driver} is a driver of SQLAlchemy and is ignored`, remedy: /postgresql:\/\/ / }])
  }
  const refused: Array<[string, RegExp]> = [
    ['sqlite:///./langflow.db', /SQLite.*does not support/], ['sqlite+aiosqlite:////data/langflow.db', /SQLite/],
    ['mysql://root:hush@h/x', /begins with mysql:/], ['mongodb+srv://h/x', /mongodb\+srv:/],
    ['jdbc:postgresql://h/x', /jdbc:/],
    ['h:5432/x', /begins with h:|is not a URL/], ['just text', /is not a URL/]
  ]
  for (const [text, said] of refused) {
    const { fault } = readDatabaseUrl(text)
    t.match(fault?.problem, said, text)
    t.match(fault?.remedy, /postgresql:\/\/USER/)
    t.notMatch(JSON.stringify(fault), 'hush')
  }
})

t.test('ambiguous URLs are rejected without repeating the password', async t => {
  const refused: Array<[string, RegExp]> = [
    ['postgresql://a:hush@h1:5432,h2:5432/x', /several hosts/], ['postgresql://h1,h2/x', /several hosts/],
    ['postgresql:///x?host=h1,h2', /several hosts/], ['postgresql://ada:hu#sh@h/x', /"#"|not a URL/],
    ['postgresql://ada:hush%@h/x', /invalid percent-encoding/], ['postgresql://ada@h:99999/x', /not a URL/],
    ['postgresql://h/x?port=0', /port/], ['postgresql://h/x?sslmode=verify', /sslmode is unknown/]
  ]
  for (const [text, said] of refused) {
    const { fault } = readDatabaseUrl(text)
    t.match(fault?.problem, said, text)
    t.notMatch(JSON.stringify(fault), /hush|hu#sh/)
  }
})

t.test('parameters have an effect or a warning', async t => {
  const { url, warnings } = readDatabaseUrl('postgresql://h/x?schema=auth&options=-c%20work_mem%3D8MB&pgbouncer=true' +
    '&application_name=mine&sslmode=require&sslrootcert=ca.pem')
  t.match(url, {
    schema: 'auth', options: '-c work_mem=8MB', isPooled: true, applicationName: 'mine', tls: 'verify',
    tlsFiles: { sslrootcert: 'ca.pem' }
  })
  t.strictSame(warnings, [])
  const others = ['connect_timeout', 'target_session_attrs', 'channel_binding', 'statement_timeout', 'connection_limit']
  for (const name of others) {
    t.match(readDatabaseUrl(`postgresql://h/x?${name}=1`).warnings, [{ problem: new RegExp(`no effect: ${name}`) }], name)
  }
})

t.test('encryption verifies the certificate unless the URL says otherwise', async t => {
  const modes: Array<[string, string]> = [
    ['', 'none'], ['sslmode=disable', 'none'], ['ssl=false', 'none'], ['sslmode=require', 'verify'],
    ['ssl=true', 'verify'],
    ['sslmode=verify-ca', 'verify'], ['sslmode=verify-full', 'verify'], ['sslrootcert=ca.pem', 'verify'],
    ['sslmode=no-verify', 'no-verify'], ['sslmode=require&uselibpqcompat=true', 'libpq'],
    ['sslmode=verify-full&uselibpqcompat=true', 'verify'], ['sslmode=prefer', 'verify'], ['ssl=require', 'verify']
  ]
  for (const [query, tls] of modes) t.equal(urlOf(`postgresql://h/x?${query}`)?.tls, tls, query)
})
