// @types/node leaves WebAssembly to the DOM library, which a server does not want: the one call that is used.
declare namespace WebAssembly {
  function instantiate (bytes: Uint8Array, imports: Record<string, object>):
  Promise<{ instance: { exports: Record<string, unknown> } }>
}
