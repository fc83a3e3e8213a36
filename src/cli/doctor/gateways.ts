import { CID } from 'multiformats/cid'
import type { TrendCid } from '../../block/cid.ts'
import type { BlockSource } from '../../block/source.ts'
import { isArchiveError } from '../../errors.ts'
import type { Context } from '../command.ts'
import { PRIVATE } from '../failure.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/**
 * The empty block, which every trustless gateway answers without looking for it, because its bytes are in its CID:
 * https://specs.ipfs.tech/http-gateways/trustless-gateway/#dedicated-probe-paths
 */
const EMPTY = CID.parse('bafkqaaa') as unknown as TrendCid

export async function checkGateways({ settings, signal }: Context): Promise<readonly Finding[]> {
  const { gateways, allowPrivate } = settings
  if (gateways.length === 0) return [ok('gateway', 'none is named: only what is in the archive can be read')]
  return await Promise.all(gateways.map(async (url) => await checkGateway(url, allowPrivate, signal)))
}

/** Whether a gateway answers, how fast, and why not. */
async function checkGateway(url: string, allowPrivate: boolean, signal: AbortSignal): Promise<Finding> {
  const { publicGateways } = await import('../../block/public-gateway.ts')
  try {
    const { sources, close } = publicGateways([url], { allowPrivate })
    try {
      return await probe(sources[0]!, signal)
    } finally {
      await close()
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!isArchiveError(error, 'NOT_DELIVERED')) return withHint(problem('gateway', error))
    const isInside = error.details.reason === 'refused address'
    return warning('gateway', error.message, isInside ? PRIVATE : MEND)
  }
}

async function probe({ name, get }: BlockSource, signal: AbortSignal): Promise<Finding> {
  const begun = performance.now()
  const bytes = await get(EMPTY, { signal })
  const took = Math.ceil(performance.now() - begun)
  if (bytes.byteLength === 0) return ok('gateway', `${name} gives raw blocks, the first in ${took} ms`)
  return warning('gateway', `${name} answers with something else than the block`, MEND)
}

const withHint = (found: Finding): Finding => ({ ...found, hint: found.hint ?? LATER })

const LATER = 'try again later, or name another one with --gateway'
const MEND = 'name a trustless gateway with --gateway'
