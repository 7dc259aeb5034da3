import fp from 'fastify-plugin'

const notices = {
  created: 'the superuser was created',
  password_differs: 'LANGFLOW_SUPERUSER_PASSWORD differs from the stored password, which stays: to change it, ' +
    'run `npx flowgate superuser reset-password`',
  inactive: 'the account named in LANGFLOW_SUPERUSER is deactivated and stays so',
  not_superuser: 'the account named in LANGFLOW_SUPERUSER is not a superuser and stays so',
  missing: 'there is no account named as in LANGFLOW_SUPERUSER; it was created at the first start of this database ' +
    'and is not created again: to create a superuser, run `npx flowgate superuser create NAME`'
}

/** Everything that must be true of the database before the first request: our key opens it, an administrator exists. */
export const bootPlugin = fp(async app => {
  const { keyring, firstBoot, environmentImport } = app.services
  for (const { keyId, rows } of await keyring.check()) {
    app.log.info({ keyId, rows }, rows > 0
      ? `the older key ${keyId} is needed by ${rows} of the stored secrets: \`npx flowgate secrets rotate\` moves them`
      : `no stored secret needs the older key ${keyId}: it may go from LANGFLOW_SECRET_KEY_PREVIOUS`)
  }
  const notice = await firstBoot.ensureSuperuser()
  await firstBoot.refuseDefaultPassword()
  if (notice) app.log.info({ superuser: app.config.superuser }, notices[notice])
  await environmentImport.offerAtBoot(app.config.superuser)
}, { name: 'boot', dependencies: ['services'] })
