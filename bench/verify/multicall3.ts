import { httpRequest } from '../../src/registry/http.ts'

/** Where it is on nearly every chain, and on a new anvil not yet. */
const ADDRESS = '0xca11bde05977b3631167028862be2a173976ca11'

/** Puts viem's own Multicall3 where it belongs; viem exports its code under no name. */
export async function multicall3(rpc: string): Promise<typeof ADDRESS> {
  const constants = new URL('./constants/contracts.js', import.meta.resolve('viem'))
  const { multicall3Bytecode } = (await import(constants.href)) as { readonly multicall3Bytecode: string }
  const request = httpRequest(rpc)
  // What a creation answers with is the code.
  const code = await request({ method: 'eth_call', params: [{ data: multicall3Bytecode }, 'latest'] })
  await request({ method: 'anvil_setCode', params: [ADDRESS, code] })
  return ADDRESS
}
