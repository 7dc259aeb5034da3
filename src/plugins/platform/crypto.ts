import { availableParallelism } from 'node:os'
import fp from 'fastify-plugin'
import { createPasswordHasher, type PasswordHasher } from '../../crypto/passwords.ts'
import { createSecretBox, type SecretBox } from '../../crypto/secret-box.ts'
import type { SecretKey } from '../../crypto/secret-key.ts'
import { configuredKeys } from '../../secret-key-file.ts'

declare module 'fastify' {
  interface FastifyInstance {
    crypto: { keys: readonly [SecretKey, ...SecretKey[]], box: SecretBox, hasher: PasswordHasher }
  }
}

/** `app.crypto`: the secret keys, the box that encrypts secrets, and the password hasher. */
export const cryptoPlugin = fp(async app => {
  const { config } = app
  const { keys, keyFile } = configuredKeys(config, { mayCreate: true })
  if (keyFile?.isNew) {
    app.log.warn(`LANGFLOW_SECRET_KEY is not set: a secret key was generated in ${keyFile.path}. ` +
      'Keep a copy in a safe place: without it, stored secrets cannot be read.')
  }
  if (keys[0].form === 'passphrase') {
    app.log.info('LANGFLOW_SECRET_KEY is not a 32-byte key in url-safe base64: the Fernet key is derived from it')
  }
  app.decorate('crypto', {
    keys,
    box: createSecretBox(keys),
    hasher: createPasswordHasher({
      memoryKib: config.passwordMemoryKib,
      iterations: config.passwordIterations,
      parallelism: config.passwordParallelism,
      // Leaves one core for other requests, however many users sign in.
      concurrency: config.passwordConcurrency ?? Math.max(1, availableParallelism() - 1),
      queueMax: config.passwordQueueMax
    })
  })
}, { name: 'crypto', dependencies: ['config'] })
