// Writes openapi.yaml from the routes, or checks it: npm run openapi [-- --check]
import { PGlite } from '@electric-sql/pglite'
import { stringify } from 'yaml'
import { buildApp } from '../src/app.ts'
import { loadConfig } from '../src/config.ts'
import { fromPGlite } from '../src/db/embedded/embedded.ts'
import { generateSecretKey } from '../src/crypto/secret-key.ts'
import { writeOrCheck } from './generated-file.ts'

const pglite = new PGlite()
const app = await buildApp({
  config: loadConfig([{
    label: 'script',
    values: { LANGFLOW_SECRET_KEY: generateSecretKey() }
  }]),
  database: await fromPGlite(pglite, 'in memory', () => pglite.close())
})
await app.ready()
const text = stringify(app.swagger(), { lineWidth: 0, aliasDuplicateObjects: false })
writeOrCheck('openapi.yaml', text, 'npm run openapi')
await app.close()
