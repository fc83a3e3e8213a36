/**
 * Works on every item, so many at once. After a failure no further item is begun; what was begun is waited for, then the
 * first failure is thrown.
 */
export async function inParallel<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>
): Promise<void> {
  const failures: unknown[] = []
  const left = items.values()
  const worker = async (): Promise<void> => {
    for (const item of left) {
      try {
        await work(item)
      } catch (error) {
        failures.push(error)
      }
      if (failures.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  if (failures.length > 0) throw failures[0]
}
