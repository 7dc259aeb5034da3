// A Fastify service that accepts Flowgate's tokens.
import Fastify from 'fastify'
import { createVerifier, fastifyIdentity, identityOf } from 'flowgate/verify'

const verifier = createVerifier({ issuer: process.env.FLOWGATE_ISSUER, audience: process.env.FLOWGATE_AUDIENCE })
const app = Fastify()

// Every route requires a token. `config.identity` adds requirements, or makes a route public.
app.register(fastifyIdentity, { verifier })

app.get('/health', { config: { identity: false } }, async () => ({ status: 'ok' }))

app.get('/me', async request => {
  const { accountId, username } = identityOf(request)
  return { accountId, username }
})

app.get('/reports', { config: { identity: { scopes: ['reports:read'] } } }, async () => [])
app.get('/settings', { config: { identity: { access: 'admin' } } }, async () => ({}))

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }))
