// Runs the tests on PostgreSQL servers in time zones with half hours, east and west of UTC.
import { spawnSync } from 'node:child_process'

let failed = 0
for (const zone of ['Asia/Kolkata', 'America/St_Johns']) {
  const env = { ...process.env, FLOWGATE_TEST_TIME_ZONE: zone, FLOWGATE_TEST_ENGINE: 'postgres' }
  const args = ['scripts/test.mjs', ...process.argv.slice(2)]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env })
  console.log(`${status === 0 ? 'ok' : 'not ok'}: ${zone}`)
  if (status !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)
