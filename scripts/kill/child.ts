import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** When something happens to a process: so many milliseconds after it said so many lines. */
export interface Moment {
  readonly lines: number
  readonly delay: number
}

export interface Child {
  /** What it said in whole lines until it ended; a line that was cut short is no line. */
  readonly lines: readonly string[]
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** What it said on the other stream. */
  readonly rest: string
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly cwd?: string | undefined
  /** The stream whose lines count. They go through a pipe, so they outlive the process. @default 'stdout' */
  readonly stream?: 'stdout' | 'stderr' | undefined
}

const moduleFile = (name: string): string => fileURLToPath(new URL(`${name}.ts`, import.meta.url))

/** Runs a module of this folder in a process of its own, to its end. @throws when it fails */
export async function runModule(name: string, args: readonly string[], options: ChildOptions = {}): Promise<Child> {
  const child = await runUntil([moduleFile(name), ...args], undefined, 'SIGKILL', options)
  if (child.code !== 0) throw new Error(`${name} left with ${child.code ?? child.signal}: ${child.rest}`)
  return child
}

/** Runs a module of this folder and kills it at a moment, unless it has ended before. */
export async function killModule(
  name: string,
  args: readonly string[],
  moment: Moment,
  options: ChildOptions = {}
): Promise<Child> {
  return await runUntil([moduleFile(name), ...args], moment, 'SIGKILL', options)
}

/** Runs Node with a file and arguments, and sends a signal at a moment, unless it has ended before. */
export async function runUntil(
  argv: readonly string[],
  moment: Moment | undefined,
  signal: NodeJS.Signals,
  options: ChildOptions = {}
): Promise<Child> {
  const started = start(argv, options)
  if (moment !== undefined) {
    await started.said(moment.lines)
    if (moment.delay > 0) await sleep(moment.delay)
    started.process.kill(signal)
  }
  return await started.ended
}

/** Starts a module of this folder in a process of its own. */
export const startModule = (name: string, args: readonly string[]): Started => start([moduleFile(name), ...args])

export interface Started {
  readonly process: ChildProcess
  /** Resolves when it has said so many lines, or has ended. */
  readonly said: (lines: number) => Promise<void>
  readonly soFar: () => readonly string[]
  readonly ended: Promise<Child>
}

export function start(
  argv: readonly string[],
  { env = {}, cwd = process.cwd(), stream = 'stdout' }: ChildOptions = {}
): Started {
  const child = spawn(process.execPath, argv, {
    cwd,
    env: { PATH: process.env.PATH, NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe']
  })
  // One that is stopped would otherwise stay for ever.
  const kill = (): boolean => child.kill('SIGKILL')
  process.once('exit', kill)
  const told = { stdout: '', stderr: '' }
  const waiting: { readonly lines: number; readonly resolve: () => void }[] = []
  const soFar = (): readonly string[] => told[stream].split('\n').slice(0, -1)
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      told[name] += text
      if (name !== stream) return
      const count = soFar().length
      for (const { lines, resolve } of waiting) if (count >= lines) resolve()
    })
  }
  const ended = once(child, 'close').then(([code, signal]) => {
    process.off('exit', kill)
    for (const { resolve } of waiting) resolve()
    return { lines: soFar(), code, signal, rest: told[stream === 'stdout' ? 'stderr' : 'stdout'] }
  })
  return {
    process: child,
    soFar,
    ended,
    said: async (lines) => {
      if (lines <= soFar().length || child.exitCode !== null || child.signalCode !== null) return
      await new Promise<void>((resolve) => waiting.push({ lines, resolve }))
    }
  }
}
