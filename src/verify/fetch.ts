/** `AbortSignal` where the environment declares it. */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : unknown

/** The part of `fetch` that the verifier uses. An implementation must observe `signal`. */
export type Fetch = (url: string, init: {
  headers: Record<string, string>, redirect: 'error', signal: Signal
}) => Promise<FetchedResponse>

type Reader = { read: () => Promise<{ done: boolean, value?: Uint8Array | undefined }>, cancel: () => Promise<void> }
export type FetchedResponse = { status: number, body: { getReader: () => Reader } | null }
