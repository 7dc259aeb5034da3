/** Where the last return of this tab is stored. */
const PLACE = 'last-return'

/** A browser that comes back sooner was sent back by the app. */
const LOOP_MS = 10_000

type Return = { url: string, at: number }

function read (): Return | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE) ?? '') as Return // written below
  } catch {
    return undefined
  }
}

/** Whether this tab was sent to the URL a moment ago: to send it there again would loop. */
export function isLoop (url: string): boolean {
  const last = read()
  return last?.url === url && Date.now() - last.at < LOOP_MS
}

export const rememberReturn = (url: string) => sessionStorage.setItem(PLACE, JSON.stringify({ url, at: Date.now() }))

/** After a new sign-in, the app may be opened again at once. */
export const forgetReturn = () => sessionStorage.removeItem(PLACE)
