/** What every verb that waits takes: stop when told to. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}

/** What every verb that takes a while offers: say how far it is. */
export interface Progress<Event> {
  readonly onProgress?: ((event: Event) => void) | undefined
}

/** How far a long job is, in the documents, bytes or blocks that it counts. */
export interface Advance {
  readonly type: 'advanced'
  readonly unit: 'documents' | 'bytes' | 'blocks'
  readonly done: number
  /** All there is to do; `undefined` while that is not known. */
  readonly total?: number | undefined
}
