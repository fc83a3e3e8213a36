import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { createRequire } from 'node:module'
import { Wallet } from 'ethers'
import { memoryBlocks } from '../../src/block/memory.ts'
import { DEV_KEY } from '../../src/registry/account.ts'
import { verifyAll } from '../../src/verdict/verify-all.ts'
import type { Job } from '../bar.ts'
import { benchCase, compare } from '../compare.ts'
import { post, reader, surveyBody } from './on-chain.ts'
import type { World } from './world.ts'

/** Its modules for `import` do not load in Node. */
const { EAS, Offchain, OffchainAttestationVersion, SchemaEncoder } = createRequire(import.meta.url)(
  '@ethereum-attestation-service/eas-sdk'
) as typeof import('@ethereum-attestation-service/eas-sdk')

const OURS = 'trend-archive verifyAll: a verdict of nine checks each'
const EAS_SDK = 'EAS SDK, verify an attestation off chain'

/** Full verdicts on many documents whose bytes are at hand. */
export function all(world: World): Job {
  const { rpc, address, documents } = world
  const count = documents.length
  const run = async () => {
    const blocks = memoryBlocks()
    await blocks.pin(documents)
    const body = await surveyBody(world)
    const wallet = new Wallet(DEV_KEY)
    const { offchain, attestations } = await attested(wallet, documents.slice(0, 50))
    return await compare('full verdicts', count, [
      benchCase({
        name: 'sha-256 + JSON.parse + the same eth_call (limit, judges nothing)',
        run: async () => {
          for (const { bytes } of documents) {
            hash('sha256', bytes, 'buffer')
            JSON.parse(new TextDecoder().decode(bytes))
          }
          await post(rpc, body)
        }
      }),
      benchCase({
        name: OURS,
        run: async () => {
          const ports = { sources: [blocks], registries: [reader(rpc, address)] }
          const verdicts = await verifyAll(ports, documents)
          assert(verdicts.every(({ status }) => status === 'verified'))
        }
      }),
      benchCase({
        name: EAS_SDK,
        operations: attestations.length,
        run: () => {
          for (const one of attestations) assert(offchain.verifyOffchainAttestationSignature(wallet.address, one))
        }
      })
    ])
  }
  return { run, bars: [{ row: OURS, over: EAS_SDK, by: 'median', atLeast: 1 }] }
}

/** The same documents as EAS attests them: their digests, signed. */
async function attested(wallet: Wallet, documents: World['documents']) {
  const config = { address: '0xA1207F3BBa224E2c9c3c6D5aF63D0eb1582Ce587', version: '1.3.0', chainId: 31337n }
  const offchain = new Offchain(config, OffchainAttestationVersion.Version2, new EAS(config.address))
  const encoder = new SchemaEncoder('bytes32 digest')
  const attestations = []
  for (const { digest } of documents) {
    attestations.push(
      await offchain.signOffchainAttestation(
        {
          schema: `0x${'11'.repeat(32)}`,
          recipient: wallet.address,
          time: 1n,
          expirationTime: 0n,
          revocable: true,
          refUID: `0x${'00'.repeat(32)}`,
          data: encoder.encodeData([{ name: 'digest', value: digest, type: 'bytes32' }])
        },
        wallet
      )
    )
  }
  return { offchain, attestations }
}
