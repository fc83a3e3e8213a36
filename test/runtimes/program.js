// What every runtime runs: the two light doors of the installed package, and nothing else.
import { deploymentOf, gateway, httpRequest, isArchiveError, parseCid, rpcRegistry, verify } from 'trend-archive/verify'
import { verifyBundle } from 'trend-archive/verify/proof'

const CHAIN = 'eip155:31337'

/** Statuses of verdicts: over an honest gateway, one that changes a bit, of a retracted document, and of a proof. */
export async function judge({ rpc, honest, liar, good, retracted, proof }) {
  const registries = [rpcRegistry({ chain: CHAIN, address: deploymentOf(CHAIN).address, request: httpRequest(rpc) })]
  const over = async (url, cid) =>
    (await verify({ sources: [gateway(url)], registries }, { cid: parseCid(cid) })).status
  const bytes = Uint8Array.from(atob(proof.file), (letter) => letter.charCodeAt(0))
  const proven = async (file) => (await verifyBundle(file, { blockHash: proof.blockHash })).status
  const flipped = []
  for (const at of proof.flips) {
    const changed = bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
    flipped.push(await proven(changed).catch(refused))
  }
  return {
    good: await over(honest, good),
    forged: await over(liar, good),
    retracted: await over(honest, retracted),
    proof: await proven(bytes),
    flipped
  }
}

/** No proof at all any more, which is told as such. */
function refused(error) {
  if (isArchiveError(error, 'INVALID_BUNDLE')) return 'refused'
  throw error
}

/** What is thrown where digests cannot be made. */
export async function refusal({ honest, good, proof }) {
  const caught = async (work) => {
    try {
      return { status: (await work).status }
    } catch ({ code, hint }) {
      return { code, hint }
    }
  }
  const bytes = Uint8Array.from(atob(proof.file), (letter) => letter.charCodeAt(0))
  return {
    verify: await caught(verify({ sources: [gateway(honest)], registries: [] }, { cid: parseCid(good) })),
    'verify of bytes': await caught(verify({ sources: [], registries: [] }, { cid: parseCid(good), bytes })),
    verifyBundle: await caught(verifyBundle(bytes, { blockHash: proof.blockHash }))
  }
}
