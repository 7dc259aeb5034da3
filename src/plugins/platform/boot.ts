import fp from 'fastify-plugin'

const notices = {
  created: 'superuser created',
  password_differs: 'LANGFLOW_SUPERUSER_PASSWORD differs from the stored password, which is unchanged: to change it, ' +
    'run `npx flowgate superuser reset-password`',
  inactive: 'the account named in LANGFLOW_SUPERUSER is deactivated',
  not_superuser: 'the account named in LANGFLOW_SUPERUSER is not a superuser',
  missing: 'the account named in LANGFLOW_SUPERUSER does not exist; the first superuser of this database was created ' +
    'before: to create another one, run `npx flowgate superuser create NAME`'
}

/** Checks the database before the first request: the configured key decrypts it, and a superuser exists. */
export const bootPlugin = fp(async app => {
  const { keyring, firstBoot, environmentImport, signingKeys } = app.services
  for (const { keyId, rows } of await keyring.check()) {
    app.log.info({ keyId, rows }, rows > 0
      ? `stored secrets need the older key ${keyId} (${rows}): run \`npx flowgate secrets rotate\` to re-encrypt them`
      : `no stored secret needs the older key ${keyId}: remove it from LANGFLOW_SECRET_KEY_PREVIOUS`)
  }
  await signingKeys.ensure()
  const notice = await firstBoot.ensureSuperuser()
  await firstBoot.refuseDefaultPassword()
  if (notice) app.log.info({ superuser: app.config.superuser }, notices[notice])
  await environmentImport.offerAtBoot(app.config.superuser)
}, { name: 'boot', dependencies: ['services'] })
