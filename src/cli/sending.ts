import type { Wait, WaitOptions } from '../archive/wait.ts'
import { tryGwei } from '../registry/coin.ts'
import { choice, flag, type Option, value } from './command.ts'
import { parseDuration } from './time.ts'
import { UsageError } from './usage.ts'

const MAX_FEE = '--max-fee <gwei>'

/** How to send, for every command that does. */
export const SENDING: {
  readonly maxFeePerGas: Option<bigint | undefined>
  readonly speedUp: Option<boolean>
} = {
  maxFeePerGas: value(MAX_FEE, 'pay no more for a unit of gas; send nothing where the chain asks for more', parseGwei),
  speedUp: flag('--speed-up', 'replace what the account sent before and is stuck, instead of waiting for it')
}

/** How long to stay, for every command that records something. */
export const WAITING: {
  readonly wait: Option<Wait | undefined>
  readonly waitTimeout: Option<number | undefined>
} = {
  wait: choice('--wait <how>', 'how sure it must be before the command ends; included if not said', [
    'included',
    'safe',
    'final'
  ]),
  waitTimeout: value('--wait-timeout <time>', 'wait no longer for that; 15m until safe, 45m until final', parseDuration)
}

/** What was typed of {@link WAITING} as the library takes it. @throws UsageError */
export function waitingFor({
  wait,
  waitTimeout
}: {
  readonly wait: Wait | undefined
  readonly waitTimeout: number | undefined
}): Pick<WaitOptions, 'wait' | 'waitTimeout'> {
  if (waitTimeout === undefined) return { wait }
  if (wait === 'safe' || wait === 'final') return { wait, waitTimeout: waitTimeout * 1000 }
  throw new UsageError('--wait-timeout limits a wait', 'add --wait safe, or --wait final')
}

function parseGwei(text: string): bigint {
  const wei = tryGwei(text)
  if (wei !== undefined && wei > 0n) return wei
  throw new UsageError(`option '${MAX_FEE}': a price is a decimal number of gwei`, 'e.g. --max-fee 2.5')
}
