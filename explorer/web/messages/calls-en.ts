export const callsEn = {} as const
