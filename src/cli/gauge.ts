/** A part of a whole to look at. It is full only where the part is the whole, and empty only where there is none. */
export function gauge(part: number, whole: number, width = 20): string {
  if (whole === 0) return '░'.repeat(width)
  const share = Math.round((part / whole) * width)
  const least = part > 0 ? 1 : 0
  const most = part < whole ? width - 1 : width
  const full = Math.min(Math.max(share, least), most)
  return '█'.repeat(full) + '░'.repeat(width - full)
}
