/** While the range moves only what is seen is painted; what is near follows when it has rested this long. */
const restMs = 120

export interface Frames {
  /** Draws with the next frame: at most one is under way, however much is asked for. */
  ask(): void
  /** The range has moved. Drawn at once, and once more when it has come to rest. */
  move(): void
  stop(): void
}

export function createFrames(draw: (isMoving: boolean) => void): Frames {
  let frame = 0
  let movedAtMs = Number.NEGATIVE_INFINITY
  let later: ReturnType<typeof setTimeout> | undefined

  function ask(): void {
    if (frame === 0) frame = requestAnimationFrame(run)
  }

  function run(): void {
    frame = 0
    const isMoving = performance.now() - movedAtMs < restMs
    draw(isMoving)
    if (!isMoving) return
    clearTimeout(later)
    later = setTimeout(ask, restMs)
  }

  return {
    ask,
    move() {
      movedAtMs = performance.now()
      ask()
    },
    stop() {
      cancelAnimationFrame(frame)
      clearTimeout(later)
    },
  }
}
