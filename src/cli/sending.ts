import { tryGwei } from '../registry/coin.ts'
import { flag, type Option, value } from './command.ts'
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

function parseGwei(text: string): bigint {
  const wei = tryGwei(text)
  if (wei !== undefined && wei > 0n) return wei
  throw new UsageError(`option '${MAX_FEE}': a price is a decimal number of gwei`, 'e.g. --max-fee 2.5')
}
