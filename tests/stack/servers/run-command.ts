import { spawn } from 'node:child_process'

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly minutes?: number
  readonly user?: { readonly uid: number; readonly gid: number }
}

/** A failing build says why in its last lines; all of them would bury it. */
const tailCharacters = 4_000

/**
 * Runs a command to its end and gives back what it wrote on standard output.
 * Throws with the end of what it wrote when it fails, or takes longer than `minutes` (5).
 */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { cwd, env = {}, minutes = 5, user } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      ...user,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: minutes * 60_000,
    })
    let output = ''
    let tail = ''
    const keep = (chunk: Buffer): void => {
      tail = (tail + chunk.toString()).slice(-tailCharacters)
    }
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      keep(chunk)
    })
    child.stderr.on('data', keep)
    child.on('error', (error) => reject(new Error(`${command}: ${error.message}`)))
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output)
      else reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}:\n${tail}`))
    })
  })
}
