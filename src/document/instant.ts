import type { Instant } from './document.ts'

/** The instant so many seconds after the epoch, as documents spell it: `2025-01-15T09:00:00Z`. */
export const instantOf = (seconds: number): Instant => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
