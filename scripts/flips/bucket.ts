import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from 's3rver'
import type { Block } from '../../src/block/block.ts'
import { bucketBlocks } from '../../src/block/bucket.ts'
import { fetchBlock } from '../../src/block/source.ts'
import { isArchiveError } from '../../src/errors.ts'
import { add, flipped, NOTHING, type Tally, tallyOf } from './tally.ts'

const BUCKET = 'trends'

/** Keeps documents in a bucket, changes one bit of what lies on that server's disk, and reads: every `stride`th byte. */
export async function flipInBucket(blocks: readonly Block[], stride: number): Promise<Tally> {
  const directory = mkdtempSync(join(tmpdir(), 'trend-archive-flips-s3-'))
  const s3 = new S3rver({ directory, silent: true, configureBuckets: [{ name: BUCKET, configs: [] }] })
  await s3.configureBuckets()
  const server = createServer(s3.callback() as RequestListener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }
    const bucket = bucketBlocks({ endpoint: `http://127.0.0.1:${port}`, bucket: BUCKET, credentials })
    await bucket.pin(blocks)
    const tallies = await Promise.all(
      blocks.map(async (block) => {
        const [file = ''] = globSync(`**/ipfs/${block.cid}*object`, { cwd: directory })
        let tally = NOTHING
        for (let place = 0; place < block.bytes.length; place += stride) {
          writeFileSync(join(directory, file), flipped(block.bytes, place * 8 + ((place / stride) % 8)))
          const answer = await orRefused(fetchBlock([bucket], block.cid))
          tally = add(tally, tallyOf(1, [[block, answer?.bytes]]))
        }
        return tally
      })
    )
    return tallies.reduce(add, NOTHING)
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function orRefused(answer: Promise<Block>): Promise<Block | undefined> {
  try {
    return await answer
  } catch (error) {
    if (!isArchiveError(error, 'BLOCK_UNAVAILABLE')) throw error
    // Anything but wrong bytes would make for a test of nothing.
    if (!error.details.reasons.every((reason) => reason.includes('other bytes'))) throw error
    return undefined
  }
}
