import { lazy, Suspense } from 'react'
import { Navigate, Route, Routes } from 'react-router'
import { Layout } from './layout/layout.tsx'
import { LoginPage } from './login/login-page.tsx'
import { NoAccessPage } from './login/no-access-page.tsx'
import { SignupPage } from './login/signup-page.tsx'
import { Loading } from './parts/pages/loading.tsx'
import { NotFoundPage } from './parts/pages/not-found-page.tsx'
import { Notifications } from './parts/pages/notifications.tsx'
import { Offline } from './parts/pages/offline.tsx'
import { RequireSession, RequireSuperuser } from './session/guards.tsx'
import { SignInAgain } from './session/sign-in-again.tsx'
import { FollowOtherTabs } from './session/tabs.tsx'
import { sections } from './settings/sections.ts'

const AccountPage = lazy(async () => ({ default: (await import('./admin/account/account-page.tsx')).AccountPage }))
const AdminPage = lazy(async () => ({ default: (await import('./admin/admin-page.tsx')).AdminPage }))
const AllKeysPage = lazy(async () => ({ default: (await import('./admin/all-keys/all-keys-page.tsx')).AllKeysPage }))
const FlowsPage = lazy(async () => ({ default: (await import('./flows/flows-page.tsx')).FlowsPage }))
const ServiceAccountsPage = lazy(async () => ({
  default: (await import('./admin/service-accounts/service-accounts-page.tsx')).ServiceAccountsPage
}))
const SettingsPage = lazy(async () => ({ default: (await import('./settings/settings-page.tsx')).SettingsPage }))

/** The pages by address. The server knows the same addresses (src/routes/server/console.ts). */
export function App () {
  return (
    <>
      <FollowOtherTabs />
      <Offline />
      <Suspense fallback={<Loading />}>
        <Routes>
          <Route path='/login' element={<LoginPage />} />
          <Route path='/signup' element={<SignupPage />} />
          <Route path='/no-access' element={<RequireSession><NoAccessPage /></RequireSession>} />
          <Route element={<RequireSession><Layout /></RequireSession>}>
            <Route path='/' element={<Navigate to='/flows' replace />} />
            <Route path='/flows' element={<FlowsPage />} />
            <Route path='/admin' element={<RequireSuperuser><AdminPage /></RequireSuperuser>} />
            <Route
              path='/admin/service-accounts' element={<RequireSuperuser><ServiceAccountsPage /></RequireSuperuser>}
            />
            <Route path='/admin/api-keys' element={<RequireSuperuser><AllKeysPage /></RequireSuperuser>} />
            <Route path='/admin/users/:userId' element={<RequireSuperuser><AccountPage /></RequireSuperuser>} />
            <Route path='/settings' element={<Navigate to='/settings/api-keys' replace />} />
            {sections.map(section => (
              <Route key={section} path={`/settings/${section}`} element={<SettingsPage section={section} />} />
            ))}
          </Route>
          <Route path='*' element={<NotFoundPage />} />
        </Routes>
      </Suspense>
      <SignInAgain />
      <Notifications />
    </>
  )
}
