import type { BenchCase } from '../bench-case.ts'
import { decode } from './decode.ts'
import { spine } from './spine.ts'

/** In the order they run. A new case is a file and a line here. */
export const cases: readonly BenchCase[] = [decode, spine]
