import { AbiCoder, Contract, concat, Signature as EthersSignature, hexlify, toBeHex, Wallet, ZeroAddress } from 'ethers'
import { universalSignatureValidatorByteCode } from 'viem'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { toBlock } from '../../src/block/block.ts'
import { type TrendCid, toBytes32 } from '../../src/block/cid.ts'
import { memoryBlocks } from '../../src/block/memory.ts'
import { complete } from '../../src/document/draft.ts'
import { type Address, type Chain, parseAddress, toPublisher } from '../../src/document/publisher.ts'
import type { Accounts } from '../../src/registry/accounts.ts'
import { agreedAccounts } from '../../src/registry/agreed-accounts.ts'
import { ethersRegistry } from '../../src/registry/ethers.ts'
import { refOf } from '../../src/registry/ref.ts'
import { NONE, type Signature } from '../../src/registry/registry.ts'
import type { Request } from '../../src/registry/request.ts'
import { rpcRegistry } from '../../src/registry/rpc.ts'
import { rpcAccounts } from '../../src/registry/rpc-accounts.ts'
import { isSignedOnChain, signPublish } from '../../src/registry/signature.ts'
import { leafOf } from '../../src/registry/tree.ts'
import { DOCUMENT_TYPES, documentDigest, type Place, registryDomain } from '../../src/registry/typed-data.ts'
import type { Verdict } from '../../src/verdict/judge.ts'
import type { Policy } from '../../src/verdict/policy.ts'
import { reportJson, reportText } from '../../src/verdict/report.ts'
import type { Statement } from '../../src/verdict/statement.ts'
import { type VerifyPorts, verify } from '../../src/verdict/verify.ts'
import { kitOf } from '../contract/compile.ts'
import { joined, openSafes, type Safe } from '../contract/safe.ts'
import { openHardhat } from '../registry/evm.ts'
import { draft } from '../world.ts'

const CHAIN: Chain = 'eip155:31337'
const evm = await openHardhat()
afterAll(evm.close)
const [alice, bob, carol, payer] = evm.wallets as unknown as readonly [Wallet, Wallet, Wallet, Wallet]
const deploy = kitOf('Wallets.t.sol')
const delegates = kitOf('Delegates.t.sol')
const safes = await openSafes(payer)
const team = await safes.create([alice, bob, carol], 2)
const sibling = await safes.create([alice, bob, carol], 2)
const planned = await safes.plan([alice, bob], 2)
await evm.keep()
beforeEach(evm.reset)

const PLACE: Place = { chain: CHAIN, address: evm.address }
const YES = concat(['0x1626ba7e', `0x${'00'.repeat(28)}`])
const SIGNED: Policy = { tier: 'signed' }
const ACCOUNT = parseAddress(alice.address)
const blocks = memoryBlocks()

/** A document of an account's, which nobody recorded. */
async function documentOf(account: Address, slug = 'a-trend'): Promise<TrendCid> {
  const placement = { publisher: toPublisher(CHAIN, account), version: 1, published: '2025-01-01T00:00:00Z' }
  const block = await toBlock(complete(draft(slug), placement))
  await blocks.pin([block])
  return block.cid
}

/** A call of nobody in particular is one of the zero address, as geth and its kin have it. */
const node: Request = async ({ method, params }) => {
  const [call, ...rest] = params
  const asked = method === 'eth_call' ? [{ from: ZeroAddress, ...(call as object) }, ...rest] : params
  return await evm.request({ method, params: asked })
}

const portsOf = (request: Request = node, more: Partial<VerifyPorts> = {}): VerifyPorts => ({
  sources: [blocks],
  registries: [rpcRegistry({ ...PLACE, request: evm.request, trust: 'rpc:node' })],
  accounts: [rpcAccounts({ chain: CHAIN, request, trust: 'rpc:accounts' })],
  ...more
})

const statementOf = (account: Address, cid: TrendCid, signature: string, more: Partial<Statement> = {}): Statement => ({
  chain: CHAIN,
  registry: evm.address,
  publisher: account,
  cid,
  signature: signature as Signature,
  ...more
})

const sign = async (key: Wallet, publisher: Address, cid: TrendCid, place: Place = PLACE): Promise<Signature> =>
  (await key.signTypedData(
    { ...registryDomain(place) },
    { Document: [...DOCUMENT_TYPES.Document] },
    { publisher, digest: toBytes32(cid) }
  )) as Signature

const digestOf = (publisher: Address, cid: TrendCid) => documentDigest(PLACE, { publisher, digest: toBytes32(cid) })
const bySafe = async (safe: Safe, publisher: Address, cid: TrendCid, owners: readonly Wallet[]): Promise<string> =>
  joined(await Promise.all(owners.map(async (owner) => await safe.sign(owner, digestOf(publisher, cid)))))

const wrap = (factory: string, preparation: string, signature: string): string =>
  concat([
    AbiCoder.defaultAbiCoder().encode(['address', 'bytes', 'bytes'], [factory, preparation, signature]),
    `0x${'6492'.repeat(16)}`
  ])

const judged = async (
  cid: TrendCid,
  statements: readonly Statement[],
  policy: Policy = SIGNED,
  ports: VerifyPorts = portsOf()
): Promise<Verdict> => await verify(ports, { cid, statements }, { policy })

const signatureOf = ({ checks }: Verdict) => checks.find(({ name }) => name === 'signature')

/** One document of alice's with her own signature. */
async function aliceSigned() {
  const cid = await documentOf(ACCOUNT)
  return { cid, statement: statementOf(ACCOUNT, cid, await sign(alice, ACCOUNT, cid)) }
}

describe('a document that is not recorded, with a signature of its publisher', () => {
  test('is inconclusive, and never more, unless the policy takes signatures', async () => {
    const { cid, statement } = await aliceSigned()
    expect(await judged(cid, [], {})).toMatchObject({ status: 'refuted', tier: undefined })
    for (const policy of [{}, { tier: 'recorded' }, { requireRecord: false }] satisfies readonly Policy[]) {
      const verdict = await judged(cid, [statement], policy)
      expect(verdict).toMatchObject({ status: 'inconclusive', tier: 'signed' })
      expect(verdict.warnings).toContain('signed and not recorded: nothing proves when it was signed')
      expect(reportText(verdict)[0]).toBe(`inconclusive: signed by eip155:31337:${ACCOUNT}, not recorded`)
    }
  })

  test('is verified where the policy takes signatures, with what it rests on and whom that trusts', async () => {
    const { cid, statement } = await aliceSigned()
    const verdict = await judged(cid, [statement])
    expect(verdict).toMatchObject({
      status: 'verified',
      tier: 'signed',
      standing: 'unnamed',
      did: `did:pkh:eip155:31337:${ACCOUNT}`,
      recorded: undefined,
      signatures: [{ outcome: 'pass', by: 'key', trusted: 'nobody' }],
      trusted: ['rpc:node']
    })
    expect(verdict.warnings).toContain('signed and not recorded: nothing proves when it was signed')
    const lines = reportText(verdict)
    expect(lines[0]).toBe(`verified: signed by eip155:31337:${ACCOUNT}, not recorded`)
    expect(lines).toContain('  tier      signed')
    expect(reportJson(verdict)).toMatchObject({ tier: 'signed', signatures: [{ by: 'key' }] })
  })

  test('is refuted once its publisher takes it back, signed or not', async () => {
    const { cid, statement } = await aliceSigned()
    const registry = await ethersRegistry({ ...PLACE, signer: alice })
    await registry.send([{ verb: 'retract', node: leafOf(toBytes32(cid)) }])
    for (const policy of [SIGNED, {}]) {
      expect(await judged(cid, [statement], policy)).toMatchObject({ status: 'refuted', standing: 'retracted' })
    }
    expect(reportText(await judged(cid, [statement]))[0]).toBe(
      `refuted: taken back by its publisher, eip155:31337:${ACCOUNT}`
    )
  })

  test('is refuted for every other reason as without one', async () => {
    const { cid, statement } = await aliceSigned()
    const stranger = toPublisher(CHAIN, parseAddress(bob.address))
    expect(await judged(cid, [statement], { ...SIGNED, publishers: [stranger] })).toMatchObject({ status: 'refuted' })
    expect(await judged(cid, [statement], { ...SIGNED, standings: ['current'] })).toMatchObject({ status: 'refuted' })
    const bytes = new TextEncoder().encode('{}')
    expect(await verify(portsOf(), { cid, bytes, statements: [statement] }, { policy: SIGNED })).toMatchObject({
      status: 'refuted',
      tier: undefined
    })
  })

  test('is inconclusive where its standing cannot be known: no registry, no node, or a block that is too old', async () => {
    const { cid, statement } = await aliceSigned()
    const offline = await judged(cid, [statement], SIGNED, { sources: [blocks], registries: [] })
    expect(offline).toMatchObject({ status: 'inconclusive', tier: 'signed', trusted: [] })
    const dead: Request = async () => await Promise.reject(new Error('down'))
    const registries = [rpcRegistry({ ...PLACE, request: dead })]
    expect(await judged(cid, [statement], SIGNED, portsOf(dead, { registries }))).toMatchObject({
      status: 'inconclusive',
      tier: 'signed',
      signatures: [{ outcome: 'pass', by: 'key', trusted: 'nobody' }]
    })
    const old = await verify(
      portsOf(),
      { cid, statements: [statement] },
      { policy: { ...SIGNED, maxAge: 1 }, now: 1e11 }
    )
    expect(old).toMatchObject({ status: 'inconclusive', tier: 'signed' })
  })

  test('is recorded once it is, and its signature adds nothing to that', async () => {
    const { cid, statement } = await aliceSigned()
    const registry = await ethersRegistry({ ...PLACE, signer: alice })
    const digest = toBytes32(cid)
    const call = {
      verb: 'publish',
      publisher: ACCOUNT,
      ref: refOf('a-trend'),
      digest,
      parent: NONE,
      tree: NONE
    } as const
    await registry.send([call])
    for (const statements of [[], [statement], [{ ...statement, signature: '0x' } as const]]) {
      expect(await judged(cid, statements, {})).toMatchObject({
        status: 'verified',
        tier: 'recorded',
        standing: 'current'
      })
    }
  })

  test('is superseded where its publisher names another document', async () => {
    const { cid, statement } = await aliceSigned()
    const registry = await ethersRegistry({ ...PLACE, signer: alice })
    const other = toBytes32(await documentOf(ACCOUNT, 'another'))
    await registry.send([{ verb: 'point', publisher: ACCOUNT, ref: refOf('a-trend'), digest: other, parent: NONE }])
    expect(await judged(cid, [statement])).toMatchObject({ status: 'verified', tier: 'signed', standing: 'superseded' })
  })
})

describe('the statement of a key', () => {
  /** Whatever is wrong with it, the document is refuted as if nobody had signed. */
  async function expectNobody(cid: TrendCid, statement: Statement): Promise<void> {
    const verdict = await judged(cid, [statement])
    expect(verdict).toMatchObject({ status: 'refuted', tier: undefined, signatures: [{ outcome: 'fail' }] })
  }

  test('is for one document, one publisher, one chain and one registry', async () => {
    const { cid, statement } = await aliceSigned()
    const other = await documentOf(ACCOUNT, 'another')
    const elsewhere: Place = { ...PLACE, chain: 'eip155:1' }
    const copied: Place = { ...PLACE, address: `0x${'7e'.repeat(20)}` }
    // What the file says of itself is as wrong as what was signed.
    await expectNobody(other, statement)
    await expectNobody(other, { ...statement, cid: other })
    await expectNobody(cid, { ...statement, chain: elsewhere.chain })
    await expectNobody(cid, statementOf(ACCOUNT, cid, await sign(alice, ACCOUNT, cid, elsewhere)))
    await expectNobody(cid, { ...statement, registry: copied.address })
    await expectNobody(cid, statementOf(ACCOUNT, cid, await sign(alice, ACCOUNT, cid, copied)))
    await expectNobody(cid, statementOf(ACCOUNT, cid, await sign(bob, ACCOUNT, cid)))
    await expectNobody(
      cid,
      statementOf(parseAddress(bob.address), cid, await sign(bob, parseAddress(bob.address), cid))
    )
    await expectNobody(cid, statementOf(ACCOUNT, cid, await sign(alice, parseAddress(bob.address), cid)))
  })

  test('is no publication, and a publication is no statement', async () => {
    const { cid, statement } = await aliceSigned()
    const [digest, ref] = [toBytes32(cid), refOf('a-trend')]
    const message = {
      publisher: ACCOUNT,
      editor: ACCOUNT,
      ref,
      digest,
      parent: NONE,
      tree: NONE,
      deadline: 4_000_000_000n
    }
    await expectNobody(cid, statementOf(ACCOUNT, cid, await signPublish(alice, PLACE, message)))
    const registry = await ethersRegistry({ ...PLACE, signer: payer })
    await expect(
      registry.send([{ verb: 'publishFor', ...message, signature: statement.signature }])
    ).rejects.toMatchObject({ code: 'REGISTRY_REJECTED', details: { reason: 'BadSignature' } })
    await expectNobody(cid, statementOf(ACCOUNT, cid, (await alice.signMessage(digest)) as Signature))
  })

  test('is in one spelling: no twin with a high s, no other v, nothing shorter, longer or unreadable', async () => {
    const { cid, statement } = await aliceSigned()
    const { r, s, v, compactSerialized } = EthersSignature.from(statement.signature)
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const twin = concat([r, toBeHex(order - BigInt(s), 32), toBeHex(v === 27 ? 28 : 27)])
    const bad = [twin, concat([r, s, toBeHex(v - 27, 1)]), concat([r, s, toBeHex(v + 4)]), compactSerialized]
    const cut = [
      '0x',
      '0x00',
      concat([statement.signature, '0x00']),
      statement.signature.slice(0, -2),
      'rubbish',
      '0x0'
    ]
    for (const signature of [...bad, ...cut]) await expectNobody(cid, statementOf(ACCOUNT, cid, signature))
    await expectNobody(cid, { ...statement, signature: undefined as never })
  })

  test('of a megabyte is not even asked about', async () => {
    const { cid } = await aliceSigned()
    let asked = 0
    const counting: Request = async (call) => {
      asked++
      return await evm.request(call)
    }
    const long = statementOf(ACCOUNT, cid, `0x${'ab'.repeat(2 ** 20)}`)
    expect(await judged(cid, [long], SIGNED, portsOf(counting))).toMatchObject({ status: 'refuted' })
    expect(asked).toBe(0)
  })

  test('counts once among many that are wrong, and of more than 16 the rest is not looked at', async () => {
    const { cid, statement } = await aliceSigned()
    const wrong = { ...statement, signature: '0x' } as const
    expect(await judged(cid, [wrong, wrong, statement])).toMatchObject({
      status: 'verified',
      signatures: [{ outcome: 'fail' }, { outcome: 'fail' }, { outcome: 'pass' }]
    })
    const many = await judged(cid, [...Array.from({ length: 16 }, () => wrong), statement])
    expect(many).toMatchObject({ status: 'inconclusive', tier: undefined })
    expect(many.signatures.at(-1)).toMatchObject({ outcome: 'unknown' })
  })

  test('says nothing for an account that was given code, which speaks in its place', async () => {
    const { cid, statement } = await aliceSigned()
    const silent = await evm.provider.getCode(await deploy('FixedWallet', payer, '0x', false))
    await evm.request({ method: 'hardhat_setCode', params: [ACCOUNT, silent] })
    const verdict = await judged(cid, [statement])
    expect(verdict).toMatchObject({ status: 'refuted', signatures: [{ outcome: 'fail', by: 'ERC-1271' }] })
  })

  test('is asked of what an account delegated to (EIP-7702)', async () => {
    const { cid, statement } = await aliceSigned()
    const delegate = async (to: Address): Promise<void> => {
      const authorization = await alice.authorize({ address: to, chainId: 31337n, nonce: await alice.getNonce() })
      await (await payer.sendTransaction({ type: 4, authorizationList: [authorization], to: payer.address })).wait()
    }
    await delegate(await delegates('PlainDelegate', payer))
    expect(await judged(cid, [statement])).toMatchObject({ status: 'verified', signatures: [{ by: 'ERC-1271' }] })
    await delegate(await deploy('WastefulWallet', payer))
    expect(await judged(cid, [statement])).toMatchObject({ status: 'refuted', signatures: [{ outcome: 'fail' }] })
  })
})

describe('the statement of a Safe', () => {
  test('is what enough of its owners signed, and its word is trusted as the node tells it', async () => {
    const cid = await documentOf(team.address)
    const verdict = await judged(cid, [
      statementOf(team.address, cid, await bySafe(team, team.address, cid, [alice, bob]))
    ])
    expect(verdict).toMatchObject({
      status: 'verified',
      tier: 'signed',
      signatures: [{ outcome: 'pass', by: 'ERC-1271', trusted: 'rpc:accounts' }]
    })
    expect(verdict.trusted).toContain('rpc:accounts')
    expect(signatureOf(verdict)?.detail).toMatch(/says yes at block \d+$/)
  })

  test('is not what too few of them signed, what they signed for another Safe of theirs, or as accounts', async () => {
    const cid = await documentOf(team.address)
    const bad = [
      await bySafe(team, team.address, cid, [alice]),
      await bySafe(team, team.address, cid, [alice, payer]),
      await bySafe(sibling, team.address, cid, [alice, bob]),
      await bySafe(team, sibling.address, cid, [alice, bob]),
      await bySafe(team, team.address, await documentOf(team.address, 'another'), [alice, bob]),
      await sign(alice, team.address, cid),
      '0x'
    ]
    for (const signature of bad) {
      expect(await judged(cid, [statementOf(team.address, cid, signature)])).toMatchObject({
        status: 'refuted',
        signatures: [{ outcome: 'fail', by: 'ERC-1271' }]
      })
    }
  })

  test('is what its owners of now say, and not what those before them said', async () => {
    const cid = await documentOf(team.address)
    const statement = statementOf(team.address, cid, await bySafe(team, team.address, cid, [alice, bob]))
    const change = team.by(payer).interface.encodeFunctionData('changeThreshold', [3])
    await team.execute([alice, bob], team.address, change)
    expect(await judged(cid, [statement])).toMatchObject({ status: 'refuted' })
  })

  test('that is not there yet is asked as it would be (ERC-6492), and nothing of that stays', async () => {
    const { safe, factory, preparation } = planned
    const cid = await documentOf(safe.address)
    const signature = wrap(factory, preparation, await bySafe(safe, safe.address, cid, [alice, bob]))
    expect(await judged(cid, [statementOf(safe.address, cid, signature)])).toMatchObject({
      status: 'verified',
      signatures: [{ outcome: 'pass', by: 'ERC-6492', trusted: 'rpc:accounts' }]
    })
    expect(await evm.provider.getCode(safe.address)).toBe('0x')
    const bad = [
      wrap(factory, preparation, await bySafe(safe, safe.address, cid, [alice])),
      wrap(factory, preparation, await bySafe(team, safe.address, cid, [alice, bob])),
      wrap(factory, preparation, '0x'),
      wrap(factory, '0x', await bySafe(safe, safe.address, cid, [alice, bob])),
      wrap(payer.address, preparation, await bySafe(safe, safe.address, cid, [alice, bob])),
      await bySafe(safe, safe.address, cid, [alice, bob])
    ]
    for (const one of bad) {
      expect(await judged(cid, [statementOf(safe.address, cid, one)])).toMatchObject({ status: 'refuted' })
    }
  })

  test('that is there by now is asked as it is, wrapped or not', async () => {
    const { safe, factory, preparation } = planned
    const cid = await documentOf(safe.address)
    const inner = await bySafe(safe, safe.address, cid, [alice, bob])
    await (await payer.sendTransaction({ to: factory, data: preparation })).wait()
    for (const signature of [inner, wrap(factory, preparation, inner)]) {
      expect(await judged(cid, [statementOf(safe.address, cid, signature)])).toMatchObject({
        status: 'verified',
        signatures: [{ by: 'ERC-1271' }]
      })
    }
  })

  test('is judged as the universal validator of ERC-6492 judges it', async () => {
    const { safe, factory, preparation } = planned
    const cid = await documentOf(safe.address)
    const hash = digestOf(safe.address, cid)
    const inner = await bySafe(safe, safe.address, cid, [alice, bob])
    for (const signature of [
      wrap(factory, preparation, inner),
      wrap(factory, preparation, `${inner.slice(0, -2)}1d`)
    ]) {
      const args = AbiCoder.defaultAbiCoder().encode(['address', 'bytes32', 'bytes'], [safe.address, hash, signature])
      // It reverts itself where the wallet does, which a node tells as it tells its own troubles.
      const said = await evm.provider
        .call({ data: concat([universalSignatureValidatorByteCode, args]) })
        .then((answer) => BigInt(answer) === 1n)
        .catch(() => false)
      const { signatures } = await judged(cid, [statementOf(safe.address, cid, signature)])
      expect(signatures[0]?.outcome).toBe(said ? 'pass' : 'fail')
    }
  })
})

describe('a wrapped statement', () => {
  test('of a key is none, for a key needs no code, and the call brought along is of no use', async () => {
    const { cid, statement } = await aliceSigned()
    const [factory, preparation] = [planned.factory, planned.preparation]
    for (const signature of [
      wrap(factory, preparation, statement.signature),
      wrap(ACCOUNT, '0x', statement.signature),
      wrap(payer.address, '0x', statement.signature)
    ]) {
      expect(await judged(cid, [statementOf(ACCOUNT, cid, signature)])).toMatchObject({
        status: 'refuted',
        signatures: [{ outcome: 'fail', by: 'ERC-6492', detail: expect.stringContaining('makes no code') }]
      })
    }
  })

  test('cannot change what an account that is there says, by the call that it brings along', async () => {
    const strict = await deploy('StrictWallet', payer)
    const cid = await documentOf(strict)
    const { interface: coder } = new Contract(strict, ['function approve(bytes32 hash, bytes signature)'])
    const approve = coder.encodeFunctionData('approve', [digestOf(strict, cid), '0x'])
    const statement = statementOf(strict, cid, wrap(strict, approve, '0x'))
    expect(await judged(cid, [statement])).toMatchObject({ status: 'refuted', signatures: [{ outcome: 'fail' }] })
    await (await payer.sendTransaction({ to: strict, data: approve })).wait()
    expect(await judged(cid, [statement])).toMatchObject({ status: 'verified', signatures: [{ by: 'ERC-1271' }] })
  })

  test.each([
    ['nothing', '0x'],
    ['half a word', `0x${'00'.repeat(16)}`],
    [
      'a factory of more than 20 bytes',
      concat([`0x${'ff'.repeat(32)}`, toBeHex(96, 32), toBeHex(128, 32), toBeHex(0, 64)])
    ],
    ['offsets beyond the end', concat([toBeHex(1, 32), toBeHex(2 ** 31, 32), toBeHex(96, 32), toBeHex(0, 32)])],
    ['offsets beyond all numbers', concat([toBeHex(1, 32), `0x${'ff'.repeat(32)}`, toBeHex(96, 32), toBeHex(0, 32)])],
    ['more than there is', concat([toBeHex(1, 32), toBeHex(96, 32), toBeHex(96, 32), toBeHex(4_000_000_000, 32)])]
  ])('around %s is refused', async (_, body) => {
    const { cid } = await aliceSigned()
    const statement = statementOf(ACCOUNT, cid, concat([body, `0x${'6492'.repeat(16)}`]))
    expect(await judged(cid, [statement])).toMatchObject({
      status: 'refuted',
      signatures: [{ outcome: 'fail', detail: expect.stringContaining('ERC-6492') }]
    })
  })
})

describe('a contract wallet', () => {
  const wallet = async (name: string, ...args: readonly unknown[]) => {
    const address = await deploy(name, payer, ...args)
    const cid = await documentOf(address)
    return { address, cid, statement: statementOf(address, cid, '0x') }
  }

  test('that says yes to everything speaks for itself and for no other publisher', async () => {
    const { address, cid, statement } = await wallet('FixedWallet', YES, false)
    expect(await judged(cid, [statement])).toMatchObject({ status: 'verified', tier: 'signed' })
    const { cid: theirs } = await aliceSigned()
    for (const one of [statementOf(address, theirs, '0x'), statementOf(ACCOUNT, theirs, '0x')]) {
      expect(await judged(theirs, [one])).toMatchObject({ status: 'refuted', tier: undefined })
    }
  })

  test.each([
    ['nothing', '0x'],
    ['the magic alone, without the rest of its word', '0x1626ba7e'],
    ['a word that lacks its last byte', YES.slice(0, -2)],
    ['the magic at the wrong end of the word', toBeHex('0x1626ba7e', 32)],
    ['the magic and one more bit', `${YES.slice(0, -1)}1`],
    ['true', toBeHex(1, 32)],
    ['the magic in the second word', concat([toBeHex(0, 32), YES])],
    ['every bit', `0x${'ff'.repeat(32)}`]
  ])('that answers with %s says no', async (_, answer) => {
    const { cid, statement } = await wallet('FixedWallet', answer, false)
    expect(await judged(cid, [statement])).toMatchObject({ status: 'refuted', signatures: [{ outcome: 'fail' }] })
  })

  test.each([
    ['reverts', 'FixedWallet', ['0x', true]],
    ['reverts with the magic word', 'FixedWallet', [YES, true]],
    ['burns all gas', 'WastefulWallet', []],
    ['reverts with a megabyte', 'LongWindedWallet', [2 ** 20, true]],
    ['has to write something down', 'RememberingWallet', []],
    ['says yes only to whoever simulates', 'SimulatingWallet', []]
  ] as const)('that %s says no', async (_, name, args) => {
    const { cid, statement } = await wallet(name, ...args)
    expect(await judged(cid, [statement])).toMatchObject({
      status: 'refuted',
      signatures: [{ outcome: 'fail', by: 'ERC-1271' }]
    })
  })

  test('that answers with a megabyte is heard by its first word', async () => {
    const { cid, statement } = await wallet('LongWindedWallet', 2 ** 20, false)
    expect(await judged(cid, [statement])).toMatchObject({ status: 'verified' })
  })

  test.each([0, 1, 31, 32, 33, 64, 65, 66, 130, 4096, 32_768])(
    'is given a signature of %i bytes as it is',
    async (length) => {
      const { address, cid } = await wallet('StrictWallet')
      const signature = `0x${'a7'.repeat(length)}`
      const strict = new Contract(address, ['function approve(bytes32 hash, bytes signature)'], payer)
      await (await strict.getFunction('approve')(digestOf(address, cid), signature)).wait()
      expect(await judged(cid, [statementOf(address, cid, signature)])).toMatchObject({ status: 'verified' })
      const other = length === 0 ? '0x00' : `0x${'a7'.repeat(length - 1)}a8`
      expect(await judged(cid, [statementOf(address, cid, other)])).toMatchObject({ status: 'refuted' })
    }
  )

  test('is judged as the registry would judge it', async () => {
    for (const [name, args] of [
      ['FixedWallet', [YES, false]],
      ['FixedWallet', [`${YES.slice(0, -1)}1`, false]]
    ] as const) {
      const { address, cid, statement } = await wallet(name, ...args)
      const said = await isSignedOnChain(evm.request, address, digestOf(address, cid), '0x')
      expect((await judged(cid, [statement])).signatures[0]?.outcome).toBe(said ? 'pass' : 'fail')
    }
  })

  test('is unknown, and the document inconclusive, where the node does not answer or answers with rubbish', async () => {
    const { cid, statement } = await wallet('FixedWallet', YES, false)
    const answers: readonly unknown[] = [
      new Error('down'),
      null,
      7,
      {},
      '0x',
      '0x01',
      hexlify(new Uint8Array(64)),
      'yes',
      toBeHex(16, 32)
    ]
    for (const answer of answers) {
      const says: Request = async () => (answer instanceof Error ? await Promise.reject(answer) : answer)
      for (const policy of [SIGNED, {}]) {
        const verdict = await judged(cid, [statement], policy, portsOf(says))
        expect(verdict).toMatchObject({ status: 'inconclusive', tier: undefined, signatures: [{ outcome: 'unknown' }] })
      }
    }
    const none = await judged(cid, [statement], SIGNED, { ...portsOf(), accounts: [] })
    expect(none).toMatchObject({ status: 'inconclusive', signatures: [{ outcome: 'unknown', trusted: 'nobody' }] })
    const hangs: Request = async (_, { signal } = {}) =>
      await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    await expect(
      verify(portsOf(hangs), { cid, statements: [statement] }, { policy: SIGNED, signal: AbortSignal.timeout(200) })
    ).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})

describe('what code says', () => {
  const registry = rpcRegistry({ ...PLACE, request: evm.request, trust: 'rpc:node' })
  const one = rpcAccounts({ chain: CHAIN, request: node, trust: 'rpc:one' })

  test('is not taken from fewer readers than the registry, nor in a weaker way', async () => {
    const cid = await documentOf(team.address)
    const statement = statementOf(team.address, cid, await bySafe(team, team.address, cid, [alice, bob]))
    const read = async (how: Partial<typeof registry>, ...accounts: readonly Accounts[]) =>
      await judged(cid, [statement], SIGNED, portsOf(node, { registries: [{ ...registry, ...how }], accounts }))
    const two = agreedAccounts([one, { ...one, trust: 'rpc:two' }])
    const follower = rpcAccounts({ chain: CHAIN, request: node, trust: 'light client', mode: 'light client' })
    const weak = { status: 'inconclusive', tier: undefined, signatures: [{ outcome: 'unknown' }] }
    for (const mode of ['quorum', 'state proof', 'light client'] as const) {
      expect(await read({ mode }, one)).toMatchObject(weak)
    }
    expect(await read({ mode: 'quorum', readers: 2 }, one)).toMatchObject(weak)
    expect(await read({ mode: 'quorum', readers: 3 }, two)).toMatchObject(weak)
    expect(await read({ mode: 'quorum', readers: 2 }, two)).toMatchObject({
      status: 'verified',
      signatures: [{ by: 'ERC-1271', trusted: '2-of-2 rpc' }]
    })
    expect(await read({ mode: 'light client' }, follower)).toMatchObject({ status: 'verified' })
    // A key needs no reader.
    const { cid: own, statement: signed } = await aliceSigned()
    const ports = portsOf(node, { registries: [{ ...registry, mode: 'state proof' }], accounts: [one] })
    expect(await judged(own, [signed], SIGNED, ports)).toMatchObject({
      status: 'verified',
      signatures: [{ by: 'key' }]
    })
  })

  test('is unknown where its readers disagree, or one of them is silent', async () => {
    const cid = await documentOf(team.address)
    const statement = statementOf(team.address, cid, await bySafe(team, team.address, cid, [alice, bob]))
    const liar: Accounts = { ...one, trust: 'rpc:liar', run: async () => toBeHex(2, 32) }
    const silent: Accounts = { ...one, run: async () => await Promise.reject(new Error('down')) }
    for (const other of [liar, silent]) {
      const ports = portsOf(node, { accounts: [agreedAccounts([one, other])] })
      const verdict = await judged(cid, [statement], SIGNED, ports)
      expect(verdict).toMatchObject({ status: 'inconclusive', signatures: [{ outcome: 'unknown' }] })
    }
    await expect(agreedAccounts([one, liar]).run('0x00', await registry.block('latest'))).rejects.toMatchObject({
      code: 'REGISTRY_DISAGREES',
      details: { answers: [{ reader: 'rpc:one' }, { reader: 'rpc:liar' }] }
    })
    expect(() => agreedAccounts([one, { ...one, chain: 'eip155:1' }])).toThrow(/of one chain/)
  })
})

test('a stranger that is nobody yet has a key too', async () => {
  const stranger = new Wallet(`0x${'5a'.repeat(32)}`)
  const account = parseAddress(stranger.address)
  const cid = await documentOf(account)
  expect(await judged(cid, [statementOf(account, cid, await sign(stranger, account, cid))])).toMatchObject({
    status: 'verified',
    tier: 'signed'
  })
})
