// Writes the migration from the last one to prisma/schema.prisma: npm run migration -- NAME
import { mkdirSync, writeFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { migrationsList, noFilters, openSchemaEngine, readSchema } from '../src/migrate.ts'

const [name = ''] = process.argv.slice(2)
if (!/^[a-z0-9_]+$/.test(name)) {
  console.error('usage: npm run migration -- NAME   (lower-case letters, digits and _)')
  process.exit(2)
}

const inMemory = () => new PrismaPGlite(new PGlite()).connect()
const factory: SqlMigrationAwareDriverAdapterFactory = {
  provider: 'postgres',
  adapterName: 'pglite',
  connect: inMemory,
  connectToShadowDb: inMemory
}
const engine = await openSchemaEngine(factory)
const { stdout: sql } = await engine.diff({
  from: { tag: 'migrations', ...migrationsList() },
  to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: readSchema() }] },
  script: true,
  exitCode: null,
  filters: noFilters
})

if (!sql || /empty migration/.test(sql)) {
  console.log('The migrations match prisma/schema.prisma: nothing to write.')
  process.exit(0)
}
const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
const folder = new URL(`../prisma/migrations/${stamp}_${name}/`, import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(new URL('migration.sql', folder), sql)
console.log(`Written: prisma/migrations/${stamp}_${name}/migration.sql. Review it before you commit it.`)
process.exit(0)
