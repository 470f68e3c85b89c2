import { readFileSync } from 'node:fs'
import type { Config } from './config.ts'
import type { DataFolder } from './data-folder.ts'
import { CommandError } from './exit-codes.ts'

/** The administrator's token: from the file that the operator names, else the one of the data folder, made where missing. */
export function tokenFor({ adminTokenFile }: Config, folder: Pick<DataFolder, 'administratorToken'>): string {
  return statedToken({ adminTokenFile }) ?? folder.administratorToken()
}

/** The one that the operator names; undefined where none is named. */
export function statedToken({ adminTokenFile }: Pick<Config, 'adminTokenFile'>): string | undefined {
  if (adminTokenFile === undefined) return undefined
  try {
    const token = readFileSync(adminTokenFile, 'utf8').trim()
    if (token.length >= 16) return token
  } catch (error) {
    throw new CommandError('usage', `cannot read adminTokenFile: ${(error as Error).message}`)
  }
  throw new CommandError('usage', 'adminTokenFile: the token must have at least 16 characters')
}
