import { BlockList, isIP } from 'node:net'
import { type Advice, readDatabaseUrl } from '../policy/database-url.ts'
import type { SetupProblem } from '../errors.ts'
import { DOCUMENTATION_SAMPLE_KEY, secretKeyProblem } from '../crypto/secret-key.ts'
import { contextWords } from '../policy/password-context.ts'
import { passwordProblem } from '../policy/passwords.ts'
import { normalizeUsername, usernameProblem } from '../policy/usernames.ts'
import { isOwnSetting } from './sources/environment-variables.ts'
import { formMistakes } from './forms.ts'
import { issuerWarning, ownAudience, signingMistakes } from './signing.ts'
import type { SettingName, SettingValues } from './settings.ts'

/** The password of the first administrator in Langflow's documentation. */
export const DEFAULT_PASSWORD = 'langflow'

/** The command that generates a secret key. */
const NEW_KEY_COMMAND = 'npx flowgate secret-key'

/** The input of the checks: the values, and whether a setting was set explicitly. */
export type Asked = { values: SettingValues, isSet: (name: SettingName) => boolean }

type Check = (asked: Asked) => SetupProblem | undefined | false | ''

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether only this machine can reach a server that listens on `host`, in any spelling. */
export function isLoopback (host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name === 'localhost') return true
  const family = isIP(host)
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6')
}

/** Whether LANGFLOW_PUBLIC_URL has a host that other machines can reach. */
const hasPublicHost = (url: string | undefined): boolean =>
  url !== undefined && URL.canParse(url) && !isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''))

/**
 * Whether other machines can reach the server: it listens on a non-loopback address, or a proxy forwards requests, as
 * trusted proxies and the public URL show.
 */
export const isPublic = (
  { host, trustedProxies, publicUrl }: Pick<SettingValues, 'host' | 'trustedProxies' | 'publicUrl'>
): boolean => !isLoopback(host) || trustedProxies.length > 0 || hasPublicHost(publicUrl)

/** Words that passwords of this server must not consist of. */
export const passwordContext = (
  { host, publicUrl = '', cookieDomain = '', allowedHosts }:
  Pick<SettingValues, 'host' | 'publicUrl' | 'cookieDomain' | 'allowedHosts'>
): readonly string[] => Object.freeze(contextWords([
  host, URL.canParse(publicUrl) ? new URL(publicUrl).hostname : '', cookieDomain, ...allowedHosts
]))

/** Settings that are always invalid. */
const mistakes: Check[] = [
  ({ values: { secretKey } }) => {
    const problem = secretKey !== undefined && secretKeyProblem(secretKey)
    return problem && {
      subject: 'LANGFLOW_SECRET_KEY',
      problem,
      remedy: `Generate one with \`${NEW_KEY_COMMAND}\` and store it safely.`
    }
  },
  ({ values: { secretKeyPrevious } }) => {
    const problem = secretKeyPrevious.map(secretKeyProblem).find(Boolean)
    return problem && {
      subject: 'LANGFLOW_SECRET_KEY_PREVIOUS',
      problem: `one of its keys ${problem}`,
      remedy: 'List the former values of LANGFLOW_SECRET_KEY unchanged, separated by commas.'
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
    remedy: `Set it to ${access} or more, or decrease LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS.`
  },
  ({ values: { autoLogin, corsOrigins } }) => autoLogin && corsOrigins.includes('*') && {
    subject: 'LANGFLOW_CORS_ORIGINS',
    problem: 'auto login with any origin (`*`) lets every web page act as the superuser',
    remedy: 'List the origins, or set LANGFLOW_AUTO_LOGIN=False.'
  },
  ({ values: { prometheusEnabled, prometheusPort, prometheusHost, port, host } }) =>
    prometheusEnabled && port !== 0 && port === prometheusPort && mayCollide(host, prometheusHost) && {
      subject: 'LANGFLOW_PROMETHEUS_PORT',
      problem: `is ${port}, the same as LANGFLOW_PORT at the same address`,
      remedy: 'Set another port for the metrics, e.g. LANGFLOW_PROMETHEUS_PORT=9090.'
    },
  ({ values }) => ownAudience(values),
  ({ values: { sslCertFile, sslKeyFile } }) => (sslCertFile === undefined) !== (sslKeyFile === undefined) && {
    subject: sslCertFile === undefined ? 'LANGFLOW_SSL_CERT_FILE' : 'LANGFLOW_SSL_KEY_FILE',
    problem: 'is missing: https needs a certificate and its key',
    remedy: 'Set both LANGFLOW_SSL_CERT_FILE and LANGFLOW_SSL_KEY_FILE, or neither.'
  },
  ({ values: { accessRulesFile, publicUrl } }) => accessRulesFile !== undefined && publicUrl === undefined && {
    subject: 'LANGFLOW_PUBLIC_URL',
    problem: 'is missing: LANGFLOW_ACCESS_RULES_FILE protects apps, whose visitors are sent to its sign-in page',
    remedy: 'Set it to the URL at which browsers reach this server, e.g. https://auth.example.org.'
  },
  ({ values: { accessRulesFile, trustedProxies } }) => accessRulesFile !== undefined && trustedProxies.length === 0 && {
    subject: 'LANGFLOW_TRUSTED_PROXIES',
    problem: 'is missing: only trusted proxies may ask about the apps of LANGFLOW_ACCESS_RULES_FILE',
    remedy: 'Name the address of the proxy, e.g. 127.0.0.1.'
  },
  ({ values: { variablesToGetFromEnvironment } }) => {
    const own = variablesToGetFromEnvironment.find(isOwnSetting)
    return own !== undefined && {
      subject: 'LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT',
      problem: `${own} is a setting of this server, and every account would get its value`,
      remedy: 'List variables for accounts only, e.g. OPENAI_API_KEY.'
    }
  }
]

/** Insecure settings: an error if other machines can reach the server, a warning on loopback. */
const dangers: Check[] = [
  ({ values: { autoLogin }, isSet }) => autoLogin && !isSet('LANGFLOW_AUTO_LOGIN') && {
    subject: 'LANGFLOW_AUTO_LOGIN',
    problem: 'auto login is on by default: every visitor is the superuser',
    remedy: 'Set LANGFLOW_AUTO_LOGIN=False, or set LANGFLOW_AUTO_LOGIN=True to confirm it.'
  },
  ({ values }) => {
    const problem = values.superuserPassword === DEFAULT_PASSWORD
      ? 'is the well-known default password'
      : passwordProblem(values.superuserPassword, values.superuser, passwordContext(values))
    return problem && {
      subject: 'LANGFLOW_SUPERUSER_PASSWORD',
      problem,
      remedy: 'Set it to a long, unique password, or set LANGFLOW_SUPERUSER_PASSWORD_FILE to a file with one.'
    }
  },
  ({ values: { secretKey, secretKeyPrevious } }) =>
    [secretKey, ...secretKeyPrevious].includes(DOCUMENTATION_SAMPLE_KEY) && {
      subject: 'LANGFLOW_SECRET_KEY',
      problem: "is the sample printed in Langflow's documentation, which is public",
      remedy: `Generate one with \`${NEW_KEY_COMMAND}\` and store it safely.`
    },
  ({ values: { corsOrigins, corsAllowCredentials } }) => corsAllowCredentials && corsOrigins.includes('*') && {
    subject: 'LANGFLOW_CORS_ALLOW_CREDENTIALS',
    problem: 'credentials for any origin (`*`) expose the session of every user to every web page',
    remedy: 'List the origins in LANGFLOW_CORS_ORIGINS, or set LANGFLOW_CORS_ALLOW_CREDENTIALS=False.'
  },
  ({ values }) => sameSiteNone('ACCESS', values.accessSameSite, values.accessSecure),
  ({ values }) => sameSiteNone('REFRESH', values.refreshSameSite, values.refreshSecure)
]

function sameSiteNone (kind: 'ACCESS' | 'REFRESH', sameSite: string, secure: string) {
  return sameSite === 'none' && secure !== 'true' && {
    subject: `LANGFLOW_${kind}_SAME_SITE`,
    problem: 'browsers drop cookies with SameSite=None and without Secure',
    remedy: `Set LANGFLOW_${kind}_SECURE=true (needs https), or LANGFLOW_${kind}_SAME_SITE=lax.`
  }
}

/** Whether two servers would share an address: the same one, or a wildcard address. */
const mayCollide = (one: string, other: string) =>
  one === other || [one, other].some(host => host === '0.0.0.0' || host === '::')

const found = (checks: Check[], asked: Asked) => checks.map(check => check(asked)).filter(problem => !!problem)

/** Explains why a server on loopback is public. A non-loopback address needs no explanation. */
function whyPublic ({ host, trustedProxies }: SettingValues): string {
  if (!isLoopback(host)) return ''
  const setting = trustedProxies.length > 0 ? 'LANGFLOW_TRUSTED_PROXIES' : 'LANGFLOW_PUBLIC_URL'
  return `; with ${setting}, other machines reach this server`
}

function databaseUrlFindings ({ databaseUrl }: SettingValues): { problems: SetupProblem[], warnings: SetupProblem[] } {
  if (databaseUrl === undefined) return { problems: [], warnings: [] }
  const { fault, warnings = [] } = readDatabaseUrl(databaseUrl)
  const about = (advice: Advice) => ({ subject: 'LANGFLOW_DATABASE_URL', ...advice })
  return { problems: fault ? [about(fault)] : [], warnings: warnings.map(about) }
}

/** Checks combinations of valid settings: errors, and warnings about insecure ones. */
export function crossCheck (asked: Asked): { problems: SetupProblem[], warnings: SetupProblem[] } {
  const database = databaseUrlFindings(asked.values)
  const problems = [
    ...formMistakes(asked.values), ...found(mistakes, asked), ...signingMistakes(asked.values), ...database.problems
  ]
  const unsafe = found(dangers, asked)
  const { warnings } = database
  // Malformed values are reported first.
  const issuer = problems.length === 0 && issuerWarning(asked.values)
  if (issuer) warnings.push(issuer)
  if (!isPublic(asked.values)) warnings.push(...unsafe)
  else problems.push(...unsafe.map(danger => ({ ...danger, problem: danger.problem + whyPublic(asked.values) })))
  if (asked.values.autoLogin && asked.isSet('LANGFLOW_AUTO_LOGIN') && isPublic(asked.values)) {
    warnings.push({
      subject: 'LANGFLOW_AUTO_LOGIN',
      problem: 'auto login is on: every visitor is the superuser',
      remedy: 'Set LANGFLOW_AUTO_LOGIN=False if sign-in should be required. ' +
        'Auto login accepts loopback names, the address of the connection, LANGFLOW_HOST, ' +
        'LANGFLOW_ALLOWED_HOSTS and the host of LANGFLOW_PUBLIC_URL as host names.'
    })
  }
  const { publicUrl } = asked.values
  if (publicUrl?.toLowerCase().startsWith('http:') && hasPublicHost(publicUrl)) {
    warnings.push({
      subject: 'LANGFLOW_PUBLIC_URL',
      problem: 'is http: passwords, tokens and cookies are sent unencrypted',
      remedy: 'Use https, with a proxy or with LANGFLOW_SSL_CERT_FILE and LANGFLOW_SSL_KEY_FILE.'
    })
  }
  if (asked.values.autoLogin && asked.values.accessRulesFile !== undefined) {
    warnings.push({
      subject: 'LANGFLOW_ACCESS_RULES_FILE',
      problem: 'auto login signs every visitor in as the superuser, who may use the protected apps',
      remedy: 'Set LANGFLOW_AUTO_LOGIN=False.'
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
