/** The least an Ink program can do: a prompt that echoes what is typed. The yardstick for `chat`. */
import { render, Text, useInput } from 'ink'
import { createElement, type ReactNode, useState } from 'react'

function Hello(): ReactNode {
  const [text, setText] = useState('')
  useInput((input) => setText((before) => before + input))
  return createElement(Text, null, `❯ ${text}`)
}

render(createElement(Hello))
