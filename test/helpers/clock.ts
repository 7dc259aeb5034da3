/** A clock that stands at the present until it is moved. */
export function createClock () {
  let offsetMs = 0
  return {
    now: () => new Date(Date.now() + offsetMs),
    advance: (seconds: number) => { offsetMs += seconds * 1000 }
  }
}
