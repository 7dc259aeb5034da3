declare module 'fernet' {
  export class Secret {
    constructor (secretBase64: string)
  }

  export class Token {
    constructor (options: { secret: Secret, ttl?: number, time?: string, token?: string })
    ivHex: string
    iv: unknown
    setIV: () => void
    encode (message: string): string
    decode (token?: string): string
  }

  const fernet: { Secret: typeof Secret, Token: typeof Token, Hex: { parse: (hex: string) => unknown } }
  export default fernet
}
