import type { App } from './app.ts'
import type { Field, Listener } from './client.ts'
import type { Scene } from './scene.ts'
import type { Running } from './start.ts'

/** What a scenario needs. `secrets` are the credentials that must not reach the app. */
export type Stage = { proxy: Running, scene: Scene, app: App, secrets: string[] }
/** More than one request. @returns what is wrong; empty if nothing is */
export type Scenario = { group: string, name: string, run: (stage: Stage) => Promise<string[]> }

export const originOf = ({ host }: Listener) => `https://${host}`
export const cookieOf = ({ access_token: token }: { access_token: string }): Field =>
  ['Cookie', `access_token_lf=${token}`]

export const differences = (actual: unknown, expected: unknown) => JSON.stringify(actual) === JSON.stringify(expected)
  ? []
  : [`${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`]
