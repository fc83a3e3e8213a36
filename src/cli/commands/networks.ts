import { deployments } from '../../registry/deployments.ts'
import { type Command, columns, command } from '../command.ts'

export const networks: Command = command({
  name: 'networks',
  arguments: '',
  summary: 'list the networks of the address book and their registries',
  about:
    'Networks that are not in the address book work as well: name them with --network and --rpc-url, and see with deploy ' +
    '--dry-run whether the registry is there. A verdict rests on it only where --registry names it. The local dev chain ' +
    'is for trying things out: what is recorded there proves nothing anywhere else.',
  examples: [['trend-archive networks', 'CAIP-2 id, name, registry and the block a verdict rests on']],
  options: {},
  archive: 'none',
  async run() {
    const book = Object.entries(deployments).map(([chain, deployment]) => ({ chain, ...deployment }))
    const rows = book.map(({ chain, name, address, tag, firstBlock, test }) => {
      return [chain, name, address, tag, String(firstBlock), test ? 'test' : '']
    })
    const lines = columns([['chain', 'name', 'registry', 'block', 'since', ''], ...rows])
    const pages = book.flatMap(({ chain, verification = [] }) =>
      verification.map((page) => `${chain} sources: ${page}`)
    )
    return { json: { networks: book }, lines: [...lines, ...pages] }
  }
})
