import { type Command, command } from '../command.ts'

export const deploy: Command = command({
  name: 'deploy',
  arguments: '',
  summary: 'put the registry on a chain, at its one address',
  about:
    'The registry has no owner and no settings, so its address and code are the same on every chain, whoever deploys ' +
    'it. Where it is there already, nothing is done.',
  examples: [['trend-archive deploy', 'on the local dev chain; see anvil or hardhat node']],
  options: {},
  async run({ session, signal, settings: { network } }) {
    const { deployRegistry } = await import('../../registry/deploy.ts')
    const { address, deployed, transaction, block } = await deployRegistry(await session.signer(), { signal })
    return {
      json: { chain: network.chain, address, deployed, transaction, block },
      lines: [`${deployed ? 'deployed' : 'already there'}  ${network.chain}  ${address}`]
    }
  }
})
