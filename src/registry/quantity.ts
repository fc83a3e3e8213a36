const QUANTITY = /^0x(?:0|[1-9a-f][0-9a-f]{0,15})$/i
const AMOUNT = /^0x(?:0|[1-9a-f][0-9a-f]{0,63})$/i

/** Whether an answer is a number as JSON-RPC spells it, of 64 bits at most: a height, a time, an amount of gas. */
export const isQuantity = (value: unknown): value is `0x${string}` => typeof value === 'string' && QUANTITY.test(value)

/** Whether an answer is an amount of wei: a number of 256 bits at most. */
export const isAmount = (value: unknown): value is `0x${string}` => typeof value === 'string' && AMOUNT.test(value)

export const toQuantity = (value: bigint | number): `0x${string}` => `0x${value.toString(16)}`
