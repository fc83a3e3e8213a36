import { deployments } from '../../registry/deployments.ts'
import { type Command, columns, command } from '../command.ts'

export const networks: Command = command({
  name: 'networks',
  arguments: '',
  summary: 'list the networks of the address book and their registries',
  about:
    'Networks that are not in the address book work as well: name them with --network, --rpc-url and --registry. The ' +
    'local dev chain is for trying things out: what is recorded there proves nothing anywhere else.',
  examples: [['trend-archive networks', 'CAIP-2 id, name, registry and the block a verdict rests on']],
  options: {},
  archive: 'none',
  async run() {
    const book = Object.entries(deployments).map(([chain, deployment]) => ({ chain, ...deployment }))
    const rows = book.map(({ chain, name, address, tag, test }) => [chain, name, address, tag, test ? 'test' : ''])
    return { json: { networks: book }, lines: columns([['chain', 'name', 'registry', 'block', ''], ...rows]) }
  }
})
