import { endOfString, isSpace, skipSpace } from './tokens.ts'

/** Removes the white space between tokens. @param text JSON that JSON.parse accepts */
export function compact (text: string): string {
  let result = ''
  let from = 0
  for (let i = 0; i < text.length;) {
    if (text[i] === '"') {
      i = endOfString(text, i)
    } else if (isSpace(text.charCodeAt(i))) {
      result += text.slice(from, i)
      from = i = skipSpace(text, i)
    } else {
      i++
    }
  }
  return from === 0 ? text : result + text.slice(from)
}

/** Indents JSON like JSON.stringify(value, null, 2). @param text JSON as `compact` returns it */
export function indent (text: string): string {
  let result = ''
  let margin = '\n'
  let from = 0
  const breakBefore = (i: number) => {
    result += text.slice(from, i) + margin
    from = i
  }
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '"':
        i = endOfString(text, i) - 1
        break
      case ':':
        result += `${text.slice(from, i)}: `
        from = i + 1
        break
      case ',':
        breakBefore(i + 1)
        break
      case '[': case '{':
        if (text[i + 1] === ']' || text[i + 1] === '}') {
          i++
        } else {
          margin += '  '
          breakBefore(i + 1)
        }
        break
      case ']': case '}':
        margin = margin.slice(0, -2)
        breakBefore(i)
    }
  }
  return result + text.slice(from)
}
