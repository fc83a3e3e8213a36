import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { asDocumented, benchWrite, ours, timesQuicker } from '../../bench/write.ts'
import { startDevChain } from '../../scripts/dev-chain.ts'

test('from a call to its receipt it takes a small part of the time that ethers takes as it comes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'speed-'))
  const chain = await startDevChain({ stateFile: join(folder, 'chain.json') })
  try {
    const { comparison } = await benchWrite(chain.url, 3, [ours, asDocumented])
    // `npm run bench:write` measures it; five times is the least that is promised, half of that what a busy machine may cost.
    expect(timesQuicker(comparison, 'trend-archive', 'ethers', 'least')).toBeGreaterThan(2.5)
  } finally {
    await chain.stop()
    rmSync(folder, { recursive: true })
  }
})
