import { type Address, parseAddress } from '../../document/publisher.ts'
import { isArchiveError } from '../../errors.ts'
import { ether } from '../../registry/coin.ts'
import { type Account, addressOf, findAccount, toldAddress } from '../account.ts'
import type { Context } from '../command.ts'
import { LOCAL } from '../settings.ts'
import type { Reached } from './chain.ts'
import { type Finding, fault, ok, problem, unchecked, warning } from './finding.ts'

/** The accounts of "test test … junk", with which dev chains begin: everybody has their keys. */
export const PUBLIC_ACCOUNTS: readonly Address[] = [
  '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
  '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
  '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc',
  '0x90f79bf6eb2c4f870365e785982e1f101e93b906',
  '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65',
  '0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc',
  '0x976ea74026e726554db657fa54763abd0c3a0aa9',
  '0x14dc79964da2c08b23698b3d3cc7ca32193d9955',
  '0x23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f',
  '0xa0ee7a142d267c1f36714e4a8f75612f20a79720'
]

/** Who would publish: found but not unlocked, and what the chain says of it. */
export async function checkAccount(context: Context, reached: Reached | undefined): Promise<Finding> {
  const { settings, host } = context
  let account: Account
  try {
    account = await findAccount(settings, host)
  } catch (error) {
    const isNamed = settings.account !== undefined || (host.env.PRIVATE_KEY ?? '').trim() !== ''
    if (isNamed || !isArchiveError(error, 'NO_ACCOUNT')) return problem('account', error)
    return unchecked('account', 'none is named: reading needs none', error.hint)
  }
  try {
    const address = await knownAddress(account, context)
    if (address === undefined) return unchecked('account', 'the keystore tells no address before it is opened')
    if (settings.network.chain !== LOCAL && PUBLIC_ACCOUNTS.includes(address)) {
      const hint = 'use another one: whoever likes can publish in its name and take its money'
      return fault('account', `everybody has the key of ${address}`, hint, 4)
    }
    return reached === undefined
      ? unchecked('account', `${address}; its balance needs the node`)
      : await look(address, reached)
  } catch (error) {
    return problem('account', error)
  }
}

/** A keystore stays closed: its password is not asked for. */
async function knownAddress(account: Account, { settings, host, out }: Context): Promise<Address | undefined> {
  return account.by === 'keystore' ? toldAddress(account) : parseAddress(await addressOf(account, settings, host, out))
}

/** What the chain says of an account. A node that says nothing of it is no reason to stop. */
async function look(address: Address, { ask }: Reached): Promise<Finding> {
  const answers: readonly unknown[] = await Promise.all([
    ask('eth_getBalance', address, 'latest'),
    ask('eth_getTransactionCount', address, 'latest'),
    ask('eth_getTransactionCount', address, 'pending')
  ]).catch(() => [])
  const [balance, mined, known] = answers.filter(isQuantity).map((answer) => BigInt(answer))
  if (balance === undefined || mined === undefined || known === undefined) {
    return warning('account', `${address}; the node tells nothing of it`, 'name another node with --rpc-url')
  }
  if (known > mined) {
    const says = `${address} has transactions under way: ${known - mined}`
    return warning('account', says, 'later ones wait for them; if they stay, send them again with a higher fee')
  }
  if (balance === 0n) return warning('account', `${address} has no money`, 'send it some for gas; reading needs none')
  return ok(
    'account',
    `${address} has ${ether(balance)} of the chain's coin, and has sent ${mined} transaction${mined === 1n ? '' : 's'}`
  )
}

const isQuantity = (answer: unknown): answer is string =>
  typeof answer === 'string' && /^0x[0-9a-f]{1,64}$/i.test(answer)
