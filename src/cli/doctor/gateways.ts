import { CID } from 'multiformats/cid'
import type { TrendCid } from '../../block/cid.ts'
import { isArchiveError } from '../../errors.ts'
import type { Context } from '../command.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/**
 * The empty block, which every trustless gateway answers without looking for it, because its bytes are in its CID:
 * https://specs.ipfs.tech/http-gateways/trustless-gateway/#dedicated-probe-paths
 */
const EMPTY = CID.parse('bafkqaaa') as unknown as TrendCid

export async function checkGateways({ settings: { gateways }, signal }: Context): Promise<readonly Finding[]> {
  if (gateways.length === 0) return [ok('gateway', 'none is named: only what is in the archive can be read')]
  const { gateway } = await import('../../block/gateway.ts')
  return await Promise.all(
    gateways.map(async (url): Promise<Finding> => {
      try {
        const source = gateway(url)
        const bytes = await source.get(EMPTY, { signal })
        if (bytes.byteLength === 0) return ok('gateway', `${source.name} gives raw blocks`)
        return warning('gateway', `${source.name} answers with something else than the block`, MEND)
      } catch (error) {
        signal.throwIfAborted()
        if (isArchiveError(error)) return problem('gateway', error)
        return warning('gateway', `${error instanceof Error ? error.message : 'no answer'}`, MEND)
      }
    })
  )
}

const MEND = 'name a trustless gateway with --gateway'
