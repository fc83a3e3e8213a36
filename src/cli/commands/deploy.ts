import { ether } from '../../registry/coin.ts'
import type { DeployEvent, DeploymentPlan, DeploymentStep } from '../../registry/deploy.ts'
import { type Command, type Context, columns, command, flag, type Result } from '../command.ts'
import { sendingText } from '../publication.ts'
import { SENDING } from '../sending.ts'
import type { Sending } from '../session.ts'

export const deploy: Command = command({
  name: 'deploy',
  arguments: '',
  summary: 'put the registry on a chain, at its one address',
  about:
    'The registry has no owner and no settings, so its address and code are the same on every chain, whoever deploys ' +
    'it. Where it is there already, nothing is done; what was interrupted is gone on with. It comes by a proxy that is ' +
    'on most chains; where it is not, that is deployed first. Whether the chain can run the registry is tried out ' +
    'before anything is spent.',
  examples: [
    ['trend-archive deploy', 'on the local dev chain; see anvil or hardhat node'],
    [
      'trend-archive deploy --dry-run --network eip155:84532 --rpc-url https://rpc.example',
      'what it would take elsewhere'
    ]
  ],
  options: {
    ...SENDING,
    dryRun: flag('--dry-run', 'say what would be sent and what it costs; needs no key')
  },
  async run(context, _, { dryRun, ...sending }) {
    return dryRun ? await tellPlan(context) : await carryOut(context, sending)
  }
})

async function tellPlan({ session, settings: { network }, signal }: Context): Promise<Result> {
  const { planDeployment } = await import('../../registry/deploy.ts')
  const plan = await planDeployment(await session.node(), { chain: network.chain, signal })
  return { json: { dryRun: true, deployed: plan.steps.length === 0, ...plan }, lines: linesOf(plan) }
}

async function carryOut({ session, settings: { network }, out, signal }: Context, sending: Sending): Promise<Result> {
  const { deployRegistry } = await import('../../registry/deploy.ts')
  const onProgress = (event: DeployEvent): void => out.progress(event, told(event))
  const options = { ...sending, chain: network.chain, signal, onProgress }
  const { address, deployed, transaction, block } = await deployRegistry(await session.signer(), options)
  return {
    json: { chain: network.chain, address, deployed, transaction, block },
    lines: [
      `${deployed ? 'deployed' : 'already there'}  ${network.chain}  ${address}`,
      ...(transaction === undefined ? [] : [`transaction ${transaction}, block ${block}`])
    ]
  }
}

function linesOf({ chain, address, codeDigest, steps, gas, cost }: DeploymentPlan): readonly string[] {
  const state = steps.length === 0 ? 'already there' : 'not there yet'
  const rows = columns([
    ['registry', address, `${state} on ${chain}`],
    ['code', codeDigest, 'keccak-256'],
    ...steps.map((step) => ['would send', step.step, whatFor(step)])
  ])
  const price = `would cost about ${gas} gas, ${ether(cost)} of the chain's coin in all`
  return [...rows, ...(steps.length === 0 ? [] : [price, 'dry run: nothing was sent'])]
}

function whatFor(step: DeploymentStep): string {
  switch (step.step) {
    case 'fund':
      return `${ether(step.value)} to ${step.to}, which pays for the proxy`
    case 'proxy':
      return 'the proxy, by a transaction that is signed for every chain'
    case 'registry':
      return `the registry, through the proxy at ${step.to}`
  }
}

function told(event: DeployEvent): string {
  switch (event.type) {
    case 'queued':
    case 'replaced':
      return sendingText(event)
    case 'sent':
      return `sent ${event.step}: ${event.transaction}`
    case 'mined':
      return `mined ${event.step} in block ${event.block}: ${event.transaction}`
  }
}
