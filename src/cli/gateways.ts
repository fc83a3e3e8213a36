import type { PublicGatewayOptions, PublicGateways } from '../block/public-gateway.ts'
import { isArchiveError } from '../errors.ts'
import type { Settings } from './settings.ts'
import { UsageError } from './usage.ts'

/** The gateways that the settings name. @throws UsageError when one of them cannot be one */
export async function openGateways(
  { gateways, allowPrivate }: Pick<Settings, 'gateways' | 'allowPrivate'>,
  options: PublicGatewayOptions = {}
): Promise<PublicGateways> {
  // What speaks to them takes a while to load.
  const { publicGateways } = await import('../block/public-gateway.ts')
  try {
    return publicGateways(gateways, { allowPrivate, ...options })
  } catch (error) {
    if (!isArchiveError(error, 'INVALID_OPTION')) throw error
    const hint = 'a gateway is an https URL; plain http will do on this machine, or with --allow-private'
    throw new UsageError(`option '--gateway <url>': ${error.details.rule}`, hint)
  }
}
