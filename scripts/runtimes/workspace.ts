import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pack } from '../pack.ts'

/** The workspace that has the runtimes, with a lock and modules of its own: they weigh half a gigabyte. */
const HERE = fileURLToPath(new URL('../../test/runtimes', import.meta.url))
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error']

/** Installs the runtimes unless they are there, in the versions that the workspace names. */
export function installRuntimes(): void {
  const { devDependencies } = manifestIn(HERE) as { readonly devDependencies: Readonly<Record<string, string>> }
  const isThere = ([name, version]: readonly [string, string]): boolean => {
    const folder = join(HERE, 'node_modules', name)
    return existsSync(folder) && manifestIn(folder).version === version
  }
  if (Object.entries(devDependencies).every(isThere)) return
  console.log('installing the runtimes in test/runtimes (npm ci)')
  execFileSync('npm', ['ci', ...QUIET], { cwd: HERE, stdio: 'inherit' })
}

/** The path of a program of the workspace; `undefined` where it is not installed. */
export function binary(name: string): string | undefined {
  const file = join(HERE, 'node_modules', '.bin', name)
  return existsSync(file) ? file : undefined
}

/** Loads a package of the workspace. */
export async function load(name: string): Promise<unknown> {
  return await import(createRequire(join(HERE, 'package.json')).resolve(name))
}

/** A folder with the packed package installed and the program beside it, as somebody who uses it would have them. */
export async function makeConsumer(folder: string): Promise<string> {
  const { tarball } = await pack(folder)
  const consumer = join(folder, 'consumer')
  mkdirSync(consumer)
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
  const args = ['install', '--prefer-offline', '--ignore-scripts', ...QUIET, tarball]
  execFileSync('npm', args, { cwd: consumer, stdio: 'inherit' })
  for (const file of ['program.js', 'main.js', 'worker.js']) cpSync(join(HERE, file), join(consumer, file))
  return consumer
}

const manifestIn = (folder: string): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
