import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import type { TokenPair } from '../services/tokens.ts'

export const ACCESS_COOKIE = 'access_token_lf'
export const REFRESH_COOKIE = 'refresh_token_lf'
export const STORE_KEY_COOKIE = 'apikey_tkn_lflw'

type CookieName = typeof ACCESS_COOKIE | typeof REFRESH_COOKIE | typeof STORE_KEY_COOKIE

type Timing = Pick<CookieSerializeOptions, 'expires' | 'maxAge'>

declare module 'fastify' {
  interface FastifyReply {
    /** Hands a browser its tokens. `persist: false` lets the access cookie end with the browser's session. */
    setTokenCookies: (tokens: TokenPair, options?: { persist?: boolean }) => FastifyReply
    setStoreKeyCookie: (value: string) => FastifyReply
    clearTokenCookies: () => FastifyReply
  }
}

/** Langflow's three cookies. One function writes them all, so that clearing matches setting in every attribute. */
export const cookiesPlugin = fp(async app => {
  const { config } = app

  function write (reply: FastifyReply, name: CookieName, value: string, timing: Timing) {
    const isRefresh = name === REFRESH_COOKIE
    const secure = isRefresh ? config.refreshSecure : config.accessSecure
    return reply.header('set-cookie', app.serializeCookie(name, value, {
      path: '/',
      domain: config.cookieDomain,
      httpOnly: isRefresh ? config.refreshHttponly : config.accessHttponly,
      sameSite: isRefresh ? config.refreshSameSite : config.accessSameSite,
      secure: secure === 'auto' ? reply.request.reached.scheme === 'https' : secure === 'true',
      ...timing
    }))
  }

  app.decorateReply('setTokenCookies', function (tokens, { persist = true } = {}) {
    write(this, REFRESH_COOKIE, tokens.refreshToken, { expires: tokens.refreshExpires })
    return write(this, ACCESS_COOKIE, tokens.accessToken, persist ? { expires: tokens.accessExpires } : {})
  })
  app.decorateReply('setStoreKeyCookie', function (value) {
    return write(this, STORE_KEY_COOKIE, value, {})
  })
  app.decorateReply('clearTokenCookies', function () {
    for (const name of [REFRESH_COOKIE, ACCESS_COOKIE, STORE_KEY_COOKIE] as const) {
      write(this, name, '', { expires: new Date(0), maxAge: 0 })
    }
    return this
  })
}, { name: 'cookies', dependencies: ['config', 'security', 'forwarded'] })
