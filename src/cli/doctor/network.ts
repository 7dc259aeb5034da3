import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Config, isLoopback } from '../../config.ts'
import { fail, type Finding, firstOf, ok, warn } from './finding.ts'

const DAY_MS = 86_400_000
const SOON_DAYS = 14
const RENEW = 'Renew the certificate: the server reads the new one within a minute.'

/** The transport, the public URL, the trusted proxies, the cookies and the metrics. */
export function checkNetwork (config: Config, now: Date): Finding[] {
  return [
    ...checkTransport(config, now), ...checkPublicUrl(config), ...checkProxies(config), ...checkCookies(config),
    ...checkMetrics(config)
  ]
}

function checkTransport ({ sslCertFile, trustedProxies, host, port }: Config, now: Date): Finding[] {
  if (sslCertFile !== undefined) return [checkCertificate(sslCertFile, now)]
  return firstOf(
    trustedProxies.length === 0 && isLoopback(host) && ok('transport', `http on ${host}:${port}: reachable from this machine only`),
    trustedProxies.length > 0 && ok('transport', `http on ${host}:${port}, https ends at the proxy: only the proxy must reach this port`),
    warn('transport', `http on ${host}:${port}: passwords and tokens are sent unencrypted`,
      'Set LANGFLOW_SSL_CERT_FILE and LANGFLOW_SSL_KEY_FILE, or use a proxy with https and name it in ' +
      'LANGFLOW_TRUSTED_PROXIES.')
  )
}

/** A trusted proxy may change the scheme, so nothing is known about the URL then. */
function checkPublicUrl ({ publicUrl, publicOrigin, sslCertFile, trustedProxies }: Config): Finding[] {
  if (publicOrigin === undefined) return []
  const subject = 'LANGFLOW_PUBLIC_URL'
  const [isHttps, hasCertificate] = [publicUrl.startsWith('https:'), sslCertFile !== undefined]
  return firstOf(
    trustedProxies.length > 0 && ok('public URL', publicUrl),
    isHttps && !hasCertificate && warn(subject,
      `${publicUrl} is https, but there is no certificate, and no proxy is trusted: all clients share the address of the proxy`,
      'Name the proxy in LANGFLOW_TRUSTED_PROXIES, or set LANGFLOW_SSL_CERT_FILE and LANGFLOW_SSL_KEY_FILE.'),
    !isHttps && hasCertificate && warn(subject,
      `${publicUrl} is http, but the server accepts only https`, 'Use https in LANGFLOW_PUBLIC_URL.'),
    ok('public URL', publicUrl)
  )
}

function checkCertificate (path: string, now: Date): Finding {
  const subject = 'LANGFLOW_SSL_CERT_FILE'
  try {
    const { validTo } = new X509Certificate(readFileSync(path))
    const days = Math.floor((new Date(validTo).getTime() - now.getTime()) / DAY_MS)
    if (days < 0) return fail(subject, `the certificate expired on ${validTo}`, RENEW)
    if (days < SOON_DAYS) return warn(subject, `the certificate expires in ${days} days`, RENEW)
    return ok('transport', `https, the certificate is valid for ${days} days`)
  } catch {
    return fail(subject, 'is not a readable PEM certificate', `Check the file: openssl x509 -in ${path} -noout -dates`)
  }
}

function checkProxies ({ trustedProxies, isPublic }: Config): Finding[] {
  const wide = trustedProxies.find(network => /\/[1-7]$/.test(network))
  return firstOf(
    wide !== undefined && warn('LANGFLOW_TRUSTED_PROXIES',
      `${wide} trusts a large part of all addresses: addresses in the log and the limits can be forged`,
      'Name only the addresses of the proxies.'),
    trustedProxies.length > 0 && ok('proxies', `X-Forwarded-* headers are trusted from ${trustedProxies.join(', ')}`),
    ok('proxies', isPublic
      ? 'none is trusted: behind a proxy, all clients would share its address'
      : 'none is trusted; set LANGFLOW_TRUSTED_PROXIES if you use one')
  )
}

function checkCookies (config: Config): Finding[] {
  const { accessSecure, refreshSecure, accessHttponly, refreshHttponly, accessSameSite, refreshSameSite } = config
  const isPlain = !config.isPublic && config.sslCertFile === undefined
  const findings = [
    ...([['ACCESS', accessSecure], ['REFRESH', refreshSecure]] as const)
      .filter(([, secure]) => secure === 'false' && config.isPublic)
      .map(([kind]) => warn(`LANGFLOW_${kind}_SECURE`, 'the cookie is also sent over plain http', `Set LANGFLOW_${kind}_SECURE=auto.`)),
    ...([['ACCESS', accessHttponly], ['REFRESH', refreshHttponly]] as const).filter(([, isHidden]) => !isHidden)
      .map(([kind]) => warn(`LANGFLOW_${kind}_HTTPONLY`, 'scripts of the page can read the cookie', `Set LANGFLOW_${kind}_HTTPONLY=true.`)),
    ...(accessSecure === 'true' && isPlain
      ? [warn('LANGFLOW_ACCESS_SECURE', 'browsers may drop Secure cookies on plain http: users do not stay signed in',
          'Set LANGFLOW_ACCESS_SECURE=auto.')]
      : [])
  ]
  return findings.length > 0
    ? findings
    : [ok('cookies', `HttpOnly, SameSite=${accessSameSite}/${refreshSameSite}, Secure=${accessSecure}/${refreshSecure}`)]
}

function checkMetrics ({ prometheusEnabled, prometheusHost, prometheusPort }: Config): Finding[] {
  if (!prometheusEnabled) return []
  const isOpen = !isLoopback(prometheusHost)
  const place = `${prometheusHost}:${prometheusPort}`
  return [isOpen
    ? warn('LANGFLOW_PROMETHEUS_HOST', `metrics are served on ${place} to every client that reaches it`, 'Restrict access to the port in the network.')
    : ok('metrics', `served on ${place}`)]
}
