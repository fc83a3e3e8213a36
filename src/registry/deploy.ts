import { keccak256, type Signer } from 'ethers'
import type { Bytes32 } from '../block/cid.ts'
import { type Address, type Chain, chainIdOf, parseAddress } from '../document/publisher.ts'
import { isArchiveError } from '../errors.ts'
import type { Abortable, Progress } from '../options.ts'
import { checkAccount } from './account.ts'
import { type Ask, asking, codeAt, toNumber, unavailable } from './ask.ts'
import { ADDRESS, CODE_DIGEST, creationCode, PROXY, SALT } from './bytecode.ts'
import { handOf, requestOf, withRoom } from './ethers.ts'
import type { Action } from './flight.ts'
import { broadcastProxy, isAboutChainId, isProxyThere, type ProxyStep, proxyStepsOf, undistorted } from './proxy.ts'
import { toQuantity } from './quantity.ts'
import type { SendEvent, SendOptions } from './registry.ts'
import { rejected } from './rejection.ts'
import type { Request } from './request.ts'
import { createSender, type Sender, type SenderOptions } from './sender.ts'
import { mined, type Outcome, withoutPayload } from './transaction.ts'
import { tryOut } from './trial.ts'

/** What it takes to put the registry on a chain, as the chain is now. */
export interface DeploymentPlan {
  readonly chain: Chain
  readonly address: Address
  readonly codeDigest: Bytes32
  /** What is to be sent, in this order; nothing where the registry is there. */
  readonly steps: readonly DeploymentStep[]
  /** Gas that the account pays for: close to what will be used. */
  readonly gas: bigint
  /** Wei per unit of gas, by the node. */
  readonly gasPrice: bigint
  /** Wei that the account needs. What a rollup asks for its data is not in it. */
  readonly cost: bigint
  /** The newest block when the chain was looked at. */
  readonly block: bigint
}

export type DeploymentStep =
  | ProxyStep
  /** Calls the proxy, which brings the registry. */
  | { readonly step: 'registry'; readonly to: Address; readonly data: string }

/** How far a deployment is. */
export type DeployEvent =
  | Exclude<SendEvent, { readonly type: 'sent' }>
  | { readonly type: 'sent'; readonly step: DeploymentStep['step']; readonly transaction: Bytes32 }
  | {
      readonly type: 'mined'
      readonly step: DeploymentStep['step']
      readonly transaction: Bytes32
      readonly block: bigint
    }

export interface DeploymentPlanOptions extends Abortable {
  /** The chain that is meant. @default the one the node serves */
  readonly chain?: Chain | undefined
}

export interface DeployOptions extends DeploymentPlanOptions, SenderOptions, Progress<DeployEvent> {}

export interface Deployed {
  readonly address: Address
  /** False where the registry was there already. */
  readonly deployed: boolean
  readonly transaction?: Bytes32 | undefined
  /** The block that brought it, or where it was there already the newest one. */
  readonly block: bigint
}

const TRANSFER_GAS = 21_000n
const DATA = `${SALT}${creationCode.slice(2)}`

/**
 * Looks what it takes to put the registry on a chain, and sends nothing. Needs no account.
 * @throws REGISTRY_UNAVAILABLE when the node does not answer or serves another chain, or other code is at the address
 * @throws UNSUPPORTED_RUNTIME when the chain cannot run it
 */
export async function planDeployment(request: Request, options: DeploymentPlanOptions = {}): Promise<DeploymentPlan> {
  const ask = asking(request, options)
  const chain = await chainOf(ask, options.chain)
  const about = { chain, address: ADDRESS, codeDigest: CODE_DIGEST } as const
  const [block, isDone] = await Promise.all([ask('eth_blockNumber').then(toNumber), isThere(ask)])
  const done = { ...about, steps: [], gas: 0n, gasPrice: 0n, cost: 0n, block }
  if (isDone) return done
  try {
    return { ...about, ...(await planFor(ask, options)), block }
  } catch (error) {
    options.signal?.throwIfAborted()
    // Somebody else may have brought it while this was looked at.
    if (await isThere(ask).catch(() => false)) return done
    throw error
  }
}

async function planFor(
  ask: Ask,
  options: DeploymentPlanOptions
): Promise<Pick<DeploymentPlan, 'steps' | 'gas' | 'gasPrice' | 'cost'>> {
  await tryOut((call) => ask(call.method, ...call.params), options)
  const proxySteps = await proxyStepsOf(ask)
  // Without the proxy its call cannot be tried, but making the same contract without it comes to nearly the same.
  const registryCall = proxySteps.length === 0 ? { to: PROXY, data: DATA } : { data: creationCode }
  const [gasPrice, registryGas] = await Promise.all([
    ask('eth_gasPrice').then(toNumber),
    ask('eth_estimateGas', registryCall).then(toNumber)
  ])
  const fund = proxySteps.find((one) => one.step === 'fund')
  const gas = registryGas + (fund === undefined ? 0n : TRANSFER_GAS)
  const steps = [...proxySteps, { step: 'registry', to: PROXY, data: DATA } as const]
  return { steps, gas, gasPrice, cost: gas * gasPrice + (fund?.value ?? 0n) }
}

/**
 * Puts the registry at the address it has on every chain. Done again it finds it there and does nothing; interrupted, it
 * goes on where it stopped. What cannot succeed is refused before anything is spent.
 * @throws REGISTRY_UNAVAILABLE when the node does not answer or serves another chain, or other code is at the address
 * @throws REGISTRY_REJECTED when the account cannot pay, FEE_TOO_HIGH, TRANSACTION_PENDING
 * @throws UNSUPPORTED_RUNTIME when the chain cannot run it
 * @throws NO_ACCOUNT when the account is a dev chain's and the chain is another, or it declines to sign
 */
export async function deployRegistry(signer: Signer, options: DeployOptions = {}): Promise<Deployed> {
  const request = requestOf(signer)
  const ask = asking(request, options)
  const account = parseAddress(await signer.getAddress())
  const chain = await chainOf(ask, options.chain)
  checkAccount(account, chain)
  const sender = createSender(
    { account, request: undistorted(request), hand: handOf(signer, account, chain, request) },
    options
  )
  const running = { account, request, ask, sender, options }
  // What an interrupted run sent may still be on its way; sent once more it would be paid for twice.
  await sender.settle(tellingOf(options, 'registry')).catch(refuse(running))

  const plan = await planDeployment(request, options)
  if (plan.steps.length === 0) return { address: ADDRESS, deployed: false, block: plan.block }
  const balance = toNumber(await ask('eth_getBalance', account, 'latest'))
  if (balance < plan.cost) {
    throw rejected('InsufficientFunds', { account, balance: String(balance), needed: String(plan.cost) })
  }
  for (const step of plan.steps) if (step.step !== 'registry') await carryOut(running, step)
  try {
    const { transaction, block, succeeded } = await carryOut(running, plan.steps.at(-1)!)
    if (succeeded && (await isThere(ask, block.number))) {
      return { address: ADDRESS, deployed: true, transaction, block: block.number }
    }
    throw unavailable('no code', `${transaction} put nothing at ${ADDRESS}`)
  } catch (error) {
    if (options.signal?.aborted) throw error
    // Somebody else may have brought it first; then there is nothing left to do.
    if (await isThere(ask).catch(() => false)) return { address: ADDRESS, deployed: false, block: plan.block }
    throw error
  }
}

interface Running {
  readonly account: Address
  readonly request: Request
  readonly ask: Ask
  readonly sender: Sender
  readonly options: DeployOptions
}

async function carryOut(running: Running, step: DeploymentStep): Promise<Outcome> {
  const { ask, options } = running
  options.signal?.throwIfAborted()
  // A node that does not take the proxy's transaction says so even before it is paid for.
  if (step.step === 'fund') {
    await broadcastProxy(ask).catch((error: unknown) => {
      if (isAboutChainId(error)) throw error
    })
  }
  const outcome = await (step.step === 'proxy' ? bringProxy(running) : send(running, step))
  const { transaction, block } = outcome
  options.onProgress?.({ type: 'mined', step: step.step, transaction, block: block.number })
  return outcome
}

async function bringProxy({ request, ask, options }: Running): Promise<Outcome> {
  const transaction = await broadcastProxy(ask)
  options.onProgress?.({ type: 'sent', step: 'proxy', transaction })
  const outcome = await mined(request, transaction, options)
  if (await isProxyThere(ask)) return outcome
  throw unavailable('no code', `the chain does not take the proxy at ${PROXY}: its gas is fixed at 100,000`)
}

async function send(running: Running, step: Exclude<DeploymentStep, { step: 'proxy' }>): Promise<Outcome> {
  const { account, ask, sender, options } = running
  const action: Action =
    step.step === 'fund' ? { to: step.to, data: '0x', value: step.value } : { to: step.to, data: step.data }
  const value = action.value === undefined ? {} : { value: toQuantity(action.value) }
  // Many nodes try it out on top of what they have not mined yet, whose place this may be about to take.
  const state = options.speedUp === true ? ['latest'] : []
  const gasFor = async (): Promise<bigint> =>
    withRoom(toNumber(await ask('eth_estimateGas', { from: account, ...action, ...value }, ...state)))
  return await sender.send(action, gasFor, tellingOf(options, step.step)).catch(refuse(running))
}

/** What a sender tells, as it is told of a step. */
const tellingOf = ({ signal, onProgress }: DeployOptions, step: DeploymentStep['step']): SendOptions => ({
  signal,
  onProgress: (event) => onProgress?.(event.type === 'sent' ? { ...event, step } : event)
})

/** What went wrong before anything was sent, or because the node took nothing. */
const refuse =
  ({ options }: Running) =>
  (cause: unknown): never => {
    if (isArchiveError(cause)) throw cause
    options.signal?.throwIfAborted()
    const { message } = withoutPayload(cause)
    // What a sender offers for gas at most is more than what it costs now.
    if (/insufficient funds|enough funds/i.test(message))
      throw rejected('InsufficientFunds', {}, { cause: withoutPayload(cause) })
    throw unavailable('no answer', message, cause)
  }

/** @throws REGISTRY_UNAVAILABLE when there is other code */
async function isThere(ask: Ask, block?: bigint): Promise<boolean> {
  const code = await codeAt(ask, ADDRESS, block === undefined ? 'latest' : `0x${block.toString(16)}`)
  if (code === '0x') return false
  if (keccak256(code) !== CODE_DIGEST)
    throw unavailable('other code', `other code than the registry's is at ${ADDRESS}`)
  return true
}

async function chainOf(ask: Ask, meant: Chain | undefined): Promise<Chain> {
  const served = toNumber(await ask('eth_chainId'))
  if (meant === undefined || chainIdOf(meant) === served) return `eip155:${served}`
  throw unavailable('wrong chain', `the node serves eip155:${served}, not ${meant}`)
}
