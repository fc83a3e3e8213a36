// node verify.js <cid> <gateway> <json-rpc url>
// Verifies one document with nothing but the light door: no IPFS node, no wallet, no archive.
import { deploymentOf, gateway, httpRequest, parseCid, rpcRegistry, verify } from 'trend-archive/verify'

const [cid, gatewayUrl, rpcUrl] = process.argv.slice(2)
const chain = 'eip155:31337'

const ports = {
  sources: [gateway(gatewayUrl)],
  registries: [rpcRegistry({ chain, address: deploymentOf(chain).address, request: httpRequest(rpcUrl) })]
}
const verdict = await verify(ports, { cid: parseCid(cid) })

console.log(verdict.status, '–', verdict.document?.title ?? cid)
for (const { name, outcome, detail, trusted } of verdict.checks) {
  console.log(`${outcome.padEnd(8)} ${name.padEnd(10)} ${detail} (trusted: ${trusted})`)
}
process.exitCode = { verified: 0, refuted: 3, inconclusive: 7 }[verdict.status]
