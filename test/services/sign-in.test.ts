import t from 'tap'
import type { AuthenticatedAccount } from '../../src/services/sign-in/sessions.ts'
import type { SignInMethod } from '../../src/services/sign-in/methods.ts'
import { buildApp } from '../helpers/app.ts'

const caller = { actor: undefined, address: '192.0.2.1', userAgent: 'a browser', requestId: 'r-1' }

type Challenge = { id: string }

/** A sign-in method of two steps. The second one must answer the challenge of the first. */
function twoSteps (account: AuthenticatedAccount): SignInMethod<{ answer?: string }, Challenge> {
  return {
    name: 'password',
    verify: async ({ answer }) => answer === 'challenge-1'
      ? { kind: 'authenticated', account }
      : { kind: 'challenge', challenge: { id: 'challenge-1' } }
  }
}

t.test('a sign-in of two steps creates a session after the second step', async t => {
  const { app, as } = await buildApp(t)
  const { user } = await as('ada')
  const { signIn, sessions } = app.services
  const before = (await sessions.list(user.id, { skip: 0, limit: 10 })).total
  const authenticatedAt = new Date(Date.now() - 5000)
  const method = twoSteps({ id: user.id, credentialsVersion: undefined, authenticatedAt })

  const first = await signIn.run(method, {}, caller)
  t.strictSame(first, { kind: 'challenge', challenge: { id: 'challenge-1' } })
  t.equal((await sessions.list(user.id, { skip: 0, limit: 10 })).total, before)

  const second = await signIn.run(method, { answer: 'challenge-1' }, caller)
  t.equal(second.kind, 'signed_in')
  const { total, sessions: [...rows] } = await sessions.list(user.id, { skip: 0, limit: 10 })
  t.equal(total, before + 1)
  const begun = rows.find(row => row.userAgent === 'a browser')
  t.match(begun, { address: '192.0.2.1', createdAt: authenticatedAt }, 'its time is that of the authentication')
})

t.test('a sign-in is refused if the credential changed since it was verified', async t => {
  const { app, as } = await buildApp(t)
  const { user } = await as('ada')
  const { credentialsVersion } = await app.database.client.user.findUniqueOrThrow({ where: { id: user.id } })
  const account = { id: user.id, credentialsVersion: credentialsVersion - 1, authenticatedAt: new Date() }
  const method: SignInMethod<void> = { name: 'password', verify: async () => ({ kind: 'authenticated', account }) }
  await t.rejects(app.services.signIn.runToEnd(method, undefined, caller), { name: 'wrong_password' })
})
