/** A clock that is stopped at the current time until the test changes it. */
export function createClock () {
  let offsetMs = 0
  return {
    now: () => new Date(Date.now() + offsetMs),
    advance: (seconds: number) => { offsetMs += seconds * 1000 }
  }
}
