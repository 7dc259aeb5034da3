import http from 'node:http'

export type Answer = { status: number, text: string, headers: http.IncomingHttpHeaders }

/** A request from an address in 127.0.0.0/8, on a separate connection. */
export function sendFrom (
  from: string, url: string, { method = 'GET', headers = {}, body }:
  { method?: string, headers?: Record<string, string>, body?: string } = {}
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, localAddress: from, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => { text += chunk })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }))
    })
    request.on('error', reject).end(body)
  })
}

/** A sign-in with a form, from that address. */
export const signInFrom = (from: string, url: string, username: string, password: string) =>
  sendFrom(from, `${url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ username, password }).toString()
  })
