import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

/** What the kit says of a client: a program in JavaScript that gets the protocol's words. */
const kit = (client: string, group: string): Promise<{ readonly code: number; readonly last: string }> =>
  new Promise((resolve) => {
    const words = ['scripts/conformance.ts', '--only', group, process.execPath, '-e', client]
    execFile(process.execPath, words, { encoding: 'utf8' }, (error, out) => {
      resolve({ code: Number(error?.code ?? 0), last: out.trim().split('\n').at(-1) ?? '' })
    })
  })

const files = globSync('conformance/cases/*/*/case.json')
const cases = files.map((file) => ({ file, ...JSON.parse(readFileSync(file, 'utf8')) }) as const)

describe('the conformance kit', () => {
  test('has seventy cases and more, most of which must not be accepted, and says so in their names', () => {
    const refused = cases.filter(({ exit }) => exit !== 0)
    expect(cases.length).toBeGreaterThanOrEqual(70)
    expect(refused.length).toBeGreaterThan(cases.length / 2)
    for (const { file, exit } of cases) expect([file, file.includes('_fail/')]).toEqual([file, exit !== 0])
  })

  test('finds out a client that accepts everything, one that refuses everything, and one that dies', async () => {
    const { length } = cases.filter(({ file }) => file.includes('/cid/'))
    const accepted = cases.filter(({ file, exit }) => file.includes('/cid/') && exit === 0)
    const told = (right: number) => `conformance: ${right}/${length} cases answered rightly`
    const [yes, no, dead] = await Promise.all([
      kit('console.log("{}")', 'cid'),
      kit('process.exit(1)', 'cid'),
      kit('process.kill(process.pid, "SIGKILL")', 'cid')
    ])
    // What it says beside its exit code counts too.
    expect([yes.code, yes.last]).toEqual([1, expect.stringContaining(told(0))])
    expect([no.code, no.last]).toEqual([1, expect.stringContaining(told(length - accepted.length))])
    expect([dead.code, dead.last]).toEqual([1, expect.stringContaining(told(0))])
  })
})
