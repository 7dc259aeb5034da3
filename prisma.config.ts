import { defineConfig } from 'prisma/config'

// The command-line tool's own settings: the service applies migrations by itself and never reads this file.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['LANGFLOW_DATABASE_URL'] ?? process.env['DATABASE_URL'] ?? '' }
})
