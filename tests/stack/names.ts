import { randomUUID } from 'node:crypto'
import pg from 'pg'

/** A name that no other test, run or person uses on a shared server: for topics, groups, databases and tenants. */
export const ownName = (what: string): string => `${what}_${randomUUID().replaceAll('-', '').slice(0, 12)}`

/** A database of a test's own on a server given by the URL of a superuser. Gives back its URL, and how to drop it. */
export async function ownDatabase(superuserUrl: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = ownName('test')
  const url = new URL(superuserUrl)
  url.pathname = `/${name}`
  await run(superuserUrl, `CREATE DATABASE ${name}`)
  return { url: url.href, drop: () => run(superuserUrl, `DROP DATABASE ${name} WITH (FORCE)`) }
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Our environment without the settings of callscope: what a test starts is told by the test alone. */
export const plainEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || name.startsWith('CALLSCOPE_') ? [] : [[name, value]],
    ),
  )
