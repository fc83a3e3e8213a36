import { Wallet } from 'ethers'
import type { CheckSignature, RelayPorts, SignPorts } from '../../src/archive/ports.ts'
import { DEV_KEY } from '../../src/registry/account.ts'
import { isSignedBy, signPublish } from '../../src/registry/signature.ts'
import { ADDRESS, NOW, STRANGER, type World, world } from '../world.ts'

/** The key of {@link STRANGER}. */
const OTHER_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const WALLETS = new Map([
  [ADDRESS, new Wallet(DEV_KEY)],
  [STRANGER, new Wallet(OTHER_KEY)]
])

/** An account that pays and has no part in what it relays. */
export const RELAYER = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'

export interface SigningWorld extends World {
  /** The ports of an account that signs. */
  readonly signing: (address?: typeof ADDRESS | typeof STRANGER) => SignPorts
  readonly relaying: RelayPorts
  /** What the clock of the chain says from now on. */
  readonly at: (seconds: number) => void
}

/** A twin that knows keys, and an account that relays. */
export function signingWorld(): SigningWorld {
  let clock = NOW
  const here = world({ now: () => clock, isSignedBy })
  const checkSignature: CheckSignature = async (account, digest, signature) => isSignedBy(account, digest, signature)
  return {
    ...here,
    signing: (address = ADDRESS) => ({
      ...here.as(address),
      signMessage: async (message) => await signPublish(WALLETS.get(address)!, here.account, message)
    }),
    relaying: { ...here.as(RELAYER), checkSignature },
    at(seconds) {
      clock = seconds
    }
  }
}
