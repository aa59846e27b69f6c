// The first start of an `im` that was installed without a build: install scripts may be off.
process.stderr.write('im: building once…\n')
await import('./build.js').catch(({ message }) => {
  process.stderr.write(`im: it cannot be built: ${message} [INTERNAL]\n    npm ci, where it was cloned\n`)
  process.exit(1)
})
