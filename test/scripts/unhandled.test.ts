import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { folder } from '../cli/shell.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))

/** Runs a test of its own, as the suite is run. */
function suite(text: string): { readonly code: number | null; readonly said: string } {
  const root = folder()
  mkdirSync(join(root, 'test'))
  writeFileSync(join(root, 'test', 'planted.test.ts'), text)
  const argv = [VITEST, 'run', '--root', root, '--config', join(ROOT, 'vitest.config.ts'), '--globals']
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  return { code: status, said: stdout + stderr }
}

test('a suite whose tests pass fails all the same where a rejection is left unhandled', () => {
  expect(suite("test('passes', () => undefined)").code).toBe(0)
  const planted = "test('passes', () => void Promise.reject(new Error('nobody looks')))"
  const { code, said } = suite(planted)
  expect([code, said.includes('nobody looks'), said.includes('1 passed')]).toEqual([1, true, true])
})

test('a program that leaves a rejection unhandled ends with a failure', () => {
  const { status, stderr } = spawnSync(process.execPath, ['-e', "Promise.reject(new Error('nobody looks'))"], {
    encoding: 'utf8'
  })
  expect(status).toBe(1)
  expect(stderr).toContain('nobody looks')
})
