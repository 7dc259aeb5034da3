import { PGlite } from '@electric-sql/pglite'
import t from 'tap'
import { readMigrations } from '../../src/migrate.ts'
import { buildApp } from '../helpers/app.ts'
import { needsPostgres, openPostgres } from '../helpers/database.ts'

t.test('accounts without a project get one', async t => {
  const pglite = await PGlite.create()
  t.teardown(() => pglite.close())
  const migrations = readMigrations()
  const index = migrations.findIndex(({ name }) => name.endsWith('flows_and_projects'))
  for (const { sql } of migrations.slice(0, index)) await pglite.exec(sql)
  await pglite.exec(`INSERT INTO users (id, username, username_key, password_hash, is_active)
    SELECT gen_random_uuid(), n, n, 'x', true FROM unnest(ARRAY['ada', 'bob']) AS n`)
  for (const { sql } of migrations.slice(index)) await pglite.exec(sql)
  const { rows } = await pglite.query(
    'SELECT username, name FROM projects JOIN users ON users.id = user_id ORDER BY username')
  t.strictSame(rows, [{ username: 'ada', name: 'Starter Project' }, { username: 'bob', name: 'Starter Project' }])
})

t.test('the database rejects a flow in the project of another account', async t => {
  const { as, db } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const project = await db.project.findFirstOrThrow({ where: { userId: bob.user.id } })
  await t.rejects(db.flow.create({ data: { userId: ada.user.id, projectId: project.id, name: 'x' } }))
})

t.test('concurrent moves, changes and deletions of many flows do not fail', needsPostgres, async t => {
  const { database } = await openPostgres()
  const { as, db } = await buildApp(t, { database })
  const ada = await as('ada')
  const flows = Array.from({ length: 60 }, (_, n) => ({ name: `flow ${n}` }))
  const ids: string[] = (await ada.post('/flows/batch/', { flows })).json().map(({ id }: { id: string }) => id)
  const projects: string[] = await Promise.all(['A', 'B', 'C'].map(async name =>
    (await ada.post('/projects/', { name })).json().id))
  const answers = await Promise.all(projects.flatMap((project, n) => [
    ada.patch(`/projects/${project}`, { flows: ids }),
    ada.patch(`/projects/${project}`, { flows: [...ids].reverse() }),
    ada.delete('/flows/', ids.slice(n * 10, n * 10 + 15)),
    ada.patch(`/flows/${ids[59 - n]}`, { folder_id: projects[(n + 1) % 3] }),
    ...n === 2 ? [ada.delete(`/projects/${project}`)] : []
  ]))
  t.strictSame(answers.map(({ statusCode }) => statusCode).filter(status => ![200, 204, 404].includes(status)), [])
  t.equal((await db.project.findMany({ where: { userId: ada.user.id } })).length, 3)
})
