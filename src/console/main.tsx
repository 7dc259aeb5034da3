import './styles/mantine.ts'
import './styles/console.css'
import './styles/phone.css'
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'
import { ApiFailure } from './api/failures.ts'
import { App } from './app.tsx'
import { theme } from './theme.ts'

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      // What was refused stays refused; what broke is tried once more.
      retry: (count, error) => count < 1 && !(error instanceof ApiFailure && error.status >= 400 && error.status < 500),
      networkMode: 'always'
    },
    mutations: { networkMode: 'always' }
  }
})

/** React takes the page away when it cannot be drawn: then this stands there instead. */
function sayThatItBroke (error: unknown) {
  console.error(error)
  const message = document.createElement('p')
  message.role = 'alert'
  message.className = 'broken'
  message.textContent = 'The console broke. Reload the page; if it breaks again, please report how you got here.'
  document.body.append(message)
}

const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')
createRoot(root, { onUncaughtError: sayThatItBroke }).render(
  // Mantine's own `<style>` elements are off: the style sheets bring the same (see vite/theme-variables.ts).
  <MantineProvider theme={theme} defaultColorScheme='auto' withCssVariables={false} withGlobalClasses={false}>
    <QueryClientProvider client={client}>
      <BrowserRouter><App /></BrowserRouter>
    </QueryClientProvider>
  </MantineProvider>
)
