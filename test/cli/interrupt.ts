import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { json, type Loose } from './shell.ts'

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

/** A command line in a folder, which an interrupt is to break off. */
export interface Interruptible {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Whether this event on stderr is the one to interrupt at. */
  readonly at: (event: Loose) => boolean
  /** @default SIGINT */
  readonly by?: NodeJS.Signals | undefined
  /** The codes that the error may have: TRANSACTION_PENDING where something may be under way. @default INTERRUPTED */
  readonly codes?: readonly string[] | undefined
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  /** What stderr told, a JSON document a line. */
  readonly events: readonly Loose[]
}

/**
 * Runs it until the event comes, interrupts it, and holds it to what an interrupt is to leave: exit code 130, one JSON
 * document that says so, everything closed. Answers with that document.
 */
export async function interrupt({
  argv,
  cwd,
  env,
  at,
  by = 'SIGINT',
  codes = ['INTERRUPTED']
}: Interruptible): Promise<Loose> {
  let isSent = false
  const { child, ended } = start([...argv, '--json'], cwd, env, (event) => {
    if (isSent || !at(event)) return
    isSent = true
    child.kill(by)
  })
  const { code: exit, stdout, events } = await ended
  expect(isSent, `the event came: ${JSON.stringify(events.slice(-3))}`).toBe(true)
  expect(exit, stdout).toBe(130)
  expect(codes).toContain(json(stdout).error?.code)
  expect(litterIn(cwd)).toEqual([])
  return json(stdout).error!
}

/** Runs it again and holds it to an end: exit code 0, everything closed. */
export async function goOn({ argv, cwd, env }: Pick<Interruptible, 'argv' | 'cwd' | 'env'>): Promise<Ended> {
  const ended = await start([...argv, '--json'], cwd, env).ended
  expect(ended.code, ended.stdout.slice(0, 1_000)).toBe(0)
  expect(litterIn(cwd)).toEqual([])
  return ended
}

/** What a process leaves that did not end well: files half written, and the log of a database that was not closed. */
const litterIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => /-(?:wal|shm|journal)$|\.(?:tmp|part|lock)$|(?:^|\/)\.[^/]+\.\d+$/.test(path))

interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

function start(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  onEvent: (event: Loose) => void = () => undefined
): Started {
  const child = spawn(process.execPath, [CLI, ...argv], { cwd, env: { ...env, PATH: process.env.PATH } })
  onTestFinished(() => void child.kill('SIGKILL'))
  const events: Loose[] = []
  let [stdout, rest] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const event of lines.map(json)) {
      events.push(event)
      onEvent(event)
    }
  })
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, events })) }
}
