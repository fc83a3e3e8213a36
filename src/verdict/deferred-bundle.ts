import type { Bundle } from './bundle.ts'
import type { Verdict } from './judge.ts'
import type { VerifyBundleOptions } from './verify-bundle.ts'

/** As `verifyBundle` of `./verify-bundle.ts`. */
export async function verifyBundle(bytes: Uint8Array<ArrayBuffer>, options?: VerifyBundleOptions): Promise<Verdict> {
  const module = await import('./verify-bundle.ts')
  return await module.verifyBundle(bytes, options)
}

/** As `readBundle` of `./bundle.ts`. */
export async function readBundle(bytes: Uint8Array<ArrayBuffer>): Promise<Bundle> {
  const module = await import('./bundle.ts')
  return await module.readBundle(bytes)
}
