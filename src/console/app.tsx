import { lazy, Suspense } from 'react'
import { Navigate, Route, Routes } from 'react-router'
import { Layout } from './layout/layout.tsx'
import { LoginPage } from './login/login-page.tsx'
import { SignupPage } from './login/signup-page.tsx'
import { Notices } from './parts/notices.tsx'
import { Offline } from './parts/offline.tsx'
import { Waiting } from './parts/waiting.tsx'
import { RequireSession, RequireSuperuser } from './session/guards.tsx'
import { SignInAgain } from './session/sign-in-again.tsx'
import { FollowOtherTabs } from './session/tabs.tsx'

const AdminPage = lazy(async () => ({ default: (await import('./admin/admin-page.tsx')).AdminPage }))
const FlowsPage = lazy(async () => ({ default: (await import('./flows/flows-page.tsx')).FlowsPage }))
const SettingsPage = lazy(async () => ({ default: (await import('./settings/settings-page.tsx')).SettingsPage }))

/** Every page, by its address. */
export function App () {
  return (
    <>
      <FollowOtherTabs />
      <Offline />
      <Suspense fallback={<Waiting />}>
        <Routes>
          <Route path='/login' element={<LoginPage />} />
          <Route path='/signup' element={<SignupPage />} />
          <Route element={<RequireSession><Layout /></RequireSession>}>
            <Route path='/flows' element={<FlowsPage />} />
            <Route path='/admin' element={<RequireSuperuser><AdminPage /></RequireSuperuser>} />
            <Route path='/settings/*' element={<SettingsPage />} />
            <Route path='*' element={<Navigate to='/flows' replace />} />
          </Route>
        </Routes>
      </Suspense>
      <SignInAgain />
      <Notices />
    </>
  )
}
