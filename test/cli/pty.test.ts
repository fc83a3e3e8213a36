import { describe, expect, test } from 'vitest'
import { hasTerminal, onTerminal } from './pty.ts'
import { folder, serve } from './shell.ts'
import { screenOf } from './terminal.ts'

const CLI = new URL('../../src/cli.ts', import.meta.url)
const LONG_WORK = new URL('long-work.ts', import.meta.url)
const CID = 'bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea'

// Elsewhere the tests of progress do the same on a terminal that is made up.
describe.runIf(hasTerminal())('on a real terminal', () => {
  test.each([40, 80])('of %d columns a long work is one row, which what is said passes by', async (columns) => {
    const { sent, code } = await onTerminal(LONG_WORK, [], { columns, cwd: folder(), env: { NO_COLOR: '1' } })
    expect(code).toBe(0)
    const rows = sent.split('\r\u001b[K').filter((row) => /\d,\d{3}/.test(row))
    expect(rows.length).toBeGreaterThan(3)
    for (const row of rows) expect(screenOf(row, columns)).toHaveLength(1)
    expect(screenOf(sent.replaceAll('\r\n', '\n'), columns)).toEqual(['halfway', 'done', ''])
  })

  test('an interrupt at the keyboard leaves a clean one, and 130', async () => {
    const url = await serve(() => undefined)
    const { sent, code } = await onTerminal(CLI, ['resolve', CID, '--gateway', url], {
      columns: 80,
      cwd: folder(),
      env: { NO_COLOR: '1' },
      type: { after: /resolve {2}0:0\d/, text: '\u0003' }
    })
    expect(code).toBe(130)
    expect(screenOf(sent.replaceAll('\r\n', '\n'), 80)).toEqual(['error: interrupted', ''])
    // The cursor is never hidden and rows always wrap, so there is nothing to restore.
    expect(sent).not.toContain('\u001b[?')
  })
})
