/** The largest proof bundle. */
export const MAX_BUNDLE_SIZE: number = 16 * 1024 * 1024

/** How the name of a file ends that is a proof bundle. */
export const BUNDLE_SUFFIX = '.trend.car'

/** What every CAR of version 1 says behind its first byte: a map of two, whose first key is `roots`. */
const MARK: readonly number[] = [0xa2, 0x65, 0x72, 0x6f, 0x6f, 0x74, 0x73]

/** Whether bytes start as a proof bundle does, so that they were meant to be one, whatever else is wrong with them. */
export const looksLikeBundle = (bytes: Uint8Array): boolean => MARK.every((byte, i) => bytes[1 + i] === byte)
