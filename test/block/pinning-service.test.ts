import { describe, expect, test } from 'vitest'
import { pinningService } from '../../src/block/pinning-service.ts'
import { TOKEN, usePinningService } from './mock-pinning-service.ts'
import { namesOf, someBlock } from './samples.ts'

const mock = usePinningService()
const open = () => pinningService(mock.url(), { token: TOKEN, backoff: 1 })

describe('a pinning service', () => {
  test('is asked once, however often', async () => {
    mock.forget()
    const [service, block] = [open(), await someBlock()]
    const first = await service.ask(block, { name: 'edge@1', origins: ['/ip4/203.0.113.1/tcp/4001'] })
    expect(first).toMatchObject({ cid: String(block.cid), status: 'queued' })
    expect(await service.ask(block)).toEqual(first)
    expect(mock.requests.filter(({ line }) => line.startsWith('POST'))).toHaveLength(1)
    expect(mock.pins()[0]?.pin).toMatchObject({ name: 'edge@1', origins: ['/ip4/203.0.113.1/tcp/4001'] })
    const pin = { cid: block.cid, requestId: first.requestId }
    mock.settle('pinned')
    expect(await service.status(pin)).toMatchObject({ status: 'pinned' })
    await service.withdraw({ ...pin, keeper: block.cid, isLast: true })
    expect(await service.status(pin)).toBeUndefined()
    await service.withdraw({ ...pin, keeper: block.cid, isLast: true })
    expect(namesOf).toBeDefined()
  })
})
