import { BlockList, isIP } from 'node:net'
import { type Advice, readDatabaseUrl } from '../policy/database-url.ts'
import type { SetupProblem } from '../errors.ts'
import { DOCUMENTATION_SAMPLE_KEY, secretKeyProblem } from '../crypto/secret-key.ts'
import { contextWords } from '../policy/password-context.ts'
import { passwordProblem } from '../policy/passwords.ts'
import { normalizeUsername, usernameProblem } from '../policy/usernames.ts'
import { isOwnSetting } from './sources/environment-variables.ts'
import { formMistakes } from './forms.ts'
import type { SettingName, SettingValues } from './settings.ts'

/** The password that Langflow's documentation gives its first administrator. */
export const DEFAULT_PASSWORD = 'langflow'

/** Prints a secret key that is good. */
const NEW_KEY_COMMAND = 'npx flowgate secret-key'

/** What the checks may ask: the values, and whether somebody set a setting at all. */
export type Asked = { values: SettingValues, isSet: (name: SettingName) => boolean }

type Check = (asked: Asked) => SetupProblem | undefined | false | ''

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether only this machine can reach a server that listens on `host`, however that is spelled. */
export function isLoopback (host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name === 'localhost') return true
  const family = isIP(host)
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6')
}

/** Whether other machines can reach the server: it listens on more than loopback, or a proxy passes requests on. */
export const isPublic = ({ host, trustedProxies }: Pick<SettingValues, 'host' | 'trustedProxies'>): boolean =>
  !isLoopback(host) || trustedProxies.length > 0

/** What passwords of this server must not be made of. */
export const passwordContext = (
  { host, cookieDomain = '', allowedHosts }: Pick<SettingValues, 'host' | 'cookieDomain' | 'allowedHosts'>
): readonly string[] => Object.freeze(contextWords([host, cookieDomain, ...allowedHosts]))

/** Settings that cannot work, wherever the server listens. */
const mistakes: Check[] = [
  ({ values: { secretKey } }) => {
    const problem = secretKey !== undefined && secretKeyProblem(secretKey)
    return problem && {
      subject: 'LANGFLOW_SECRET_KEY',
      problem,
      remedy: `Make a good one with \`${NEW_KEY_COMMAND}\` and keep it.`
    }
  },
  ({ values: { secretKeyPrevious } }) => {
    const problem = secretKeyPrevious.map(secretKeyProblem).find(Boolean)
    return problem && {
      subject: 'LANGFLOW_SECRET_KEY_PREVIOUS',
      problem: `one of its keys ${problem}`,
      remedy: 'List former values of LANGFLOW_SECRET_KEY as they were, separated by commas.'
    }
  },
  ({ values: { superuser } }) => {
    const problem = usernameProblem(normalizeUsername(superuser))
    return problem && {
      subject: 'LANGFLOW_SUPERUSER', problem, remedy: 'Choose another name, e.g. LANGFLOW_SUPERUSER=administrator.'
    }
  },
  ({ values: { accessTokenExpireSeconds: access, refreshTokenExpireSeconds: refresh } }) => refresh < access && {
    subject: 'LANGFLOW_REFRESH_TOKEN_EXPIRE_SECONDS',
    problem: `${refresh} s is shorter than the access token's ${access} s`,
    remedy: `Set it to ${access} or more, or make LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS shorter.`
  },
  ({ values: { autoLogin, corsOrigins } }) => autoLogin && corsOrigins.includes('*') && {
    subject: 'LANGFLOW_CORS_ORIGINS',
    problem: 'with auto login, any origin (`*`) lets every web page act as the superuser',
    remedy: 'Name the origins, or set LANGFLOW_AUTO_LOGIN=False.'
  },
  ({ values: { prometheusEnabled, prometheusPort, prometheusHost, port, host } }) =>
    prometheusEnabled && port !== 0 && port === prometheusPort && mayCollide(host, prometheusHost) && {
      subject: 'LANGFLOW_PROMETHEUS_PORT',
      problem: `is ${port}, as LANGFLOW_PORT is, at the same address`,
      remedy: 'Set another port for the metrics, e.g. LANGFLOW_PROMETHEUS_PORT=9090.'
    },
  ({ values: { sslCertFile, sslKeyFile } }) => (sslCertFile === undefined) !== (sslKeyFile === undefined) && {
    subject: sslCertFile === undefined ? 'LANGFLOW_SSL_CERT_FILE' : 'LANGFLOW_SSL_KEY_FILE',
    problem: 'is missing: https needs a certificate and its key',
    remedy: 'Set both LANGFLOW_SSL_CERT_FILE and LANGFLOW_SSL_KEY_FILE, or neither.'
  },
  ({ values: { variablesToGetFromEnvironment } }) => {
    const own = variablesToGetFromEnvironment.find(isOwnSetting)
    return own !== undefined && {
      subject: 'LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT',
      problem: `${own} is a setting of this server, and would be handed to every account`,
      remedy: 'Name variables that are meant for the accounts, e.g. OPENAI_API_KEY.'
    }
  }
]

/** Settings that work but open the door: refused where other machines reach the server, a warning on loopback. */
const dangers: Check[] = [
  ({ values: { autoLogin }, isSet }) => autoLogin && !isSet('LANGFLOW_AUTO_LOGIN') && {
    subject: 'LANGFLOW_AUTO_LOGIN',
    problem: 'auto login is on by default: everybody who reaches the server is its superuser',
    remedy: 'Set LANGFLOW_AUTO_LOGIN=False, or LANGFLOW_AUTO_LOGIN=True if that is what you want.'
  },
  ({ values }) => {
    const problem = values.superuserPassword === DEFAULT_PASSWORD
      ? 'is the well-known default password'
      : passwordProblem(values.superuserPassword, values.superuser, passwordContext(values))
    return problem && {
      subject: 'LANGFLOW_SUPERUSER_PASSWORD',
      problem,
      remedy: 'Set it to a long password of your own, or name its file in LANGFLOW_SUPERUSER_PASSWORD_FILE.'
    }
  },
  ({ values: { secretKey, secretKeyPrevious } }) =>
    [secretKey, ...secretKeyPrevious].includes(DOCUMENTATION_SAMPLE_KEY) && {
      subject: 'LANGFLOW_SECRET_KEY',
      problem: "is the sample printed in Langflow's documentation, known to everybody",
      remedy: `Make one with \`${NEW_KEY_COMMAND}\` and keep it.`
    },
  ({ values: { corsOrigins, corsAllowCredentials } }) => corsAllowCredentials && corsOrigins.includes('*') && {
    subject: 'LANGFLOW_CORS_ALLOW_CREDENTIALS',
    problem: 'credentials for any origin (`*`) hand every visitor\'s session to every web page',
    remedy: 'Name the origins in LANGFLOW_CORS_ORIGINS, or set LANGFLOW_CORS_ALLOW_CREDENTIALS=False.'
  },
  ({ values }) => sameSiteNone('ACCESS', values.accessSameSite, values.accessSecure),
  ({ values }) => sameSiteNone('REFRESH', values.refreshSameSite, values.refreshSecure)
]

function sameSiteNone (kind: 'ACCESS' | 'REFRESH', sameSite: string, secure: string) {
  return sameSite === 'none' && secure !== 'true' && {
    subject: `LANGFLOW_${kind}_SAME_SITE`,
    problem: 'SameSite=None without Secure is dropped by browsers',
    remedy: `Set LANGFLOW_${kind}_SECURE=true (needs https), or LANGFLOW_${kind}_SAME_SITE=lax.`
  }
}

/** Whether two servers could listen on one address: the same one, or all of them. */
const mayCollide = (one: string, other: string) =>
  one === other || [one, other].some(host => host === '0.0.0.0' || host === '::')

const found = (checks: Check[], asked: Asked) => checks.map(check => check(asked)).filter(problem => !!problem)

/** The listen address speaks for itself. */
const whyPublic = ({ host }: SettingValues) =>
  isLoopback(host) ? '; with LANGFLOW_TRUSTED_PROXIES, other machines reach this server' : ''

function databaseUrlFindings ({ databaseUrl }: SettingValues): { problems: SetupProblem[], warnings: SetupProblem[] } {
  if (databaseUrl === undefined) return { problems: [], warnings: [] }
  const { fault, warnings = [] } = readDatabaseUrl(databaseUrl)
  const about = (advice: Advice) => ({ subject: 'LANGFLOW_DATABASE_URL', ...advice })
  return { problems: fault ? [about(fault)] : [], warnings: warnings.map(about) }
}

/** What is wrong with settings that are each fine alone, and what is dangerous about them where they are served. */
export function crossCheck (asked: Asked): { problems: SetupProblem[], warnings: SetupProblem[] } {
  const database = databaseUrlFindings(asked.values)
  const problems = [...formMistakes(asked.values), ...found(mistakes, asked), ...database.problems]
  const unsafe = found(dangers, asked)
  const { warnings } = database
  if (!isPublic(asked.values)) warnings.push(...unsafe)
  else problems.push(...unsafe.map(danger => ({ ...danger, problem: danger.problem + whyPublic(asked.values) })))
  if (asked.values.autoLogin && asked.isSet('LANGFLOW_AUTO_LOGIN') && isPublic(asked.values)) {
    warnings.push({
      subject: 'LANGFLOW_AUTO_LOGIN',
      problem: 'auto login is on: everybody who reaches the server is its superuser',
      remedy: 'Set LANGFLOW_AUTO_LOGIN=False unless that is what you want. ' +
        'Auto login answers under loopback names, the address of the connection, LANGFLOW_HOST and ' +
        'LANGFLOW_ALLOWED_HOSTS.'
    })
  }
  if (asked.values.skipAuthAutoLogin && !asked.values.autoLogin) {
    warnings.push({
      subject: 'LANGFLOW_SKIP_AUTH_AUTO_LOGIN',
      problem: 'has no effect while auto login is off',
      remedy: 'Remove it, or set LANGFLOW_AUTO_LOGIN=True.'
    })
  }
  return { problems, warnings }
}
