// Loaded before a server (NODE_OPTIONS=--import). Shifts the clock, and shifts it again on SIGUSR2.
const seconds = name => Number(process.env[name] ?? 0)
const real = Date
let offsetMs = seconds('FLOWGATE_TEST_CLOCK_OFF') * 1000
process.on('SIGUSR2', () => { offsetMs += seconds('FLOWGATE_TEST_CLOCK_STEP') * 1000 })

globalThis.Date = class Date extends real {
  constructor (...values) {
    if (values.length === 0) super(real.now() + offsetMs)
    else super(...values)
  }

  static now () { return real.now() + offsetMs }
}
