import fp from 'fastify-plugin'

const notices = {
  created: 'the superuser was made',
  password_differs: 'LANGFLOW_SUPERUSER_PASSWORD differs from the stored password, which stays: to change it, ' +
    'run `npx flowgate superuser reset-password`',
  inactive: 'the account named in LANGFLOW_SUPERUSER is deactivated and stays so'
}

/** Everything that must be true of the database before the first request: our key opens it, an administrator exists. */
export const bootPlugin = fp(async app => {
  const { keyring, firstBoot } = app.services
  await keyring.check()
  const notice = await firstBoot.ensureSuperuser()
  if (notice) app.log.info({ superuser: app.config.superuser }, notices[notice])
}, { name: 'boot', dependencies: ['services'] })
