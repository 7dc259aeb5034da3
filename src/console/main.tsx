import './styles/mantine.ts'
import './styles/console.css'
import './styles/phone.css'
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'
import { ApiFailure } from './api/failures.ts'
import { App } from './app.tsx'
import { basePath, isBelowBasePath } from './base-path.ts'
import { theme } from './theme.ts'

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      // Client errors (4xx) are final. Other failures are retried once.
      retry: (count, error) => count < 1 && !(error instanceof ApiFailure && error.status >= 400 && error.status < 500),
      networkMode: 'always'
    },
    mutations: { networkMode: 'always' }
  }
})

/** Replaces the page when rendering fails. */
function showCrash (error: unknown) {
  console.error(error)
  const message = document.createElement('p')
  message.role = 'alert'
  message.className = 'crash'
  message.textContent = 'The console crashed. Reload the page. If it crashes again, please report how to reproduce it.'
  document.body.append(message)
}

function showConsole () {
  const root = document.getElementById('root')
  if (!root) throw new Error('index.html has no #root element')
  createRoot(root, { onUncaughtError: showCrash }).render(
    // The Content-Security-Policy forbids `<style>` elements; vite/theme-variables.ts builds a style sheet instead.
    <MantineProvider theme={theme} defaultColorScheme='auto' withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={client}>
        <BrowserRouter basename={basePath}><App /></BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>
  )
}

// Browsers send the cookies only to addresses below the base path.
const { pathname, search, hash } = location
if (isBelowBasePath(pathname)) showConsole()
else location.replace(basePath + pathname + search + hash)
