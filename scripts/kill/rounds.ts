/** Adds up the figures of rounds, of which so many run at once. */
export async function inRounds<Figures extends { readonly [Name in keyof Figures]: number }>(
  { count, atOnce }: { readonly count: number; readonly atOnce: number },
  round: (index: number) => Promise<Figures>
): Promise<Figures> {
  const all: Figures[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) all.push(await round(index))
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return sumOf(all)
}

function sumOf<Figures extends { readonly [Name in keyof Figures]: number }>(all: readonly Figures[]): Figures {
  const sum: Record<string, number> = {}
  for (const figures of all) {
    for (const [name, value] of Object.entries<number>(figures)) sum[name] = (sum[name] ?? 0) + value
  }
  return sum as Figures
}
