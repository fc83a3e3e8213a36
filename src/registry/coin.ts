const GWEI = 9
const ETHER = 18

/** Wei as a decimal number of gwei, exactly: how prices of gas are told. */
export const gwei = (wei: bigint): string => decimal(wei, GWEI)

/** Wei as a decimal number of a chain's coin, exactly. */
export const ether = (wei: bigint): string => decimal(wei, ETHER)

/** The wei of a decimal number of gwei; `undefined` where the text is none, or finer than a wei. */
export function tryGwei(text: string): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d{1,30})(?:\.(\d{1,9}))?$/.exec(text) ?? []
  return whole === undefined ? undefined : BigInt(whole + fraction.padEnd(GWEI, '0'))
}

function decimal(amount: bigint, places: number): string {
  const digits = String(amount).padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return fraction === '' ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`
}
