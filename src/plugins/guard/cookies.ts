import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { cookieValues } from '../../policy/requests/cookie-values.ts'
import { isOriginOf } from '../../policy/requests/host-addresses.ts'
import type { TokenPair } from '../../services/sign-in/tokens.ts'

export const ACCESS_COOKIE = 'access_token_lf'
export const REFRESH_COOKIE = 'refresh_token_lf'
export const STORE_KEY_COOKIE = 'apikey_tkn_lflw'

type CookieName = typeof ACCESS_COOKIE | typeof REFRESH_COOKIE | typeof STORE_KEY_COOKIE

const clearable = {
  access: [ACCESS_COOKIE],
  tokens: [REFRESH_COOKIE, ACCESS_COOKIE],
  all: [REFRESH_COOKIE, ACCESS_COOKIE, STORE_KEY_COOKIE]
} as const

/** Stands for no domain: the cookie is valid for the requested host only. */
const HOST_ONLY = ''

type Timing = Pick<CookieSerializeOptions, 'expires' | 'maxAge'>

declare module 'fastify' {
  interface FastifyReply {
    /** Sets the cookies of the tokens. With `persist: false` the access cookie ends with the browser session. */
    setTokenCookies: (tokens: TokenPair, options?: { persist?: boolean }) => FastifyReply
    setStoreKeyCookie: (value: string) => FastifyReply
    /** Removes cookies from the browser, also host-only ones if LANGFLOW_COOKIE_DOMAIN is set. */
    clearCookies: (kind: keyof typeof clearable) => FastifyReply
  }
}

/**
 * Langflow's three cookies. One function writes all of them, so that a cookie is cleared with the attributes it was set
 * with.
 */
export const cookiesPlugin = fp(async app => {
  const { config } = app
  const { basePath, publicOrigin } = config
  const httpsOrigin = publicOrigin?.startsWith('https:') ? publicOrigin : undefined

  /** An untrusted proxy may terminate TLS. Its requests are known by the host of the public URL. */
  const isHttps = ({ reached: { scheme, host } }: FastifyRequest) =>
    scheme === 'https' || (httpsOrigin !== undefined && isOriginOf(httpsOrigin, host))

  function write (
    reply: FastifyReply, name: CookieName, value: string, timing: Timing, domain = config.cookieDomain
  ) {
    const isHostOnly = domain === undefined || domain === HOST_ONLY
    const isRefresh = name === REFRESH_COOKIE
    const secure = isRefresh ? config.refreshSecure : config.accessSecure
    return reply.header('set-cookie', app.serializeCookie(name, value, {
      // The cookies of a domain are for its other hosts, too, which have other paths.
      path: isHostOnly ? basePath || '/' : '/',
      domain: isHostOnly ? undefined : domain,
      httpOnly: isRefresh ? config.refreshHttponly : config.accessHttponly,
      sameSite: isRefresh ? config.refreshSameSite : config.accessSameSite,
      secure: secure === 'auto' ? isHttps(reply.request) : secure === 'true',
      ...timing
    }))
  }

  const clear = (reply: FastifyReply, name: CookieName, domain?: string) =>
    write(reply, name, '', { expires: new Date(0), maxAge: 0 }, domain)

  /** A host-only cookie set before LANGFLOW_COOKIE_DOMAIN would hide the domain cookie. */
  function clearHostOnly (reply: FastifyReply) {
    if (config.cookieDomain === undefined) return
    for (const name of clearable.tokens) {
      if (cookieValues(reply.request.headers.cookie, name).length > 1) clear(reply, name, HOST_ONLY)
    }
  }

  app.decorateReply('setTokenCookies', function (tokens, { persist = true } = {}) {
    clearHostOnly(this)
    write(this, REFRESH_COOKIE, tokens.refreshToken, { expires: tokens.refreshExpires })
    return write(this, ACCESS_COOKIE, tokens.accessToken, persist ? { expires: tokens.accessExpires } : {})
  })
  app.decorateReply('setStoreKeyCookie', function (value) {
    return write(this, STORE_KEY_COOKIE, value, {})
  })
  app.decorateReply('clearCookies', function (kind) {
    for (const name of clearable[kind]) {
      if (config.cookieDomain !== undefined) clear(this, name, HOST_ONLY)
      clear(this, name)
    }
    return this
  })
}, { name: 'cookies', dependencies: ['config', 'security', 'forwarded'] })
