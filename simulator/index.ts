/** Seeded traffic with known truth: what other folders use of the simulator. */
export { type DemoOptions, demoCarrier, demoTraffic } from './demo.ts'
export type { FaultName } from './faults.ts'
export { createLoad, type Load, type LoadMessage, type LoadOptions } from './load.ts'
export { bodyOf, type LineMessage, type ParsedLine, parseLine, type SimulatedMessage, toLine } from './message.ts'
export { scenarioNames } from './scenarios/index.ts'
export { simulateTraffic, type Traffic, type TrafficOptions } from './traffic.ts'
export type { CallTruth, Expectation, IdentityCounts, StreamTruth, TrafficTotals, TrafficTruth } from './truth.ts'
export { simulatedTenants } from './world.ts'
