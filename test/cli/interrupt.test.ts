import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { run as runProcess } from '../../src/cli/main.ts'
import { goOn, type Interruptible, interrupt } from './interrupt.ts'
import { draft, useChain } from './on-chain.ts'
import { folder, json, type Loose } from './shell.ts'

const chain = useChain()

/** A folder of drafts, whose slugs are of this test alone. */
function drafts(name: string, count: number, size = 10): string {
  const files = Array.from(
    { length: count },
    (_, i) => [`${name}-${i}.md`, draft(`${name}-${i}`, 'x'.repeat(size))] as const
  )
  return folder(Object.fromEntries(files))
}

/** Blocks come when the test says so, and so no command is over before it can be interrupted. */
async function minedByHand(): Promise<(pause: number) => void> {
  await chain.tell('evm_setAutomine', false)
  let mining: NodeJS.Timeout | undefined
  onTestFinished(async () => {
    clearInterval(mining)
    await chain.tell('evm_setAutomine', true)
  })
  return (pause) => {
    clearInterval(mining)
    mining = setInterval(() => void chain.tell('evm_mine').catch(() => undefined), pause)
  }
}

const advanced =
  (work: string) =>
  ({ type, work: what, done }: Loose): boolean =>
    String(type) === 'advanced' && String(what) === work && Number(done) > 0

const told =
  (wanted: string) =>
  ({ type }: Loose): boolean =>
    String(type) === wanted

interface Row extends Pick<Interruptible, 'at' | 'by' | 'codes'> {
  readonly count: number
  readonly size?: number
  /** Milliseconds between two blocks until the interrupt. @default no block */
  readonly mined?: number
  readonly says: RegExp
}

/** Drafts of this size are pinned 17 at a time. */
const LARGE = 480_000
const PENDING = 'TRANSACTION_PENDING'

const FAR = /^interrupted while \w[\w ]+, at [\d,]+ of [\d,]+ documents$/

const ROWS: Readonly<Record<string, Row>> = {
  plans: { count: 60, at: advanced('planning'), says: FAR },
  'pins, by SIGTERM': { count: 36, size: LARGE, at: advanced('pinning'), by: 'SIGTERM', says: FAR },
  'waits for a block': { count: 3, at: told('sent'), codes: [PENDING], says: /0x\w{64}/ },
  'records, one transaction of two': {
    count: 201,
    mined: 400,
    at: told('recorded'),
    codes: ['INTERRUPTED', PENDING],
    says: /200 of 201|0x\w{64}/
  }
}

describe('a publish of many drafts goes on after an interrupt', () => {
  test.each(Object.entries(ROWS))('while it %s', async (name, { count, size, mined, says, ...row }) => {
    const mineEvery = await minedByHand()
    const slugs = name.slice(0, name.search(/\W|$/))
    const job = { argv: ['publish', '.'], cwd: drafts(slugs, count, size), env: { RPC_URL: chain.url() }, ...row }
    if (mined !== undefined) mineEvery(mined)
    const error = await interrupt(job)
    expect(error).toMatchObject({ message: expect.stringMatching(says), hint: expect.stringContaining('run the') })
    mineEvery(50)
    const { documents } = json((await goOn(job)).stdout)
    expect(documents).toHaveLength(count)
    // Nothing was made twice: there is one version of each, which is pinned once.
    const pinned = json((await chain.on(['list', '--json'], { cwd: job.cwd })).stdout).documents
    const told = (all: unknown): readonly string[] => (all as readonly Loose[]).map(({ cid }) => String(cid)).toSorted()
    expect(told(pinned)).toEqual(told(documents))
  })
})

/** As much of a process as the program needs. */
function fakeProcess(argv: readonly string[]) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }
  const exit = vi.fn<(code: number) => void>()
  return Object.assign(new EventEmitter(), {
    argv: ['node', 'cli', ...argv],
    env: {},
    cwd: () => '/',
    exit,
    ...streams
  })
}

describe('an interrupt', () => {
  test.each(['SIGINT', 'SIGTERM'])('by %s ends a wait for stdin, and is caught once only', async (name) => {
    const process = fakeProcess(['encode', '--any', '-'])
    const ended = runProcess(process as unknown as NodeJS.Process)
    await vi.waitFor(() => expect(process.stdin.listenerCount('readable')).toBeGreaterThan(0))
    process.emit(name)
    expect([process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')]).toEqual([0, 0])
    expect(await ended).toBe(130)
    expect(String(process.stderr.read())).toBe('error: interrupted\n')
    await vi.waitFor(() => expect(process.exit).toHaveBeenCalledWith(130))
  })
})
