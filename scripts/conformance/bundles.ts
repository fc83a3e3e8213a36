import type { Case } from './case.ts'

export const bundleCases = async (): Promise<readonly Case[]> => []
