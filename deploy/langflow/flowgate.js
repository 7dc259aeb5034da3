// Langflow's pages show their own sign-in form when the session has ended. This script loads the page again instead,
// and nginx redirects to Flowgate, which returns to the page after the sign-in.
(() => {
  const { open } = window.XMLHttpRequest.prototype
  let isLeaving = false
  const leave = go => {
    if (!isLeaving) go()
    isLeaving = true
  }
  window.XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    this.addEventListener('load', () => {
      const { pathname } = new URL(url, document.baseURI)
      if (pathname === '/api/v1/logout') leave(() => window.location.assign('/'))
      if (pathname === '/api/v1/refresh' && this.status === 401) leave(() => window.location.reload())
    })
    return open.call(this, method, url, ...rest)
  }
})()
