type Day = { day: string, uses: number }

const HEIGHT = 80
const STEP = 10
const GAP = 2

// Days are in UTC.
const format = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const nameOf = ({ day }: Day) => format.format(new Date(day))
const requests = (uses: number) => uses === 1 ? '1 request' : `${uses.toLocaleString('en')} requests`

/** A bar for each day, and the same as a table. The last day is today. */
export function UsageChart ({ days }: { days: Day[] }) {
  const most = days.reduce((best, day) => day.uses > best.uses ? day : best, { day: '', uses: 0 })
  const [first] = days
  const last = days.length - 1
  return (
    <figure className='usage'>
      <figcaption>Requests per day (UTC). The most: {most.uses.toLocaleString('en')} on {nameOf(most)}.</figcaption>
      <svg viewBox={`0 0 ${days.length * STEP} ${HEIGHT}`} preserveAspectRatio='none' aria-hidden='true'>
        {days.map((day, index) => {
          // Days with few requests remain visible.
          const height = day.uses === 0 ? 0.75 : Math.max(2.5, day.uses / most.uses * HEIGHT)
          return (
            <rect
              key={day.day} x={index * STEP + GAP / 2} y={HEIGHT - height} width={STEP - GAP} height={height}
              data-today={index === last || undefined} data-empty={day.uses === 0 || undefined}
            >
              <title>{`${nameOf(day)}: ${requests(day.uses)}`}</title>
            </rect>
          )
        })}
      </svg>
      <div className='usage-ends' aria-hidden='true'><span>{first && nameOf(first)}</span><span>today</span></div>
      <details className='more'>
        <summary>Show as a table</summary>
        <table>
          <thead><tr><th scope='col'>Day</th><th scope='col'>Requests</th></tr></thead>
          <tbody>
            {days.toReversed().filter(({ uses }) => uses > 0).map(day => (
              <tr key={day.day}><th scope='row'>{nameOf(day)}</th><td>{day.uses.toLocaleString('en')}</td></tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  )
}
