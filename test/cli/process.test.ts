import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { folder, json, serve } from './shell.ts'

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

/** Starts the real program. It is given no terminal and only the environment named here. */
function start(argv: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [CLI, ...argv], { cwd, env: { ...env, PATH: process.env.PATH } })
  const chunks = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (chunks.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (chunks.stderr += text))
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...chunks })) }
}

test('the program reads stdin, writes exact bytes and leaves with its code', async () => {
  const { child, ended } = start(['encode', '--any', '-'], folder())
  child.stdin?.end(' {"b":1, "a":"ü"} ')
  expect(await ended).toEqual({ code: 0, stdout: '{"a":"ü","b":1}', stderr: '' })
})

test('a failure is on stderr, and in JSON on stdout', async () => {
  const cwd = folder()
  const { code, stdout, stderr } = await start(['list'], cwd).ended
  expect([code, stdout]).toEqual([5, ''])
  expect(stderr).toMatch(/^error: there is no archive at .*\nhint: .*\n$/)
  const told = await start(['list', '--json'], cwd).ended
  expect([told.code, json(told.stdout).error?.code, told.stderr]).toEqual([5, 'NOT_FOUND', ''])
})

test.runIf(existsSync('/dev/full'))('a full disk behind stdout is told in a line', async () => {
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, [CLI, 'networks'], { cwd: folder(), stdio: ['ignore', full, 'pipe'] })
  let stderr = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  closeSync(full)
  expect([code, stderr]).toEqual([1, 'error: the output cannot be written: ENOSPC\n'])
})

test('what is opened is closed, so the program ends by itself', async () => {
  const cwd = folder()
  expect(await start(['init'], cwd).ended).toMatchObject({ code: 0, stderr: '' })
  expect(await start(['list'], cwd).ended).toEqual({ code: 0, stdout: 'nothing is pinned here\n', stderr: '' })
})

test('an interrupt stops a work that waits, with 130', async () => {
  const asked = Promise.withResolvers<void>()
  const url = await serve(() => asked.resolve())
  const cid = 'bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea'
  const { child, ended } = start(['resolve', cid, '--gateway', url, '--json'], folder())
  await asked.promise
  child.kill('SIGINT')
  const { code, stdout } = await ended
  expect([code, json(stdout).error?.code]).toEqual([130, 'INTERRUPTED'])
})

test('a reader that has enough ends the program quietly', async () => {
  const { child, ended } = start(['--help'], folder())
  child.stdout?.destroy()
  const { code, stderr } = await ended
  expect([code, stderr]).toEqual([0, ''])
})
