import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { fetchBlock } from '../../src/block/source.ts'
import { isArchiveError } from '../../src/errors.ts'
import { serveHostile } from './hostile-servers.ts'
import { someBlock } from './samples.ts'
import { openSetUps, type SetUp } from './set-ups.ts'

/** Milliseconds. `npm run test:gateways` gives two seconds, and measures how much later each call ends. */
const LIMIT = 300

describe('a call to any set-up of sources', () => {
  let setUps: readonly SetUp[]
  const closers: (() => Promise<void>)[] = []

  beforeAll(async () => {
    const block = await someBlock()
    const servers = await serveHostile(block.bytes)
    const opened = await openSetUps(servers.hostile)
    setUps = opened.all
    closers.push(opened.close, servers.close)
  })

  afterAll(async () => {
    for (const close of closers) await close()
  })

  test('ends at its deadline with a reason for every source', async () => {
    const { cid } = await someBlock()
    const errors = await Promise.all(
      setUps.map(
        async ([, sources]) => await fetchBlock(sources, cid, { deadline: LIMIT }).catch((error: unknown) => error)
      )
    )
    expect(setUps.length).toBeGreaterThan(40)
    for (const [index, [name, sources]] of setUps.entries()) {
      const error = errors[index]
      expect(isArchiveError(error, 'BLOCK_UNAVAILABLE') && error.details.failures, name).toEqual(
        sources.map(({ name: source }) => expect.objectContaining({ source, reason: expect.any(String) }))
      )
    }
  })

  test('ends when the caller gives up', async () => {
    const { cid } = await someBlock()
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(new Error('enough')), LIMIT)
    onTestFinished(() => clearTimeout(timer))
    const errors = await Promise.all(
      setUps.map(
        async ([, sources]) =>
          await fetchBlock(sources, cid, { deadline: 60_000, signal: stop.signal }).catch((error: unknown) => error)
      )
    )
    for (const [index, [name]] of setUps.entries()) {
      const error = errors[index]
      const isOver = error instanceof Error && error.message === 'enough'
      expect(isOver || isArchiveError(error, 'BLOCK_UNAVAILABLE'), name).toBe(true)
    }
    expect(errors.filter((error) => error instanceof Error && error.message === 'enough').length).toBeGreaterThan(8)
  })
})
