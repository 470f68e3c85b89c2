import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, chown, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './guard.ts'
import { freePorts } from './ports.ts'
import { runCommand } from './run-command.ts'
import { deployFile, type StackServer, type StartOptions } from './server.ts'
import { createServerProcess } from './server-process.ts'

/** A role that callscope logs in as, and the superuser that tests make databases of their own with. */
export interface PostgresServer extends StackServer {
  /** postgres://callscope:...@.../callscope, the role and database of deploy/postgres/init.sql. */
  readonly callscopeUrl: string
}

/** Where Debian, Homebrew and others put the server's programs. */
const places = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt']

/** The folder of initdb and postgres of the newest server there is. Throws where there is none. */
export function findPostgres(): string {
  const found = places
    .filter((place) => existsSync(place))
    .flatMap((place) =>
      readdirSync(place).map((name) => ({ major: Number(/\d+$/.exec(name)?.[0]), bin: join(place, name, 'bin') })),
    )
    .filter(({ bin }) => existsSync(join(bin, 'initdb')))
    .sort((one, other) => other.major - one.major)[0]
  if (found === undefined) throw new Error('no PostgreSQL server is installed: apt-get install postgresql')
  return found.bin
}

/** PostgreSQL with deploy/postgres/postgresql.conf, and init.sql run as the image runs it. */
export async function startPostgres({ folder }: StartOptions): Promise<PostgresServer> {
  const bin = findPostgres()
  const [port] = await freePorts(1)
  const owner = await unprivilegedUser()
  const place = await placeFor(folder, owner)
  const passwords = { superuser: randomUUID(), callscope: randomUUID() }
  const superuserUrl = `postgres://postgres:${passwords.superuser}@127.0.0.1:${port}/postgres`
  await initialise({ bin, place, owner, password: passwords.superuser })
  const server = createServerProcess({
    name: 'postgres',
    command: join(bin, 'postgres'),
    args: [
      ...['-D', join(place, 'data'), '-c', `config_file=${join(place, 'postgresql.conf')}`],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', `port=${port}`, '-c', 'unix_socket_directories='],
    ],
    cwd: place,
    ...(owner === undefined ? {} : { user: owner }),
    logFile: join(folder, 'postgres.log'),
    stopSignal: 'SIGINT', // "fast": SIGTERM would wait for every client to leave
    answers: async () =>
      void (await runCommand(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)])),
  })
  await server.start()
  const callscopePassword = join(place, 'callscope-password')
  await writeFile(callscopePassword, passwords.callscope)
  await runCommand('psql', ['-q', '-X', '-d', superuserUrl, '-f', deployFile('postgres/init.sql')], {
    env: { CALLSCOPE_POSTGRES_PASSWORD_FILE: callscopePassword },
  })
  return {
    ...server,
    address: superuserUrl,
    callscopeUrl: `postgres://callscope:${passwords.callscope}@127.0.0.1:${port}/callscope`,
  }
}

type User = { readonly uid: number; readonly gid: number }

/** Nobody, where we are root: PostgreSQL refuses to run as root. */
async function unprivilegedUser(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(['-u', '-g'].map((which) => runCommand('id', [which, 'nobody'])))
  return { uid: Number(uid), gid: Number(gid) }
}

/** A folder that the owner can reach: a temporary folder of root's is often closed to others. */
async function placeFor(folder: string, owner: User | undefined): Promise<string> {
  if (owner === undefined) return folder
  const place = await temporaryFolder('callscope-postgres-', '/tmp')
  await chmod(place, 0o711)
  return place
}

interface Initialisation {
  readonly bin: string
  readonly place: string
  readonly owner: User | undefined
  readonly password: string
}

async function initialise({ bin, place, owner, password }: Initialisation): Promise<void> {
  const data = join(place, 'data')
  const [configuration, passwordFile] = [join(place, 'postgresql.conf'), join(place, 'superuser-password')]
  await mkdir(data)
  await copyFile(deployFile('postgres/postgresql.conf'), configuration)
  await writeFile(passwordFile, password)
  if (owner !== undefined)
    for (const path of [data, configuration, passwordFile]) await chown(path, owner.uid, owner.gid)
  await runCommand(
    join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--no-sync',
      '--locale=C',
    ],
    { cwd: place, ...(owner === undefined ? {} : { user: owner }) },
  )
}
