/** What every verb that waits takes: stop when told to. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}

/** What every verb that takes a while offers: say how far it is. */
export interface Progress<Event> {
  readonly onProgress?: ((event: Event) => void) | undefined
}
