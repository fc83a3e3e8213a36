import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createOutput, type Environment, type Output } from '../../src/cli/output.ts'
import type { Advance } from '../../src/options.ts'
import { screenOf } from './terminal.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Written {
  readonly out: Output
  readonly text: () => string
  readonly writes: readonly string[]
}

interface Manner {
  readonly tty?: boolean
  readonly columns?: number
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly env?: Environment
}

/** Both streams lead to one place, as on a terminal. */
function output({ tty = true, columns = 80, json = false, quiet = false, verbose = false, env = {} }: Manner): Written {
  const writes: string[] = []
  const sink = { isTTY: tty, columns, write: (chunk: string | Uint8Array) => writes.push(String(chunk)) }
  const out = createOutput({ stdout: sink, stderr: sink, env, json, quiet, verbose })
  return { out, writes, text: () => writes.join('') }
}

const at = (done: number, total: number | undefined = 10_000): Advance => ({
  type: 'advanced',
  unit: 'documents',
  done,
  total
})

/** A work of ten thousand, of which a thousand takes so many milliseconds. */
function work(out: Output, pause: number, name = 'pinning'): void {
  out.progress(at(0), name)
  for (let done = 10; done <= 10_000; done += 10) {
    vi.advanceTimersByTime(pause / 100)
    out.progress(at(done), name)
  }
}

describe('on a terminal', () => {
  test('a long work is one row that is drawn at most ten times a second, and gone at the end', () => {
    const { out, text, writes } = output({})
    work(out, 1_000)
    expect(writes.length).toBeGreaterThan(50)
    expect(writes.length).toBeLessThanOrEqual(100)
    expect(screenOf(text(), 80)).toEqual([expect.stringMatching(/^pinning {2}\[=+>? *\] .*of 10,000 documents/)])
    out.line('published')
    expect(screenOf(text(), 80)).toEqual(['published', ''])
  })

  test.each([
    ['a note', (out: Output) => out.note('said')],
    ['an error', (out: Output) => out.error(['said'])],
    ['data', (out: Output) => out.bytes(new TextEncoder().encode('said'))],
    ['an event', (out: Output) => out.progress({ type: 'sent' }, 'said')]
  ])('makes room for %s, and goes on below it', (_, say) => {
    const { out, text } = output({})
    work(out, 100)
    say(out)
    expect(screenOf(text(), 80)).toEqual(['said', ''])
    out.progress(at(0), 'pinning')
    vi.advanceTimersByTime(200)
    out.progress(at(5_000), 'pinning')
    expect(screenOf(text(), 80)).toEqual(['said', expect.stringContaining('5,000')])
  })

  test.each([20, 40, 80])('of %d columns it stays one row, with letters of any width', (columns) => {
    const { out, writes } = output({ columns })
    work(out, 500, '漢字 👩‍👩‍👧 e\u0301 '.repeat(10))
    expect(writes.length).toBeGreaterThan(20)
    for (const text of writes) expect(screenOf(text, columns), text).toHaveLength(1)
  })

  test('nothing of its name is obeyed', () => {
    const { out, text } = output({})
    work(out, 500, 'a\u001b[2Jb\nc')
    expect(screenOf(text(), 80)).toEqual([expect.stringMatching(/^a\\u001b\[2Jb\\u000ac/)])
  })

  test('what is over in a moment is not drawn at all', () => {
    const { out, text } = output({})
    vi.advanceTimersByTime(2_000)
    work(out, 5)
    expect(text()).toBe('')
  })

  test('of two works at once the first is shown until it is done', () => {
    const { out, text } = output({})
    for (const name of ['in one', 'in two']) out.progress(at(0), name)
    vi.advanceTimersByTime(200)
    out.progress(at(7_000), 'in two')
    expect(screenOf(text(), 80)).toEqual([expect.stringMatching(/^in one .* 0 of/)])
    out.progress(at(10_000), 'in one')
    vi.advanceTimersByTime(200)
    out.progress(at(8_000), 'in two')
    expect(screenOf(text(), 80)).toEqual([expect.stringMatching(/^in two .* 8,000 of/)])
  })

  test('a command that is silent gives a sign of life within a second, and says how long it takes', () => {
    const { out, text } = output({})
    const end = out.watch('verify', new AbortController().signal)
    vi.advanceTimersByTime(400)
    expect(text()).toBe('')
    vi.advanceTimersByTime(600)
    expect(screenOf(text(), 80)).toEqual(['verify  0:01'])
    vi.advanceTimersByTime(60_000)
    expect(screenOf(text(), 80)).toEqual(['verify  1:01'])
    end()
    vi.advanceTimersByTime(5_000)
    expect(screenOf(text(), 80)).toEqual([''])
  })

  test('a command that never ends may be silent', () => {
    const { out, text } = output({})
    const end = out.watch(undefined, new AbortController().signal)
    vi.advanceTimersByTime(60_000)
    end()
    expect(text()).toBe('')
  })

  test('a person who is asked is not disturbed', async () => {
    const { out, text } = output({})
    const end = out.watch('editors', new AbortController().signal)
    vi.advanceTimersByTime(2_000)
    await out.asking(async () => {
      vi.advanceTimersByTime(5_000)
      work(out, 500)
      expect(screenOf(text(), 80)).toEqual([''])
    })
    vi.advanceTimersByTime(1_000)
    expect(screenOf(text(), 80)).not.toEqual([''])
    end()
  })

  test('an interrupt takes the bar away for good, and is acknowledged where it takes a while', () => {
    const { out, text } = output({})
    const interrupt = new AbortController()
    const end = out.watch('publish', interrupt.signal)
    work(out, 500)
    interrupt.abort()
    expect(screenOf(text(), 80)).toEqual([''])
    vi.advanceTimersByTime(5_000)
    work(out, 500)
    expect(screenOf(text(), 80)).toEqual(['stopping; interrupt again to end at once', ''])
    end()
  })

  test('that is dumb it is a line every ten seconds, without a code', () => {
    const { out, text } = output({ env: { TERM: 'dumb' } })
    work(out, 2_500)
    expect(text().split('\n')).toEqual([
      'pinning: 4,000 of 10,000 documents, 400/s, 0:15 left',
      'pinning: 8,000 of 10,000 documents, 400/s, 0:05 left',
      'pinning: 10,000 of 10,000 documents, 400/s',
      ''
    ])
  })

  test('without colour there is none', () => {
    const { out, text } = output({ env: { NO_COLOR: '1' } })
    work(out, 500)
    out.note('said')
    expect(text()).not.toContain('\u001b[2m')
  })
})

describe('in JSON', () => {
  test('it is at most four documents a second, the first and the last among them', () => {
    const { out, text } = output({ json: true, tty: false })
    work(out, 1_000)
    const events = text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events[0]).toEqual({ type: 'advanced', unit: 'documents', done: 0, total: 10_000, job: 'pinning' })
    expect(events.at(-1)).toMatchObject({ done: 10_000, total: 10_000 })
    expect(events.length).toBeGreaterThan(30)
    expect(events.length).toBeLessThanOrEqual(41)
  })

  test('what was held back is told before anything else, and at the end', () => {
    const { out, text } = output({ json: true, tty: false })
    const end = out.watch('publish', new AbortController().signal)
    out.progress({ type: 'advanced', unit: 'bytes', done: 0 }, 'reading')
    out.progress({ type: 'advanced', unit: 'bytes', done: 10 }, 'reading')
    out.note('said')
    out.progress({ type: 'advanced', unit: 'bytes', done: 20 }, 'reading')
    end()
    const told = text().trimEnd().split('\n')
    expect(told.map((line) => JSON.parse(line).done ?? 'note')).toEqual([0, 10, 'note', 20])
  })
})

describe('elsewhere', () => {
  test.each([
    ['in a pipe', { tty: false }],
    ['where quiet is asked for', { quiet: true }],
    ['where quiet JSON is asked for', { quiet: true, json: true }]
  ])('%s there is nothing', (_, manner) => {
    const { out, text } = output(manner)
    const end = out.watch('publish', new AbortController().signal)
    work(out, 5_000)
    vi.advanceTimersByTime(5_000)
    end()
    expect(text()).toBe('')
    expect(out.advanced()).toEqual({ job: 'pinning', unit: 'documents', done: 10_000, total: 10_000 })
  })

  test('in a log that is asked for it is a line every ten seconds, and the end', () => {
    const { out, text } = output({ tty: false, verbose: true })
    const end = out.watch('import', new AbortController().signal)
    out.progress({ type: 'advanced', unit: 'bytes', done: 0 }, 'reading')
    for (let done = 1; done <= 11; done++) {
      vi.advanceTimersByTime(1_000)
      out.progress({ type: 'advanced', unit: 'bytes', done: done * 1_000_000 }, 'reading')
    }
    end()
    expect(text()).toBe('reading: 10.0 MB, 1.0 MB/s\nreading: 11.0 MB, 1.0 MB/s\n')
  })
})
