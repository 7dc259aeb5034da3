/** Marks a service account. */
export function ServiceTag () {
  return <span className='tag'>Service account</span>
}
