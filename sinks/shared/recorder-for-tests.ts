import type { DeliveryObserver } from './observer.ts'

/** An observer that writes down what it is told, in order. */
export function recorder() {
  const told: (readonly (string | number)[])[] = []
  const observer: DeliveryObserver = {
    stored: (sink, rows) => void told.push(['stored', sink, rows]),
    retry: (sink, reason) => void told.push(['retry', sink, reason]),
    refused: (sink, reason, rows) => void told.push(['refused', sink, reason, rows]),
    cut: (sink, reason, rows) => void told.push(['cut', sink, reason, rows]),
  }
  return { told, observer }
}
