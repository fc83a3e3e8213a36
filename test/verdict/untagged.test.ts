import { describe, expect, it } from 'vitest'
import { publish } from '../../src/archive/publish.ts'
import { ArchiveError, type UnavailableReason } from '../../src/errors.ts'
import type { BlockTag, Registry } from '../../src/registry/registry.ts'
import { reportJson, reportText } from '../../src/verdict/report.ts'
import { verify } from '../../src/verdict/verify.ts'
import { ADDRESS, draft, world } from '../world.ts'

/** A node that knows its newest block, and not which one is under a tag. */
const without = (registry: Registry, tag: BlockTag, reason: UnavailableReason = 'no answer'): Registry => ({
  ...registry,
  async block(at, options) {
    if (at !== tag) return await registry.block(at, options)
    throw new ArchiveError('REGISTRY_UNAVAILABLE', 'no such tag', { registry: ADDRESS, reason })
  }
})

async function verdictOf(
  registry: (own: Registry) => Registry,
  finality: 'final' | 'safe' | 'unsafe'
): Promise<Awaited<ReturnType<typeof verify>>> {
  const { ports, account, blocks } = world()
  const { steps } = await publish(ports, [draft('edge')])
  const { cid } = steps[0]!.named
  return await verify({ sources: [blocks], registries: [registry(account)] }, { cid }, { policy: { finality } })
}

describe('a node that does not tell which block is final', () => {
  it.each([
    ['final', 'finalized'],
    ['safe', 'safe']
  ] as const)('makes what is to be %s inconclusive, unsafe, and says why', async (finality, tag) => {
    for (const reason of ['no answer', 'unknown block'] as const) {
      const verdict = await verdictOf((own) => without(own, tag, reason), finality)
      expect(verdict).toMatchObject({ status: 'inconclusive', chain: { finality: 'unsafe', untagged: tag } })
      const outcomes = Object.fromEntries(verdict.checks.map(({ name, outcome }) => [name, outcome]))
      expect(outcomes).toMatchObject({ registered: 'pass', standing: 'pass', finality: 'unknown' })
      expect(reportText(verdict).join('\n')).toContain(`unsafe: the node tells no ${tag} block`)
      expect(reportText(verdict).join('\n')).toContain(`as the node does not tell which block is ${tag}`)
      expect(reportJson(verdict)).toMatchObject({ chain: { finality: 'unsafe', untagged: tag } })
    }
  })

  it('is no obstacle to who asks for nothing of the kind', async () => {
    const verdict = await verdictOf((own) => without(own, 'finalized'), 'unsafe')
    expect(verdict).toMatchObject({ status: 'verified', chain: { finality: 'unsafe' } })
    expect(verdict.chain).not.toHaveProperty('untagged')
  })

  it.each(['wrong chain', 'malformed answer', 'no code'] as const)('is another than one with %s', async (reason) => {
    const verdict = await verdictOf((own) => without(own, 'finalized', reason), 'final')
    expect(verdict).toMatchObject({ status: 'inconclusive', chain: undefined })
  })
})
