// An Express service that accepts Flowgate's tokens.
import express from 'express'
import { createVerifier, identityOf, requireIdentity, VerificationError } from 'flowgate/verify'

const verifier = createVerifier({ issuer: process.env.FLOWGATE_ISSUER, audience: process.env.FLOWGATE_AUDIENCE })
const app = express()

app.get('/health', (request, response) => { response.json({ status: 'ok' }) })

app.get('/me', requireIdentity(verifier), (request, response) => {
  const { accountId, username } = identityOf(request)
  response.json({ accountId, username })
})

app.get('/reports', requireIdentity(verifier, { scopes: ['reports:read'] }), (request, response) => {
  response.json([])
})

app.get('/settings', requireIdentity(verifier, { access: 'admin' }), (request, response) => {
  response.json({})
})

app.use((error, request, response, next) => {
  if (!(error instanceof VerificationError)) return next(error)
  response.status(error.status).set(error.headers).json({ code: error.code, message: error.message })
})

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
