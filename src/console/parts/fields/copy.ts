/** Copies a text. False where the browser refuses: pages over plain http have no clipboard. */
export async function copyText (text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
