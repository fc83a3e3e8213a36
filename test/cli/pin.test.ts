import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Block, toBlock } from '../../src/block/block.ts'
import { complete, completeEdition } from '../../src/document/draft.ts'
import { entriesOf } from '../../src/document/edition.ts'
import { TOKEN, usePinningService } from '../block/mock-pinning-service.ts'
import { useGateway } from '../block/raw-gateway.ts'
import { useS3 } from '../block/s3.ts'
import { draft, PUBLISHER } from '../world.ts'
import { folder, json, run } from './shell.ts'

const [service, gateway, s3] = [usePinningService(), useGateway(), useS3()]
const ENV = { PINNING_TOKEN: TOKEN, AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }

let made = 0
const place = { publisher: PUBLISHER, version: 1, published: '2025-06-01T09:00:00Z' } as const

async function someTrend(slug = `trend-${made++}`): Promise<Block> {
  return await toBlock(complete(draft(slug), { ...place, previous: undefined }))
}

const inArchive = async (cwd: string, argv: readonly string[], env: Record<string, string> = ENV) =>
  await run([...argv, '--gateway', gateway.url()], { cwd, env })

/** An archive with a pinning service and a bucket. */
async function archive(): Promise<string> {
  const cwd = folder()
  const { endpoint, bucket, prefix } = s3.bucket()
  const { code, stderr } = await run(
    [
      'init',
      '--remote',
      `pinner=${service.url()},token=PINNING_TOKEN,gateway=${gateway.url()}`,
      '--remote',
      `backup=s3://${bucket}/${prefix},endpoint=${endpoint}`
    ],
    { cwd }
  )
  expect([code, stderr]).toEqual([0, ''])
  return cwd
}

describe('pin', () => {
  test('keeps a document here and at every remote, and says who was checked', async () => {
    service.forget()
    const cwd = await archive()
    const block = await someTrend()
    gateway.serve(block)
    const waiting = await inArchive(cwd, ['pin', String(block.cid), '--wait', '1s'])
    expect([waiting.code, waiting.stderr]).toEqual([1, expect.stringContaining('pinner: queued')])
    service.settle('pinned')
    const { code, stdout, stderr } = await inArchive(cwd, ['pin', String(block.cid)])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/here · backup, checked .* · pinner, checked/)])
    expect(stderr).toContain('serve --p2p')
    expect(service.requests.filter(({ line }) => line.startsWith('POST'))).toHaveLength(1)
    const status = json((await run(['list', '--held', '--json'], { cwd, env: ENV })).stdout)
    expect(status).toMatchObject({ documents: [{ cid: String(block.cid), held: [{}, {}, {}] }] })
  })
})
