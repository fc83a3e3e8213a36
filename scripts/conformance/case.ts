/** One case of the kit, as it is made. */
export interface Case {
  readonly name: string
  readonly about: string
  /** The words that an implementation is given; `@name` is a file of the case. */
  readonly ask: readonly string[]
  readonly files?: Readonly<Record<string, Uint8Array>>
  readonly exit: number
  /** Members that the answer must have. */
  readonly answer?: Readonly<Record<string, unknown>>
}

/** What an implementation ends with where it is given something that is not what it should be. */
export const REFUSED = 1

/** A case's name in letters that every file system takes. */
export const plainName = ({ name }: Case): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')

/** The folder of a case, numbered where several have one name, with `_fail` where it must not be accepted. */
export const folderOf = (one: Case, number: number): string =>
  `${plainName(one)}${number === 0 ? '' : `-${number + 1}`}${one.exit === 0 ? '' : '_fail'}`
