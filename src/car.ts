/**
 * Documents as a CAR, the file in which the networks of IPFS hand blocks over. Nothing here needs Node: chunks in,
 * chunks out.
 *
 * @example
 * for await (const chunk of exportCar({ sources }, [parseCid('bagaaiera…')])) await file.write(chunk)
 * const { added, missing } = await importCar({ sinks: [blocks] }, response.body)
 */
export {
  allPinned,
  cidsOf,
  type ExportOptions,
  type ExportPorts,
  exportCar,
  withMembers
} from './archive/export.ts'
export { type Imported, type ImportOptions, type ImportPorts, importCar } from './archive/import.ts'
export type { Chunks } from './block/byte-stream.ts'
export { type Car, type CarBlock, readCar, writeCar } from './block/car.ts'
export type { Roots } from './block/car-header.ts'
export type { CidList } from './block/digest-list.ts'
