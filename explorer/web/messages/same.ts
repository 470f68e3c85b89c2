import type { PluralForms } from '../messages.ts'

/** The same keys as the English messages, each with plural forms where the English one has them. */
export type Same<English> = { readonly [Key in keyof English]: English[Key] extends string ? string : PluralForms }
