import { ADMIN, PASSWORD } from './app.ts'

type Tokens = { access_token: string, refresh_token: string }

/** A request to a server process. `path` is relative to /api/v1 unless it is a whole URL. */
export async function send (
  url: string, path: string, { method = 'GET', body, headers = {} }:
  { method?: string, body?: unknown, headers?: Record<string, string> } = {}
) {
  const response = await fetch(path.startsWith('http') ? path : `${url}/api/v1${path}`, {
    method,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: text === '' ? undefined : JSON.parse(text) }
}

/** Signs in with a form, as clients do. */
export async function signIn (url: string, username = ADMIN.username, password = PASSWORD): Promise<Tokens> {
  const body = new URLSearchParams({ username, password: username === ADMIN.username ? ADMIN.password : password })
  const response = await fetch(`${url}/api/v1/login`, { method: 'POST', body })
  if (!response.ok) throw new Error(`${username} could not sign in: ${response.status} ${await response.text()}`)
  return await response.json() as Tokens // the format of the contract
}

export const bearer = ({ access_token: token }: Pick<Tokens, 'access_token'>) => ({ authorization: `Bearer ${token}` })
export const accessCookie = ({ access_token: token }: Pick<Tokens, 'access_token'>) =>
  ({ cookie: `access_token_lf=${token}` })
export const refreshCookie = (token: string) => ({ cookie: `refresh_token_lf=${token}` })
