import type { Figures, Peer } from './peer.ts'
import { compilerOfRegistry, versionOf } from './solidity.ts'
import { type Column, show, tableOf, toMarkdown } from './table.ts'

/** The peers that the prose of the page speaks of. */
export interface Named {
  readonly ours: Figures
  readonly eas: Figures
  readonly easTimestamp: Figures
}

/** `docs/gas.md`: the table, how it came about, and what flatters whom. */
export function page(columns: readonly Column[], peers: readonly Peer[], named: Named): string {
  const { version, settings } = compilerOfRegistry()
  return `# Gas

What the registry costs beside what people would use instead, measured in one run on one chain. \`npm run bench:gas\` writes
this page, and \`npm run bench:gas -- --check\` fails where a new run gives another figure: none is typed in by hand.

Gas, unless a row says bytes or slots. \`3.8×\` means that it takes 3.8 times what trend-archive takes; below 1× it takes
less. \`–\` means that it cannot be done, and the note says why.

${toMarkdown(tableOf(columns))}

What each verb of the registry costs in each of its main situations is in
[test/contract/gas.json](../test/contract/gas.json). \`npm run gas\` writes that file, and the tests hold the contract to it.

## What is compared

${peers.map(({ name, about }) => `- **${name}** – ${about}`).join('\n')}

## How it is measured

- One anvil ${versionOf('@foundry-rs/anvil')} with the rules of Osaka, the limit of a transaction's gas (EIP-7825) among them. Every transaction is alone
  in its block, the times of the blocks are set, and every peer starts from the same block.
- \`TrendRegistry\`, \`StringRegistry\` and the stand-ins by solc ${version} with \`${JSON.stringify(settings)}\`; the others are
  the bytecode that their packages carry.
- Every effect is read back from the chain before its gas counts.
- Digests and signatures have no zero byte, which would be cheaper by 12 gas each, and look random; a slug has 19 letters.
  What a peer derives itself, such as the uid of an attestation, is as it comes.
- *A contract reads*: one \`staticcall\` from another contract, the 2,600 gas of a cold address included (EIP-2929). Decoding
  the answer and bringing a proof along in the calldata of one's own are not.
- *Bytes as signed*: the signed EIP-1559 transaction. *Bytes an OP Stack chain bills*:
  max(100, −42.5856 + 0.8365 × length under FastLZ), as the specification of the OP Stack has it since Fjord, with the
  FastLZ of npm \`solady\` ${versionOf('solady')}, of which that of the OP Stack is a port.
- *Storage slots*: those that hold another value after the transaction than before it, in any contract; new where they
  were zero.
- *Deployment*: every contract that has to be there, proxies included; not the calls that set them up, nor what every
  chain has, the CREATE2 proxy that the registry is deployed by.

## What flatters whom

- An edition costs the same for any number of documents, because its list is on IPFS and only the root of a tree on
  chain. Anyone can do as much by hand: a root in one attestation of EAS is ${show(named.eas.first.value! / 1000)} gas for each of 1,000 documents, and in
  a \`timestamp\` ${show(named.easTimestamp.first.value! / 1000)}, against ${show(named.ours.each1000.value)} here. But then no contract checks a document against that root, none can be taken
  back alone, and what the leaves are is everybody's own invention.
- A \`timestamp\` of EAS is cheaper than a \`publish\` (${show(named.easTimestamp.next.value)} against ${show(named.ours.next.value)}): it says neither who nor which version.
- The next version in ENS is cheaper than a \`publish\` because it replaces the one before. What compares with it is to
  only name a version, which is what \`point\` does.
- EAS and Verax take any schema and hooks of one's own; the registry takes documents by their digest, and nothing else.
- Left out in favour of the peers: registering a schema, a portal or a name, hooks, and the index that somebody has to run
  where the newest version cannot be read from state.
`
}
