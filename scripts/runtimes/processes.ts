import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { Runtime } from './runtime.ts'
import { binary } from './workspace.ts'

/** The oldest Node that the light doors are to run on, though the package asks for 24. */
const OLDEST = 20
const QUOTE = 600
const run = promisify(execFile)

/** A runtime that runs `main.js` in a process of its own. */
function inProcess(name: string, command: string | undefined, args: readonly string[] = []): Runtime {
  return {
    name: command === undefined ? name : `${name} ${versionOf(command) ?? ''}`.trim(),
    run:
      command === undefined
        ? undefined
        : async (world, consumer) => {
            const env = { ...process.env, NO_COLOR: '1', DENO_DIR: join(consumer, '.deno'), DENO_NO_UPDATE_CHECK: '1' }
            const options = { cwd: consumer, env, timeout: 120_000, maxBuffer: 1 << 20 }
            return JSON.parse(await outputOf(run(command, [...args, 'main.js', JSON.stringify(world)], options)))
          }
  }
}

/** What it prints. An error says what it complains of, and not the command with all of the world in it. */
async function outputOf(running: Promise<{ readonly stdout: string }>): Promise<string> {
  try {
    return (await running).stdout
  } catch (cause) {
    const { stderr = '', signal } = cause as { readonly stderr?: string; readonly signal?: string | null }
    throw new Error(stderr.trim().slice(0, QUOTE) || `ended by ${signal}`, { cause })
  }
}

export function processes(): readonly Runtime[] {
  const older = olderNode()
  // It may read what is installed and ask this machine, and nothing else.
  const confined = ['run', '--quiet', '--no-prompt', '--no-remote', '--node-modules-dir=manual', '--allow-read=.']
  return [
    inProcess('Node', process.execPath),
    // No promise of the package, so a machine without one misses nothing.
    ...(older === undefined ? [] : [inProcess('Node', older)]),
    inProcess('Bun', binary('bun')),
    inProcess('Deno', binary('deno'), [...confined, '--allow-net=127.0.0.1'])
  ]
}

/** A Node of the machine's own that is older than the one that runs this. */
function olderNode(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return folders.map((folder) => join(folder, 'node')).find((file) => existsSync(file) && isOlder(majorOf(file)))
}

const isOlder = (major: number): boolean => major >= OLDEST && major < Number(process.versions.node.split('.')[0])
const majorOf = (command: string): number => Number(versionOf(command)?.split('.')[0])
const versionOf = (command: string): string | undefined =>
  /\d+\.\d+\.\d+/.exec(spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[0]
