/** Wall clock in epoch milliseconds. Injected, because nothing outside `app/` may ask the machine for the time. */
export type Clock = () => number
