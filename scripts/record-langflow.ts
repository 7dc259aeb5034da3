// Records the responses of Langflow 1.13 to every request of COMPATIBILITY.md, for test/contract/recorded.test.ts.
// Needs an empty database for each run:
//
//   python3 -m venv venv && venv/bin/pip install langflow-base==1.13.0
//   LANGFLOW_AUTO_LOGIN=false LANGFLOW_SUPERUSER=administrator LANGFLOW_SUPERUSER_PASSWORD='correct horse battery' \
//     LANGFLOW_NEW_USER_IS_ACTIVE=true LANGFLOW_RATE_LIMIT_ENABLED=false LANGFLOW_CONFIG_DIR=/tmp/langflow \
//     LANGFLOW_DATABASE_URL=sqlite:////tmp/langflow/langflow.db DO_NOT_TRACK=true \
//     venv/bin/langflow run --backend-only --port 7899
//   npx tsx scripts/record-langflow.ts http://127.0.0.1:7899 [--missing]
//
// With --missing, only rows without a recording are recorded. Recordings of removed rows are deleted.
import { mkdirSync, writeFileSync } from 'node:fs'
import { ADMIN, PASSWORD } from '../test/helpers/app.ts'
import { makeCast } from '../test/helpers/callers.ts'
import { compatibility, parseRequest, sendRequest } from '../test/helpers/compatibility.ts'
import { readRecorded, type Recorded, recordedFile, toRecorded } from '../test/helpers/recorded.ts'

const base = process.argv[2]
if (!base) throw new Error('usage: record-langflow.ts URL')

type Sent = {
  method?: string, url: string, payload?: unknown, headers?: Record<string, string>, cookies?: Record<string, string>
}
type Fixed = { headers?: Record<string, string>, cookies?: Record<string, string> }

/** The part of Fastify's inject() that the helpers of the tests use, over HTTP. */
async function inject ({ method = 'GET', url, payload, headers = {}, cookies = {} }: Sent) {
  const cookie = Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; ')
  const isText = typeof payload === 'string'
  const response = await fetch(`${base}${url}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(payload === undefined || isText ? {} : { 'content-type': 'application/json' }),
      ...headers,
      ...(cookie ? { cookie } : {})
    },
    ...(payload === undefined ? {} : { body: isText ? payload : JSON.stringify(payload) })
  })
  const body = await response.text()
  const received = { ...Object.fromEntries(response.headers), 'set-cookie': response.headers.getSetCookie() }
  return { statusCode: response.status, headers: received, body, json: () => JSON.parse(body) }
}

function client (fixed: Fixed = {}) {
  const send = (method: string) => (path: string, payload?: unknown, options: Fixed = {}) => inject({
    method,
    url: `/api/v1${path}`,
    payload,
    headers: { ...fixed.headers, ...options.headers },
    cookies: { ...fixed.cookies, ...options.cookies }
  })
  return { get: send('GET'), post: send('POST'), patch: send('PATCH'), put: send('PUT'), delete: send('DELETE') }
}

const anonymous = client()

async function as (username: string, password = username === ADMIN.username ? ADMIN.password : PASSWORD) {
  if (username !== ADMIN.username) await anonymous.post('/users/', { username, password })
  const form = new URLSearchParams({ username, password }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const login = await anonymous.post('/login', form, { headers })
  const tokens = login.json()
  const bearer = { authorization: `Bearer ${tokens.access_token}` }
  const signedIn = client({ headers: bearer })
  return { ...signedIn, tokens, bearer, user: (await signedIn.get('/users/whoami')).json() }
}

const built = {
  app: { inject },
  anonymous,
  as,
  admin: () => as(ADMIN.username),
  clock: { advance: () => {}, now: () => new Date() },
  // Langflow derives pending approval from the account: there is nothing to record.
  db: { user: { update: async () => {} } }
} as unknown as Parameters<typeof makeCast>[0] // of the app of the tests, what the cast uses

const known = process.argv.includes('--missing') ? readRecorded() : {}
const answers: Record<string, Recorded> = {}
for (const [, , text = ''] of compatibility) {
  if (known[text]) {
    answers[text] = known[text]
    continue
  }
  const { cast, named, dismiss } = await makeCast(built)
  answers[text] = toRecorded(await sendRequest(parseRequest(text), cast, named))
  await dismiss()
  console.log(answers[text]?.status, text)
}
mkdirSync(new URL('.', recordedFile), { recursive: true })
writeFileSync(recordedFile, `${JSON.stringify({ server: 'langflow-base 1.13.0', answers }, null, 2)}\n`)
