import type { Server } from 'node:tls'
import type { FastifyServerOptions } from 'fastify'
import { type App, buildApp } from './app.ts'
import type { Config } from './config.ts'
import { SetupError } from './errors.ts'
import { listenFailure, type Listening } from './system/listen-failure.ts'
import { reservePorts } from './system/reserved-ports.ts'
import { type EndSignal, onEndSignal, onHangUp } from './system/signals.ts'
import { renewTls } from './system/tls.ts'
import { version } from './version.ts'

/** Whether log lines are for people rather than for programs. */
const isPretty = ({ prettyLogs }: Config) =>
  prettyLogs === 'true' || (prettyLogs === 'auto' && process.stdout.isTTY)

/** Whether a person is watching the start. */
const isForPeople = (config: Config) => process.stdout.isTTY && isPretty(config)

/** JSON lines, or lines for people. Headers, bodies and queries of requests are never logged. */
async function logger (config: Config): Promise<FastifyServerOptions['logger']> {
  const options = { level: config.logLevel, base: { pid: process.pid } }
  if (!isPretty(config)) return options
  const { default: pretty } = await import('pino-pretty')
  const stream = pretty({
    colorize: process.stdout.isTTY && process.stdout.hasColors(),
    ignore: 'pid',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    sync: true // in order with the text of the start
  })
  return { ...options, stream }
}

/**
 * Boots the service and serves until SIGTERM or SIGINT, then completes the requests in flight and closes.
 * @param beforeListening runs when the app has booted, before it listens
 * @throws SetupError when the service cannot start with these settings
 */
export async function start (
  config: Config, { beforeListening }: { beforeListening?: (app: App) => Promise<void> } = {}
): Promise<App> {
  const addresses = addressesOf(config)
  const { release } = await reservePorts(addresses)
  const app = await buildApp({ config, logger: await logger(config) }).finally(release)
  closeOnSignals(app, config.shutdownGraceSeconds)
  reloadOnHangUp(app, config)
  await beforeListening?.(app)
  const [api] = addresses
  const url = await app.listen({ host: api.host, port: api.port }).catch(async (error: unknown) => {
    await app.close().catch(() => {}) // the first failure is reported
    throw error instanceof SetupError ? error : listenFailure(api, error)
  })
  announce(config, url, app)
  return app
}

/** The address of the API, and of the metrics if they are enabled. */
const addressesOf = (
  { host, port, prometheusEnabled, prometheusHost, prometheusPort }: Config
): [api: Listening, ...others: Listening[]] => [
  { host, port, hostSetting: 'LANGFLOW_HOST', portSetting: 'LANGFLOW_PORT' },
  ...(prometheusEnabled
    ? [{
        host: prometheusHost,
        port: prometheusPort,
        hostSetting: 'LANGFLOW_PROMETHEUS_HOST',
        portSetting: 'LANGFLOW_PROMETHEUS_PORT'
      }]
    : [])
]

/** SIGHUP reads the certificate and the access rules again. Without either it has no effect. */
function reloadOnHangUp (app: App, config: Config) {
  const renewal = config.sslCertFile === undefined
    ? undefined
    : renewTls(app.server as unknown as Server, config, { // a TLS server if there is a certificate
      onRenewed: () => app.log.info('certificate reloaded'),
      onError: err => app.log.error({ err }, 'failed to reload the certificate; the old one stays in use')
    })
  app.addHook('onClose', async () => renewal?.stop())
  onHangUp(() => {
    renewal?.reload()
    if (config.accessRulesFile !== undefined) app.accessRules.reload()
    else if (!renewal) app.log.info({ signal: 'SIGHUP' }, 'nothing to reload')
  })
}

/** One line in the log or, on a terminal, what a person needs next. */
function announce (config: Config, url: string, { log, database, crypto: { box } }: App) {
  const publicUrl = config.publicOrigin === undefined ? undefined : config.publicUrl
  if (isForPeople(config)) {
    process.stdout.write(welcome(config, url, database.label))
    return
  }
  const mode = config.autoLogin ? 'auto login' : 'sign-in by password'
  log.info({ url, publicUrl, version, autoLogin: config.autoLogin, database: database.label, keyId: box.keyId },
    `Flowgate ${version} at ${publicUrl ?? url}, ${mode}, database ${database.label}, key ${box.keyId}`)
}

function welcome ({ autoLogin, superuser, publicUrl, publicOrigin }: Config, url: string, database: string): string {
  const isProxied = publicOrigin !== undefined
  const reached = isProxied ? publicUrl : url
  return `
Flowgate ${version} is running.

  Console   ${reached}
  API docs  ${reached}/docs${isProxied ? `\n  Listening ${url}` : ''}
  Sign-in   ${autoLogin
    ? `not required: every visitor is the superuser ${superuser} (LANGFLOW_AUTO_LOGIN)`
    : `required, e.g. as ${superuser}`}
  Database  ${database}

Press Ctrl+C to stop.

`
}

/** Writing counts and closing connections takes milliseconds unless something hangs. */
const CLOSE_SECONDS = 5

/**
 * A second signal ends the process at once. So do requests that outlast the grace period, and a database that does not
 * respond while it is closed. The last line of the log names what the process waited for.
 */
function closeOnSignals (app: App, graceSeconds: number) {
  let isClosing = false
  const giveUpAfter = (seconds: number) => setTimeout(() => {
    const { waitsFor } = app.closing
    app.log.error({ seconds, waitsFor }, `gave up after ${seconds} s: waited for ${waitsFor}`)
    process.exit(1)
  }, seconds * 1000)
  const close = (signal: EndSignal) => {
    if (isClosing) process.exit(1)
    isClosing = true
    app.log.info({ signal }, 'closing')
    giveUpAfter(graceSeconds)
    app.close().then(() => process.exit(0), error => {
      app.log.error({ err: error }, 'failed to close')
      process.exit(1)
    })
  }
  // Registered last, so it runs first, after the last request was completed.
  app.addHook('onClose', async () => { if (isClosing) giveUpAfter(CLOSE_SECONDS) })
  onEndSignal(close)
}
