import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ProgramOptions {
  readonly demo?: boolean
  /** Without them there is the default one alone. */
  readonly tenants?: readonly string[]
  /** Requests from this machine need no credential: true unless it is the demo, which shows its own calls anyway. */
  readonly trusting?: boolean
}

/** The program as people start it, in a process and a data folder of its own. */
export interface Program {
  readonly url: string
  /** Opens every tenant, and imports. */
  readonly token: string
  /** Runs one of the program's commands on the same data folder. Throws where it fails. */
  command(...args: readonly string[]): Promise<string>
  stop(): Promise<void>
  /** Starts it again where it was: same folder, same address. */
  start(): Promise<void>
  /** Stops it and removes its folder. */
  remove(): Promise<void>
}

const cli = join(import.meta.dirname, '..', '..', 'app', 'callscope.ts')
const readyWithinMs = 120_000

export async function startProgram({ demo = false, trusting = !demo, tenants }: ProgramOptions = {}): Promise<Program> {
  const dataDir = await mkdtemp(join(tmpdir(), 'callscope-browser-'))
  const config = join(dataDir, 'tests.yaml')
  if (tenants !== undefined) await writeFile(config, JSON.stringify({ tenants: tenants.map((id) => ({ id })) }))
  let child: ChildProcess | undefined
  let port = 0
  let told = { url: '', tokenFile: '' }

  async function start(): Promise<void> {
    const args = ['up', '--json', '--data-dir', dataDir, '--port', String(port), ...(demo ? ['--demo'] : [])]
    if (tenants !== undefined) args.push('--config', config)
    child = spawn(process.execPath, ['--max-semi-space-size=64', cli, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // The demo shows what it made up; else the page is for who has a key, unless this machine is trusted.
      env: { ...process.env, ...(trusting ? { CALLSCOPE_TRUST_LOOPBACK: 'true' } : {}) },
    })
    told = JSON.parse(await firstLine(child)) as typeof told
    port = Number(new URL(told.url).port)
  }

  async function stop(): Promise<void> {
    if (child === undefined || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
    child = undefined
  }

  await start()
  const token = (await readFile(told.tokenFile, 'utf8')).trim()
  return {
    url: told.url,
    token,
    command: (...args) => run([...args, '--data-dir', dataDir]),
    start,
    stop,
    async remove() {
      await stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** `up --json` says where it listens once it is ready. */
async function firstLine(child: ChildProcess): Promise<string> {
  const { stdout } = child
  if (stdout === null) throw new Error('no standard output')
  let text = ''
  const line = new Promise<string>((resolve, reject) => {
    stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const end = text.indexOf('\n')
      if (end >= 0) resolve(text.slice(0, end))
    })
    child.once('exit', (code) => reject(new Error(`the program ended with ${code} before it was ready`)))
    setTimeout(() => reject(new Error('the program was not ready in time')), readyWithinMs).unref()
  })
  return line
}

async function run(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  const complaints: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk))
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`${args.join(' ')}: exit code ${code}\n${Buffer.concat(complaints)}`)
  return Buffer.concat(chunks).toString()
}
