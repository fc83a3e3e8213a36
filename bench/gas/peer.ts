import type { Meter } from './meter.ts'

/** What is compared, in the order of the table. */
export const ROWS = {
  first: 'publish a first version',
  next: 'publish a next version',
  named: 'only name a next version',
  each10: 'each of 10 new documents',
  each100: 'each of 100 new documents',
  each1000: 'each of 1,000 new documents',
  tenVersions: 'each of 10 next versions, in one transaction',
  relayed: 'relay a next version the publisher signed',
  relayedForEditor: 'relay a next version an editor signed',
  retract: 'retract a document',
  disown: 'disown all an editor did after a time',
  read: 'a contract reads a document',
  readListed: 'a contract reads one of 1,000 documents',
  readNewest: 'a contract reads which version is newest',
  newSlots: 'next version: new storage slots',
  updatedSlots: 'next version: updated storage slots',
  bytes: 'next version: bytes as signed',
  billedBytes: 'next version: bytes an OP Stack chain bills',
  bytesListed: 'each of 1,000 new documents: bytes as signed',
  deployment: 'deployment',
  size: 'bytes of code'
} as const

export type Row = keyof typeof ROWS

/** Why there is no figure, where several peers have the same reason. */
export const NO_NAMES = 'has no names that could be moved by themselves'
export const NO_EDITORS = 'has no editors'
export const NO_SIGNATURES = 'takes no signatures'
export const NO_NEWEST = 'not from its state: somebody has to follow the logs'
/** What reading one of many costs where nothing holds the many together. */
export const ONE_BY_ONE = 'each document is stored by itself'

/** A figure, or the reason why there is none; with a remark where a figure needs one. */
export interface Figure {
  readonly value?: number | undefined
  readonly note?: string | undefined
}

export type Figures = Readonly<Record<Row, Figure>>

/** A registry that someone might use, deployed from its own package and measured on a chain. */
export interface Peer {
  readonly name: string
  /** What exactly is measured, for the page. */
  readonly about: string
  readonly measure: (meter: Meter) => Promise<Figures>
}
