import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import pg from 'pg'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { configSchema } from '#app/config-schema.ts'
import { checkArchive } from '#app/doctor/archive.ts'
import type { Check } from '#app/doctor/check.ts'
import { checkRegistry } from '#app/doctor/registry.ts'
import { checkWarehouse } from '#app/doctor/warehouse.ts'
import { openPostgres } from '#app/stores/open-registry.ts'
import { registryOn } from '#registry/registry.ts'
import { connectWarehouse } from '#warehouse/client.ts'
import { listMigrations, migrateWarehouse } from '#warehouse/migrate.ts'
import { ownDatabase, ownName } from './names.ts'
import { startClickhouseFront } from './servers/clickhouse-front.ts'
import { temporaryFolder } from './servers/guard.ts'

const stack = inject('stack')
const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const configOf = (settings: object) => ({
  ...configSchema.parse(settings),
  ...{ defaultTenant: 'default', defaultTenantStated: false },
})
const wrong = (checks: readonly Check[]) => checks.filter(({ ok }) => !ok).map(({ what, found }) => `${what}: ${found}`)

describe('PostgreSQL', () => {
  async function open() {
    const database = await ownDatabase(stack.postgres)
    undo.push(database.drop)
    const registry = await registryOn(await openPostgres(configOf({ postgres: { url: database.url } })), Date.now)
    await registry.tenants.ensureTenants([{ id: 'acme', name: 'Acme' }])
    await registry.close()
    const owner = new pg.Client({ connectionString: database.url })
    await owner.connect()
    undo.push(() => owner.end())
    const user = ownName('limited')
    await owner.query(`CREATE ROLE ${user} LOGIN PASSWORD 'limited'`)
    undo.push(async () => {
      await owner.query(`DROP OWNED BY ${user}`)
      await owner.query(`DROP ROLE ${user}`)
    })
    const url = new URL(database.url)
    url.username = user
    url.password = 'limited'
    const look = () => checkRegistry(configOf({ postgres: { url: url.href } }), Date.now)
    return { owner, user, look }
  }

  test('a user without rights is told the statements that give it what it lacks; with them, only a key is missing', async () => {
    const { owner, user, look } = await open()
    const [told] = wrong(await look())
    const grants = /^PostgreSQL permissions: lacking; an administrator has to run: (.*)$/.exec(told ?? '')?.[1]
    expect(grants?.split('; ')).toEqual([
      `GRANT USAGE ON SCHEMA callscope TO ${user}`,
      `GRANT callscope_app TO ${user}`,
      `GRANT callscope_system TO ${user}`,
      `GRANT SELECT ON callscope.schema_migrations TO ${user}`,
      `GRANT SELECT, INSERT, UPDATE ON callscope.data_pipeline_runs TO ${user}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON callscope.watermarks TO ${user}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON callscope.watermark_readers TO ${user}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON callscope.census_progress TO ${user}`,
      `GRANT SELECT, USAGE, UPDATE ON SEQUENCE callscope.record_versions TO ${user}`,
    ])
    await owner.query(grants ?? '')
    expect(wrong(await look())).toEqual([expect.stringMatching(/^API keys: /)])
  })

  test('what was taken away is told alone', async () => {
    const { owner, user, look } = await open()
    await owner.query(/run: (.*)$/.exec(wrong(await look())[0] ?? '')?.[1] ?? '')
    await owner.query(`REVOKE DELETE ON callscope.watermarks FROM ${user}`)
    expect(wrong(await look())).toEqual([
      `PostgreSQL permissions: lacking; an administrator has to run: GRANT DELETE ON callscope.watermarks TO ${user}`,
    ])
  })
})

describe('the warehouse', () => {
  test('a user that may not insert is told the tables; reading and inserting nothing leaves nothing', async () => {
    const front = await startClickhouseFront({
      folder: await temporaryFolder('callscope-doctor-'),
      users: { default: '' },
    })
    undo.push(() => front.stop())
    const client = await connectWarehouse({ location: { url: front.url } })
    undo.push(() => client.close())
    await migrateWarehouse(client, await listMigrations())
    const look = () => checkWarehouse(configOf({ clickhouse: { url: front.url } }), Date.now)
    expect(wrong(await look())).toEqual([])
    const parts = await client.query({
      query: `SELECT count() FROM system.parts WHERE active AND table != 'schema_migrations'`,
      format: 'TabSeparated',
    })
    expect((await parts.text()).trim()).toBe('0')

    // What a server says to a user without the grant: there are no users behind the front.
    const denied = { status: 403, code: 497, body: 'Code: 497. DB::Exception: Not enough privileges. (ACCESS_DENIED)' }
    await front.control.set({ failInsert: 1, failOnly: '`calls`', failWith: denied })
    expect(wrong(await look())).toEqual([
      'ClickHouse permissions: lacking, or the profile of this user is read-only; run: GRANT INSERT ON default.calls TO default',
    ])
    await front.control.set({ failInsert: 1, failWith: denied })
    expect(wrong(await look())).toEqual([expect.stringMatching(/run: GRANT INSERT ON default\.\* TO default$/)])
  })
})

describe('the archive', () => {
  const access = { endpoint: stack.s3, accessKeyId: 'test', secretAccessKey: 'planted-archive-secret' }
  const look = (archive: object) => checkArchive(configOf({ archive }))

  test('a bucket takes an object, gives it back and loses it again; one that does not exist is to be made', async () => {
    const { endpoint, ...credentials } = access
    const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1', credentials })
    const bucket = `doctor-${Date.now()}`
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    expect(wrong(await look({ ...access, url: `s3://${bucket}/raw` }))).toEqual([])
    expect((await client.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? []).toEqual([])
    const told = wrong(await look({ ...access, url: 's3://no-such-bucket-of-ours/raw' }))
    expect(told).toEqual([expect.stringMatching(/^archive: s3:\/\/no-such-bucket.*NoSuchBucket.*: make the bucket/)])
    expect(told.join()).not.toContain(access.secretAccessKey)
    client.destroy()
  })

  test('a service that nobody answers for is told', async () => {
    const told = wrong(await look({ ...access, endpoint: 'http://127.0.0.1:9', url: 's3://some-bucket/raw' }))
    expect(told).toEqual([expect.stringMatching(/^archive: .*archive\.endpoint/)])
  })

  test('a folder holds nothing afterwards; one that cannot be written is told', async () => {
    const folder = await temporaryFolder('callscope-doctor-')
    expect(wrong(await look({ url: `file://${folder}` }))).toEqual([])
    expect(await readdir(folder)).toEqual([])
    await writeFile(join(folder, 'file'), '')
    expect(wrong(await look({ url: `file://${folder}/file/below` }))).toEqual([
      expect.stringMatching(/^archive: .*ENOTDIR/),
    ])
  })

  test('nothing is asked where nothing is archived', async () => {
    expect(await look({})).toEqual([])
  })
})
