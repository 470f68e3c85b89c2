import pg from 'pg'
import { connectWarehouse, run } from '#warehouse/client.ts'
import type { StackInstall } from './install.ts'

/** A value that real calls of the traffic carry too: links to it are told a million times over. */
const hub = 'sip_session_id:b2bua-0001-default-session'

/** Links from one id to very many calls that exist nowhere else, as a producer makes them that sends a constant for an id. */
export async function insertLinks(install: StackInstall, count: number): Promise<void> {
  const client = await connectWarehouse({ location: { url: install.front().url } })
  try {
    for (const [node, other] of [
      ['{hub: String}', "concat('id:nobody-', toString(number))"],
      ["concat('id:nobody-', toString(number))", '{hub: String}'],
    ]) {
      await run(
        client,
        `INSERT INTO call_links (tenant, node, other, expires_at)
         SELECT 'acme', ${node}, ${other}, now() + INTERVAL 30 DAY FROM numbers({count: UInt64})`,
        { hub, count },
      )
    }
  } finally {
    await client.close()
  }
}

async function asSuperuser<Result>(
  install: StackInstall,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: install.postgres.address })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const nameOf = ({ databaseUrl }: StackInstall): string => new URL(databaseUrl).pathname.slice(1)

const endOthers = (client: pg.Client, name: string) =>
  client.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
    [name],
  )

/** A copy of the registry as it stands now. */
export async function saveRegistry(install: StackInstall): Promise<string> {
  const name = nameOf(install)
  const copy = `${name}_saved`
  await asSuperuser(install, async (client) => {
    // A template must have no connections; the workers open new ones as soon as they are cut.
    await client.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`)
    await endOthers(client, name)
    await client.query(`CREATE DATABASE ${copy} TEMPLATE ${name}`)
    await client.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`)
  })
  return copy
}

/** Puts the copy in the place of the registry, as after a restore. */
export async function restoreRegistry(install: StackInstall, copy: string): Promise<void> {
  const name = nameOf(install)
  await asSuperuser(install, async (client) => {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
    await client.query(`ALTER DATABASE ${copy} RENAME TO ${name}`)
    await client.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`)
  })
}
