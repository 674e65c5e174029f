// Reads an AsyncAPI document from the standard input and answers, as JSON, what AsyncAPI's own parser made of it.
const { readFileSync } = require('node:fs')
const { createRequire } = require('node:module')

const { Parser } = createRequire(`${process.cwd()}/`)('@asyncapi/parser')

new Parser().parse(readFileSync(0, 'utf8')).then(({ document, diagnostics }) => {
  const said = diagnostics.map(({ code, severity, path, message }) => ({ code, severity, path: path.join('/'), message }))
  const channels = document ? document.channels().all().map((channel) => channel.address()) : []
  const operations = document ? document.operations().all().map((operation) => operation.id()) : []
  process.stdout.write(JSON.stringify({ said, channels, operations }))
})
